//! A badge for READMEs. SVG is XML, so an XML library writes it: a template for HTML would leave elements open.

use crate::{site::About, store::State};
use quick_xml::{Writer, events::BytesText};
use std::io;

/// Text of this size is about so wide per letter. The label and the count are always nearly the same.
const LABEL_WIDTH: u32 = 110;
const WIDTH: u32 = 210;

pub fn render(about: &About, state: &State) -> io::Result<Vec<u8>> {
    let progress = state.progress();
    let title = format!("{}: {progress}", about.profile.name);
    let (label, width) = (LABEL_WIDTH.to_string(), WIDTH.to_string());
    let rest = (WIDTH - LABEL_WIDTH).to_string();
    let (label_middle, rest_middle) = ((LABEL_WIDTH / 2).to_string(), ((LABEL_WIDTH + WIDTH) / 2).to_string());
    let color = if state.passed().count() == 30 { "#2e7d32" } else { "#1565c0" };
    let mut writer = Writer::new(Vec::new());
    writer
        .create_element("svg")
        .with_attributes([
            ("xmlns", "http://www.w3.org/2000/svg"),
            ("role", "img"),
            ("width", &width),
            ("height", "20"),
        ])
        .write_inner_content(|svg| {
            svg.create_element("title").write_text_content(BytesText::new(&title))?;
            let rectangle = svg.create_element("rect").with_attributes([("width", &*label), ("height", "20")]);
            rectangle.with_attribute(("fill", "#424242")).write_empty()?;
            let rectangle = svg.create_element("rect").with_attributes([("x", &*label), ("width", &rest)]);
            rectangle.with_attributes([("height", "20"), ("fill", color)]).write_empty()?;
            for (x, text) in [(&label_middle, "thirty backends"), (&rest_middle, &progress)] {
                let element = svg.create_element("text").with_attributes([("x", &**x), ("y", "14"), ("fill", "#fff")]);
                element
                    .with_attributes([("font-family", "sans-serif"), ("font-size", "12"), ("text-anchor", "middle")])
                    .write_text_content(BytesText::new(text))?;
            }
            Ok(())
        })?;
    Ok(writer.into_inner())
}
