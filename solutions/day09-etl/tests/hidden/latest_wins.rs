use crate::visible::support::{HEADER, Site, as_csv, as_ndjson, some_sales};
use harness::{expect, random};

#[test]
fn the_order_of_loading_does_not_matter() {
    let mut random = random();
    let files: Vec<_> = (0..6)
        .map(|number| {
            let end = if number % 2 == 0 { "csv" } else { "ndjson" };
            (format!("{}{number}.{end}", random.pick(&["a", "B", "sub/x", "é"])), some_sales(&mut random, 40))
        })
        .collect();
    let site = Site::empty();
    let mut order: Vec<_> = files.iter().collect();
    random.shuffle(&mut order);
    for (name, sales) in order {
        site.write(name, if name.ends_with("csv") { as_csv(sales) } else { as_ndjson(sales) });
        site.run(&["--batch", "9"]);
    }
    let rows: Vec<_> =
        files.iter().map(|(name, sales)| (name.as_str(), (1..).zip(sales.clone()).collect::<Vec<_>>())).collect();
    site.expect_exactly("six files, one run for each, in a random order", &rows);
}

#[test]
fn of_equal_times_the_later_row_wins() {
    let row = |quantity: u32, time: &str| format!("A-1,oslo,cup,{quantity},EUR,1.00,2026-01-31T08:00:00Z,{time}\n");
    let site = Site::with(&[(
        "b.csv",
        &(HEADER.to_owned() + &row(1, "2026-01-31T09:00:00Z") + &row(2, "2026-01-31T10:00:00+01:00")),
    )]);
    site.run(&[]);
    let quantity = || site.orders().pop().map(|order| order.quantity);
    expect("in a file the larger row number wins").eq(quantity(), Some(2));
    site.write("a.csv", HEADER.to_owned() + &row(3, "2026-01-31T09:00:00Z"));
    site.run(&[]);
    expect("a.csv is loaded later, but b.csv has the larger name").eq(quantity(), Some(2));
    site.write("c.csv", HEADER.to_owned() + &row(4, "2026-01-31T04:00:00-05:00"));
    site.run(&[]);
    expect("c.csv has a still larger name").eq(quantity(), Some(4));
}

#[test]
fn what_has_moved_is_in_the_new_place_only() {
    let site = Site::with_rows(&["A-1,oslo,cup,2,EUR,1.00,2026-01-31T08:00:00Z,2026-01-31T09:00:00Z"]);
    site.run(&[]);
    site.append("orders.csv", "A-1,turku,bowl,3,USD,2.00,2026-02-01T08:00:00Z,2026-02-01T09:00:00Z\n");
    site.run(&[]);
    let sums: Vec<_> = site.sales().into_iter().map(|sum| (sum.day, sum.shop, sum.currency, sum.amount)).collect();
    expect("an order that was corrected leaves nothing behind on its old day and shop")
        .eq(sums, vec![("2026-02-01".to_owned(), "turku".to_owned(), "USD".to_owned(), 600)]);
    expect("all of its fields are the new ones")
        .eq(site.orders().pop().map(|order| order.sku), Some("bowl".to_owned()));
}

#[test]
fn a_millisecond_decides() {
    let site = Site::with_rows(&[
        "A-1,oslo,cup,1,EUR,1.00,2026-01-31T08:00:00Z,2026-01-31T09:00:00.002Z",
        "A-1,oslo,cup,2,EUR,1.00,2026-01-31T08:00:00Z,2026-01-31T09:00:00.001Z",
        "A-2,oslo,cup,3,EUR,1.00,2026-01-31T08:00:00.250Z,2026-01-31T10:00:00.0019+01:00",
        "A-2,oslo,cup,4,EUR,1.00,2026-01-31T08:00:00.250Z,2026-01-31T09:00:00.001Z",
    ]);
    site.run(&[]);
    let found: Vec<_> = site.orders().into_iter().map(|order| (order.quantity, order.ordered_at % 1000)).collect();
    expect("milliseconds count, and what is finer is cut off").eq(found, vec![(1, 0), (4, 250)]);
}
