//! What is taken of a submission, what is ignored and said to be, and what is refused, for every way in which it arrives.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use flate2::{Compression, write::GzEncoder};
use grader::{
    catalog::Catalog,
    error::GradeError,
    grade::Submission,
    submission::{self, Bounds, Source},
};
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

const MAIN: &str = "exercises/day01-a/src/main.rs";
const METADATA: &str = "title = \"A\"\nweek = 1\nkind = \"command\"\nthemes = []\nminutes = 1\neditable = [\"src/**\"]\n\n\
    [[checkpoint]]\nname = \"works\"\ntier = \"core\"\npoints = 100\nsummary = \"It works\"\nhints = [\"Look\"]\n";

/// A course of two days, and a place for submissions to it.
struct Stage {
    folder: TempDir,
}

impl Stage {
    fn new() -> Stage {
        let stage = Stage { folder: tempfile::tempdir().unwrap() };
        for day in ["day01-a", "day02-b"] {
            let root = format!("course/exercises/{day}");
            stage.write(&format!("{root}/exercise.toml"), METADATA);
            stage.write(&format!("{root}/src/main.rs"), "fn main() { todo!() }");
            stage.write(&format!("{root}/tests/visible.rs"), "// the course's");
        }
        stage.write("course/Cargo.toml", "[workspace]\n");
        stage.write("course/Cargo.lock", "version = 4\n");
        stage
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// What the grader makes of the submission at `path`, or why it makes nothing of it.
    fn read(&self, path: &str) -> Result<Submission, String> {
        self.read_at(path, None)
    }

    fn read_at(&self, path: &str, at: Option<&str>) -> Result<Submission, String> {
        let catalog = Catalog::read(&self.path("course")).unwrap();
        let exercises = catalog.select(&[]).unwrap();
        submission::read(&catalog, &exercises, self.path(path).to_str().unwrap(), at).map_err(|error| error.to_string())
    }

    fn zip(&self, fill: impl FnOnce(&mut zip::ZipWriter<fs::File>)) {
        let mut archive = zip::ZipWriter::new(fs::File::create(self.path("work.zip")).unwrap());
        fill(&mut archive);
        archive.finish().unwrap();
    }

    fn tar(&self, fill: impl FnOnce(&mut Tar)) {
        let file = fs::File::create(self.path("work.tar.gz")).unwrap();
        let mut archive = tar::Builder::new(GzEncoder::new(file, Compression::fast()));
        fill(&mut archive);
        archive.into_inner().unwrap().finish().unwrap();
    }

    fn git(&self, arguments: &[&str], time: &str) {
        let mut git = Command::new("git");
        git.current_dir(self.path("work"))
            .args(["-c", "user.name=A", "-c", "user.email=a@example.com"])
            .args(arguments);
        let status = git.env("GIT_COMMITTER_DATE", time).env("GIT_AUTHOR_DATE", time).status().unwrap();
        assert!(status.success(), "git {arguments:?}");
    }
}

type Tar = tar::Builder<GzEncoder<fs::File>>;

/// An entry with whatever name and kind, also one that an honest tool would not make.
fn entry(archive: &mut Tar, name: &str, kind: tar::EntryType, content: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_size(content.len() as u64);
    header.as_old_mut().linkname[..11].copy_from_slice(b"/etc/passwd");
    header.set_cksum();
    archive.append(&header, content).unwrap();
}

fn add(archive: &mut zip::ZipWriter<fs::File>, name: &str, content: &[u8]) {
    archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    archive.write_all(content).unwrap();
}

/// The submitted text of day 1's main file.
fn main_of(submission: &Submission) -> String {
    String::from_utf8(submission.selection.days["day01-a"]["src/main.rs"].0.clone()).unwrap()
}

fn ignored(submission: &Submission) -> Vec<String> {
    submission.selection.ignored.iter().map(|it| format!("{} {}", it.what, it.path)).collect()
}

#[test]
fn folder_zip_tar_and_git_deliver_the_same() {
    let stage = Stage::new();
    stage.write(&format!("work/{MAIN}"), "fn main() {}");
    stage.zip(|zip| add(zip, &format!("Ada Lovelace_42/{MAIN}"), b"fn main() {}"));
    stage.tar(|tar| entry(tar, &format!("work-main/{MAIN}"), tar::EntryType::Regular, b"fn main() {}"));
    let mut all = vec![stage.read("work"), stage.read("work.zip"), stage.read("work.tar.gz")];
    stage.git(&["init", "--quiet"], "2026-03-01T12:00:00Z");
    stage.git(&["add", "."], "2026-03-01T12:00:00Z");
    stage.git(&["commit", "--quiet", "-m", "work"], "2026-03-01T12:00:00Z");
    all.push(stage.read_at("work", Some("HEAD")));
    for submission in all {
        let submission = submission.unwrap();
        assert_eq!(main_of(&submission), "fn main() {}");
        assert_eq!(submission.selection.days.len(), 1, "day 2 was not submitted");
        assert_eq!(ignored(&submission), [""; 0]);
    }
}

#[test]
fn git_is_read_at_a_revision_and_at_a_deadline() {
    let stage = Stage::new();
    stage.write(&format!("work/{MAIN}"), "// in time");
    stage.git(&["init", "--quiet"], "");
    for (text, time) in [("// in time", "2026-03-01T23:59:00Z"), ("// too late", "2026-03-02T00:01:00Z")] {
        stage.write(&format!("work/{MAIN}"), text);
        stage.git(&["add", "."], time);
        stage.git(&["commit", "--quiet", "-m", text], time);
    }
    stage.git(&["tag", "second"], "");
    let at = |at: &str| stage.read_at("work", Some(at));
    assert_eq!(main_of(&at("2026-03-02T00:00:00Z").unwrap()), "// in time");
    assert_eq!(main_of(&at("second").unwrap()), "// too late");
    assert_eq!(main_of(&at("HEAD~1").unwrap()), "// in time");
    assert!(at("2025-01-01T00:00:00Z").unwrap_err().contains("no commit before 2025-01-01"));
    for bad in ["no-such-branch", "--upload-pack=touch /tmp/x"] {
        assert!(at(bad).unwrap_err().contains("git cannot deliver"), "{bad}");
    }
}

#[test]
fn a_host_that_does_not_answer_is_no_fault_of_the_learner() {
    let stage = Stage::new();
    let catalog = Catalog::read(&stage.path("course")).unwrap();
    let exercises = catalog.select(&[]).unwrap();
    let read = |url: &str| submission::read(&catalog, &exercises, url, None).unwrap_err();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = read(&format!("git://127.0.0.1:{port}/work.git"));
    assert!(matches!(&error, GradeError::OutOfReach(_)), "{error:?}");
    let error = read(&format!("file://{}/nowhere.git", stage.path("work").display()));
    assert!(matches!(&error, GradeError::Submission(_)), "{error:?}");
}

#[test]
fn what_is_not_editable_is_ignored_and_named() {
    let stage = Stage::new();
    stage.write(&format!("work/{MAIN}"), "fn main() {}");
    stage.write("work/exercises/day01-a/tests/visible.rs", "// mine");
    stage.write("work/exercises/day01-a/build.rs", "fn main() {}");
    stage.write("work/exercises/day02-b/tests/visible.rs", "// the course's");
    stage.write("work/Cargo.lock", "version = 3\n");
    stage.write("work/.cargo/config.toml", "[build]\nrustc-wrapper = \"evil\"\n");
    stage.write("work/rust-toolchain.toml", "[toolchain]\nchannel = \"evil\"\n");
    stage.write("work/target/debug/litter", "litter");
    let submission = stage.read("work").unwrap();
    let expected = [
        "added .cargo/config.toml",
        "changed Cargo.lock",
        "added exercises/day01-a/build.rs",
        "changed exercises/day01-a/tests/visible.rs",
        "added rust-toolchain.toml",
    ];
    assert_eq!(ignored(&submission), expected);
    assert_eq!(submission.selection.days["day01-a"].keys().collect::<Vec<_>>(), ["src/main.rs"]);
}

#[test]
fn a_name_that_leads_elsewhere_refuses_the_submission() {
    let stage = Stage::new();
    for name in ["../../outside.rs", "/etc/cron.d/job", "exercises/day01-a/src/../../../../x", "C:/x", "a\u{1b}[2J"] {
        stage.zip(|zip| {
            add(zip, MAIN, b"fn main() {}");
            add(zip, name, b"evil");
        });
        stage.tar(|tar| entry(tar, name, tar::EntryType::Regular, b"evil"));
        for archive in ["work.zip", "work.tar.gz"] {
            let error = stage.read(archive).unwrap_err();
            assert!(error.contains("the submission is refused"), "{archive} with {name:?}: {error}");
            assert!(!error.contains('\u{1b}'), "an escape sequence reaches the terminal: {error:?}");
        }
    }
}

#[test]
fn links_and_devices_refuse_their_day() {
    use tar::EntryType;
    let stage = Stage::new();
    for (kind, word) in [
        (EntryType::Symlink, "a symbolic link"),
        (EntryType::Link, "a hard link"),
        (EntryType::Char, "a device or pipe"),
        (EntryType::Fifo, "a device or pipe"),
    ] {
        stage.tar(|tar| {
            entry(tar, "exercises/day01-a/src/data.rs", kind, b"");
            entry(tar, "exercises/day02-b/src/main.rs", EntryType::Regular, b"fn main() {}");
        });
        let selection = stage.read("work.tar.gz").unwrap().selection;
        let refusal = &selection.refused["day01-a"];
        assert!(refusal.path.ends_with("data.rs") && refusal.why.contains(word), "{refusal:?}");
        assert!(selection.days.contains_key("day02-b"), "the other day is graded");
    }
    stage.zip(|zip| {
        let options = zip::write::SimpleFileOptions::default();
        zip.add_symlink("exercises/day01-a/src/data.rs", "/etc/passwd", options).unwrap();
    });
    assert!(stage.read("work.zip").unwrap().selection.refused["day01-a"].why.contains("a symbolic link"));
}

#[cfg(unix)]
#[test]
fn links_and_pipes_in_a_folder_are_not_followed() {
    let stage = Stage::new();
    stage.write("secret", "the instructor's");
    stage.write(&format!("work/{MAIN}"), "fn main() {}");
    std::os::unix::fs::symlink(stage.path("secret"), stage.path("work/exercises/day01-a/src/data.rs")).unwrap();
    std::os::unix::fs::symlink(stage.path("course/exercises/day02-b"), stage.path("work/exercises/day02-b")).unwrap();
    let selection = stage.read("work").unwrap().selection;
    assert!(selection.refused["day01-a"].why.contains("a symbolic link"));
    assert!(!selection.days.contains_key("day02-b"), "the folder behind a link is not read");

    let pipe = stage.path("work.zip");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert!(stage.read("work.zip").unwrap_err().contains("is no regular file"));
}

#[test]
fn bombs_are_refused_before_they_go_off() {
    let stage = Stage::new();
    let bounds = Bounds { entries: 50, kept: 2000, total: 5000, unpacked: 20_000, streamed: 60_000 };
    let error = |archive: &str| {
        let source = Source::guess(stage.path(archive).to_str().unwrap(), None).unwrap();
        source.read(&bounds).expect_err("a bomb is refused").to_string()
    };
    let fill = |count: usize, size: usize| {
        let zeros = vec![0; size];
        stage.zip(|zip| (0..count).for_each(|number| add(zip, &format!("src/{number}"), &zeros)));
        stage.tar(|tar| (0..count).for_each(|it| entry(tar, &format!("src/{it}"), tar::EntryType::Regular, &zeros)));
        ["work.zip", "work.tar.gz"].map(error)
    };
    // Many that are kept, many that are too large to be kept, many that are empty.
    for (count, size, words) in [
        (6, 1000, "brings the submission to more bytes than are unpacked"),
        (11, 2001, "brings the submission to more bytes than are unpacked"),
        (51, 0, "is one entry more than 50"),
    ] {
        for error in fill(count, size) {
            assert!(error.contains(words), "{count} of {size}: {error}");
        }
    }
    // What nobody reads has to be unpacked to get past it.
    stage.tar(|tar| entry(tar, "target/zeros", tar::EntryType::Regular, &[0; 80_000]));
    assert!(error("work.tar.gz").contains("is no sound .tar"));
}

#[test]
fn a_file_that_is_too_large_refuses_its_day() {
    let stage = Stage::new();
    stage.zip(|zip| {
        add(zip, "exercises/day01-a/src/data.rs", &vec![b'/'; (1 << 20) + 1]);
        add(zip, "exercises/day02-b/src/main.rs", b"fn main() {}");
    });
    let selection = stage.read("work.zip").unwrap().selection;
    assert_eq!(selection.refused["day01-a"].why, "has 1048577 bytes; at most 1048576 are taken");
    assert!(selection.days.contains_key("day02-b"));
}

#[test]
fn what_is_no_submission_is_named() {
    let stage = Stage::new();
    stage.write("work.zip", "no archive");
    stage.write("work.tar.gz", "no archive");
    stage.write("essay/essay.docx", "words");
    stage.write("work.rar", "words");
    for (path, words) in [
        ("work.zip", "is no sound .zip"),
        ("work.tar.gz", "is no sound .tar"),
        ("essay", "holds none of the days asked for"),
        ("work.rar", "is neither a folder, a .zip, a .tar.gz nor"),
        ("missing", "is neither a folder, a .zip, a .tar.gz nor"),
    ] {
        let error = stage.read(path).unwrap_err();
        assert!(error.contains(words) && error.contains(path), "{path}: {error}");
    }
}

#[test]
fn a_truncated_archive_is_refused_at_every_length() {
    let stage = Stage::new();
    stage.zip(|zip| add(zip, MAIN, b"fn main() { println!(\"hello\") }"));
    stage.tar(|tar| entry(tar, MAIN, tar::EntryType::Regular, b"fn main() { println!(\"hello\") }"));
    for archive in ["work.zip", "work.tar.gz"] {
        let whole = fs::read(stage.path(archive)).unwrap();
        let cut = format!("cut-{archive}");
        for length in 0..whole.len() - 8 {
            fs::write(stage.path(&cut), &whole[..length]).unwrap();
            match stage.read(&cut) {
                Err(error) => assert!(error.contains("refused") || error.contains("holds none"), "{length}: {error}"),
                Ok(submission) => assert_eq!(main_of(&submission), "fn main() { println!(\"hello\") }", "{length}"),
            }
        }
    }
}

/// Where it stands does not matter, but it must be one of the course's own.
#[test]
fn files_of_the_submission_never_land_in_the_course() {
    let stage = Stage::new();
    let before = listing(&stage.path("course"));
    stage.write(&format!("work/{MAIN}"), "fn main() {}");
    stage.read("work").unwrap();
    assert_eq!(listing(&stage.path("course")), before);
}

fn listing(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let files = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().flatten();
    files.filter(|it| it.file_type().is_file()).map(|it| (it.path().into(), fs::read(it.path()).unwrap())).collect()
}
