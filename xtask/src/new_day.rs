//! `cargo xtask new-day`: the folders of a new day, ready to be filled.

use crate::catalog;
use std::{fs, path::Path};

/// The heading above the days in the root manifest.
const PROFILES: &str = "\n[profile.dev.package]\n";

/// Lay out the folders of a new day
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The day, 1 to 30
    #[arg(value_parser = clap::value_parser!(u8).range(1..=99))]
    number: u8,
    /// Lower-case words with hyphens, as in notes-api
    slug: String,
}

/// Writes the files; nothing that exists is changed.
pub fn run(args: &Args) -> Result<u8, String> {
    let Args { number, slug } = args;
    if !slug.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') || slug.is_empty() {
        return Err(format!("{slug:?} is no slug: use lower-case letters, digits and hyphens, as in notes-api"));
    }
    let id = format!("day{number:02}-{slug}");
    let catalog = catalog()?;
    if let Some(taken) = catalog.exercises().iter().find(|exercise| exercise.number == *number) {
        return Err(format!("day {number} is taken by {}", taken.id));
    }
    let fill = |template: &str| template.replace("{id}", &id).replace("{number}", &format!("{number:02}"));
    let files = [
        ("exercises", "Cargo.toml", include_str!("new_day/exercise.Cargo.toml")),
        ("exercises", "README.md", include_str!("new_day/README.md")),
        ("exercises", "exercise.toml", include_str!("new_day/exercise.toml")),
        ("exercises", "src/main.rs", include_str!("new_day/main.rs")),
        ("exercises", "tests/visible.rs", include_str!("new_day/visible.rs")),
        ("solutions", "Cargo.toml", include_str!("new_day/solution.Cargo.toml")),
        ("solutions", "NOTES.md", include_str!("new_day/NOTES.md")),
        ("solutions", "src/main.rs", include_str!("new_day/main.rs")),
        ("solutions", "tests/checkpoints.rs", include_str!("new_day/checkpoints.rs")),
        ("solutions", "tests/hidden/mod.rs", include_str!("new_day/hidden.rs")),
    ];
    for (place, name, template) in files {
        let path = Path::new(place).join(&id).join(name);
        write(&catalog.root().join(&path), &fill(template)).map_err(|error| format!("{}: {error}", path.display()))?;
        println!("wrote {}", path.display());
    }
    profile(&catalog.root().join("Cargo.toml"), &id)?;
    println!("Begin with the page; `cargo xtask check {number}` says what is still missing.");
    Ok(0)
}

/// Has the exercise compiled incrementally, as its neighbours are.
fn profile(manifest: &Path, id: &str) -> Result<(), String> {
    let named = |fault: &dyn std::fmt::Display| format!("{}: {fault}", manifest.display());
    let text = fs::read_to_string(manifest).map_err(|error| named(&error))?;
    let (head, rest) =
        text.split_once(PROFILES).ok_or_else(|| named(&format!("it has no line {}", PROFILES.trim())))?;
    let (days, rest) = rest.split_once("\n\n").unwrap_or((rest, ""));
    let mut days: Vec<_> = days.lines().map(str::to_owned).chain([format!("{id}.incremental = true")]).collect();
    days.sort();
    let text = format!("{head}{PROFILES}{}\n\n{rest}", days.join("\n"));
    fs::write(manifest, text).map_err(|error| named(&error))?;
    println!("added {id} to [profile.dev.package] of Cargo.toml");
    Ok(())
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::OpenOptions::new().write(true).create_new(true).open(path).and_then(|mut file| {
        use std::io::Write;
        file.write_all(text.as_bytes())
    })
}
