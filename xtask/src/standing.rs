//! `cargo xtask` alone, `cargo xtask list` and `cargo xtask report`: where a learner stands, from saved reports.

use crate::{grade, words};
use grader::{
    render::{self, Paint},
    store::{self, Store},
};
use std::path::{Path, PathBuf};

/// Show all days by week, with what passes
#[derive(Debug, clap::Args)]
pub struct ListArgs {}

/// Show the first day that does not pass, and what is open in it
#[derive(Debug, clap::Args)]
pub struct NextArgs {}

/// Make a page of your progress for a browser, from the reports that were saved
#[derive(Debug, clap::Args)]
pub struct ReportArgs {
    /// As one self-contained HTML page, the only form there is
    #[arg(long)]
    html: bool,
    /// Where to write it
    #[arg(long, value_name = "FILE", default_value = ".thirty/report.html")]
    out: PathBuf,
}

/// Where you are, and what is next.
pub fn home() -> Result<u8, String> {
    let catalog = crate::catalog()?;
    let progress = Store::of(catalog.root()).progress(&catalog);
    grade::print(&render::home(&progress, Paint::new(grade::colours(true))));
    Ok(0)
}

/// All days.
pub fn list(_args: &ListArgs) -> Result<u8, String> {
    let catalog = crate::catalog()?;
    let progress = Store::of(catalog.root()).progress(&catalog);
    grade::print(&render::list(&progress, Paint::new(grade::colours(true))));
    Ok(0)
}

/// The next day.
pub fn next(_args: &NextArgs) -> Result<u8, String> {
    let catalog = crate::catalog()?;
    let progress = Store::of(catalog.root()).progress(&catalog);
    grade::print(&render::next(&progress, Paint::new(grade::colours(true))));
    Ok(0)
}

/// The page for a browser.
pub fn report(args: &ReportArgs) -> Result<u8, String> {
    if !args.html {
        return Err("say in which form: cargo xtask report --html".to_owned());
    }
    let catalog = crate::catalog()?;
    let progress = Store::of(catalog.root()).progress(&catalog);
    // The default stands below the course's root, wherever in it one is.
    let default = args.out == Path::new(".thirty/report.html");
    let path = if default { catalog.root().join(&args.out) } else { args.out.clone() };
    if let Some(folder) = path.parent().filter(|_| default) {
        std::fs::create_dir_all(folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    }
    store::write(&path, render::html(&progress).as_bytes()).map_err(words)?;
    println!("{}", path.display());
    Ok(0)
}
