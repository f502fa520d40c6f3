//! How a report is shown: `--format` of `cargo xtask grade`, and `cargo xtask render REPORT`.

use crate::{
    grade::{colours, print},
    words,
};
use clap::ValueEnum;
use grader::{
    render::{self, Paint},
    report::Report,
    store,
};
use std::{
    fs::{self, OpenOptions},
    io::{Read, Write},
    path::{Path, PathBuf},
};

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Terminal,
    /// For programs: grader/report.schema.json describes it
    Json,
    /// JUnit XML, as Jenkins and GitLab read it; hidden tests with their messages
    Junit,
    /// Common Test Report Format; hidden tests with their messages
    Ctrf,
    /// Gradescope's results.json, without what hidden tests say
    Gradescope,
    /// Exercism's test runner interface 3, without what hidden tests say
    Exercism,
    /// A GitHub Classroom result in base64, without what hidden tests say
    Classroom,
    /// A log with annotations for GitHub Actions, without what hidden tests say; adds to $GITHUB_STEP_SUMMARY
    Github,
    /// Feedback for a learner, without what hidden tests say
    Markdown,
}

/// Show a saved report in another form, without running anything
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A report, as `grade --format json --out REPORT` writes it
    #[arg(value_name = "REPORT")]
    report: PathBuf,
    /// How to show it
    #[arg(long, value_enum, default_value = "terminal")]
    format: Format,
    /// Write it to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Shows a saved report. Returns the exit status that the report stands for.
pub fn run(args: &Args) -> Result<u8, String> {
    show(&read(&args.report)?, args.format, args.out.as_deref())
}

/// A saved report.
pub fn read(path: &Path) -> Result<Report, String> {
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
    serde_json::from_str(&text).map_err(|error| {
        format!("{shown} is no report: {error}; `cargo xtask grade --format json --out FILE` writes one")
    })
}

/// Shows a report, or writes it to `out`. Returns the exit status that it stands for.
pub fn show(report: &Report, format: Format, out: Option<&Path>) -> Result<u8, String> {
    let text = match format {
        Format::Terminal => render::terminal(report, Paint::new(colours(out.is_none()))),
        Format::Json => render::json(report),
        Format::Junit => render::junit(report),
        Format::Ctrf => render::ctrf(report),
        Format::Gradescope => render::gradescope(report),
        Format::Exercism => render::exercism(report),
        Format::Classroom => render::classroom(report),
        Format::Github => render::github(report, &token()?),
        Format::Markdown => render::markdown(report),
    };
    match out {
        Some(path) => store::write(path, text.as_bytes()).map_err(words)?,
        None => print(&text),
    }
    if let (Format::Github, Some(summary)) = (format, std::env::var_os("GITHUB_STEP_SUMMARY")) {
        add_to(Path::new(&summary), &render::markdown(report))?;
    }
    Ok(report.exit_code())
}

/// A word that no program under test can have known.
fn token() -> Result<String, String> {
    let mut bytes = [0; 16];
    let random = fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
    random.map_err(|error| format!("/dev/urandom gives no random bytes for the marks in the log: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn add_to(path: &Path, text: &str) -> Result<(), String> {
    let file = OpenOptions::new().append(true).create(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| format!("cannot add to the summary {}: {error}", path.display()))
}
