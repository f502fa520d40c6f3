//! The text format of Prometheus.

use std::fmt::Write;

/// A metric with all its series.
#[derive(Debug)]
pub struct Family {
    name: &'static str,
    kind: &'static str,
    help: &'static str,
    lines: Vec<String>,
}

impl Family {
    pub fn new(name: &'static str, kind: &'static str, help: &'static str) -> Family {
        Family { name, kind, help, lines: Vec::new() }
    }

    /// One series.
    pub fn add(&mut self, labels: &[(&str, &str)], value: impl ToString) {
        self.add_part("", labels, value);
    }

    /// One series of a histogram, whose name ends in `_bucket`, `_sum` or `_count`.
    pub fn add_part(&mut self, part: &str, labels: &[(&str, &str)], value: impl ToString) {
        let labels: Vec<_> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        self.lines.push(format!("{}{part}{labels} {}", self.name, value.to_string()));
    }
}

/// All families that have a series, by name.
pub fn text(mut families: Vec<Family>) -> String {
    families.sort_by_key(|family| family.name);
    let mut text = String::new();
    for Family { name, kind, help, lines } in families.into_iter().filter(|family| !family.lines.is_empty()) {
        let _ = writeln!(text, "# HELP {name} {help}.\n# TYPE {name} {kind}\n{}", lines.join("\n"));
    }
    text
}

fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '\\' => escaped.push_str("\\\\"),
            '"' => escaped.push_str("\\\""),
            '\n' => escaped.push_str("\\n"),
            other => escaped.push(other),
        }
    }
    escaped
}
