use crate::visible::support::{Site, as_csv, as_ndjson, some_sales};
use harness::{expect, random};

#[test]
fn what_only_looks_like_a_price_is_rejected() {
    let wrong =
        ["1.", ".5", "+1", "-1", "1e2", "1,5", "12345678", "0x1", "1_000", "1 000", "NaN", "1.-5", "١", "1.2.3", "inf"];
    let rows: Vec<_> = wrong
        .iter()
        .enumerate()
        .map(|(n, price)| format!("A-{n},oslo,cup,1,EUR,\"{price}\",2026-01-31T08:00:00Z,2026-01-31T09:00:00Z"))
        .collect();
    let site = Site::with_rows(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    site.run(&[]);
    let wanted: Vec<_> = (1..=wrong.len()).map(|row| format!("orders.csv {row} invalid price")).collect();
    expect(format!("none of these is a price: {wrong:?}")).eq(site.reasons(), wanted);
}

#[test]
fn a_number_in_json_means_what_is_written() {
    let line = |id: usize, price: &str| {
        format!(
            r#"{{"order_id":{id},"shop":"oslo","sku":"cup","quantity":1,"currency":"BHD","price":{price},"ordered_at":"2026-01-31T08:00:00Z","updated_at":"2026-01-31T08:00:00Z"}}"#
        ) + "\n"
    };
    let prices = ["1.10", "9007199.254", "1.1e1", "0.0010", "-1.000", "100E-2", "0.001", "1.2345"];
    let site = Site::with(&[("a.ndjson", &(1..).zip(prices).map(|(id, price)| line(id, price)).collect::<String>())]);
    site.run(&[]);
    let stored: Vec<_> = site.orders().into_iter().map(|order| (order.order_id, order.price)).collect();
    let wanted = [("1", 1100), ("2", 9_007_199_254), ("7", 1)].map(|(id, price)| (id.to_owned(), price));
    expect("digits are taken as they stand").eq(stored, wanted.to_vec());
    let rejected = [3, 4, 5, 6, 8].map(|row| format!("a.ndjson {row} invalid price"));
    expect("and what is no price is none as a number").eq(site.reasons(), rejected.to_vec());
}

#[test]
fn sums_are_whole_numbers() {
    let mut random = random();
    let [mut first, mut second] = [some_sales(&mut random, 120), some_sales(&mut random, 120)];
    for sale in first.iter_mut().chain(&mut second) {
        sale.shop = "oslo".to_owned();
        sale.quantity = random.between(1..=9999);
        sale.price = random.between(0..=if sale.currency == "JPY" { 9_999_999 } else { 999_999_999 });
    }
    let site = Site::with(&[("a.csv", &as_csv(&first)), ("b.ndjson", &as_ndjson(&second))]);
    site.run(&["--batch", "50"]);
    let numbered = |sales| (1..).zip(sales).collect();
    site.expect_exactly("large random amounts", &[("a.csv", numbered(first)), ("b.ndjson", numbered(second))]);
    let types: Vec<(String,)> = site.query(
        "SELECT DISTINCT typeof(orders) || typeof(units) || typeof(amount) FROM daily_sales \
         UNION SELECT typeof(price) || typeof(quantity) || typeof(ordered_at) FROM orders",
    );
    expect("all of them are stored as integers").eq(types, vec![("integerintegerinteger".to_owned(),)]);
}
