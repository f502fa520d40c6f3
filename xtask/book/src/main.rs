//! `cargo xtask book`: the pages of all days as a web site with search, made by mdBook. The pages in the repository are
//! the only source; what is added is an order, a roadmap, and a check that no link is dead.

mod accessible;
mod links;
mod roadmap;
mod source;

use clap::Parser;
use grader::catalog::Catalog;
use mdbook_driver::{MDBook, config::Config};
use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Make a web site of the pages of all days
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask book")]
struct Args {
    /// Where to put it [default: target/book in the course]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(index) => {
            println!("{}", index.display());
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &Args) -> Result<PathBuf, String> {
    let folder = std::env::current_dir().map_err(|error| format!("there is no current folder: {error}"))?;
    let catalog = Catalog::find(&folder).map_err(|error| error.to_string())?;
    let default = || catalog.root().join("target").join("book");
    let out = args.out.as_ref().map_or_else(|| Ok(default()), std::path::absolute);
    let out = out.map_err(|error| format!("--out: {error}"))?;
    let workshop = tempfile::tempdir().map_err(|error| format!("no room for the book's sources: {error}"))?;
    source::collect(&catalog, &workshop.path().join("src"))?;
    build(workshop.path(), &out)?;
    accessible::complete(&out)?;
    let dead = links::dead(&out)?;
    if !dead.is_empty() {
        return Err(format!("links that lead nowhere:\n  {}", dead.join("\n  ")));
    }
    Ok(out.join("index.html"))
}

fn build(workshop: &Path, out: &Path) -> Result<(), String> {
    let fault = |error: mdbook_driver::errors::Error| format!("the book cannot be built: {error:#}");
    let mut config = Config::default();
    config.book.title = Some("Thirty Backends".to_owned());
    config.book.description = Some("Build 30 backend projects in 30 days, in Rust".to_owned());
    config.build.build_dir = out.to_owned();
    config.set("output.html.default-theme", "light").map_err(fault)?;
    config.set("output.html.preferred-dark-theme", "navy").map_err(fault)?;
    // The days have numbers of their own.
    config.set("output.html.no-section-label", true).map_err(fault)?;
    let css = workshop.join("book.css");
    fs::write(&css, include_str!("book.css")).map_err(|error| format!("cannot write {}: {error}", css.display()))?;
    config.set("output.html.additional-css", ["book.css"]).map_err(fault)?;
    fs::create_dir_all(out).map_err(|error| format!("cannot make {}: {error}", out.display()))?;
    MDBook::load_with_config(workshop, config).and_then(|book| book.build()).map_err(fault)
}
