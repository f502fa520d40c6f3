//! A strict reader of the Prometheus text format, version 0.0.4.

use std::collections::{BTreeMap, BTreeSet};

/// What a scrape has shown.
#[derive(Debug, Default)]
pub struct Metrics {
    /// The type of each metric that has one.
    pub types: BTreeMap<String, String>,
    pub helps: BTreeMap<String, String>,
    pub samples: BTreeMap<Series, f64>,
}

/// A name and its labels.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Series {
    pub name: String,
    pub labels: BTreeMap<String, String>,
}

impl Metrics {
    /// Reads the text.
    ///
    /// # Errors
    /// The first line that breaks a rule, and which.
    pub fn parse(text: &str) -> Result<Metrics, String> {
        let mut metrics = Metrics::default();
        // Metrics whose group of lines has ended, and the one whose group is open.
        let (mut closed, mut open) = (BTreeSet::new(), String::new());
        if !text.ends_with('\n') {
            return Err("the last line has to end with a line feed".to_owned());
        }
        for line in text.split_terminator('\n').filter(|line| !line.trim().is_empty()) {
            let named = |why: &str| format!("{why}, in the line: {line}");
            let metric = metrics.line(line).map_err(|why| named(&why))?;
            let Some(metric) = metric else { continue };
            if metric != open {
                closed.insert(std::mem::replace(&mut open, metric.clone()));
                if closed.contains(&metric) {
                    return Err(named(&format!("the lines of {metric} do not stand together")));
                }
            }
        }
        Ok(metrics)
    }

    /// The value of the series with exactly these labels.
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let labels = labels.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned())).collect();
        self.samples.get(&Series { name: name.to_owned(), labels }).copied()
    }

    /// `probe_up` of a target.
    pub fn up(&self, target: &str) -> Option<f64> {
        self.value("probe_up", &[("target", target)])
    }

    /// `probe_checks_total` of a target.
    pub fn checks(&self, target: &str, result: &str) -> Option<f64> {
        self.value("probe_checks_total", &[("target", target), ("result", result)])
    }

    /// Takes in one line, and returns the metric that it belongs to.
    fn line(&mut self, line: &str) -> Result<Option<String>, String> {
        if let Some(comment) = line.strip_prefix('#') {
            let mut words = comment.trim_start().splitn(3, [' ', '\t']);
            let (keyword, name, rest) = (words.next(), words.next(), words.next());
            let known = match keyword {
                Some("HELP") => &mut self.helps,
                Some("TYPE") => &mut self.types,
                _ => return Ok(None),
            };
            let name = name.filter(|name| is_name(name, true)).ok_or("no name of a metric")?;
            if known.insert(name.to_owned(), rest.unwrap_or_default().to_owned()).is_some() {
                return Err(format!("a second time for {name}"));
            }
            let is_late = self.samples.keys().any(|series| series.name == name);
            return if is_late { Err("after the samples".to_owned()) } else { Ok(Some(name.to_owned())) };
        }
        let (series, value) = sample(line)?;
        let metric = self.metric(&series.name);
        if self.samples.insert(series, value).is_some() {
            return Err("the same series a second time".to_owned());
        }
        Ok(Some(metric))
    }

    /// The parts of a histogram belong to the histogram.
    fn metric(&self, name: &str) -> String {
        let parts = ["_bucket", "_sum", "_count"];
        let base = parts.iter().find_map(|part| name.strip_suffix(part));
        let histogram = base.filter(|base| self.types.get(*base).is_some_and(|kind| kind == "histogram"));
        histogram.unwrap_or(name).to_owned()
    }
}

fn sample(line: &str) -> Result<(Series, f64), String> {
    let end = line.find(|letter: char| letter == '{' || letter.is_whitespace()).ok_or("no value")?;
    let (name, mut rest) = line.split_at(end);
    if !is_name(name, true) {
        return Err(format!("{name:?} is no name of a metric"));
    }
    let mut labels = BTreeMap::new();
    rest = rest.trim_start();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside.trim_start();
        while !rest.starts_with('}') {
            let (label, after) = rest.split_once('=').ok_or("a label without =")?;
            let label = label.trim();
            if !is_name(label, false) {
                return Err(format!("{label:?} is no name of a label"));
            }
            let quoted = after.trim_start().strip_prefix('"').ok_or("a label's value without quotes")?;
            let (value, after) = unescape(quoted)?;
            if labels.insert(label.to_owned(), value).is_some() {
                return Err(format!("the label {label} twice"));
            }
            rest = after.trim_start();
            match rest.strip_prefix(',') {
                Some(after) => rest = after.trim_start(),
                None if rest.starts_with('}') => {}
                None => return Err("neither , nor } after a label".to_owned()),
            }
        }
        rest = &rest[1..];
    }
    let mut words = rest.split_whitespace();
    let value = words.next().ok_or("no value")?;
    let value = number(value).ok_or_else(|| format!("{value:?} is no number"))?;
    let is_timestamp = |word: &str| word.parse::<i64>().is_ok();
    if !words.next().is_none_or(is_timestamp) || words.next().is_some() {
        return Err("something after the value".to_owned());
    }
    Ok((Series { name: name.to_owned(), labels }, value))
}

/// The value up to the closing quote, and what follows that.
fn unescape(text: &str) -> Result<(String, &str), String> {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Ok((value, &text[at + 1..])),
            '\\' => match letters.next() {
                Some((_, '\\')) => value.push('\\'),
                Some((_, '"')) => value.push('"'),
                Some((_, 'n')) => value.push('\n'),
                _ => return Err("an escape that is none".to_owned()),
            },
            _ => value.push(letter),
        }
    }
    Err("a label's value has no end".to_owned())
}

fn number(word: &str) -> Option<f64> {
    match word {
        "+Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        "NaN" => Some(f64::NAN),
        _ => word.parse().ok().filter(|number: &f64| number.is_finite()),
    }
}

fn is_name(text: &str, of_metric: bool) -> bool {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || (of_metric && letter == ':');
    text.starts_with(|first: char| !first.is_ascii_digit()) && text.chars().all(allowed)
}
