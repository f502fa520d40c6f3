//! What a request says about its signature, read and not believed: from its header `Authorization`, or, in a presigned
//! URL, from its query.

use crate::{
    error::{Code, Error},
    target::Target,
};
use axum::http::{HeaderMap, header};

pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";
pub const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

#[derive(Debug)]
pub struct Claim {
    pub access_key: String,
    /// What the key that signs is derived for: `20260131/eu-central-1/s3/aws4_request`.
    pub scope: String,
    /// When it was signed: `20260131T235959Z`.
    pub time: String,
    /// For a presigned URL, the seconds that it is good for.
    pub expires: Option<String>,
    /// In lower case, in the order of the request.
    pub signed_headers: Vec<String>,
    pub signature: Vec<u8>,
    /// What `x-amz-content-sha256` says about the body.
    pub payload: String,
}

impl Claim {
    pub fn of(headers: &HeaderMap, target: &Target) -> Result<Claim, Error> {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let text = |name| header(name).map(str::to_owned);
        match (header(header::AUTHORIZATION.as_str()), target.parameter("X-Amz-Signature")) {
            (None, None) => Err(Error::new(Code::AccessDenied, "this request is not signed")),
            (Some(_), Some(_)) => Err(Error::new(Code::InvalidArgument, "a request has one signature")),
            (Some(line), None) => {
                let payload = text("x-amz-content-sha256");
                let payload = payload.ok_or_else(|| Error::new(Code::InvalidRequest, "no x-amz-content-sha256"))?;
                let Some(line) = line.strip_prefix(ALGORITHM) else {
                    return Err(Error::new(Code::InvalidRequest, format!("please sign with {ALGORITHM}")));
                };
                // Credential=…, SignedHeaders=…, Signature=…
                let field = |name| {
                    let mut fields = line.split(',').filter_map(|field| field.trim().split_once('='));
                    fields.find(|(found, _)| *found == name).map(|(_, value)| value)
                };
                let (credential, names) = (field("Credential"), field("SignedHeaders"));
                Claim::new(credential, names, field("Signature"), text("x-amz-date"), None, payload)
                    .ok_or_else(|| Error::new(Code::AuthorizationHeaderMalformed, "Authorization is not complete"))
            }
            (None, signature) => {
                let parameter = |name| target.parameter(name);
                let expires = parameter("X-Amz-Expires").map(str::to_owned);
                let (credential, names) = (parameter("X-Amz-Credential"), parameter("X-Amz-SignedHeaders"));
                let time = parameter("X-Amz-Date").map(str::to_owned);
                let payload = text("x-amz-content-sha256").unwrap_or_else(|| UNSIGNED.to_owned());
                Claim::new(credential, names, signature, time, expires, payload)
                    .filter(|claim| claim.expires.is_some() && parameter("X-Amz-Algorithm") == Some(ALGORITHM))
                    .ok_or_else(|| Error::new(Code::AuthorizationQueryParametersError, "a parameter is missing"))
            }
        }
    }

    fn new(
        credential: Option<&str>,
        signed_headers: Option<&str>,
        signature: Option<&str>,
        time: Option<String>,
        expires: Option<String>,
        payload: String,
    ) -> Option<Claim> {
        let (access_key, scope) = credential?.split_once('/')?;
        Some(Claim {
            access_key: access_key.to_owned(),
            scope: scope.to_owned(),
            time: time?,
            expires,
            signed_headers: signed_headers?.split(';').map(str::to_ascii_lowercase).collect(),
            signature: data_encoding::HEXLOWER_PERMISSIVE.decode(signature?.as_bytes()).ok()?,
            payload,
        })
    }
}
