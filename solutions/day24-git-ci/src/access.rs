//! Who may write: whoever has the token, given as the password of HTTP Basic (RFC 7617), because that is what git can send.

use axum::{
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use data_encoding::BASE64;
use plumbing::Problem;

/// The token. `Debug` does not show it.
pub struct Token(String);

impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Token")
    }
}

impl Token {
    /// None for an empty one: it would let everybody in.
    pub fn new(text: &str) -> Option<Token> {
        (!text.is_empty()).then(|| Token(text.to_owned()))
    }

    /// The request may write, or gets this answer. Any user name will do.
    pub fn check(&self, headers: &HeaderMap) -> Result<(), Denied> {
        let password = password(headers).ok_or(Denied)?;
        if same(password.as_bytes(), self.0.as_bytes()) { Ok(()) } else { Err(Denied) }
    }
}

/// 401, with the challenge that makes git ask for, or send, its password.
#[derive(Debug)]
pub struct Denied;

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        let problem = Problem::new(StatusCode::UNAUTHORIZED, "writing needs the token, as the password of HTTP Basic");
        ([(header::WWW_AUTHENTICATE, "Basic realm=\"git-ci\"")], problem).into_response()
    }
}

fn password(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let credentials = String::from_utf8(BASE64.decode(encoded.trim().as_bytes()).ok()?).ok()?;
    Some(credentials.split_once(':')?.1.to_owned())
}

/// Compares without telling, by the time it takes, how much was right.
fn same(a: &[u8], b: &[u8]) -> bool {
    let differences = a.iter().zip(b).fold(0, |all, (a, b)| all | (a ^ b));
    a.len() == b.len() && differences == 0
}
