use super::*;
use crate::shelf::{Manifest, Shelf};
use grader::receipt::Conditions;
use std::{fs, io::Write};

const METADATA: &str = "title = \"Tiny\"\nweek = 1\nkind = \"command\"\nthemes = []\nminutes = 1\neditable = [\"src/**\"]\n\
                        [[checkpoint]]\nname = \"idea\"\ntier = \"core\"\npoints = 1\nsummary = \"\"\nhints = []\n";
const STUB: &str = "fn main() { todo!() }\n";

fn exercise() -> Exercise {
    Exercise::parse("day03-tiny", METADATA).unwrap()
}

fn put(path: PathBuf, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A course without history, whose only day has [`STUB`].
fn course(root: &Path) -> Catalog {
    put(root.join("Cargo.toml"), "[workspace]\n");
    put(root.join("exercises/day03-tiny/exercise.toml"), METADATA);
    put(root.join("exercises/day03-tiny/src/main.rs"), STUB);
    Catalog::read(root).unwrap()
}

fn author(file: &str, name: &str, submitted_at: &str) -> Author {
    let text = str::to_owned;
    Author { file: text(file), name: text(name), id: text(file), submitted_at: text(submitted_at) }
}

fn file(path: &str, text: &str) -> (String, SubmittedFile) {
    (path.to_owned(), SubmittedFile(text.as_bytes().to_vec()))
}

#[test]
fn the_base_code_is_the_stub_and_each_learner_has_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = course(&folder.path().join("course"));
    let exercise = exercise();
    let (ada, bob) = (author("ada", "Ada", ""), author("bob", "Bob", ""));
    let work = DayWork {
        exercise: &exercise,
        stub: stub(&catalog, &exercise).unwrap(),
        handed_in: vec![
            (&ada, [file("src/main.rs", "mine"), file("src/a/b.rs", "more")].into()),
            (&bob, [file("src/main.rs", "his")].into()),
        ],
    };
    let out = folder.path().join("jplag");
    jplag(vec![work], &out).unwrap();
    let read = |path: &str| fs::read_to_string(out.join(path)).unwrap();
    assert_eq!(read("day03-tiny/base-code/src/main.rs"), STUB);
    assert_eq!(read("day03-tiny/submissions/ada/src/a/b.rs"), "more");
    assert_eq!(read("day03-tiny/submissions/bob/src/main.rs"), "his");
    assert!(
        read("README.md")
            .contains("-l rust -M RUN -bc day03-tiny/base-code -r results/day03-tiny day03-tiny/submissions\n")
    );
}

#[test]
fn a_dataset_has_a_row_for_each_file_and_the_stub_is_ignored() {
    let exercise = exercise();
    let (ada, eve) = (author("ada", "Ada, Zoë", "2026-03-01T12:00:00+02:00"), author("eve", "=1+1", ""));
    let work = DayWork {
        exercise: &exercise,
        stub: [("src/main.rs".to_owned(), STUB.as_bytes().to_vec())].into(),
        handed_in: vec![
            (
                &ada,
                [file("src/main.rs", "mod a;"), file("src/a.rs", "pub fn a() {}"), file("src/x.sql", "DROP")].into(),
            ),
            (&eve, [file("src/main.rs", "fn main() {}")].into()),
        ],
    };
    let bundle = dataset(&work).unwrap();
    let text = |path: &str| String::from_utf8(bundle.files()[path].clone()).unwrap();
    assert_eq!(
        text("info.csv"),
        "filename,full_name,id,label,ignored,created_at\nstub/base-code.rs,stub,,,true,\n\
         day03-tiny/ada.rs,\"Ada, Zoë\",ada,day03-tiny,,2026-03-01 10:00:00 +0000\nday03-tiny/eve.rs,'=1+1,eve,day03-tiny,,\n"
    );
    assert_eq!(text("stub/base-code.rs"), format!("// src/main.rs\n{STUB}\n"));
    assert_eq!(text("day03-tiny/ada.rs"), "// src/a.rs\npub fn a() {}\n// src/main.rs\nmod a;\n");
    assert_eq!(bundle.files().len(), 4);
}

/// A cohort of these learners, whose submissions are in `submissions`.
fn shelf(root: &Path, ids: &[&str]) -> Shelf {
    let learner = |id: &&str| Learner {
        id: (*id).to_owned(),
        name: format!("Name of {id}"),
        email: String::new(),
        submission: String::new(),
        submitted_at: "2026-03-01T12:00:00Z".to_owned(),
    };
    let roster = ids.iter().map(learner).collect();
    let manifest = Manifest::new(vec!["day03-tiny".to_owned()], 30, Conditions::default(), "tests".to_owned(), roster);
    Shelf::begin(&root.join("graded"), manifest).unwrap()
}

/// All files below a folder with their text.
fn files(root: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let kind = entry.file_type().unwrap();
            assert!(kind.is_dir() || kind.is_file(), "{:?} is a link", entry.path());
            if kind.is_dir() {
                folders.push(entry.path());
            } else {
                let path = entry.path().strip_prefix(root).unwrap().to_string_lossy().into_owned();
                found.insert(path, fs::read_to_string(entry.path()).unwrap());
            }
        }
    }
    found
}

#[cfg(unix)]
#[test]
fn nothing_of_a_hostile_submission_escapes_or_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let catalog = course(&root.join("course"));
    put(root.join("secret.txt"), "the secret");
    let day = |id: &str, path: &str| root.join(format!("in/{id}/exercises/day03-tiny/{path}"));
    put(day("good", "src/main.rs"), "fn main() {}");
    put(day("good", "Cargo.toml"), "not to be taken");
    // A link to a file, a link to a folder, and an archive that leads out of itself.
    put(day("link", "src/main.rs"), "fn main() {}");
    std::os::unix::fs::symlink(root.join("secret.txt"), day("link", "src/secret.rs")).unwrap();
    fs::create_dir_all(day("linked", "")).unwrap();
    std::os::unix::fs::symlink(root, day("linked", "src")).unwrap();
    let mut zip = zip::ZipWriter::new(fs::File::create(root.join("in/out.zip")).unwrap());
    for path in ["exercises/day03-tiny/src/main.rs", "exercises/day03-tiny/src/../../../../../escaped.rs"] {
        zip.start_file(path, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(b"fn main() {}").unwrap();
    }
    zip.finish().unwrap();
    // An id is the name of a folder, too.
    put(root.join("in/%2E.%2F..%2Fup/exercises/day03-tiny/src/main.rs"), "fn up() {}");

    let shelf = shelf(root, &["../../up", "good", "link", "linked", "none", "out"]);
    let args = Wanted { submissions: Some(root.join("in")), days: Vec::new(), anonymous: false };
    let before: Vec<_> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    bundle(&catalog, &shelf, &args, Tool::JPlag, &root.join("jplag")).unwrap();
    bundle(&catalog, &shelf, &args, Tool::Dolos, &root.join("dolos.zip")).unwrap();
    assert_eq!(fs::read_dir(root).unwrap().count(), before.len() + 2, "only what was asked for");

    let files = files(&root.join("jplag"));
    let paths: Vec<_> = files.keys().map(String::as_str).collect();
    let expected = [
        "README.md",
        "day03-tiny/base-code/src/main.rs",
        "day03-tiny/submissions/%2E.%2F..%2Fup/src/main.rs",
        "day03-tiny/submissions/good/src/main.rs",
    ];
    assert_eq!(paths, expected);
    assert!(!files.values().any(|text| text.contains("the secret")));
}

#[test]
fn an_anonymous_bundle_has_neither_names_nor_times() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let catalog = course(&root.join("course"));
    for id in ["u-ada", "u-bob"] {
        put(root.join(format!("in/{id}/day03-tiny/src/main.rs")), "fn main() {}");
    }
    let shelf = shelf(root, &["u-ada", "u-bob"]);
    let args = Wanted { submissions: Some(root.join("in")), days: vec!["3".to_owned()], anonymous: true };
    bundle(&catalog, &shelf, &args, Tool::JPlag, &root.join("jplag")).unwrap();
    bundle(&catalog, &shelf, &args, Tool::Dolos, &root.join("dolos")).unwrap();
    let mut zip = zip::ZipArchive::new(fs::File::open(root.join("dolos/day03-tiny.zip")).unwrap()).unwrap();
    let names: Vec<_> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    let info = std::io::read_to_string(zip.by_name("info.csv").unwrap()).unwrap();
    assert!(info.contains("Learner 1") && info.contains("Learner 2"), "{info}");
    for word in ["u-ada", "u-bob", "Name of", "2026"] {
        let paths = files(&root.join("jplag")).into_keys().collect::<String>();
        assert!(!(info.clone() + &names.concat() + &paths).contains(word), "{word}");
    }
}

#[test]
fn one_zip_is_one_day() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = course(&folder.path().join("course"));
    put(folder.path().join("course/exercises/day04-tiny/exercise.toml"), METADATA);
    let catalog = Catalog::read(catalog.root()).unwrap();
    let shelf = shelf(folder.path(), &["ada"]);
    let args = Wanted {
        submissions: Some(folder.path().join("in")),
        days: vec!["3".to_owned(), "4".to_owned()],
        anonymous: false,
    };
    let fault = bundle(&catalog, &shelf, &args, Tool::Dolos, &folder.path().join("dolos.zip")).unwrap_err();
    assert!(fault.contains("--days"), "{fault}");
}
