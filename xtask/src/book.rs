//! `cargo xtask book`: builds the package that makes the site, runs it, and serves the site with the course's own server.

use crate::package;
use grader::catalog::{Catalog, solution_package};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Make a web site of the pages of all days, with a roadmap and search
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where to put it [default: target/book in the course]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Serve it on this machine, with the reference solution of day 4, until Ctrl-C
    #[arg(long)]
    serve: bool,
}

const PACKAGE: &str = "xtask-book";

/// Makes the site; serves it when asked to.
pub fn run(args: &Args) -> Result<u8, String> {
    let catalog = crate::catalog()?;
    let out = args.out.clone().unwrap_or_else(|| catalog.root().join("target").join("book"));
    eprintln!("preparing the book");
    let status = Command::new(package::program(&catalog, PACKAGE)?).arg("--out").arg(&out).status();
    let status = status.map_err(|error| format!("the book cannot be made: {error}"))?;
    if !status.success() {
        return Ok(crate::COULD_NOT);
    }
    if args.serve { serve(&catalog, &out) } else { Ok(0) }
}

fn serve(catalog: &Catalog, site: &Path) -> Result<u8, String> {
    const SERVER: &str = "day04-http-server";
    if !catalog.root().join("solutions").join(SERVER).is_dir() {
        return Err(format!(
            "the server is the solution of day 4, which this copy of the course has not; open {}",
            site.join("index.html").display()
        ));
    }
    let status = Command::new(package::program(catalog, &solution_package(SERVER))?).arg("--root").arg(site).status();
    let status = status.map_err(|error| format!("the server cannot be started: {error}"))?;
    Ok(u8::from(!status.success()))
}
