//! Certificates as those see them who check them, and those who forge them.

use super::Owner;
use data_encoding::BASE64URL_NOPAD;
use harness::{Random, expect};
use p256::ecdsa::{
    Signature, SigningKey, VerifyingKey,
    signature::{Signer, Verifier},
};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// A certificate taken apart.
#[derive(Debug, Clone)]
pub struct Parts {
    pub header: Value,
    pub claims: Value,
    /// Header and claims as they are signed.
    pub signed: String,
    pub signature: Vec<u8>,
}

impl Parts {
    #[track_caller]
    pub fn of(certificate: &str) -> Parts {
        let wanted =
            || expect("a certificate is a JWS in compact form").expected("header.claims.signature in base64url");
        let parts: Vec<_> = certificate.split('.').collect();
        let decode = |part: &str| {
            BASE64URL_NOPAD
                .decode(part.as_bytes())
                .unwrap_or_else(|error| wanted().fail(format!("{error}: {certificate}")))
        };
        let json = |part: &str| {
            serde_json::from_slice(&decode(part))
                .unwrap_or_else(|error| wanted().fail(format!("{error}: {certificate}")))
        };
        let [header, claims, signature] = parts[..] else { wanted().fail(certificate) };
        Parts {
            header: json(header),
            claims: json(claims),
            signed: format!("{header}.{claims}"),
            signature: decode(signature),
        }
    }

    /// This header and these claims with another signature.
    pub fn sealed(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
        let signed = [header, claims].map(|part| BASE64URL_NOPAD.encode(part.to_string().as_bytes())).join(".");
        let signature = sign(signed.as_bytes());
        format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature))
    }
}

/// The claims of a certificate, after its signature was checked with a key of `/jwks`, as a stranger would.
pub async fn claims_checked(owner: &Owner, certificate: &str) -> Value {
    let parts = Parts::of(certificate);
    expect("the header names ES256").eq(&parts.header["alg"], "ES256");
    let reply = owner.get("/jwks").await;
    let keys = reply.at("/keys");
    let key = keys.as_array().into_iter().flatten().find(|key| key["kid"] == parts.header["kid"]);
    let wanted = || expect("the key that the header names is in /jwks, as P-256").request(reply.curl());
    let key = key.unwrap_or_else(|| wanted().fail(format!("{} in {keys}", parts.header)));
    for (member, value) in [("kty", "EC"), ("crv", "P-256"), ("alg", "ES256"), ("use", "sig")] {
        wanted().eq(&key[member], value);
    }
    wanted().expected("no private half").eq(key.get("d"), None);
    let coordinate = |name: &str| {
        let bytes = BASE64URL_NOPAD.decode(key[name].as_str().unwrap_or_default().as_bytes());
        bytes.unwrap_or_else(|error| wanted().fail(format!("{name}: {error}")))
    };
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    let key = VerifyingKey::from_sec1_bytes(&point).unwrap_or_else(|error| wanted().fail(error));
    let signature = Signature::from_slice(&parts.signature)
        .unwrap_or_else(|error| expect("a signature is r and s, 64 bytes").fail(error));
    expect("the signature is good").eq(key.verify(parts.signed.as_bytes(), &signature).is_ok(), true);
    parts.claims
}

pub fn new_key(random: &mut Random) -> SigningKey {
    // A number below 2^248 is below the order of the curve.
    let secret = [vec![0], random.bytes(31)].concat();
    SigningKey::from_slice(&secret).unwrap_or_else(|error| panic!("a key of the tests: {error}"))
}

pub fn signed(key: &SigningKey, message: &[u8]) -> Vec<u8> {
    let signature: Signature = key.sign(message);
    signature.to_bytes().to_vec()
}

/// The certificate with the other signature that is as good: r and n - s.
pub fn twin_of(parts: &Parts) -> String {
    let signature = Signature::from_slice(&parts.signature).expect("a signature of 64 bytes");
    let (r, s) = signature.split_scalars();
    let twin = Signature::from_scalars(r, -s).expect("a signature of 64 bytes");
    format!("{}.{}", parts.signed, BASE64URL_NOPAD.encode(&twin.to_bytes()))
}

/// HS256, for those who take the public key for a secret (RFC 2104).
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = [0; 64];
    let key = if key.len() > 64 { Sha256::digest(key).to_vec() } else { key.to_vec() };
    block[..key.len()].copy_from_slice(&key);
    let pad = |with: u8| block.map(|byte| byte ^ with).to_vec();
    let inner = Sha256::digest([pad(0x36), message.to_vec()].concat());
    Sha256::digest([pad(0x5c), inner.to_vec()].concat()).to_vec()
}
