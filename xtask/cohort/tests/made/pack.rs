//! The forms in which people hand in: folders, archives, repositories, and none.

use super::work::Files;
use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

/// Packs files in one of six ways: the cell `submission` of the roster, and whether a repository was made.
pub fn pack(submissions: &Path, number: usize, id: &str, files: &Files) -> (String, bool) {
    // A plain id needs no cell: its folder or archive is found by its name.
    let is_plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let name = if is_plain { id.to_owned() } else { format!("handed in {number}") };
    let path = submissions.join(&name);
    let (ending, is_git) = match number % 6 {
        0 => ("", lay(&path, files)),
        // As a download of a whole repository wraps it.
        1 => ("", lay(&path.join("thirty-backends-main"), files)),
        2 => (".zip", zip(&submissions.join(format!("{name}.zip")), files)),
        3 => (".tar.gz", tar(&submissions.join(format!("{name}.tar.gz")), files)),
        4 => (".git", repository(&submissions.join(format!("{name}.git")), files, true)),
        _ => {
            let bare = submissions.join(format!("{name} by URL.git"));
            repository(&bare, files, true);
            return (format!("file://{}", bare.display()), true);
        }
    };
    let cell = if is_plain && !is_git { String::new() } else { format!("{name}{ending}") };
    (cell, is_git)
}

/// Hands in nothing that could be graded: the cell, and words of the reason.
pub fn nothing(submissions: &Path, number: usize) -> (String, &'static str) {
    let name = format!("nothing-{number}");
    match number % 5 {
        0 => (String::new(), "nothing was submitted: there is no"),
        1 => {
            fs::write(submissions.join(format!("{name}.zip")), "PK\u{3}\u{4} no archive").unwrap();
            (format!("{name}.zip"), "zip")
        }
        2 => {
            lay(&submissions.join(&name), &Files::from([("README.md".to_owned(), "Sorry!".into())]));
            (name, "holds none of the days asked for")
        }
        3 => (format!("file://{}/nowhere.git", submissions.display()), "git cannot deliver"),
        _ => {
            let bare = submissions.join(format!("{name}.git"));
            repository(&bare, &Files::from([("README.md".to_owned(), "Later".into())]), false);
            (format!("file://{}", bare.display()), "no commit before")
        }
    }
}

fn lay(folder: &Path, files: &Files) -> bool {
    for (path, bytes) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    false
}

fn zip(path: &Path, files: &Files) -> bool {
    let mut archive = zip::ZipWriter::new(File::create(path).unwrap());
    for (path, bytes) in files {
        archive.start_file(path.as_str(), zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap();
    false
}

fn tar(path: &Path, files: &Files) -> bool {
    let encoder = flate2::write::GzEncoder::new(File::create(path).unwrap(), flate2::Compression::fast());
    let mut archive = tar::Builder::new(encoder);
    for (path, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, path, bytes.as_slice()).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap();
    false
}

/// A bare repository with a commit in time, if `in_time`, and in any case one after the due time that breaks everything.
fn repository(bare: &Path, files: &Files, in_time: bool) -> bool {
    let tree = tempfile::tempdir().unwrap();
    let git = |date: &str, arguments: &[&str]| {
        let who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"];
        let mut command = Command::new("git");
        command.arg("-C").arg(tree.path()).args(who).args(arguments).stdout(Stdio::null());
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_AUTHOR_DATE", date).env("GIT_COMMITTER_DATE", date);
        assert!(command.status().unwrap().success(), "git {arguments:?}");
    };
    let commit = |date: &str| {
        git(date, &["add", "--all"]);
        git(date, &["commit", "--quiet", "--message", "work"]);
    };
    git("", &["init", "--quiet", "--initial-branch", "main"]);
    lay(tree.path(), files);
    if in_time {
        commit("2026-03-01T12:00:00Z");
    }
    for path in files.keys().filter(|path| path.ends_with("main.rs")) {
        fs::write(tree.path().join(path), "too late").unwrap();
    }
    fs::write(tree.path().join("late"), "").unwrap();
    commit("2026-03-02T12:00:00Z");
    git("", &["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    true
}
