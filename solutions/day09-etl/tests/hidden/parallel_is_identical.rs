use crate::visible::support::{Site, as_csv, some_sales};
use harness::{expect, random};

#[test]
fn files_are_in_work_at_the_same_time() {
    let mut random = random();
    let site = Site::empty();
    for name in ["a.csv", "b.csv", "c.csv", "d.csv"] {
        site.write(name, as_csv(&some_sales(&mut random, 120)));
    }
    let said = site.try_run(&["--batch", "1", "--jobs", "4"]);
    said.done();
    let files: Vec<_> = said.events().iter().filter_map(|event| Some(event["file"].as_str()?.to_owned())).collect();
    let switches = files.windows(2).filter(|pair| pair[0] != pair[1]).count();
    expect("with four jobs, batches of four files come in turn")
        .request(&said.request)
        .expected("more than three changes from one file to another")
        .that(switches > 3, format!("{switches} changes"));
}

#[test]
fn jobs_may_change_between_a_kill_and_the_next_run() {
    let mut random = random();
    let files: Vec<_> = (0..7).map(|number| (format!("{number}.csv"), some_sales(&mut random, 80))).collect();
    let site = Site::empty();
    for (name, sales) in &files {
        site.write(name, as_csv(sales));
    }
    for jobs in ["3", "7", "2"] {
        let mut running = site.start(&["--batch", "2", "--jobs", jobs]);
        running.commits(1 + random.below(25));
        running.kill();
    }
    site.run(&["--jobs", "64"]);
    let rows: Vec<_> =
        files.iter().map(|(name, sales)| (name.as_str(), (1..).zip(sales.clone()).collect::<Vec<_>>())).collect();
    site.expect_exactly("after kills with 3, 7 and 2 jobs, and a last run with 64", &rows);
}

#[test]
fn a_failure_of_one_ends_the_run() {
    let mut random = random();
    let site = Site::empty();
    for number in 0..4 {
        site.write(&format!("{number}.csv"), as_csv(&some_sales(&mut random, 50)));
    }
    site.run(&[]);
    site.write("2.csv", "short");
    for number in [0, 1, 3] {
        site.append(&format!("{number}.csv"), "bad\n");
    }
    site.try_run(&["--jobs", "4"]).expect_failure("a file that cannot be read on ends the run", "2.csv");
}
