//! Day 9: the pipeline beside `sqlite3`, which imports the same file and computes the same tables in SQL.

use crate::{
    Setting,
    rounds::{in_turn, timed},
};
use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
    process::{Command, Stdio},
};

const ROWS: u64 = 500_000;

/// What our program does with the rows, for a table `raw` of texts. It cleans nothing and rejects nothing, so it has less
/// to do.
const SQL: &str = "
    CREATE TABLE orders AS
        SELECT order_id, lower(trim(shop)) AS shop, sku, CAST(quantity AS INTEGER) AS quantity, currency,
            CAST(replace(price, '.', '') AS INTEGER) AS price, ordered_at, max(updated_at) AS updated_at
        FROM raw GROUP BY order_id;
    CREATE TABLE daily_sales AS
        SELECT date(ordered_at) AS day, shop, currency, count(*), sum(quantity), sum(quantity * price)
        FROM orders GROUP BY 1, 2, 3;";

pub fn run(setting: &Setting) -> Result<(), String> {
    let version = Command::new("sqlite3").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if version.is_err() {
        println!("day 09: skipped, because sqlite3 is not installed, install the package sqlite3");
        return Ok(());
    }
    let program = setting.release_program("9")?;
    let input = setting.folder.join("etl");
    let file = input.join("orders.csv");
    generate(&input, &file).map_err(|error| format!("cannot write {}: {error}", file.display()))?;

    let fresh = |name: &str| {
        for end in ["", "-wal", "-shm"] {
            // What is not there need not go.
            let _ = fs::remove_file(setting.folder.join(format!("{name}{end}")));
        }
        setting.folder.join(name)
    };
    let ours = || {
        let database = fresh("etl-ours.db");
        let mut command = Command::new(&program);
        command.args(["run", "--batch", "5000", "--input"]).arg(&input).arg("--db").arg(database);
        timed(&mut command)
    };
    let theirs = || {
        let mut command = Command::new("sqlite3");
        command.arg(fresh("etl-sqlite3.db")).arg(".mode csv").arg(format!(".import '{}' raw", file.display())).arg(SQL);
        timed(&mut command)
    };
    let medians = in_turn(setting.rounds, ours, theirs)?;
    println!("day 09: a CSV file of {ROWS} rows, medians of {} rounds in turn", setting.rounds);
    for (name, time) in [("the solution", medians.ours), ("sqlite3", medians.theirs)] {
        let seconds = time.as_secs_f64();
        println!("  {name:12}  {seconds:6.2} s  {:9.0} rows/s", ROWS as f64 / seconds);
    }
    println!("  sqlite3 takes {:.2} times as long", medians.ratio());
    Ok(())
}

/// Orders of a year, of which every fifth is a later version of an earlier one.
fn generate(folder: &Path, path: &Path) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    let unfinished = folder.join("orders.part");
    let mut file = BufWriter::new(File::create(&unfinished)?);
    file.write_all(b"order_id,shop,sku,quantity,currency,price,ordered_at,updated_at\n")?;
    for number in 0..ROWS {
        // Steps of an odd constant visit all values evenly and are the same each time.
        let spread = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
        let id = if number.is_multiple_of(5) { spread % (number + 1) } else { number };
        writeln!(
            file,
            "A-{id},Shop {},item {},{},EUR,{}.{:02},2026-{:02}-{:02}T{:02}:15:00Z,2026-12-{:02}T{:02}:{:02}:{:02}Z",
            spread % 40,
            spread % 3000,
            1 + spread % 9,
            spread % 300,
            spread % 100,
            1 + spread % 12,
            1 + spread % 28,
            spread % 24,
            1 + number / 86_400 % 28,
            number / 3600 % 24,
            number / 60 % 60,
            number % 60,
        )?;
    }
    file.into_inner()?.sync_all()?;
    fs::rename(unfinished, path)
}
