//! JUnit XML, read back by quick-xml.

use crate::sample;
use grader::render::junit;
use quick_xml::{
    XmlVersion,
    events::{BytesStart, Event},
    reader::Reader,
};

#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
}

impl Element {
    fn get(&self, name: &str) -> &str {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        &found.unwrap_or_else(|| panic!("{} has no {name}", self.name)).1
    }

    fn count(&self, name: &str) -> usize {
        self.get(name).parse().unwrap()
    }
}

fn element(start: &BytesStart<'_>) -> Element {
    let attributes = start.attributes().map(|attribute| {
        let attribute = attribute.unwrap();
        let key = attribute.key.as_ref().to_owned();
        (key, attribute.normalized_value(XmlVersion::Implicit1_0).unwrap().into_owned())
    });
    let name = start.name().as_ref().to_owned();
    Element { name, attributes: attributes.collect(), text: String::new() }
}

/// All elements in the order in which they begin.
fn elements(xml: &str) -> Vec<Element> {
    let mut reader = Reader::from_str(xml);
    let (mut all, mut open): (Vec<Element>, Vec<usize>) = (Vec::new(), Vec::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                open.push(all.len());
                all.push(element(&start));
            }
            Event::Empty(start) => all.push(element(&start)),
            Event::End(_) => {
                open.pop();
            }
            Event::Text(text) => {
                if let Some(at) = open.last() {
                    all[*at].text.push_str(&text);
                }
            }
            Event::GeneralRef(reference) => {
                let text = match reference.resolve_char_ref().unwrap() {
                    Some(character) => character.to_string(),
                    None => quick_xml::escape::resolve_predefined_entity(&reference).unwrap().to_owned(),
                };
                if let Some(at) = open.last() {
                    all[*at].text.push_str(&text);
                }
            }
            Event::Eof => return all,
            _ => {}
        }
    }
}

#[test]
fn counts_are_those_of_the_cases() {
    let all = elements(&junit(&sample::report()));
    let named = |name: &str| all.iter().filter(|element| element.name == name).collect::<Vec<_>>();
    let root = named("testsuites")[0];
    assert_eq!(root.count("tests"), named("testcase").len());
    assert_eq!(root.count("failures"), named("failure").len());
    assert_eq!(root.count("errors"), 0);
    // Three days of six tests, and two whose three checkpoints stand for themselves.
    assert_eq!(root.count("tests"), 3 * 6 + 2 * 3);
    assert_eq!(named("failure").len(), 2 + 2 + 2 + 3 + 3);
    assert_eq!(named("skipped").len(), 2);
    for (name, count) in [("tests", 24), ("failures", 12), ("disabled", 2)] {
        let sum: usize = named("testsuite").iter().map(|suite| suite.count(name)).sum();
        assert_eq!(sum, count, "{name} of all suites");
    }
}

#[test]
fn text_comes_back_as_it_was_but_for_what_xml_forbids() {
    let all = elements(&junit(&sample::report()));
    let failure = all.iter().find(|element| element.name == "failure").unwrap();
    let kept: String =
        sample::HOSTILE.chars().filter(|c| !matches!(c, '\0' | '\u{b}' | '\u{1b}' | '\u{fffe}')).collect();
    assert_eq!(failure.text, kept);
    assert_eq!((failure.get("type"), failure.get("message")), ("failed", "What races asks for"));
}

#[test]
fn a_fault_of_the_machine_is_an_error_and_no_failure() {
    let all = elements(&junit(&sample::with_a_fault()));
    assert_eq!((all[0].count("errors"), all[0].count("failures")), (2, 0));
    let error = all.iter().find(|element| element.name == "error").unwrap();
    assert_eq!(error.get("message"), "the disk is full");
}

#[test]
fn what_does_not_compile_shows_the_compilers_words() {
    let all = elements(&junit(&sample::report()));
    let failure = all.iter().find(|element| element.text.contains("E0308")).unwrap();
    assert_eq!(failure.get("message"), "the program does not compile");
}
