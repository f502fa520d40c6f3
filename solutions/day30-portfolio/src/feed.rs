//! News as an Atom feed (RFC 4287): one entry for each day that has ever passed.

use crate::{
    site::About,
    store::{Day, State, rfc3339},
};
use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};
use std::{cmp::Reverse, io};

pub fn render(about: &About, state: &State) -> io::Result<Vec<u8>> {
    let mut entries: Vec<_> = state.days.iter().filter_map(|day| Some((day.passed_ms?, day))).collect();
    // Stable: days of one report stay in order of number.
    entries.sort_by_key(|(passed_ms, _)| Reverse(*passed_ms));
    let updated_ms = entries.first().map_or(state.begun_ms, |(passed_ms, _)| *passed_ms);
    let home = format!("{}/", about.base_url);
    let mut writer = Writer::new(Vec::new());
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    let feed = writer.create_element("feed").with_attribute(("xmlns", "http://www.w3.org/2005/Atom"));
    feed.write_inner_content(|feed| {
        text(feed, "id", &home)?;
        text(feed, "title", &format!("{}: thirty backends", about.profile.name))?;
        text(feed, "updated", &rfc3339(updated_ms))?;
        feed.create_element("author").write_inner_content(|author| text(author, "name", &about.profile.name))?;
        link(feed, "alternate", &home)?;
        link(feed, "self", &format!("{}/feed.atom", about.base_url))?;
        for (passed_ms, day) in entries {
            feed.create_element("entry").write_inner_content(|entry| self::entry(entry, about, day, passed_ms))?;
        }
        Ok(())
    })?;
    Ok(writer.into_inner())
}

fn entry(entry: &mut Writer<Vec<u8>>, about: &About, day: &Day, passed_ms: i64) -> io::Result<()> {
    let address = about.address_of(&day.id);
    text(entry, "id", &address)?;
    text(entry, "title", &format!("Day {}: {}", day.number, day.title))?;
    text(entry, "updated", &rfc3339(passed_ms))?;
    link(entry, "alternate", &address)?;
    text(entry, "summary", &format!("{} has passed day {}", about.profile.name, day.number))
}

/// An element with text. Escaping is the library's job, in one place.
fn text(writer: &mut Writer<Vec<u8>>, name: &str, content: &str) -> io::Result<()> {
    writer.create_element(name).write_text_content(BytesText::new(content))?;
    Ok(())
}

fn link(writer: &mut Writer<Vec<u8>>, relation: &str, address: &str) -> io::Result<()> {
    writer.create_element("link").with_attributes([("rel", relation), ("href", address)]).write_empty()?;
    Ok(())
}
