//! Bundles for tools that look for similar programs: JPlag 6.3 and Dolos (CLI 2.9).
//!
//! Both compare what belongs to one exercise, so each day is a bundle of its own. Only files that a learner edits are in it, read
//! as they are read for grading: what would be refused there is not here either.

use super::{
    bundle::{Bundle, is_zip},
    cells::neutral,
    table,
};
use crate::{
    handed_in, late,
    pseudonyms::Pseudonyms,
    roster::{Learner, file_name},
    shelf::Shelf,
};
use grader::{
    catalog::Catalog,
    error::GradeError,
    exercise::Exercise,
    submission::SubmittedFile,
    work::{Files, Work},
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Where submissions are, and which of them are wanted.
#[derive(Debug, clap::Args)]
pub struct Wanted {
    /// For similar programs: where folders and archives of the learners are
    #[arg(long, value_name = "FOLDER")]
    submissions: Option<PathBuf>,
    /// For similar programs: these days instead of all that were graded
    #[arg(long, value_name = "DAY", value_delimiter = ',')]
    days: Vec<String>,
    /// For similar programs: numbers instead of names, ids and times. Sources stay as they are
    #[arg(long)]
    anonymous: bool,
}

/// Which tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    JPlag,
    Dolos,
}

/// What was handed in for one day.
struct DayWork<'a> {
    exercise: &'a Exercise,
    stub: Files,
    /// Each learner with their files.
    handed_in: Vec<(&'a Author, BTreeMap<String, SubmittedFile>)>,
}

/// A learner as the tool knows them.
struct Author {
    /// As the name of a file.
    file: String,
    name: String,
    id: String,
    submitted_at: String,
}

/// Reads all submissions and writes the bundles.
pub fn run(shelf: &Shelf, args: &Wanted, tool: Tool, out: &Path) -> Result<u8, String> {
    let folder = std::env::current_dir().map_err(|error| format!("there is no current folder: {error}"))?;
    let catalog = Catalog::find(&folder).map_err(|error| error.to_string())?;
    bundle(&catalog, shelf, args, tool, out)
}

fn bundle(catalog: &Catalog, shelf: &Shelf, args: &Wanted, tool: Tool, out: &Path) -> Result<u8, String> {
    let submissions = args.submissions.as_deref().ok_or("give the folder of the submissions with --submissions")?;
    let words = |error: GradeError| error.to_string();
    let days = if args.days.is_empty() { &shelf.manifest.days } else { &args.days };
    let exercises = catalog.select(days).map_err(words)?;
    if tool == Tool::Dolos && is_zip(out) && exercises.len() != 1 {
        return Err(
            "Dolos compares the files of one exercise: name a day with --days, or a folder that gets a .zip of each"
                .to_owned(),
        );
    }
    let pseudonyms = if args.anonymous { Some(Pseudonyms::of(shelf)?) } else { None };
    let authors: Vec<_> =
        shelf.manifest.roster.iter().map(|learner| Author::of(learner, pseudonyms.as_ref())).collect();
    let mut works = Vec::new();
    for exercise in exercises.iter().copied() {
        works.push(DayWork { exercise, stub: stub(catalog, exercise)?, handed_in: Vec::new() });
    }
    for (learner, author) in shelf.manifest.roster.iter().zip(&authors) {
        let due = shelf.manifest.due.as_deref();
        let submission = match handed_in::read(catalog, &exercises, learner, submissions, due)? {
            Ok(submission) => submission,
            Err(why) => {
                eprintln!("{} is not in it: {why}", learner.id);
                continue;
            }
        };
        for (day, refusal) in &submission.selection.refused {
            eprintln!("{} is not in {day}: {} {}", learner.id, refusal.path, refusal.why);
        }
        let mut files = submission.selection.days;
        for work in &mut works {
            if let Some(files) = files.remove(&work.exercise.id) {
                work.handed_in.push((author, files));
            }
        }
    }
    match tool {
        Tool::JPlag => jplag(works, out),
        Tool::Dolos => dolos(works, out),
    }
}

impl Author {
    fn of(learner: &Learner, pseudonyms: Option<&Pseudonyms>) -> Author {
        let Some(pseudonyms) = pseudonyms else {
            let name = if learner.name.is_empty() { &learner.id } else { &learner.name };
            let (id, submitted_at) = (learner.id.clone(), learner.submitted_at.clone());
            return Author { file: file_name(&learner.id), name: name.clone(), id, submitted_at };
        };
        let name = pseudonyms.name(&learner.id);
        Author { file: name.replace(' ', "-"), id: name.clone(), name, submitted_at: String::new() }
    }
}

/// What everybody began with.
fn stub(catalog: &Catalog, exercise: &Exercise) -> Result<Files, String> {
    let work = Work::of(catalog, exercise).map_err(|error| error.to_string())?;
    match work.stub(catalog, exercise) {
        Ok(files) => Ok(files),
        Err(error @ GradeError::NoStub { .. }) => {
            eprintln!("{error}; taking exercises/{} as it is here for what everybody began with", exercise.id);
            work.files().map_err(|error| error.to_string())
        }
        Err(error) => Err(error.to_string()),
    }
}

/// `<day>/submissions/<learner>/…` and `<day>/base-code/…`, with the command line in `README.md`.
fn jplag(works: Vec<DayWork<'_>>, out: &Path) -> Result<u8, String> {
    let mut bundle = Bundle::default();
    let mut commands = String::new();
    for DayWork { exercise, stub, handed_in } in works {
        let day = &exercise.id;
        println!("{day}: {} submissions", handed_in.len());
        if handed_in.len() > 1 {
            commands.push_str(&format!("{JPLAG} -bc {day}/base-code -r results/{day} {day}/submissions\n"));
        }
        for (path, bytes) in stub {
            bundle.add(format!("{day}/base-code/{path}"), bytes);
        }
        for (author, files) in handed_in {
            for (path, SubmittedFile(bytes)) in files {
                bundle.add(format!("{day}/submissions/{}/{path}", author.file), bytes);
            }
        }
    }
    let readme = README.replace("COMMANDS", commands.trim_end());
    bundle.add("README.md".to_owned(), readme.into_bytes());
    bundle.write(out)?;
    print!("in {}, to be run there:\n{commands}", out.display());
    Ok(0)
}

const JPLAG: &str = "java -jar jplag.jar -l rust -M RUN";

const README: &str = "# For JPlag\n\nEach day has a folder: `submissions` with a folder for each learner, and `base-code` with the stub that \
                      everybody began with, matches with which are ignored. The layout and the command lines are those of JPlag \
                      6.3.\n\n```console\nmkdir -p results\nCOMMANDS\n```\n\n`java -jar jplag.jar results/<day>.jplag` shows a \
                      result. Similar is not copied: look at both programs before you say so.\n";

/// A .zip for each day, with `info.csv` and one file for each learner.
fn dolos(works: Vec<DayWork<'_>>, out: &Path) -> Result<u8, String> {
    let mut zips = Bundle::default();
    for work in works {
        let day = &work.exercise.id;
        println!("{day}: {} submissions", work.handed_in.len());
        let bundle = dataset(&work)?;
        if is_zip(out) {
            bundle.write(out)?;
            println!("dolos run -l rust -f web {}", out.display());
        } else {
            let zip = bundle.zipped().map_err(|error| format!("{day}: {error}"))?;
            println!("dolos run -l rust -f web {}", out.join(format!("{day}.zip")).display());
            zips.add(format!("{day}.zip"), zip);
        }
    }
    if is_zip(out) { Ok(0) } else { zips.write(out).map(|()| 0) }
}

/// The dataset of one day. Dolos compares files, not folders, so the sources of a learner are one file.
fn dataset(work: &DayWork<'_>) -> Result<Bundle, String> {
    let mut bundle = Bundle::default();
    let times = work.handed_in.iter().any(|(author, _)| !author.submitted_at.is_empty());
    let mut header = ["filename", "full_name", "id", "label", "ignored"].map(str::to_owned).to_vec();
    header.extend(times.then(|| "created_at".to_owned()));
    let empty = if times { vec![String::new()] } else { Vec::new() };
    let stub = "stub/base-code.rs".to_owned();
    bundle.add(stub.clone(), joined(work.stub.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))));
    let mut rows =
        vec![[vec![stub, "stub".to_owned(), String::new(), String::new(), "true".to_owned()], empty].concat()];
    for (author, files) in &work.handed_in {
        let path = format!("{}/{}.rs", work.exercise.id, author.file);
        let (name, id) = (neutral(&author.name), neutral(&author.id));
        let mut row = vec![path.clone(), name, id, work.exercise.id.clone(), String::new()];
        row.extend(times.then(|| created_at(&author.submitted_at)).transpose()?);
        rows.push(row);
        bundle.add(path, joined(files.iter().map(|(path, SubmittedFile(bytes))| (path.as_str(), bytes.as_slice()))));
    }
    bundle.add("info.csv".to_owned(), table(&header, rows.into_iter())?.into_bytes());
    Ok(bundle)
}

/// As Dolos' documentation writes times: `2019-07-23 17:12:33 +0200`.
fn created_at(submitted_at: &str) -> Result<String, String> {
    if submitted_at.is_empty() {
        return Ok(String::new());
    }
    Ok(late::time(submitted_at)?.strftime("%Y-%m-%d %H:%M:%S +0000").to_string())
}

/// The Rust sources one after the other, each below a line with its path.
fn joined<'a>(files: impl Iterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut all = Vec::new();
    for (path, bytes) in files.filter(|(path, _)| path.ends_with(".rs")) {
        all.extend_from_slice(format!("// {path}\n").as_bytes());
        all.extend_from_slice(bytes);
        all.push(b'\n');
    }
    all
}

#[cfg(test)]
mod tests;
