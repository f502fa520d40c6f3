use crate::visible::support::{HEADER, Site};
use harness::{expect, random};
use serde_json::{Value, json};
use std::fs;

/// A good row, in which one member can be changed.
fn good() -> Value {
    json!({"order_id": "A-1", "shop": "oslo", "sku": "cup", "quantity": 1, "currency": "EUR", "price": "1.00",
        "ordered_at": "2026-01-31T08:00:00Z", "updated_at": "2026-01-31T09:00:00Z"})
}

/// Each value in place of that member makes a row that is rejected with this reason.
fn expect_rejects(field: &str, reason: &str, values: &[Value]) {
    let mut lines = String::new();
    for value in values {
        let mut row = good();
        row[field] = value.clone();
        lines += &format!("{row}\n");
    }
    let site = Site::with(&[("a.ndjson", &lines)]);
    site.run(&[]);
    let wanted: Vec<_> = (1..=values.len()).map(|row| format!("a.ndjson {row} {reason} {field}")).collect();
    expect(format!("none of these is a {field}: {values:?}")).eq(site.reasons(), wanted);
}

#[test]
fn texts_have_limits() {
    for field in ["order_id", "shop", "sku"] {
        expect_rejects(field, "missing", &[json!(""), json!(" \t "), json!(null)]);
        expect_rejects(field, "invalid", &[json!("é".repeat(65)), json!(true), json!({"a": 1})]);
    }
    let mut row = good();
    row["sku"] = json!("é".repeat(64));
    row["order_id"] = json!(1001);
    let site = Site::with(&[("a.ndjson", &format!("{row}\n"))]);
    site.run(&[]);
    let order = site.orders().pop().map(|order| (order.order_id, order.sku));
    expect("64 characters are enough, and a number is a text").eq(order, Some(("1001".to_owned(), "é".repeat(64))));
}

#[test]
fn quantities_are_whole_and_positive() {
    let wrong =
        [json!(0), json!(10_000), json!(-1), json!("+1"), json!(1.0), json!("1e2"), json!("٣"), json!(u64::MAX)];
    expect_rejects("quantity", "invalid", &wrong);
}

#[test]
fn currencies_and_times_are_checked() {
    expect_rejects("currency", "invalid", &[json!("XXX"), json!("EURO"), json!(978)]);
    let wrong = [
        json!("2026-01-31"),
        json!("2026-01-31T08:00:00"),
        json!("2026-13-01T08:00:00Z"),
        json!("2026-02-29T08:00:00Z"),
        json!("1969-12-31T23:59:59Z"),
        json!("yesterday"),
        json!(1_769_846_400),
    ];
    expect_rejects("ordered_at", "invalid", &wrong);
    expect_rejects("updated_at", "invalid", &wrong);
}

#[test]
fn the_first_field_is_named() {
    let site = Site::with_rows(&[
        "A-1,oslo,cup,0,XXX,x,never,never",
        "A-1,oslo,cup,1,XXX,x,never,never",
        "A-1,oslo,cup,1,EUR,x,never,never",
        ",,,,,,,",
        "A-1,oslo,,0,EUR,1,never,",
    ]);
    site.run(&[]);
    expect("of several faults the first in the order of the page is told").eq(
        site.reasons(),
        vec![
            "orders.csv 1 invalid quantity".to_owned(),
            "orders.csv 2 invalid currency".to_owned(),
            "orders.csv 3 invalid price".to_owned(),
            "orders.csv 4 missing order_id".to_owned(),
            "orders.csv 5 missing sku".to_owned(),
        ],
    );
}

#[test]
fn bytes_that_are_no_text_are_rejected() {
    let row = "A-1,oslo,cup,1,EUR,1.00,2026-01-31T08:00:00Z,2026-01-31T09:00:00Z\n";
    let mut csv = HEADER.as_bytes().to_vec();
    csv.extend(b"A-0,oslo,c\xFFp,1,EUR,1.00,2026-01-31T08:00:00Z,2026-01-31T09:00:00Z\n");
    csv.extend(row.as_bytes());
    let mut ndjson = good().to_string().into_bytes();
    ndjson.splice(2..2, *b"\xC3\x28");
    ndjson.extend(b"\n{\xFF}\n");
    let site = Site::empty();
    site.write("a.csv", csv);
    site.write("b.ndjson", ndjson);
    site.run(&[]);
    let wanted = ["a.csv 1 not_utf8 null", "b.ndjson 1 not_utf8 null", "b.ndjson 2 not_utf8 null"];
    expect("a row that is not UTF-8 is rejected, and the next one is read")
        .eq(site.reasons(), wanted.map(str::to_owned).to_vec());
    expect("the good row is there").eq(site.orders().len(), 1);
}

#[test]
fn records_have_as_many_fields_as_the_header() {
    let row = "A-1,oslo,cup,1,EUR,1.00,2026-01-31T08:00:00Z,2026-01-31T09:00:00Z";
    let site = Site::with_rows(&[&format!("{row},more"), "A-2", row, &format!("{row},")]);
    site.run(&[]);
    let wanted = [1, 2, 4].map(|number| format!("orders.csv {number} malformed null"));
    expect("more or fewer fields are malformed").eq(site.reasons(), wanted.to_vec());
}

#[test]
fn a_header_without_a_column_rejects_the_file() {
    let site = Site::with(&[
        (
            "bad.csv",
            "order_id,shop,sku,quantity,currency,cost,ordered_at,updated_at\nA-1,o,c,1,EUR,1,t,t\nA-2,o,c,1,EUR,1,t,t\n",
        ),
        ("good.csv", &format!("{HEADER}A-1,oslo,cup,1,EUR,1.00,2026-01-31T08:00:00Z,2026-01-31T09:00:00Z\n")),
    ]);
    site.write("wrong.csv", b"order_id,sh\xFFp\nA-1,oslo\n");
    let done = site.run(&[]);
    let wanted = ["bad.csv 0 missing price", "wrong.csv 0 not_utf8 null"];
    expect("one line for each such file").eq(site.reasons(), wanted.map(str::to_owned).to_vec());
    expect("the others are loaded").eq(&done["orders"], &json!(1));
    site.run(&[]);
    expect("and it is told once").eq(site.reasons().len(), 2);
}

#[test]
fn rejects_of_all_runs_are_told_in_order() {
    let mut random = random();
    let site = Site::empty();
    let mut names: Vec<_> =
        (0..5).map(|number| format!("{}{number}.csv", random.pick(&["a", "Z", "m/m", "ü"]))).collect();
    for name in &names {
        let rows = "bad\n".repeat(12);
        site.write(name, format!("{HEADER}{rows}"));
        site.run(&["--batch", "5"]);
    }
    names.sort();
    let wanted: Vec<_> =
        names.iter().flat_map(|name| (1..=12).map(move |row| format!("{name} {row} malformed null"))).collect();
    expect("rejects.ndjson holds the rejects of every run, by file, then row").eq(site.reasons(), wanted);
    let files = fs::read_dir(site.folder.path()).map_or(0, |entries| {
        entries
            .filter(|entry| entry.as_ref().is_ok_and(|entry| entry.file_name().to_string_lossy().contains("rejects")))
            .count()
    });
    expect("nothing unfinished is left beside it").eq(files, 1);
}
