//! Signature Version 4: whoever knows the secret key and saw exactly this request. A request is written down in one
//! canonical form, by the client to sign it and by us to check it.

use crate::{
    claim::{ALGORITHM, Claim, UNSIGNED},
    error::{Code, Error},
    payload::{Chain, Payload},
    target::{Target, encode, encode_path},
};
use axum::http::{HeaderMap, Method};
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// Who may use the server. Without `Debug`, so that the secret gets into no log.
#[derive(Clone)]
pub struct Credentials {
    pub access_key: String,
    pub secret_key: String,
}

impl Credentials {
    /// Checks everything that a signature covers but for the body, and says how to check that.
    pub fn verify(
        &self,
        method: &Method,
        headers: &HeaderMap,
        target: &Target,
        now: Timestamp,
    ) -> Result<Payload, Error> {
        let claim = Claim::of(headers, target)?;
        if claim.access_key != self.access_key {
            return Err(Error::new(Code::InvalidAccessKeyId, "there is no such access key"));
        }
        check_time(&claim, now)?;
        check_signed_headers(&claim, headers)?;
        let key = signing_key(&self.secret_key, &claim.scope)?;
        let request = canonical_request(method, headers, target, &claim);
        let digest = HEXLOWER.encode(&Sha256::digest(&request));
        let text = format!("{ALGORITHM}\n{}\n{}\n{digest}", claim.time, claim.scope);
        if !is_signed(&key, &text, &claim.signature)? {
            // It holds no secret, and says where two programs differ.
            eprintln!("the signature is not the one of this canonical request:\n{request}");
            return Err(Error::new(Code::SignatureDoesNotMatch, "the signature is not that of this request"));
        }
        payload(claim, key, headers)
    }
}

/// A signature is good for some minutes around its time, a presigned URL for as long as it says. Its scope names the day.
fn check_time(claim: &Claim, now: Timestamp) -> Result<(), Error> {
    todo!(
        "compare {now} with {} and {:?}, and {} with them; {:?} or another",
        claim.time,
        claim.expires,
        claim.scope,
        Code::RequestTimeTooSkewed
    )
}

/// A header that is not signed can be changed by anybody, so what decides about the request has to be.
fn check_signed_headers(claim: &Claim, headers: &HeaderMap) -> Result<(), Error> {
    todo!("host and all x-amz- headers of {headers:?} have to be among {:?}", claim.signed_headers)
}

/// Method, path, query, signed headers, their names, and what the body is.
fn canonical_request(method: &Method, headers: &HeaderMap, target: &Target, claim: &Claim) -> String {
    todo!("write down {method}, {}, {}, {headers:?} and {}", encode_path(&target.path), encode(""), claim.payload)
}

/// The key for one day, one region and one service. Whoever gets hold of it cannot sign for another.
fn signing_key(secret: &str, scope: &str) -> Result<Vec<u8>, Error> {
    todo!(
        "from AWS4 and the {} bytes of the secret, through the parts of {scope}, with {:?}",
        secret.len(),
        mac(b"", "").map(Mac::finalize)
    )
}

/// Whether `signature` is the HMAC of `text`. The comparison does not tell by its time where they differ.
pub fn is_signed(key: &[u8], text: &str, signature: &[u8]) -> Result<bool, Error> {
    Ok(mac(key, text)?.verify_slice(signature).is_ok())
}

fn mac(key: &[u8], text: &str) -> Result<Hmac<Sha256>, Error> {
    let mut mac = Hmac::new_from_slice(key).map_err(Error::internal)?;
    mac.update(text.as_bytes());
    Ok(mac)
}

/// How the body is to be checked, now that what the request says about it can be believed.
fn payload(claim: Claim, key: Vec<u8>, headers: &HeaderMap) -> Result<Payload, Error> {
    let length = || {
        let length = headers.get("x-amz-decoded-content-length").and_then(|value| value.to_str().ok()?.parse().ok());
        length.ok_or_else(|| Error::new(Code::MissingContentLength, "no x-amz-decoded-content-length"))
    };
    match claim.payload.as_str() {
        UNSIGNED => Ok(Payload::Unsigned),
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER" => Ok(Payload::Chunks { length: length()?, chain: None }),
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" => {
            let chain = Chain { key, time: claim.time, scope: claim.scope, previous: claim.signature };
            Ok(Payload::Chunks { length: length()?, chain: Some(chain) })
        }
        other if other.starts_with("STREAMING-") => {
            Err(Error::new(Code::NotImplemented, format!("this server does not take {other}")))
        }
        digest => {
            let digest = HEXLOWER.decode(digest.as_bytes()).ok().filter(|digest| digest.len() == 32);
            let digest = digest.ok_or_else(|| Error::new(Code::InvalidArgument, "x-amz-content-sha256 is no SHA-256"));
            Ok(Payload::Signed(digest?))
        }
    }
}
