//! A made cohort: a roster, what everybody on it hands in for real days of this course, and the truth about each.
//!
//! ```text
//! deck ──► work ──► pack ──► roster
//! who does  files of  folder,   a line for
//! what      a day     zip, git  each
//! ```
//!
//! Everything random comes from one seed. Of two cohorts with the same seed the smaller one is the beginning of the larger.

mod attacks;
#[path = "../../../src/trial/change.rs"]
#[allow(dead_code, reason = "mutants are the business of others")]
mod change;
#[path = "../../../src/check/flawed.rs"]
#[allow(dead_code, reason = "a variant's name and mistake are for those who read them")]
mod flawed;
mod pack;
mod truth;
mod work;

pub use truth::{DayTruth, Truth};

use change::Change;
use fastrand::Rng;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};
use work::{Day, Work};

/// Days that are quickly compiled and need no other tool: a command, a service, a service with a database.
pub const DAYS: [&str; 3] = ["day01-roadmap-cli", "day03-notes-api", "day05-link-shortener"];
/// When submissions are due.
pub const DUE: &str = "2026-03-01T23:59:59Z";
const IN_TIME: &str = "2026-03-01T20:00:00Z";
const LATE: &str = "2026-03-03T08:30:00+01:00";

/// What somebody hands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Card {
    /// Reference solutions of all days.
    Everything,
    /// The reference solution of one day.
    Solution,
    /// A solution with a mistake that a checkpoint names.
    Flawed,
    Stub,
    DoesNotCompile,
    Attack,
    /// Nothing that could be graded, for one of several reasons.
    Nothing,
}

/// Of sixty.
const DECK: [(Card, usize); 7] = [
    (Card::Everything, 2),
    (Card::Solution, 8),
    (Card::Flawed, 20),
    (Card::Stub, 3),
    (Card::DoesNotCompile, 5),
    (Card::Attack, attacks::COUNT),
    (Card::Nothing, 5),
];

/// What has to be quoted somewhere: in CSV, in a shell, in a path, in a spreadsheet, in a regular expression.
const IDS: [&str; 12] = [
    "../etc/passwd",
    "-rf",
    ".hidden",
    "a b\tc",
    "o'brien\"s",
    "=1+1",
    "100%41",
    "zoë@例え.jp",
    "山田-7",
    "C:\\temp",
    "$(id)",
    "🦀",
];

const NAMES: [&str; 12] = [
    "Zoë Müller-Lüdenscheidt",
    "山田 太郎",
    "محمد عبد الله",
    "Nguyễn Thị Ánh",
    "Åsa Öberg, Dr.",
    "=HYPERLINK(\"http://example.org\")",
    "Ольга Ким",
    "דוד לוי",
    "Chloë O'Brien \"Chip\"",
    "สมชาย ใจดี",
    "José\u{301} Nuñez",
    "प्रिया शर्मा",
];

/// A cohort on disk.
#[derive(Debug)]
pub struct Made {
    pub roster: PathBuf,
    pub submissions: PathBuf,
    /// By id.
    pub truth: BTreeMap<String, Truth>,
}

impl Made {
    /// `size` learners in `folder`, which is emptied.
    pub fn new(folder: &Path, size: usize, seed: u64) -> Made {
        Made::of(folder, size, seed, &[])
    }

    /// The same without mistakes that are races, or that leave an order to chance. The checkpoint that names one always finds
    /// it; in other tests it shows now and then, so that no two runs find quite the same.
    pub fn steady(folder: &Path, size: usize, seed: u64) -> Made {
        let chancy = [
            "kill9",
            "parallel_writers",
            "json_is_stable",
            "alias_race",
            "exact_counts_under_race",
            "bulk_create_is_atomic",
        ];
        Made::of(folder, size, seed, &chancy)
    }

    fn of(folder: &Path, size: usize, seed: u64, without: &[&str]) -> Made {
        let _ = fs::remove_dir_all(folder);
        let submissions = folder.join("submissions");
        fs::create_dir_all(&submissions).unwrap();
        let roster = folder.join("roster.csv");
        let mut made = Made { roster, submissions, truth: BTreeMap::new() };
        let mut random = Rng::with_seed(seed);
        let mut deck: Vec<Card> = DECK.iter().flat_map(|(card, count)| std::iter::repeat_n(*card, *count)).collect();
        random.shuffle(&mut deck);
        let mut attacks: Vec<usize> = (0..attacks::COUNT).collect();
        random.shuffle(&mut attacks);
        let mut attacks = attacks.into_iter().cycle();
        let mut lines = csv::Writer::from_path(&made.roster).unwrap();
        lines.write_record(["id", "name", "email", "submission", "submitted_at"]).unwrap();
        for number in 0..size {
            let id =
                IDS.get(number / 5).filter(|_| number % 5 == 4).map_or(format!("l{number:03}"), ToString::to_string);
            let card = deck[number % deck.len()];
            let (line, truth) = made.hand_in(&id, number, card, without, &mut attacks, &mut random);
            let name = NAMES[number % NAMES.len()];
            lines.write_record([&id, name, &format!("l{number}@example.org"), &line.0, line.1]).unwrap();
            made.truth.insert(id, truth);
        }
        lines.flush().unwrap();
        made
    }

    /// Lays down what somebody hands in: the cells `submission` and `submitted_at`, and the truth.
    fn hand_in(
        &self,
        id: &str,
        number: usize,
        card: Card,
        without: &[&str],
        attacks: &mut impl Iterator<Item = usize>,
        random: &mut Rng,
    ) -> ((String, &'static str), Truth) {
        let is_late = random.u8(..4) == 0;
        let submitted_at = if is_late { LATE } else { ["", IN_TIME][random.usize(..2)] };
        let day = Day::of(DAYS[random.usize(..DAYS.len())]);
        let works = match card {
            Card::Everything => DAYS.map(|day| Work::solution(Day::of(day))).to_vec(),
            Card::Solution => vec![Work::solution(day)],
            Card::Flawed => vec![Work::flawed(day, without, random)],
            Card::Stub => vec![Work::stub(day)],
            Card::DoesNotCompile => vec![Work::does_not_compile(day, random)],
            Card::Attack => vec![attacks::attack(attacks.next().unwrap())],
            Card::Nothing => {
                let (line, reason) = pack::nothing(&self.submissions, number);
                return ((line, submitted_at), Truth { is_late, reason: Some(reason), days: BTreeMap::new() });
            }
        };
        let mut files = BTreeMap::new();
        let mut days = BTreeMap::new();
        for mut work in works {
            work.sign(id);
            let prefix = format!("exercises/{}", work.day.id);
            files.extend(work.files.into_iter().map(|(path, bytes)| (format!("{prefix}/{path}"), bytes)));
            files.extend(work.elsewhere);
            days.insert(work.day.id, work.truth);
        }
        let (line, is_git) = pack::pack(&self.submissions, number, id, &files);
        // Of a repository the commits before the due time count, so that it is never late by itself.
        let (submitted_at, is_late) = if is_git { ("", false) } else { (submitted_at, is_late) };
        ((line, submitted_at), Truth { is_late, reason: None, days })
    }
}

/// A number that somebody has asked for by a variable.
pub fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

/// The records of a run, by the learners' ids.
pub fn records(out: &Path) -> BTreeMap<String, Value> {
    let files = fs::read_dir(out.join("reports")).unwrap().map(|entry| entry.unwrap().path());
    let records = files.map(|path| serde_json::from_slice::<Value>(&fs::read(path).unwrap()).unwrap());
    records.map(|record| (record["learner"]["id"].as_str().unwrap().to_owned(), record)).collect()
}

/// The root of the repository.
pub fn repository() -> &'static Path {
    let mut folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    folders.find(|folder| folder.join("Cargo.lock").is_file()).unwrap()
}
