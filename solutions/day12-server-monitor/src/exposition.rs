//! The Prometheus text format, version 0.0.4:
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>

use crate::record::Histogram;
use std::fmt::{self, Display, Formatter, Write};

/// The media type of [`render`]'s text.
pub const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A metric: all its samples together, below one HELP and one TYPE.
#[derive(Debug)]
pub struct Family {
    name: &'static str,
    kind: Kind,
    help: &'static str,
    samples: Vec<Sample>,
}

/// What the numbers of a metric mean.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Goes up and down.
    Gauge,
    /// Only grows. The name ends in `_total`.
    Counter,
    /// Buckets, a sum and a count.
    Histogram,
}

/// One number with its labels.
#[derive(Debug)]
pub struct Sample {
    /// What follows the metric's name: `_bucket` for a bucket of a histogram.
    suffix: &'static str,
    labels: Vec<(&'static str, String)>,
    value: f64,
}

impl Family {
    pub fn new(name: &'static str, kind: Kind, help: &'static str, samples: Vec<Sample>) -> Family {
        Family { name, kind, help, samples }
    }
}

impl Sample {
    /// A sample without labels.
    pub fn new(value: f64) -> Sample {
        Sample { suffix: "", labels: Vec::new(), value }
    }

    /// One more label.
    pub fn with(mut self, label: &'static str, value: impl Into<String>) -> Sample {
        self.labels.push((label, value.into()));
        self
    }

    /// The samples of one histogram, each with this label.
    pub fn histogram(histogram: &Histogram, label: &'static str, value: &str) -> Vec<Sample> {
        let part = |suffix, number| Sample { suffix, ..Sample::new(number).with(label, value) };
        let bucket = |(bound, count)| part("_bucket", count as f64).with("le", Number(bound).to_string());
        let mut samples: Vec<_> = histogram.cumulative().map(bucket).collect();
        samples.extend([part("_sum", histogram.sum), part("_count", histogram.count() as f64)]);
        samples
    }
}

/// The text of all families. Those without samples are left out.
pub fn render(families: &[Family]) -> String {
    let mut text = String::new();
    for family in families.iter().filter(|family| !family.samples.is_empty()) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{family}");
    }
    text
}

impl Display for Family {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Gauge => "gauge",
            Kind::Counter => "counter",
            Kind::Histogram => "histogram",
        };
        writeln!(formatter, "# HELP {} {}\n# TYPE {} {kind}", self.name, self.help, self.name)?;
        for sample in &self.samples {
            write!(formatter, "{}{}", self.name, sample.suffix)?;
            let mut before = '{';
            for (label, value) in &sample.labels {
                write!(formatter, "{before}{label}=\"{}\"", escaped(value))?;
                before = ',';
            }
            let after = if sample.labels.is_empty() { "" } else { "}" };
            writeln!(formatter, "{after} {}", Number(sample.value))?;
        }
        Ok(())
    }
}

/// A label's value may be any text. Three characters would be read as something else.
fn escaped(value: &str) -> String {
    // The backslash goes first, or it would escape the escapes.
    value.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n")
}

/// A number as the format writes it.
struct Number(f64);

impl Display for Number {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            f64::INFINITY => formatter.write_str("+Inf"),
            f64::NEG_INFINITY => formatter.write_str("-Inf"),
            number => write!(formatter, "{number}"),
        }
    }
}
