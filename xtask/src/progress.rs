//! Shows on standard error that something is going on: a bar on a terminal, a few lines elsewhere.

use grader::grade::Event;
use indicatif::{ProgressBar, ProgressStyle};
use std::{io::IsTerminal, time::Duration};

/// The progress of one run.
#[derive(Debug)]
pub struct Progress {
    /// None where there is no terminal.
    bar: Option<ProgressBar>,
}

impl Progress {
    pub fn new() -> Progress {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Progress { bar }
    }

    pub fn on(&self, event: &Event<'_>) {
        match (&self.bar, event) {
            (Some(bar), Event::Compiling { .. }) => bar.set_message("compiling"),
            (Some(bar), Event::Running { tests }) => {
                // A template that does not parse would only cost the bar its looks.
                if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos:>3}/{len} tests  {msg:.dim}") {
                    bar.set_style(style);
                }
                bar.set_length(tests.len() as u64);
                bar.set_position(0);
            }
            (Some(bar), Event::Tested { day, checkpoint, .. }) => {
                bar.inc(1);
                bar.set_message(format!("{day} {checkpoint}"));
            }
            (None, Event::Compiling { days: 1 }) => eprintln!("compiling one day"),
            (None, Event::Compiling { days }) => eprintln!("compiling {days} days"),
            (None, Event::Running { tests }) => eprintln!("running {} tests", tests.len()),
            (None, Event::Tested { .. }) => {}
        }
    }

    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
