//! A badge for READMEs. SVG is XML, so an XML library writes it: a template for HTML would leave elements open.

use crate::{site::About, store::State};
use quick_xml::{Writer, events::BytesText};
use std::io;

pub fn render(about: &About, state: &State) -> io::Result<Vec<u8>> {
    let title = format!("{}: {}", about.profile.name, state.progress());
    let mut writer = Writer::new(Vec::new());
    // So elements are written: with attributes, and with text or with others inside.
    writer
        .create_element("svg")
        .with_attributes([("xmlns", "http://www.w3.org/2000/svg"), ("role", "img"), ("width", "210"), ("height", "20")])
        .write_inner_content(|svg| {
            svg.create_element("title").write_text_content(BytesText::new(&title))?;
            todo!("two rectangles, and two texts: thirty backends, and {}", state.progress())
        })?;
    Ok(writer.into_inner())
}
