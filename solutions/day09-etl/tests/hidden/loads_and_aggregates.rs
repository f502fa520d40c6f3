use crate::visible::support::{Site, as_csv, as_ndjson, some_sales};
use harness::{expect, random};
use serde_json::json;
use std::{fs, process::Stdio};

#[test]
fn random_orders_add_up() {
    let mut random = random();
    let [first, second, third] = [90, 60, 40].map(|count| some_sales(&mut random, count));
    let site = Site::with(&[
        ("first.csv", &as_csv(&first)),
        ("second.ndjson", &as_ndjson(&second)),
        ("sub/third.csv", &as_csv(&third)),
    ]);
    let batch = random.between(1..=120).to_string();
    let done = site.run(&["--batch", &batch]);
    expect("three files are read").eq((&done["files"], &done["rows"]), (&json!(3), &json!(190)));
    let numbered = |sales: Vec<_>| (1..).zip(sales).collect();
    site.expect_exactly(
        "three files of random orders",
        &[("first.csv", numbered(first)), ("second.ndjson", numbered(second)), ("sub/third.csv", numbered(third))],
    );
}

#[test]
fn columns_stand_in_any_order() {
    let site = Site::with(&[(
        "orders.csv",
        "updated_at,note,price,currency, sku ,shop,order_id,ordered_at,quantity\n\
         2026-01-31T09:00:00Z,nothing,4.20,EUR,cup,oslo,A-1,2026-01-31T08:00:00Z,3\n",
    )]);
    site.run(&[]);
    let order = site.orders().pop().map(|order| (order.order_id, order.shop, order.sku, order.quantity, order.price));
    let wanted = ("A-1".to_owned(), "oslo".to_owned(), "cup".to_owned(), 3, 420);
    expect("the header says which column is which").eq(order, Some(wanted));
}

#[test]
fn what_is_written_differently_is_the_same_shop() {
    let site = Site::with_rows(&[
        "A-1, Łódź ,cup,1,eur, 1.00,2026-01-31T08:00:00Z,2026-01-31T09:00:00Z",
        "A-2,łódź,cup,1,Eur,1.00 ,2026-01-31T08:00:00z , 2026-01-31T09:00:00Z",
        " A-2\t,ŁÓDŹ,cup, 2 ,EUR,1.00,2026-01-31T08:00:00Z,2026-01-31T09:30:00Z",
    ]);
    site.run(&[]);
    let sums: Vec<_> = site.sales().into_iter().map(|sum| (sum.shop, sum.currency, sum.orders, sum.units)).collect();
    expect("letter case and white space make no other shop, currency or order")
        .eq(sums, vec![("łódź".to_owned(), "EUR".to_owned(), 2, 3)]);
}

#[test]
fn every_commit_is_told() {
    let sales = some_sales(&mut random(), 10);
    let site = Site::with(&[("a.csv", &as_csv(&sales[..7])), ("b.ndjson", &as_ndjson(&sales[7..]))]);
    let said = site.try_run(&["--batch", "3"]);
    let committed: Vec<_> = said
        .events()
        .iter()
        .filter(|event| event["event"] == "committed")
        .map(|event| {
            (event["file"].as_str().unwrap_or_default().to_owned(), event["rows"].as_u64().unwrap_or_default())
        })
        .collect();
    let wanted = [("a.csv", 3), ("a.csv", 6), ("a.csv", 7), ("b.ndjson", 3)];
    expect("7 and 3 rows in batches of 3")
        .request(&said.request)
        .eq(committed, wanted.map(|(file, rows)| (file.to_owned(), rows)).to_vec());
}

#[test]
fn nothing_to_read_is_no_error() {
    let site = Site::with(&[("empty.csv", ""), ("empty.ndjson", "\n \n"), ("orders.csv.bak", "no orders")]);
    let wanted = json!({"event": "done", "files": 0, "rows": 0, "rejected": 0, "orders": 0});
    expect("files without rows leave nothing").eq(site.run(&[]), wanted);
    expect("and no rejects").eq(site.reasons().len(), 0);
}

#[test]
fn a_closed_standard_output_does_not_stop_the_run() {
    let sales = some_sales(&mut random(), 60);
    let site = Site::with(&[("a.csv", &as_csv(&sales))]);
    let mut command = site.command(&["--batch", "1"]);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("the program can be started");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("a program that was started can be waited for");
    expect("the run ends well although nobody reads its lines").eq(output.status.code(), Some(0));
    expect("and says nothing about it").eq(String::from_utf8_lossy(&output.stderr).into_owned(), String::new());
    let rows = (1..).zip(sales).collect();
    site.expect_exactly("everything is loaded", &[("a.csv", rows)]);
}

#[test]
fn usage_is_checked() {
    let site = Site::empty();
    for wrong in [["--batch", "0"], ["--jobs", "0"], ["--jobs", "65"], ["--batch", "many"]] {
        site.try_run(&wrong).expect_code("wrong usage ends with exit status 2", 2);
    }
    fs::remove_dir(site.input()).expect("an empty folder can be removed");
    site.try_run(&[]).expect_failure("an input folder that is not there is an error", "in");
}

#[test]
fn a_damaged_database_stays_as_it_is() {
    let site = Site::with_rows(&["A-1,oslo,cup,2,EUR,19.90,2026-01-31T08:00:00Z,2026-01-31T09:00:00Z"]);
    let damage = b"this was a database once; it is not any more".repeat(200);
    fs::write(site.database(), &damage).expect("a file can be written");
    site.try_run(&[]).expect_failure("a damaged database is an error", "shop.db");
    let after = harness::read_written(site.database());
    expect("and is not overwritten").that(after == damage, "its content has changed");
}
