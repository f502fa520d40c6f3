//! Filling gradebooks.
//!
//! A file of the instructor's own platform is filled where one is given: its rows and columns stay, one column gets points.
//! Without one, a file is made that the platform takes. Beside it, bundles for tools that look for similar programs.

mod bundle;
pub mod cells;
mod similar;

use crate::shelf::{Record, Shelf};
use cells::{neutral, points};
use clap::ArgGroup;
use std::{
    io::Write,
    path::{Path, PathBuf},
};

/// Fill a gradebook with the points of a cohort, or bundle its programs for JPlag or Dolos
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("format").required(true))]
pub struct Args {
    /// The folder of the cohort
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// For Canvas: fill this file, which Canvas has exported, or make one
    #[arg(long, value_name = "EXPORTED", num_args = 0..=1, group = "format")]
    canvas: Option<Option<PathBuf>>,
    /// For Moodle: fill this file, which Moodle has exported, or make one
    #[arg(long, value_name = "EXPORTED", num_args = 0..=1, group = "format")]
    moodle: Option<Option<PathBuf>>,
    /// A table with a line for each learner and the points of each day
    #[arg(long, group = "format")]
    csv: bool,
    /// The manifest and all records as one JSON document
    #[arg(long, group = "format")]
    json: bool,
    /// For JPlag: a folder, or a .zip, with the programs of each day and the stub as base code
    #[arg(long, value_name = "PATH", group = "format", requires = "submissions")]
    jplag: Option<PathBuf>,
    /// For Dolos: a .zip of one day, or a folder that gets one for each
    #[arg(long, value_name = "PATH", group = "format", requires = "submissions")]
    dolos: Option<PathBuf>,
    #[command(flatten)]
    similar: similar::Wanted,
    /// The name of the assignment on the platform
    #[arg(long, value_name = "NAME", default_value = "Thirty Backends")]
    assignment: String,
    /// What everything required is worth there; without it points are those of the course
    #[arg(long, value_name = "POINTS")]
    out_of: Option<f64>,
    /// Write it to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// A learner's line.
struct Line {
    record: Option<Record>,
    id: String,
    name: String,
    email: String,
    /// None: there is no verdict, through no fault of the learner's. The cell stays empty.
    grade: Option<f64>,
}

/// Exports.
pub fn run(args: &Args) -> Result<u8, String> {
    let shelf = Shelf::open(&args.folder)?;
    match (&args.jplag, &args.dolos) {
        (Some(out), _) => return similar::run(&shelf, &args.similar, similar::Tool::JPlag, out),
        (_, Some(out)) => return similar::run(&shelf, &args.similar, similar::Tool::Dolos, out),
        (None, None) => {}
    }
    let lines = lines(&shelf, args.out_of)?;
    let text = match (&args.canvas, &args.moodle) {
        (Some(Some(exported)), _) => fill(exported, &Platform::CANVAS, &args.assignment, &lines)?,
        (Some(None), _) => table(&Platform::CANVAS.header(&args.assignment), lines.iter().map(canvas))?,
        (_, Some(Some(exported))) => fill(exported, &Platform::MOODLE, &args.assignment, &lines)?,
        (_, Some(None)) => {
            table(&["useridnumber", "useremail", &args.assignment].map(neutral), lines.iter().map(moodle))?
        }
        _ if args.json => json(&shelf, lines)?,
        _ => by_day(&shelf, &lines)?,
    };
    match &args.out {
        Some(path) => grader::store::write(path, text.as_bytes()).map_err(|error| error.to_string())?,
        None => std::io::stdout().write_all(text.as_bytes()).map_err(|error| error.to_string())?,
    }
    let open = open(&shelf)?;
    if open > 0 {
        eprintln!("{open} have no verdict yet, and no points in it; see `cargo xtask cohort status`");
    }
    Ok(0)
}

/// How many have neither a verdict nor a reason.
fn open(shelf: &Shelf) -> Result<usize, String> {
    let mut open = 0;
    for learner in &shelf.manifest.roster {
        open += usize::from(shelf.record(&learner.id)?.is_none_or(|record| record.has_fault()));
    }
    Ok(open)
}

fn lines(shelf: &Shelf, out_of: Option<f64>) -> Result<Vec<Line>, String> {
    let line = |learner: &crate::roster::Learner| {
        let record = shelf.record(&learner.id)?;
        let grade = record.as_ref().and_then(|record| {
            let required = record.report.as_ref().map_or(1, |report| report.points_required.max(1));
            Some(out_of.map_or(1.0, |out_of| out_of / f64::from(required)) * record.grade(shelf.manifest.late)?)
        });
        let (id, name, email) = (learner.id.clone(), learner.name.clone(), learner.email.clone());
        Ok(Line { record, id, name, email, grade })
    };
    shelf.manifest.roster.iter().map(line).collect()
}

fn canvas(line: &Line) -> Vec<String> {
    let login = if line.email.is_empty() { &line.id } else { &line.email };
    [neutral(&line.name), String::new(), neutral(&line.id), neutral(login), String::new(), points(line.grade)].to_vec()
}

fn moodle(line: &Line) -> Vec<String> {
    [neutral(&line.id), neutral(&line.email), points(line.grade)].to_vec()
}

fn by_day(shelf: &Shelf, lines: &[Line]) -> Result<String, String> {
    let mut header: Vec<_> =
        ["id", "name", "email", "points", "days_passed", "seconds_late", "reason"].map(neutral).to_vec();
    header.extend(shelf.manifest.days.iter().map(|day| neutral(day)));
    let rows = lines.iter().map(|line| {
        let record = line.record.as_ref();
        let report = record.and_then(|record| record.report.as_ref());
        let number = |number: Option<String>| number.unwrap_or_default();
        let reason = record.and_then(|record| record.reason.as_deref()).unwrap_or_default();
        let mut row = vec![
            neutral(&line.id),
            neutral(&line.name),
            neutral(&line.email),
            points(line.grade),
            number(report.map(|report| report.days_passed.to_string())),
            number(record.map(|record| record.seconds_late.to_string())),
            neutral(reason),
        ];
        let of_day = |day: &String| report.and_then(|report| report.days.iter().find(|it| it.id == *day));
        row.extend(shelf.manifest.days.iter().map(|day| number(of_day(day).map(|day| day.points.to_string()))));
        row
    });
    table(&header, rows)
}

fn json(shelf: &Shelf, lines: Vec<Line>) -> Result<String, String> {
    let records: Vec<_> = lines.into_iter().filter_map(|line| line.record).collect();
    let all = serde_json::json!({ "manifest": shelf.manifest, "records": records });
    serde_json::to_string_pretty(&all).map(|text| text + "\n").map_err(|error| error.to_string())
}

fn table(header: &[String], rows: impl Iterator<Item = Vec<String>>) -> Result<String, String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = std::iter::once(header.to_vec()).chain(rows).try_for_each(|row| writer.write_record(row));
    written.map_err(|error| error.to_string())?;
    let bytes = writer.into_inner().map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

/// How a platform's own export is read.
struct Platform {
    name: &'static str,
    /// The columns that may tell who a row is about, the surest first.
    who: &'static [&'static str],
}

impl Platform {
    const CANVAS: Platform = Platform { name: "Canvas", who: &["SIS User ID", "SIS Login ID", "ID"] };
    const MOODLE: Platform =
        Platform { name: "Moodle", who: &["useridnumber", "ID number", "useremail", "Email address", "Username"] };

    fn header(&self, assignment: &str) -> Vec<String> {
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", assignment].map(neutral).to_vec()
    }
}

/// Fills the column of the assignment in a file that the platform has exported. Everything else stays as it was.
fn fill(exported: &Path, platform: &Platform, assignment: &str, lines: &[Line]) -> Result<String, String> {
    let shown = exported.display();
    let text = std::fs::read_to_string(exported).map_err(|error| format!("{shown}: {error}"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut rows: Vec<Vec<String>> = Vec::new();
    for row in reader.records() {
        rows.push(row.map_err(|error| format!("{shown}: {error}"))?.iter().map(str::to_owned).collect());
    }
    let header = rows.first().cloned().unwrap_or_default();
    let who: Vec<_> =
        platform.who.iter().filter_map(|name| header.iter().position(|cell| cell.trim() == *name)).collect();
    if who.is_empty() {
        let names = platform.who.join(", ");
        return Err(format!(
            "{shown} does not look like an export of {}: it has none of the columns {names}",
            platform.name
        ));
    }
    let column = header.iter().position(|cell| is_assignment(cell, assignment)).ok_or_else(|| {
        format!("{shown} has no column for the assignment {assignment:?}; give its name there with --assignment")
    })?;
    let mut filled = vec![false; lines.len()];
    for row in rows.iter_mut().skip(1) {
        let is_meant = |line: &Line, place: usize| {
            let cell = row.get(place).map(|cell| cell.trim()).unwrap_or_default();
            !cell.is_empty() && (cell == line.id || cell.eq_ignore_ascii_case(&line.email))
        };
        let found = who.iter().find_map(|place| lines.iter().position(|line| is_meant(line, *place)));
        let Some(place) = found else { continue };
        filled[place] = true;
        if row.len() <= column {
            row.resize(column + 1, String::new());
        }
        if let Some(grade) = lines[place].grade {
            row[column] = points(Some(grade));
        }
    }
    let strangers: Vec<_> =
        lines.iter().zip(filled).filter(|(_, filled)| !filled).map(|(line, _)| line.id.as_str()).collect();
    if !strangers.is_empty() {
        eprintln!("{shown} has no row for {}", strangers.join(", "));
    }
    let mut rows = rows.into_iter();
    table(&rows.next().unwrap_or_default(), rows)
}

/// Canvas puts its own number behind the name: `Thirty Backends (12345)`.
fn is_assignment(cell: &str, name: &str) -> bool {
    let cell = cell.trim();
    let number = cell.strip_prefix(name).map(str::trim).and_then(|rest| rest.strip_prefix('(')?.strip_suffix(')'));
    cell == name || number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests;
