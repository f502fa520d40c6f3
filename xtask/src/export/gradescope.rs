//! An autograder for Gradescope: a .zip with `setup.sh`, `run_autograder` and the course.
//!
//! The layout is that of Gradescope's autograder specification: the .zip is unpacked to `/autograder/source`, `setup.sh` runs once
//! when the image is built, `run_autograder` for each submission in `/autograder/submission`, and leaves
//! `/autograder/results/results.json`. `AUTOGRADER_ROOT` names another place than `/autograder`.

use crate::words;
use grader::store;
use std::{
    fs,
    io::{Cursor, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use walkdir::WalkDir;
use zip::{ZipWriter, write::SimpleFileOptions};

/// An autograder for Gradescope: a .zip to upload
#[derive(Debug, clap::Args)]
pub struct GradescopeArgs {
    /// Write it to this file
    #[arg(long, value_name = "FILE.zip")]
    out: PathBuf,
    /// Days of the assignment: 3, day03 or day03-notes-api; all days when none is given
    #[arg(long, value_name = "DAY", value_delimiter = ',')]
    days: Vec<String>,
    /// The time limit that is set for the autograder on Gradescope; grading ends shortly before it
    #[arg(long, value_name = "MINUTES", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1440))]
    minutes: u16,
    /// Grade even where no sandbox works in Gradescope's container; a program can then read tests and solutions
    #[arg(long)]
    allow_unsandboxed: bool,
}

const SETUP: &str = include_str!("gradescope/setup.sh");
const RUN: &str = include_str!("gradescope/run_autograder");

/// Packs it.
pub fn run(args: &GradescopeArgs) -> Result<u8, String> {
    let catalog = crate::catalog()?;
    let days = catalog.select(&args.days).map_err(words)?;
    let numbers: Vec<_> = days.iter().map(|day| day.number.to_string()).collect();
    let settings = format!(
        "DAYS=\"{}\"\nMINUTES={}\nUNSANDBOXED={}\n",
        numbers.join(" "),
        args.minutes,
        if args.allow_unsandboxed { "yes" } else { "no" },
    );
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let named = |error: zip::result::ZipError| format!("{}: {error}", args.out.display());
    for (path, text, is_executable) in
        [("setup.sh", SETUP, true), ("run_autograder", RUN, true), ("settings", settings.as_str(), false)]
    {
        add(&mut zip, path, text.as_bytes(), is_executable).map_err(named)?;
    }
    let files = files(catalog.root())?;
    for path in &files {
        let file = catalog.root().join(path);
        // A link would be followed, and a file that was deleted is no part of the course.
        let Ok(metadata) = fs::symlink_metadata(&file).map(|it| it.is_file().then_some(it)) else { continue };
        let Some(metadata) = metadata else { continue };
        let bytes = fs::read(&file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        add(&mut zip, &format!("course/{path}"), &bytes, is_executable(&metadata)).map_err(named)?;
    }
    let bytes = zip.finish().map_err(named)?.into_inner();
    store::write(&args.out, &bytes).map_err(words)?;
    println!("{}: {} days, {} files, {} kB", args.out.display(), days.len(), files.len(), bytes.len() / 1000);
    println!("It holds the solutions and the hidden tests: upload it, and give it to no learner.");
    Ok(0)
}

fn add(zip: &mut ZipWriter<Cursor<Vec<u8>>>, path: &str, bytes: &[u8], executable: bool) -> zip::result::ZipResult<()> {
    let mode = if executable { 0o755 } else { 0o644 };
    zip.start_file(path, SimpleFileOptions::default().unix_permissions(mode))?;
    Ok(zip.write_all(bytes)?)
}

#[cfg(unix)]
fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    false
}

/// The files of the course, in order: what Git knows of or would add, or all but build results where the course is no
/// checkout.
fn files(root: &Path) -> Result<Vec<String>, String> {
    let mut files = match of_checkout(root) {
        Some(files) => files,
        None => walk(root)?,
    };
    files.sort();
    Ok(files)
}

/// None where the course is not a checkout of its own.
fn of_checkout(root: &Path) -> Option<Vec<String>> {
    root.join(".git").exists().then_some(())?;
    let mut command = Command::new("git");
    command.current_dir(root).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let output = command.stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    Some(text.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
}

fn walk(root: &Path) -> Result<Vec<String>, String> {
    const LEFT_OUT: [&str; 4] = ["target", ".git", ".thirty", "data"];
    let wanted =
        |entry: &walkdir::DirEntry| entry.depth() != 1 || !LEFT_OUT.contains(&&*entry.file_name().to_string_lossy());
    let mut files = Vec::new();
    for entry in WalkDir::new(root).into_iter().filter_entry(wanted) {
        let entry = entry.map_err(|error| format!("cannot read {}: {error}", root.display()))?;
        let inside = entry.path().strip_prefix(root).unwrap_or(entry.path()).components();
        let parts: Vec<_> = inside.map(|part| part.as_os_str().to_string_lossy()).collect();
        if entry.file_type().is_file() {
            files.push(parts.join("/"));
        }
    }
    Ok(files)
}
