//! Listing a bucket: in the order of the keys' bytes, a page at a time, with everything below a delimiter as one entry.

use crate::{
    error::{Code, Error},
    store::Store,
    target::Target,
};
use data_encoding::BASE64URL_NOPAD;

const LARGEST_PAGE: usize = 1000;

/// What is asked for.
#[derive(Debug)]
pub struct Query {
    pub prefix: String,
    /// Not empty.
    pub delimiter: Option<String>,
    pub max_keys: usize,
    /// Where the page begins: the first key that may be on it.
    pub from: Vec<u8>,
}

#[derive(Debug, sqlx::FromRow)]
pub struct Entry {
    pub key: Vec<u8>,
    pub size: i64,
    pub etag: String,
    pub modified: i64,
}

#[derive(Debug, Default)]
pub struct Page {
    pub objects: Vec<Entry>,
    /// Beginnings that keys have in common, up to and with the delimiter.
    pub prefixes: Vec<String>,
    /// Where the next page begins, if there is one.
    pub next: Option<Vec<u8>>,
}

impl Page {
    pub fn len(&self) -> usize {
        self.objects.len() + self.prefixes.len()
    }

    /// Where the next page begins, for the client to bring back. What it says is our business.
    pub fn token(&self) -> Option<String> {
        self.next.as_ref().map(|next| BASE64URL_NOPAD.encode(next))
    }
}

impl Query {
    /// Reads the parameters of both versions of the request.
    pub fn of(target: &Target) -> Result<Query, Error> {
        let text = |name| target.parameter(name).unwrap_or_default().to_owned();
        let max_keys = match target.parameter("max-keys").map(str::parse) {
            None => LARGEST_PAGE,
            Some(Ok(number)) => LARGEST_PAGE.min(number),
            Some(Err(_)) => return Err(Error::new(Code::InvalidArgument, "max-keys is no number")),
        };
        let prefix = text("prefix");
        let delimiter = Some(text("delimiter")).filter(|delimiter| !delimiter.is_empty());
        let from = if let Some(token) = target.parameter("continuation-token") {
            let next = BASE64URL_NOPAD.decode(token.as_bytes());
            next.map_err(|_| Error::new(Code::InvalidArgument, "this continuation-token is none of ours"))?
        } else if let Some(after) = target.parameter("start-after").or(target.parameter("marker")) {
            match &delimiter {
                Some(delimiter) if after.ends_with(delimiter) => past(after.as_bytes()),
                _ => behind(after.as_bytes()),
            }
        } else {
            Vec::new()
        };
        Ok(Query { prefix, delimiter, max_keys, from })
    }
}

impl Store {
    /// One page. After a common prefix it looks for the first key past it, so that a full folder costs no more than an
    /// empty one.
    pub async fn list(&self, bucket: &str, query: &Query) -> Result<Page, Error> {
        todo!("a page of {bucket} from {:?} on for {query:?}; {:?}", query.from, Page::default())
    }
}

/// The first key after this one.
fn behind(key: &[u8]) -> Vec<u8> {
    [key, &[0]].concat()
}

/// The first key after all those with this prefix. No UTF-8 has the byte 255, so there is always one.
fn past(prefix: &[u8]) -> Vec<u8> {
    match prefix.split_last() {
        Some((last, rest)) => [rest, &[last.saturating_add(1)]].concat(),
        None => vec![255],
    }
}
