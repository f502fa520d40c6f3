//! Codes from an authenticator app: RFC 6238 with its usual parameters, SHA-1, six digits, thirty seconds.

use data_encoding::BASE32_NOPAD;

const STEP_SECONDS: i64 = 30;
/// Clocks differ, so the step before and the one after count as well.
const TOLERANCE: i64 = 1;

/// A new secret of 160 bits, as RFC 4226 recommends.
pub fn new_secret() -> Result<Vec<u8>, getrandom::Error> {
    let mut secret = vec![0; 20];
    getrandom::fill(&mut secret)?;
    Ok(secret)
}

/// The secret as people type it.
pub fn base32(secret: &[u8]) -> String {
    BASE32_NOPAD.encode(secret)
}

/// The time step to which the code belongs, if it is right and later than `last_step`: no code counts twice.
pub fn accept(secret: &[u8], code: &str, now_ms: i64, last_step: i64) -> Option<i64> {
    let now = now_ms / 1000 / STEP_SECONDS;
    todo!("is {code} that of a step near {now} and after {last_step}, such as {}?", generate(secret, now + TOLERANCE))
}

/// HOTP (RFC 4226, section 5.3) of a time step.
fn generate(secret: &[u8], step: i64) -> String {
    todo!("HOTP of step {step} with a secret of {} bytes", secret.len())
}
