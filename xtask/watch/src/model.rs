//! What is known of the day on the screen. Pure: news and keys go in, what to do comes out, nothing is drawn here.

use crate::runner::News;
use grader::{
    exercise::{Exercise, Tier},
    report::{DayReport, Report, TestReport},
    verdict::Verdict,
};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// The day on the screen.
#[derive(Debug)]
pub struct Model<'a> {
    /// The day.
    pub exercise: &'a Exercise,
    /// What is going on.
    pub phase: Phase,
    /// Its checkpoints, in the order of the page.
    pub rows: Vec<Row>,
    /// What does not pass, by checkpoint in the order of the page.
    pub failures: Vec<Failure>,
    /// Which failure is shown.
    pub shown: usize,
    /// What fills the larger part of the screen.
    pub pane: Pane,
    /// How many lines of it are above the screen.
    pub scroll: u16,
    /// How many hints are shown for the checkpoint at hand.
    pub hints: usize,
    /// Whether what is shown is from before the latest save.
    pub stale: bool,
}

/// What is going on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// The compiler is at work.
    Compiling,
    /// Tests run.
    Testing {
        /// So many have ended.
        done: usize,
        /// Of so many.
        all: usize,
    },
    /// There is a verdict on everything.
    Done {
        /// Whether the day passes.
        passes: bool,
    },
    /// The course or the machine is at fault.
    Fault(String),
}

/// A checkpoint.
#[derive(Debug)]
pub struct Row {
    pub name: String,
    pub tier: Tier,
    pub points: u32,
    pub look: Look,
    /// Tests that have not ended.
    open: usize,
}

/// A checkpoint at one glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    Waiting,
    Passed,
    Failed,
    NotRun,
    /// Not part of a hand-out.
    Withheld,
}

/// Something that does not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The place of its checkpoint on the page; none for the compiler's messages.
    pub row: Option<usize>,
    /// What is asked for, or what is wrong.
    pub title: String,
    /// The explanation, whole.
    pub text: String,
    hidden: bool,
}

/// What fills the larger part of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pane {
    Failure,
    Hint,
    Page,
    Days,
}

/// What a key asks for that the model cannot do itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Quit,
    Rerun,
    NextDay,
}

impl<'a> Model<'a> {
    /// A day before its first run.
    pub fn new(exercise: &'a Exercise) -> Model<'a> {
        let rows = exercise.metadata.checkpoints.iter().map(|checkpoint| Row {
            name: checkpoint.name.clone(),
            tier: checkpoint.tier,
            points: checkpoint.points,
            look: Look::Waiting,
            open: 0,
        });
        Model {
            exercise,
            phase: Phase::Compiling,
            rows: rows.collect(),
            failures: Vec::new(),
            shown: 0,
            pane: Pane::Failure,
            scroll: 0,
            hints: 1,
            stale: false,
        }
    }

    /// A new run begins. What the last one found stays on the screen until there is something newer.
    pub fn begin(&mut self) {
        self.phase = Phase::Compiling;
        self.stale = true;
    }

    /// Takes in what happened.
    pub fn hear(&mut self, news: News) {
        match news {
            News::Compiling => self.phase = Phase::Compiling,
            News::Running(checkpoints) => {
                self.phase = Phase::Testing { done: 0, all: checkpoints.len() };
                self.forget();
                for row in &mut self.rows {
                    row.open = checkpoints.iter().filter(|name| **name == row.name).count();
                }
            }
            News::Tested(checkpoint, test) => self.tested(&checkpoint, &test),
            News::Finished(report) => self.finished(&report),
            News::Fault(fault) => {
                self.stale = false;
                self.phase = Phase::Fault(fault);
            }
        }
    }

    fn forget(&mut self) {
        self.stale = false;
        self.failures.clear();
        (self.shown, self.scroll, self.hints) = (0, 0, 1);
        self.rows.iter_mut().for_each(|row| row.look = Look::Waiting);
    }

    fn tested(&mut self, checkpoint: &str, test: &TestReport) {
        if let Phase::Testing { done, .. } = &mut self.phase {
            *done += 1;
        }
        let Some(place) = self.rows.iter().position(|row| row.name == checkpoint) else { return };
        self.rows[place].open = self.rows[place].open.saturating_sub(1);
        if let Some(look) = Look::of_failed(&test.verdict) {
            self.rows[place].look = look;
            self.add(self.failure(place, test));
        } else if self.rows[place].open == 0 && self.rows[place].look == Look::Waiting {
            self.rows[place].look = Look::Passed;
        }
    }

    /// Tests end in any order; failures are shown in that of the page, and those that can be read first.
    fn add(&mut self, failure: Failure) {
        let place = self.failures.partition_point(|other| (other.row, other.hidden) <= (failure.row, failure.hidden));
        self.failures.insert(place, failure);
        // Whoever reads the third failure goes on reading that one.
        if place <= self.shown && self.shown > 0 {
            self.shown += 1;
        }
    }

    fn failure(&self, place: usize, test: &TestReport) -> Failure {
        let checkpoint = &self.exercise.metadata.checkpoints[place];
        let claim = test.name.replace("::", ": ").replace('_', " ");
        let hidden = if test.hidden { " (hidden test)" } else { "" };
        let message = match &test.verdict {
            Verdict::NotRun { reason, .. } => format!("{reason}\n{}", test.message),
            _ => test.message.clone(),
        };
        Failure {
            row: Some(place),
            title: format!("{}: {}", checkpoint.name, checkpoint.summary),
            text: format!("{claim}{hidden}\n\n{}", message.trim_end()),
            hidden: test.hidden,
        }
    }

    fn finished(&mut self, report: &Report) {
        let Some(day) = report.days.first() else { return };
        self.phase = Phase::Done { passes: day.outcome.is_pass() };
        if self.stale {
            self.forget();
        }
        self.settle(day);
    }

    fn settle(&mut self, day: &DayReport) {
        for row in &mut self.rows {
            let judged = day.checkpoints.iter().find(|checkpoint| checkpoint.name == row.name);
            row.look = match judged {
                Some(checkpoint) => Look::of_failed(&checkpoint.verdict).unwrap_or(Look::Passed),
                None => Look::Withheld,
            };
        }
        if let Some(errors) = &day.build_failure {
            let title = "The program does not compile".to_owned();
            self.failures = vec![Failure { row: None, title, text: errors.clone(), hidden: false }];
        }
    }

    /// The checkpoint that the shown failure belongs to, or the first that does not pass.
    pub fn at_hand(&self) -> Option<usize> {
        let shown = self.failures.get(self.shown).and_then(|failure| failure.row);
        shown.or_else(|| self.rows.iter().position(Row::is_open))
    }

    /// Takes in a key.
    pub fn press(&mut self, key: KeyEvent) -> Option<Action> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c' | 'd') if control => return Some(Action::Quit),
            KeyCode::Char('q') => return Some(Action::Quit),
            KeyCode::Char('r') => return Some(Action::Rerun),
            KeyCode::Enter if self.phase == (Phase::Done { passes: true }) => return Some(Action::NextDay),
            KeyCode::Char('n') => self.turn(1),
            KeyCode::Char('p') => self.turn(self.failures.len().saturating_sub(1)),
            KeyCode::Char('h') if self.pane == Pane::Hint => self.next_hint(),
            KeyCode::Char('h') => self.open(Pane::Hint),
            KeyCode::Char('l') => self.open(Pane::Days),
            KeyCode::Char('d') => self.open(Pane::Page),
            KeyCode::Esc => self.open(Pane::Failure),
            KeyCode::Down | KeyCode::Char('j') => self.scroll = self.scroll.saturating_add(1),
            KeyCode::Up | KeyCode::Char('k') => self.scroll = self.scroll.saturating_sub(1),
            KeyCode::PageDown | KeyCode::Char(' ') => self.scroll = self.scroll.saturating_add(10),
            KeyCode::PageUp => self.scroll = self.scroll.saturating_sub(10),
            KeyCode::Home => self.scroll = 0,
            _ => {}
        }
        None
    }

    /// Opens a pane; asked for again, closes it.
    fn open(&mut self, pane: Pane) {
        self.pane = if self.pane == pane { Pane::Failure } else { pane };
        self.scroll = 0;
    }

    fn turn(&mut self, by: usize) {
        self.pane = Pane::Failure;
        self.scroll = 0;
        self.hints = 1;
        if !self.failures.is_empty() {
            self.shown = (self.shown + by) % self.failures.len();
        }
    }

    fn next_hint(&mut self) {
        let all = self.at_hand().map_or(0, |row| self.exercise.metadata.checkpoints[row].hints.len());
        if self.hints < all {
            self.hints += 1;
        } else {
            self.open(Pane::Failure);
        }
    }
}

impl Row {
    /// Whether it is left to be done.
    pub fn is_open(&self) -> bool {
        !matches!(self.look, Look::Passed | Look::Withheld)
    }

    /// Whether it is judged at all.
    pub fn is_judged(&self) -> bool {
        self.look != Look::Withheld
    }
}

impl Look {
    /// None for what passes.
    fn of_failed(verdict: &Verdict) -> Option<Look> {
        match verdict {
            Verdict::Passed => None,
            Verdict::Failed | Verdict::TimedOut => Some(Look::Failed),
            Verdict::NotRun { .. } => Some(Look::NotRun),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use grader::report::Withheld;

    fn exercise() -> Exercise {
        let checkpoint = |name: &str| {
            format!(
                "[[checkpoint]]\nname = \"{name}\"\ntier = \"core\"\npoints = 10\nsummary = \"s\"\nhints = [\"one\", \"two\"]\n"
            )
        };
        let head = "title = \"T\"\nweek = 1\nkind = \"command\"\nthemes = []\nminutes = 1\neditable = []\n";
        Exercise::parse("day01-t", &format!("{head}{}{}", checkpoint("first"), checkpoint("second"))).unwrap()
    }

    fn test(name: &str, verdict: Verdict, hidden: bool) -> TestReport {
        TestReport { name: name.to_owned(), hidden, verdict, message: format!("about {name}"), millis: 1 }
    }

    fn running(model: &mut Model<'_>) {
        model.hear(News::Running(["first", "second", "second"].map(str::to_owned).to_vec()));
    }

    fn press(model: &mut Model<'_>, key: char) -> Option<Action> {
        model.press(KeyEvent::from(KeyCode::Char(key)))
    }

    #[test]
    fn a_checkpoint_is_green_when_its_last_test_has_passed_and_red_at_its_first_failure() {
        let exercise = exercise();
        let mut model = Model::new(&exercise);
        running(&mut model);
        model.hear(News::Tested("second".to_owned(), test("a", Verdict::Passed, false)));
        assert_eq!(model.rows[1].look, Look::Waiting);
        model.hear(News::Tested("second".to_owned(), test("b", Verdict::Passed, false)));
        assert_eq!(model.rows[1].look, Look::Passed);
        model.hear(News::Tested("first".to_owned(), test("c", Verdict::Failed, false)));
        assert_eq!((model.rows[0].look, &model.phase), (Look::Failed, &Phase::Testing { done: 3, all: 3 }));
    }

    #[test]
    fn failures_stand_in_the_order_of_the_page_and_readable_ones_first() {
        let exercise = exercise();
        let mut model = Model::new(&exercise);
        running(&mut model);
        for (checkpoint, name, hidden) in [("second", "d", false), ("first", "b", true), ("first", "a", false)] {
            model.hear(News::Tested(checkpoint.to_owned(), test(name, Verdict::Failed, hidden)));
        }
        let first_words: Vec<_> = model.failures.iter().map(|failure| &failure.text[..1]).collect();
        assert_eq!(first_words, ["a", "b", "d"]);
    }

    #[test]
    fn what_is_read_stays_in_view_when_others_fail() {
        let exercise = exercise();
        let mut model = Model::new(&exercise);
        running(&mut model);
        model.hear(News::Tested("second".to_owned(), test("d", Verdict::Failed, false)));
        model.hear(News::Tested("second".to_owned(), test("e", Verdict::Failed, false)));
        press(&mut model, 'n');
        let read = model.failures[model.shown].clone();
        model.hear(News::Tested("first".to_owned(), test("a", Verdict::Failed, false)));
        assert_eq!(model.failures[model.shown], read);
    }

    #[test]
    fn the_last_verdicts_stay_until_there_are_newer_ones() {
        let exercise = exercise();
        let mut model = Model::new(&exercise);
        running(&mut model);
        model.hear(News::Tested("first".to_owned(), test("a", Verdict::Failed, false)));
        model.begin();
        assert!(model.stale && model.failures.len() == 1);
        running(&mut model);
        assert!(!model.stale && model.failures.is_empty() && model.rows[0].look == Look::Waiting);
    }

    #[test]
    fn hints_come_one_by_one_and_then_go_away() {
        let exercise = exercise();
        let mut model = Model::new(&exercise);
        for (pane, hints) in [(Pane::Hint, 1), (Pane::Hint, 2), (Pane::Failure, 2)] {
            press(&mut model, 'h');
            assert_eq!((model.pane, model.hints), (pane, hints));
        }
    }

    #[test]
    fn the_next_day_is_asked_for_and_only_when_this_one_passes() {
        let exercise = exercise();
        let mut model = Model::new(&exercise);
        let enter = KeyEvent::from(KeyCode::Enter);
        assert_eq!(model.press(enter), None);
        model.phase = Phase::Done { passes: true };
        assert_eq!(model.press(enter), Some(Action::NextDay));
        assert_eq!(press(&mut model, 'q'), Some(Action::Quit));
    }

    #[test]
    fn what_a_hand_out_does_not_have_is_neither_green_nor_at_hand() {
        let exercise = exercise();
        let mut model = Model::new(&exercise);
        let judged = |name: &str| name == "second";
        let tests = |_: &str| vec![test("a", Verdict::Failed, false)];
        let withheld = Withheld { name: "first".to_owned(), tier: Tier::Core, points: 10 };
        let day = DayReport::new(&exercise, None, tests, judged).withholding(vec![withheld]);
        model.hear(News::Finished(Box::new(Report::new("stubs".to_owned(), 1, false, vec![day]))));
        assert_eq!(model.rows.iter().map(|row| row.look).collect::<Vec<_>>(), [Look::Withheld, Look::Failed]);
        assert_eq!(model.at_hand(), Some(1));
    }
}
