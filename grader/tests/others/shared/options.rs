//! Arguments and their environment twins: `--ttl-ms 5` or `TTL_MS=5`.

use std::{collections::HashMap, env, fmt::Display, process::exit, str::FromStr};

/// What was said on the command line.
#[derive(Debug)]
pub struct Options {
    values: HashMap<String, String>,
}

impl Options {
    /// Reads the arguments, `--name value` and `--name=value`. `flags` stand alone. An argument that nobody knows ends the
    /// program with 2.
    pub fn read(names: &[&str], flags: &[&str]) -> Options {
        let mut values = HashMap::new();
        let mut arguments = env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let (name, value) = match argument.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (argument, None),
            };
            let Some(name) = name.strip_prefix("--") else { usage(&format!("{name} is no option")) };
            if flags.contains(&name) {
                values.insert(name.to_owned(), "true".to_owned());
            } else if names.contains(&name) {
                let value = value.or_else(|| arguments.next());
                let Some(value) = value else { usage(&format!("--{name} needs a value")) };
                values.insert(name.to_owned(), value);
            } else {
                usage(&format!("--{name} is unknown"));
            }
        }
        Options { values }
    }

    /// The value of an option, from the command line or from the environment.
    pub fn text(&self, name: &str) -> Option<String> {
        let twin = || env::var(name.replace('-', "_").to_uppercase()).ok();
        self.values.get(name).cloned().or_else(twin)
    }

    /// The value of an option that has a default. One that is none of its kind ends the program with 2.
    pub fn value<T: FromStr<Err: Display>>(&self, name: &str, default: &str) -> T {
        let text = self.text(name).unwrap_or_else(|| default.to_owned());
        text.parse().unwrap_or_else(|error| usage(&format!("--{name} {text}: {error}")))
    }

    /// Whether a flag was given.
    pub fn has(&self, flag: &str) -> bool {
        self.values.contains_key(flag)
    }
}

fn usage(why: &str) -> ! {
    eprintln!("error: {why}");
    exit(2);
}
