//! The address under which people reach this service.

use crate::code::Code;
use std::{net::SocketAddr, str::FromStr};
use url::Url;

/// The part of every short URL before the code.
#[derive(Debug, Clone)]
pub struct PublicUrl(Url);

impl PublicUrl {
    /// The address that the service listens on.
    pub fn at(address: SocketAddr) -> Result<PublicUrl, url::ParseError> {
        Url::parse(&format!("http://{address}")).map(PublicUrl)
    }

    /// What people type to follow the link with this code.
    pub fn short(&self, code: &Code) -> String {
        format!("{}/{code}", self.0.as_str().trim_end_matches('/'))
    }

    /// Whether a visitor of `url` ends up here again. Both have been parsed as a browser parses them, so that
    /// `HTTP://127.1:80` and `http://127.0.0.1` are the same place.
    pub fn leads_here(&self, url: &Url) -> bool {
        url.host() == self.0.host() && url.port_or_known_default() == self.0.port_or_known_default()
    }
}

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<PublicUrl, String> {
        let url = Url::parse(text).map_err(|error| error.to_string())?;
        if !matches!(url.scheme(), "http" | "https") || url.query().is_some() || url.fragment().is_some() {
            return Err("begin with http:// or https://, and end after the host or a path".to_owned());
        }
        Ok(PublicUrl(url))
    }
}
