//! The clients: programs that may ask this provider who somebody is.

use crate::params::{Params, Refusal};
use axum::http::{HeaderMap, header};
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use percent_encoding::percent_decode_str;
use plumbing::Failure;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::{collections::HashMap, path::Path};
use url::Url;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    pub id: String,
    /// SHA-256 of the secret, in hex. A client without one is public: an app on somebody's device keeps no secret.
    secret_sha256: Option<String>,
    redirect_uris: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    client: Vec<Client>,
}

#[derive(Debug)]
pub struct Clients {
    by_id: HashMap<String, Client>,
}

impl Clients {
    pub fn read(path: &Path) -> Result<Clients, Failure> {
        let wrong = |what: String| Failure::new(format!("{}: {what}", path.display()).replace('\n', " "));
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let file: File = toml::from_str(&text).map_err(|error| wrong(error.message().to_owned()))?;
        let mut by_id = HashMap::new();
        for client in file.client {
            client.check().map_err(|what| wrong(format!("client {:?}: {what}", client.id)))?;
            if let Some(other) = by_id.insert(client.id.clone(), client) {
                return Err(wrong(format!("there are two clients {:?}", other.id)));
            }
        }
        Ok(Clients { by_id })
    }

    pub fn get(&self, id: &str) -> Option<&Client> {
        self.by_id.get(id)
    }

    /// The client that sends this request, after it has proved that it is the one: by HTTP Basic or by `client_secret` in
    /// the form, but not by both (RFC 6749, section 2.3). A public client only says its `client_id`.
    pub fn authenticate(&self, headers: &HeaderMap, params: &Params) -> Result<&Client, Refusal> {
        params.refuse_repeated()?;
        let refuse = || Refusal::new("invalid_client", "the client is not known, or its secret is wrong");
        let (id, secret) = match headers.get(header::AUTHORIZATION) {
            None => (params.get("client_id").map(str::to_owned), params.get("client_secret").map(str::to_owned)),
            Some(basic) => {
                let (id, secret) = basic.to_str().ok().and_then(credentials).ok_or_else(refuse)?;
                todo!("{id} says that its secret is {secret:?}; what if the form says something, too?")
            }
        };
        let client = id.and_then(|id| self.get(&id)).ok_or_else(refuse)?;
        if client.accepts(secret.as_deref()) { Ok(client) } else { Err(refuse()) }
    }
}

impl Client {
    fn check(&self) -> Result<(), String> {
        if self.secret_sha256.as_ref().is_some_and(|hash| decode(hash).is_none()) {
            return Err("secret_sha256 has to be 64 hexadecimal digits".to_owned());
        }
        for uri in &self.redirect_uris {
            let url = Url::parse(uri).map_err(|error| format!("redirect URI {uri:?}: {error}"))?;
            if url.fragment().is_some() {
                return Err(format!("redirect URI {uri:?} must not have a fragment"));
            }
        }
        Ok(())
    }

    pub fn is_public(&self) -> bool {
        self.secret_sha256.is_none()
    }

    /// Whether this client has registered this redirect URI, letter by letter (RFC 9700, section 2.1).
    pub fn may_redirect_to(&self, uri: &str) -> bool {
        todo!("whether {uri} is one of {:?}", self.redirect_uris)
    }

    /// How long it takes to compare two hashes tells nothing about a secret that has that hash.
    fn accepts(&self, secret: Option<&str>) -> bool {
        let shown = secret.map(Sha256::digest);
        todo!("whether {shown:?} is {:?}; and if there is no hash, or no secret?", self.secret_sha256)
    }
}

fn decode(hash: &str) -> Option<Vec<u8>> {
    HEXLOWER_PERMISSIVE.decode(hash.as_bytes()).ok().filter(|hash| hash.len() == 32)
}

/// Id and secret from HTTP Basic. Both are form-encoded before they are put together (RFC 6749, section 2.3.1).
fn credentials(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(BASE64.decode(encoded.trim().as_bytes()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let plain = |part: &str| {
        let spaced = part.replace('+', " ");
        Some(percent_decode_str(&spaced).decode_utf8().ok()?.into_owned())
    };
    Some((plain(id)?, plain(secret)?))
}
