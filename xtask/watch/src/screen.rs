//! The terminal: keys in, frames out, and whole again at the end, whatever happens.

use crate::{
    following,
    model::{Action, Model, Phase},
    runner::Run,
    saved::Saved,
    view,
};
use grader::{catalog::Catalog, exercise::Exercise};
use ratatui::{
    DefaultTerminal,
    crossterm::event::{self, Event, KeyEventKind},
};
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// How long a key is waited for before files are looked at again.
const TICK: Duration = Duration::from_millis(40);

/// Runs until a key or a signal ends it. ratatui's hook makes the terminal whole on a panic, too.
pub fn run(catalog: &Catalog, exercise: &Exercise, go_on: bool) -> Result<(), String> {
    let stopped = Arc::new(AtomicBool::new(false));
    stop_on_signals(&stopped).map_err(|error| format!("signals cannot be watched: {error}"))?;
    let mut terminal = ratatui::try_init().map_err(|error| format!("the terminal cannot be used: {error}"))?;
    let result = watch(&mut terminal, catalog, exercise, go_on, &stopped);
    ratatui::restore();
    result.map_err(|error| format!("the terminal is gone: {error}"))
}

#[cfg(unix)]
fn stop_on_signals(stopped: &Arc<AtomicBool>) -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(stopped))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn stop_on_signals(_stopped: &Arc<AtomicBool>) -> io::Result<()> {
    Ok(())
}

fn watch<'a>(
    terminal: &mut DefaultTerminal,
    catalog: &'a Catalog,
    mut exercise: &'a Exercise,
    go_on: bool,
    stopped: &AtomicBool,
) -> io::Result<()> {
    let mut saved = Saved::of(catalog, exercise);
    let mut model = Model::new(exercise);
    let mut run = Run::start(catalog, exercise);
    let mut changed = true;
    while !stopped.load(Ordering::Relaxed) {
        if changed {
            terminal.draw(|frame| view::draw(frame, &model, catalog))?;
        }
        changed = false;
        let mut action = None;
        if event::poll(TICK)? {
            match event::read()? {
                Event::Key(key) if key.kind != KeyEventKind::Release => action = model.press(key),
                _ => {}
            }
            changed = true;
        }
        for news in run.news() {
            model.hear(news);
            changed = true;
        }
        if go_on && model.phase == (Phase::Done { passes: true }) {
            action = action.or(Some(Action::NextDay));
        }
        match action {
            Some(Action::Quit) => return Ok(()),
            Some(Action::NextDay) => {
                if let Some(next) = following(catalog, exercise) {
                    exercise = next;
                    saved = Saved::of(catalog, exercise);
                    model = Model::new(exercise);
                    run = Run::start(catalog, exercise);
                }
            }
            _ if action == Some(Action::Rerun) || saved.changed() => {
                // The run before is called off when the new one takes its place.
                run = Run::start(catalog, exercise);
                model.begin();
                changed = true;
            }
            _ => {}
        }
    }
    Ok(())
}
