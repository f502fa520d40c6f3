//! Reads simple HTML and XML into a list of elements. What is not simple is a failure, and not a guess.

use harness::{Expectation, expect};
use harness_net::Reply;

/// Elements that have no end in HTML.
const VOID: [&str; 14] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    /// All text within it.
    pub text: String,
}

/// All elements in the order of their beginning.
#[derive(Debug)]
pub struct Elements(pub Vec<Element>);

impl Element {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

impl Elements {
    #[track_caller]
    pub fn of_html(reply: &Reply) -> Elements {
        reply.expect("a page is HTML").media_type("text/html");
        parse(reply, false)
    }

    /// Also looks with quick-xml whether it is well-formed.
    #[track_caller]
    pub fn of_xml(reply: &Reply) -> Elements {
        let text = reply.text();
        let mut reader = quick_xml::Reader::from_str(&text);
        loop {
            match reader.read_event() {
                Ok(quick_xml::events::Event::Eof) => break,
                Ok(_) => {}
                Err(error) => wanted(reply, true).fail(format!("{error}\n{text}")),
            }
        }
        parse(reply, true)
    }

    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.0.iter().filter(move |element| element.name == name)
    }

    /// The one element of this name.
    #[track_caller]
    pub fn only(&self, name: &str) -> &Element {
        let found: Vec<_> = self.0.iter().filter(|element| element.name == name).collect();
        expect(format!("there is one element <{name}>")).eq(found.len(), 1);
        found[0]
    }

    /// The one element with this id.
    #[track_caller]
    pub fn with_id(&self, id: &str) -> &Element {
        let found: Vec<_> = self.0.iter().filter(|element| element.attribute("id") == Some(id)).collect();
        expect(format!("there is one element with id={id:?} on the page")).eq(found.len(), 1);
        found[0]
    }

    /// Everything that is markup: names of elements and their attributes.
    pub fn skeleton(&self) -> Vec<String> {
        let names =
            |element: &Element| element.attributes.iter().map(|(name, _)| format!(" {name}")).collect::<String>();
        self.0.iter().map(|element| format!("<{}{}>", element.name, names(element))).collect()
    }
}

#[track_caller]
fn wanted(reply: &Reply, is_xml: bool) -> Expectation {
    let requirement = if is_xml { "it is well-formed XML" } else { "the page is simple HTML, and well-formed" };
    expect(requirement).request(reply.curl())
}

#[track_caller]
fn parse(reply: &Reply, is_xml: bool) -> Elements {
    let text = String::from_utf8(reply.body.clone());
    let text = text.unwrap_or_else(|error| wanted(reply, is_xml).expected("UTF-8").fail(error));
    let mut reader = Reader { rest: &text, is_xml, all: Vec::new(), open: Vec::new() };
    match reader.read() {
        Ok(()) => Elements(reader.all),
        Err(what) => {
            let place: String = reader.rest.chars().take(80).collect();
            wanted(reply, is_xml).fail(format!("{what}, before {place:?}\n{}", reply.describe()))
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
    is_xml: bool,
    all: Vec<Element>,
    /// Which are not closed yet.
    open: Vec<usize>,
}

impl Reader<'_> {
    fn read(&mut self) -> Result<(), String> {
        while !self.rest.is_empty() {
            let is_tag = |rest: &str| rest.starts_with(|letter: char| letter.is_ascii_alphabetic());
            if self.skip("<!--", "-->")? || self.skip("<!", ">")? || self.is_xml && self.skip("<?", "?>")? {
                continue;
            } else if self.rest.starts_with("</") {
                let (name, rest) = self.rest[2..].split_once('>').ok_or("an end tag without an end")?;
                let name = self.case(name.trim());
                let is_last = self.open.pop().is_some_and(|index| self.all[index].name == name);
                if !is_last {
                    return Err(format!("</{name}> ends what is not the last open element"));
                }
                self.rest = rest;
            } else if self.rest.strip_prefix('<').is_some_and(is_tag) {
                self.start_tag()?;
            } else {
                // A first `<` that begins no tag is text.
                let next = self.rest.char_indices().skip(1).find(|(_, letter)| *letter == '<');
                let end = next.map_or(self.rest.len(), |(end, _)| end);
                let text = self.unescape(&self.rest[..end])?;
                for index in &self.open {
                    self.all[*index].text.push_str(&text);
                }
                self.rest = &self.rest[end..];
            }
        }
        match self.open.last() {
            Some(index) => Err(format!("<{}> is not closed", self.all[*index].name)),
            None => Ok(()),
        }
    }

    fn skip(&mut self, begin: &str, end: &str) -> Result<bool, String> {
        let Some(rest) = self.rest.strip_prefix(begin) else { return Ok(false) };
        self.rest = rest.split_once(end).ok_or(format!("{begin} without {end}"))?.1;
        Ok(true)
    }

    /// In HTML, the case of names does not count.
    fn case(&self, name: &str) -> String {
        if self.is_xml { name.to_owned() } else { name.to_ascii_lowercase() }
    }

    fn start_tag(&mut self) -> Result<(), String> {
        let ends = |letter: char| letter.is_whitespace() || matches!(letter, '>' | '/' | '=');
        let mut rest = &self.rest[1..];
        let end = rest.find(ends).ok_or("a tag without an end")?;
        let mut element = Element { name: self.case(&rest[..end]), ..Element::default() };
        rest = &rest[end..];
        let is_closed = loop {
            rest = rest.trim_start();
            if let Some(after) = rest.strip_prefix("/>") {
                rest = after;
                break true;
            }
            if let Some(after) = rest.strip_prefix('>') {
                rest = after;
                break false;
            }
            let end = rest.find(ends).filter(|end| *end > 0).ok_or("something else than an attribute in a tag")?;
            let name = self.case(&rest[..end]);
            rest = rest[end..].trim_start();
            let mut value = String::new();
            if let Some(after) = rest.strip_prefix('=') {
                let after = after.trim_start();
                let quote = after.chars().next().filter(|quote| *quote == '"' || self.is_xml && *quote == '\'');
                let quote = quote.ok_or_else(|| format!("the value of {name} is not in quotes"))?;
                let (text, after) = after[1..].split_once(quote).ok_or("a value without an end")?;
                (value, rest) = (self.unescape(text)?, after);
                if !rest.starts_with(ends) {
                    return Err(format!("something follows the value of {name}"));
                }
            } else if self.is_xml {
                return Err(format!("the attribute {name} has no value"));
            }
            if element.attribute(&name).is_some() {
                return Err(format!("the attribute {name} is there twice"));
            }
            element.attributes.push((name, value));
        };
        let is_void = if self.is_xml { is_closed } else { VOID.contains(&&*element.name) };
        if !is_void {
            self.open.push(self.all.len());
        }
        self.all.push(element);
        self.rest = rest;
        Ok(())
    }

    fn unescape(&self, text: &str) -> Result<String, String> {
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('&') {
            plain.push_str(before);
            let reference = after.split_once(';').and_then(|(name, after)| Some((letter(name)?, after)));
            match reference {
                Some((letter, after)) => {
                    plain.push(letter);
                    rest = after;
                }
                None if self.is_xml => return Err(format!("& without a reference that XML knows in {text:?}")),
                None => {
                    plain.push('&');
                    rest = after;
                }
            }
        }
        plain.push_str(rest);
        Ok(plain)
    }
}

fn letter(reference: &str) -> Option<char> {
    match reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = reference.strip_prefix('#')?;
            let hexadecimal = number.strip_prefix(['x', 'X']).map(|digits| u32::from_str_radix(digits, 16));
            char::from_u32(hexadecimal.unwrap_or_else(|| number.parse()).ok()?)
        }
    }
}
