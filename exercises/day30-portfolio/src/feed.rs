//! News as an Atom feed (RFC 4287): one entry for each day that has ever passed.

use crate::{
    site::About,
    store::{State, rfc3339},
};
use std::io;

/// `badge` shows how XML is written.
pub fn render(about: &About, state: &State) -> io::Result<Vec<u8>> {
    let entries: Vec<_> = state.days.iter().filter_map(|day| Some((rfc3339(day.passed_ms?), day))).collect();
    let begun = rfc3339(state.begun_ms);
    todo!("a feed of {}, the latest of {entries:?} first, and as new as that or {begun}", about.base_url)
}
