use crate::visible::support::{Site, as_csv, some_sales};
use harness::{expect, random};

#[test]
fn a_killed_run_locks_nobody_out() {
    let sales = some_sales(&mut random(), 300);
    let name = format!("{}.csv", "n".repeat(200));
    let site = Site::with(&[(&name, &as_csv(&sales))]);
    for _ in 0..3 {
        let mut running = site.start(&["--batch", "1"]);
        running.commits(2);
        running.kill();
    }
    site.run(&[]);
    let rows = (1..).zip(sales).collect();
    site.expect_exactly("after three kills", &[(&name, rows)]);
}

#[test]
fn other_databases_are_free() {
    let mut random = random();
    let sales = some_sales(&mut random, 500);
    let (held, other) = (Site::with(&[(&format!("{}.csv", "n".repeat(200)), &as_csv(&sales))]), Site::empty());
    let mut first = held.start(&["--batch", "1"]);
    first.commits(1);
    other.write("a.csv", as_csv(&sales));
    expect("a run on another database goes on").eq(other.run(&[])["rows"].as_u64(), Some(500));
    first.kill();
}

#[test]
fn eight_at_once_load_everything_once() {
    let sales = some_sales(&mut random(), 400);
    let site = Site::with(&[("a.csv", &as_csv(&sales))]);
    let runs: Vec<_> = (0..8).map(|_| site.start(&["--batch", "3"])).collect();
    let said: Vec<_> = runs.into_iter().map(|run| run.finish()).collect();
    let read: u64 =
        said.iter().filter(|said| said.code == Some(0)).map(|said| said.done()["rows"].as_u64().unwrap_or(0)).sum();
    expect("all runs that ended well have read each row once between them").eq(read, 400);
    for other in said.iter().filter(|said| said.code != Some(0)) {
        other.expect_failure("the others were refused", "shop.db");
    }
    site.expect_exactly("everything is there once", &[("a.csv", (1..).zip(sales).collect())]);
}
