//! Certificates: JWS in compact form (RFC 7515), signed with ES256 (RFC 7518, section 3.4).

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use p256::ecdsa::{
    Signature, SigningKey,
    signature::{Signer as _, Verifier as _},
};
use plumbing::{Failure, Problem};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The key of this portfolio.
pub struct Signer {
    key: SigningKey,
    /// The public half, as `/jwks` shows it.
    pub jwk: Value,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Signer").field("jwk", &self.jwk).finish_non_exhaustive()
    }
}

impl Signer {
    /// 32 random bytes. One in 2^32 is no key, and then the first start says so.
    pub fn new_secret() -> Result<Vec<u8>, Failure> {
        let mut secret = vec![0; 32];
        getrandom::fill(&mut secret)?;
        Ok(secret)
    }

    pub fn new(secret: &[u8]) -> Result<Signer, Failure> {
        let key = SigningKey::from_slice(secret)?;
        let point = key.verifying_key().to_sec1_point(false);
        // 4, and two coordinates of 32 bytes.
        let (x, y) = point.as_bytes()[1..].split_at(32);
        let (x, y) = (BASE64URL_NOPAD.encode(x), BASE64URL_NOPAD.encode(y));
        // The thumbprint of RFC 7638.
        let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let kid = BASE64URL_NOPAD.encode(&Sha256::digest(members));
        let jwk = json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": kid, "x": x, "y": y});
        Ok(Signer { key, jwk })
    }

    pub fn sign(&self, claims: &Value) -> String {
        let header = json!({"alg": "ES256", "typ": "JWT", "kid": self.jwk["kid"]});
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let signature: Signature = self.key.sign(signed.as_bytes());
        todo!("{signed}, a dot, and in base64url {:?}", signature.to_bytes())
    }

    /// The claims of a certificate that this key has signed, or why it has not.
    pub fn verify(&self, certificate: &str) -> Result<Value, &'static str> {
        let (signed, signature) = certificate.rsplit_once('.').ok_or("there are no three parts")?;
        let (header, claims) = signed.split_once('.').ok_or("there are no three parts")?;
        let (header, claims) = (decode(header), decode(claims));
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).ok();
        let signature = signature.and_then(|bytes| Signature::from_slice(&bytes).ok());
        let is_ours = signature.map(|signature| self.key.verifying_key().verify(signed.as_bytes(), &signature));
        todo!("when {header:?} and {claims:?} are believed, and what the signature ({is_ours:?}) has to do with it")
    }
}

/// 128 bits that nobody guesses.
pub fn new_id() -> Result<String, Problem> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(Problem::internal)?;
    Ok(HEXLOWER.encode(&id))
}

fn encode(part: &Value) -> String {
    BASE64URL_NOPAD.encode(part.to_string().as_bytes())
}

fn decode(part: &str) -> Option<Value> {
    serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).ok()?).ok()
}
