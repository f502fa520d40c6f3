//! The log for GitHub Actions, read as the runner reads it.

use crate::sample;
use grader::render::github;

/// A command: its name, its properties and its message.
type Command = (String, Vec<(String, String)>, String);

/// The commands that a runner obeys: none between `::stop-commands::TOKEN` and `::TOKEN::`.
fn obeyed(log: &str) -> Vec<Command> {
    let mut stopped: Option<String> = None;
    let mut commands = Vec::new();
    for line in log.split('\n') {
        if let Some(token) = &stopped {
            if line.trim() == format!("::{token}::") {
                stopped = None;
            }
            continue;
        }
        let Some((head, message)) = line.strip_prefix("::").and_then(|rest| rest.split_once("::")) else { continue };
        let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
        if name == "stop-commands" {
            stopped = Some(message.to_owned());
            continue;
        }
        let unescaped = |text: &str| {
            let text = text.replace("%0D", "\r").replace("%0A", "\n").replace("%3A", ":").replace("%2C", ",");
            text.replace("%25", "%")
        };
        let pairs = properties.split(',').filter_map(|pair| pair.split_once('='));
        let properties = pairs.map(|(key, value)| (key.to_owned(), unescaped(value))).collect();
        commands.push((name.to_owned(), properties, unescaped(message)));
    }
    assert_eq!(stopped, None, "commands stay switched off");
    commands
}

#[test]
fn annotations_say_what_is_open_and_nothing_else_is_obeyed() {
    let commands = obeyed(&github(&sample::report(), "f00d"));
    let titles: Vec<_> =
        commands.iter().map(|(name, properties, _)| (name.as_str(), properties.last().unwrap().1.as_str())).collect();
    assert_eq!(
        titles,
        [
            ("error", "Day 02 races"),
            ("error", "Day 03 idea"),
            ("error", "A & B"),
            ("error", "Day 05 idea"),
            ("error", "Day 05 races"),
        ]
    );
    assert!(
        commands[0].2.contains(sample::HOSTILE.trim_end()),
        "the message comes back as it was: {:?}",
        commands[0].2
    );
}

#[test]
fn an_error_of_the_compiler_points_at_its_line() {
    let commands = obeyed(&github(&sample::report(), "f00d"));
    let (_, properties, message) = &commands[2];
    let get = |name: &str| properties.iter().find(|(key, _)| key == name).unwrap().1.as_str();
    assert_eq!((get("file"), get("line"), get("col")), ("exercises/day04-d/src/main.rs", "7", "5"));
    assert_eq!(message, "error[E0308]: mismatched types");
}

#[test]
fn no_more_annotations_than_are_shown() {
    let mut report = sample::report();
    report.days = (0..20).flat_map(|_| report.days.clone()).collect();
    assert_eq!(obeyed(&github(&report, "f00d")).len(), 10);
}
