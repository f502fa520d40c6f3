//! `cargo xtask new-day`: the folders of a new day, ready to be filled.

use crate::catalog;
use std::{fs, path::Path};

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
    println!("Begin with the page; `cargo xtask check {number}` says what is still missing.");
    Ok(0)
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
