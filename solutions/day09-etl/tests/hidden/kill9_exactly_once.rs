use crate::visible::support::{HEADER, Site, as_csv, as_ndjson, some_sales};
use harness::{expect, kill_while_running, random};
use serde_json::Value;
use std::{fs::File, process::Stdio};

fn rows_told(events: &[Value]) -> u64 {
    events.iter().filter_map(|event| event["rows"].as_u64()).max().unwrap_or_default()
}

#[test]
fn what_is_told_is_in_the_database() {
    let mut random = random();
    for _ in 0..12 {
        let mut sales = some_sales(&mut random, 300);
        // Each row is an order, so that they can be counted.
        for (number, sale) in sales.iter_mut().enumerate() {
            sale.id = format!("A-{number}");
        }
        let site = Site::with(&[("a.csv", &as_csv(&sales))]);
        let mut running = site.start(&["--batch", "5"]);
        let mut told = running.commits(1 + random.below(20));
        told.extend(running.kill());
        let orders = site.orders().len() as u64;
        expect("what was told as committed is there after a kill -9")
            .expected(format!("at least {} orders", rows_told(&told)))
            .that(orders >= rows_told(&told) && orders.is_multiple_of(5), format!("{orders} orders"));
    }
}

#[test]
fn killed_again_and_again() {
    let mut random = random();
    let [first, second] = [some_sales(&mut random, 300), some_sales(&mut random, 300)];
    let site = Site::with(&[
        ("a.csv", &(as_csv(&first) + &"bad\n".repeat(20))),
        ("b.ndjson", &("{}\n".repeat(20) + &as_ndjson(&second))),
    ]);
    let mut read = 0;
    for _ in 0..8 {
        // One row a line, so that eight runs which are held do not come to the end.
        let mut running = site.start(&["--batch", "1"]);
        let mut told = running.commits(1 + random.below(6));
        told.extend(running.kill());
        // A file's count goes on from what earlier runs have committed.
        expect("a run that goes on goes on upwards").that(rows_told(&told) > read || read > 300, rows_told(&told));
        read = read.max(rows_told(&told));
    }
    site.run(&[]);
    let second = (21..).zip(second).collect();
    site.expect_exactly("after eight kills", &[("a.csv", (1..).zip(first).collect()), ("b.ndjson", second)]);
    let wanted: Vec<_> = (301..=320)
        .map(|row| format!("a.csv {row} malformed null"))
        .chain((1..=20).map(|row| format!("b.ndjson {row} missing order_id")))
        .collect();
    expect("each reject is told once").eq(site.reasons(), wanted);
}

#[test]
fn killed_at_any_moment() {
    let mut random = random();
    let sales = some_sales(&mut random, 600);
    let site = Site::empty();
    let mut rows = Vec::new();
    // Each run finds a new file, and about half of them are killed somewhere: also before the first batch, and while the
    // sums or the rejects are being written.
    kill_while_running(&mut random, 20, |round| {
        let part = &sales[round * 30..(round + 1) * 30];
        let name = format!("{round:02}.csv");
        site.write(&name, as_csv(part) + "bad\n");
        let mut command = site.command(&["--batch", "10"]);
        command.stdout(Stdio::null());
        command
    });
    for (round, part) in sales.chunks(30).enumerate() {
        rows.push((format!("{round:02}.csv"), (1..).zip(part.to_vec()).collect::<Vec<_>>()));
    }
    site.run(&[]);
    let files: Vec<_> = rows.iter().map(|(name, rows)| (name.as_str(), rows.clone())).collect();
    site.expect_exactly("after kills at any moment", &files);
    expect("each reject is told once").eq(site.reasons().len(), 20);
}

#[test]
fn a_file_may_grow() {
    let mut random = random();
    let [first, second] = [some_sales(&mut random, 50), some_sales(&mut random, 50)];
    let site = Site::with(&[("a.csv", &as_csv(&first)), ("b.ndjson", &as_ndjson(&first))]);
    site.run(&[]);
    let tail = as_csv(&second);
    site.append("a.csv", tail.strip_prefix(HEADER).unwrap_or(&tail));
    site.append("b.ndjson", &as_ndjson(&second));
    let done = site.run(&["--batch", "7"]);
    expect("only the new rows are read").eq(done["rows"].as_u64(), Some(100));
    let all: Vec<_> = (1..).zip(first.into_iter().chain(second)).collect();
    site.expect_exactly("rows go on counting", &[("a.csv", all.clone()), ("b.ndjson", all)]);
}

#[test]
fn a_file_that_got_shorter_is_an_error() {
    let sales = some_sales(&mut random(), 20);
    let site = Site::with(&[("a.csv", &as_csv(&sales))]);
    site.run(&[]);
    let before = site.orders();
    let file = File::options().write(true).open(site.input().join("a.csv")).expect("our own file");
    file.set_len(100).expect("our own file");
    site.try_run(&[]).expect_failure("a file that got shorter is an error", "a.csv");
    expect("and what was read of it stays").eq(site.orders(), before);
}
