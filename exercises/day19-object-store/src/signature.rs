//! Signature Version 4: whoever knows the secret key and saw exactly this request. A request is written down in one
//! canonical form, by the client to sign it and by us to check it.

use crate::{
    claim::{ALGORITHM, Claim, UNSIGNED},
    error::{Code, Error},
    payload::{Chain, Payload},
    target::{Target, encode, encode_path},
};
use axum::http::{HeaderMap, HeaderName, Method};
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use sha2::{Digest, Sha256};

/// The clocks of a client and of ours may differ by this much.
const SKEW: SignedDuration = SignedDuration::from_mins(15);
/// The longest that a presigned URL can be good for.
const WEEK: i64 = 7 * 24 * 60 * 60;

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
    let malformed = || match claim.expires {
        None => Error::new(Code::AuthorizationHeaderMalformed, "the scope is not DATE/REGION/s3/aws4_request"),
        Some(_) => Error::new(Code::AuthorizationQueryParametersError, "a parameter is not valid"),
    };
    let signed = DateTime::strptime("%Y%m%dT%H%M%SZ", &claim.time).and_then(|time| TimeZone::UTC.to_timestamp(time));
    let signed = signed.map_err(|_| malformed())?;
    let scope: Vec<_> = claim.scope.split('/').collect();
    if !matches!(scope[..], [date, _, "s3", "aws4_request"] if claim.time.starts_with(date) && date.len() == 8) {
        return Err(malformed());
    }
    let age = now.duration_since(signed);
    let Some(expires) = &claim.expires else {
        if age.abs() > SKEW {
            return Err(Error::new(Code::RequestTimeTooSkewed, "the request was signed at another time"));
        }
        return Ok(());
    };
    let seconds = expires.parse().ok().filter(|seconds| (1..=WEEK).contains(seconds)).ok_or_else(malformed)?;
    if age > SignedDuration::from_secs(seconds) {
        return Err(Error::new(Code::AccessDenied, "the URL has expired"));
    }
    if age < -SKEW {
        return Err(Error::new(Code::AccessDenied, "the URL is not valid yet"));
    }
    Ok(())
}

/// A header that is not signed can be changed by anybody, so what decides about the request has to be.
fn check_signed_headers(claim: &Claim, headers: &HeaderMap) -> Result<(), Error> {
    let mut required = headers.keys().map(HeaderName::as_str).filter(|name| name.starts_with("x-amz-"));
    let is_signed = |name: &str| claim.signed_headers.iter().any(|signed| signed == name);
    match required.find(|name| !is_signed(name)) {
        Some(name) => Err(Error::new(Code::AccessDenied, format!("the header {name} is not signed"))),
        None if !is_signed("host") => Err(Error::new(Code::AccessDenied, "the header host is not signed")),
        None => Ok(()),
    }
}

/// Method, path, query, signed headers, their names, and what the body is.
fn canonical_request(method: &Method, headers: &HeaderMap, target: &Target, claim: &Claim) -> String {
    let query = target.query.iter().filter(|(name, _)| name != "X-Amz-Signature");
    let mut query: Vec<_> = query.map(|(name, value)| (encode(name), encode(value))).collect();
    query.sort();
    let query: Vec<_> = query.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    let lines: String = claim.signed_headers.iter().map(|name| format!("{name}:{}\n", value(headers, name))).collect();
    let (path, query, names) = (encode_path(&target.path), query.join("&"), claim.signed_headers.join(";"));
    format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{}", claim.payload)
}

/// All values of a header, with one space wherever there is space.
fn value(headers: &HeaderMap, name: &str) -> String {
    let values = headers.get_all(name).iter().map(|value| {
        let text = String::from_utf8_lossy(value.as_bytes());
        text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
    });
    values.collect::<Vec<_>>().join(",")
}

/// The key for one day, one region and one service. Whoever gets hold of it cannot sign for another.
fn signing_key(secret: &str, scope: &str) -> Result<Vec<u8>, Error> {
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in scope.split('/') {
        key = mac(&key, part)?.finalize().into_bytes().to_vec();
    }
    Ok(key)
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
