//! Draws the model. On a wide screen checkpoints stand beside the failure, on a narrow one above it.

use crate::model::{Failure, Look, Model, Pane, Phase, Row};
use grader::{
    catalog::Catalog,
    render::{self, Paint},
    store::Store,
};
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::{Color, Style},
    text::{Line, Span, Text},
    widgets::{Block, Borders, Paragraph, Wrap},
};

/// From this width on there are two columns.
const WIDE: u16 = 110;

/// Draws everything.
pub fn draw(frame: &mut Frame<'_>, model: &Model<'_>, catalog: &Catalog) {
    let colours = Colours::new();
    let [head, body, foot] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(0), Constraint::Length(1)]).areas(frame.area());
    frame.render_widget(title(model, catalog, colours), head);
    frame.render_widget(Line::styled(keys(model, foot.width), colours.aside()), foot);
    let rows = u16::try_from(model.rows.len()).unwrap_or(u16::MAX);
    let [list, pane] = if body.width >= WIDE {
        let name = model.rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
        let width = u16::try_from(name + 18).unwrap_or(u16::MAX).min(body.width / 2);
        Layout::horizontal([Constraint::Length(width), Constraint::Min(0)]).areas(body)
    } else {
        let height = rows.min(body.height * 2 / 5);
        Layout::vertical([Constraint::Length(height), Constraint::Min(0)]).areas(body)
    };
    checkpoints(frame, model, list, colours);
    let borders = if body.width >= WIDE { Borders::LEFT } else { Borders::TOP };
    let block = Block::new().borders(borders).border_style(colours.aside());
    let (text, wraps) = content(model, catalog, colours);
    let last = u16::try_from(text.lines.len()).unwrap_or(u16::MAX).saturating_sub(1);
    let mut paragraph = Paragraph::new(text).block(block).scroll((model.scroll.min(last), 0));
    if wraps {
        paragraph = paragraph.wrap(Wrap { trim: false });
    }
    frame.render_widget(paragraph, pane);
}

fn title<'a>(model: &Model<'_>, catalog: &Catalog, colours: Colours) -> Line<'a> {
    let exercise = model.exercise;
    let name = format!("Day {:02}: {}  ", exercise.number, exercise.metadata.title);
    let passed = model.rows.iter().filter(|row| row.look == Look::Passed).count();
    let all = model.rows.iter().filter(|row| row.is_judged()).count();
    let (words, style) = match &model.phase {
        Phase::Compiling => ("compiling …".to_owned(), colours.aside()),
        Phase::Testing { done, all } => (format!("{done} of {all} tests …"), colours.aside()),
        Phase::Done { passes: true } if passed == all => {
            ("★ passes with a star. Enter: next day".to_owned(), colours.good())
        }
        Phase::Done { passes: true } => ("✓ passes. Enter: next day".to_owned(), colours.good()),
        Phase::Done { passes: false } => (format!("{passed} of {all} checkpoints"), colours.bad()),
        Phase::Fault(_) => ("could not be graded".to_owned(), colours.special()),
    };
    let note = if catalog.is_handout() { "  (visible checkpoints only)" } else { "" };
    Line::from(vec![
        Span::styled(name, Style::new().bold()),
        Span::styled(words, style),
        Span::styled(note, colours.aside()),
    ])
}

fn keys(model: &Model<'_>, width: u16) -> String {
    let pages = match model.pane {
        Pane::Failure => "h hint  d page  l days",
        Pane::Hint => "h next hint  Esc back",
        Pane::Page | Pane::Days => "↑↓ scroll  Esc back",
    };
    let turn = if model.failures.len() > 1 { "n next failure  " } else { "" };
    let long = format!("{turn}{pages}  r run again  q quit");
    if long.chars().count() <= usize::from(width) { long } else { format!("{turn}h d l r q") }
}

fn checkpoints(frame: &mut Frame<'_>, model: &Model<'_>, area: Rect, colours: Colours) {
    let height = usize::from(area.height);
    let at_hand = model.at_hand().unwrap_or(0);
    // The checkpoint at hand is always in view.
    let first = (at_hand + 1)
        .saturating_sub(height)
        .max(at_hand.saturating_sub(height / 2))
        .min(model.rows.len().saturating_sub(height));
    let width = model.rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
    let lines = model.rows.iter().enumerate().skip(first).take(height);
    let lines = lines.map(|(place, row)| line(row, width, place == at_hand, model.stale, colours));
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), area);
}

fn line<'a>(row: &Row, width: usize, at_hand: bool, stale: bool, colours: Colours) -> Line<'a> {
    let (mark, style) = match row.look {
        Look::Waiting => ("·", colours.aside()),
        Look::Passed => ("✓", colours.good()),
        Look::Failed => ("✗", colours.bad()),
        Look::NotRun => ("–", colours.special()),
        Look::Withheld => (" ", colours.aside()),
    };
    let name = if at_hand && row.is_open() { Style::new().bold() } else { Style::new() };
    let line = Line::from(vec![
        Span::styled(format!(" {mark} "), style),
        Span::styled(format!("{:width$}", row.name), name),
        Span::styled(format!("  {}", worth(row)), colours.aside()),
    ]);
    if stale { line.style(Style::new().dim()) } else { line }
}

fn worth(row: &Row) -> String {
    if row.is_judged() { format!("{:7} {:>3}", row.tier, row.points) } else { "not handed out".to_owned() }
}

/// What fills the pane, and whether long lines are wrapped.
fn content<'a>(model: &Model<'_>, catalog: &Catalog, colours: Colours) -> (Text<'a>, bool) {
    match model.pane {
        Pane::Hint => (hints(model, colours), true),
        Pane::Days => {
            let progress = Store::of(catalog.root()).progress(catalog);
            (plain(&render::list(&progress, Paint::new(false))), false)
        }
        Pane::Page => {
            let path = catalog.root().join("exercises").join(&model.exercise.id).join("README.md");
            let text = std::fs::read_to_string(&path);
            (plain(&text.unwrap_or_else(|error| format!("{} cannot be read: {error}", path.display()))), true)
        }
        Pane::Failure => match (&model.phase, model.failures.get(model.shown)) {
            (Phase::Fault(fault), _) => (plain(fault), true),
            (_, Some(shown)) => (failure(model, shown, colours), true),
            (Phase::Done { passes: true }, None) => (plain("Every checkpoint that the day needs passes."), true),
            (Phase::Done { .. }, None) => (plain("Some checkpoints could not be run."), true),
            (_, None) if model.stale && model.rows.iter().all(|row| row.look == Look::Passed) => {
                (plain("Before the latest save every checkpoint passed."), true)
            }
            (_, None) => (Text::default(), true),
        },
    }
}

fn failure<'a>(model: &Model<'_>, failure: &Failure, colours: Colours) -> Text<'a> {
    let mut text = Text::from(Line::styled(clean(&failure.title), Style::new().bold()));
    if model.failures.len() > 1 {
        let place = format!("failure {} of {}", model.shown + 1, model.failures.len());
        text.push_line(Line::styled(place, colours.aside()));
    }
    if model.stale {
        text.push_line(Line::styled("from before the latest save", colours.aside()));
    }
    text.push_line("");
    text.extend(plain(&failure.text));
    text
}

fn hints<'a>(model: &Model<'_>, colours: Colours) -> Text<'a> {
    let Some(checkpoint) = model.at_hand().map(|row| &model.exercise.metadata.checkpoints[row]) else {
        return plain("Every checkpoint passes. There is nothing left to hint at.");
    };
    let title = format!("{}: {}", checkpoint.name, checkpoint.summary);
    let mut text = Text::from(Line::styled(title, Style::new().bold()));
    for hint in checkpoint.hints.iter().take(model.hints) {
        text.push_line("");
        text.extend(plain(hint));
    }
    let left = checkpoint.hints.len().saturating_sub(model.hints);
    let more = if left == 0 { "That was the last hint.".to_owned() } else { format!("h: {left} more") };
    text.push_line("");
    text.push_line(Line::styled(more, colours.aside()));
    text
}

fn plain<'a>(text: &str) -> Text<'a> {
    Text::from(text.lines().map(|line| Line::from(clean(line))).collect::<Vec<_>>())
}

/// What a program printed must not steer the terminal.
fn clean(line: &str) -> String {
    line.replace('\t', "    ").chars().map(|character| if character.is_control() { '�' } else { character }).collect()
}

/// Colours, or none where `NO_COLOR` asks for none (no-color.org).
#[derive(Debug, Clone, Copy)]
struct Colours {
    on: bool,
}

impl Colours {
    fn new() -> Colours {
        Colours { on: std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) }
    }

    fn of(self, colour: Color) -> Style {
        if self.on { Style::new().fg(colour) } else { Style::new() }
    }

    fn good(self) -> Style {
        self.of(Color::Green)
    }

    fn bad(self) -> Style {
        self.of(Color::Red)
    }

    fn special(self) -> Style {
        self.of(Color::Yellow)
    }

    fn aside(self) -> Style {
        Style::new().dim()
    }
}
