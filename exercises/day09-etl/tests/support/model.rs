//! What should come out, computed the naive way: everything in memory, in one loop.

use super::HEADER;
use harness::Random;
use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeMap;

const CURRENCIES: [&str; 6] = ["EUR", "USD", "GBP", "CHF", "JPY", "BHD"];

/// An order as a shop means it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    pub id: String,
    pub shop: String,
    pub sku: String,
    pub quantity: i64,
    pub currency: &'static str,
    /// In the smallest unit.
    pub price: i64,
    /// Milliseconds since 1970.
    pub ordered_at: i64,
    pub updated_at: i64,
}

/// A row of `orders`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Stored {
    pub order_id: String,
    pub shop: String,
    pub sku: String,
    pub quantity: i64,
    pub currency: String,
    pub price: i64,
    pub ordered_at: i64,
    pub updated_at: i64,
    pub file: String,
    pub row: i64,
}

/// A row of `daily_sales`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Sales {
    pub day: String,
    pub shop: String,
    pub currency: String,
    pub orders: i64,
    pub units: i64,
    pub amount: i64,
}

impl Sale {
    /// The price with as many decimals as the currency has.
    pub fn written_price(&self) -> String {
        let decimals: usize = match self.currency {
            "JPY" => return self.price.to_string(),
            "BHD" => 3,
            _ => 2,
        };
        let digits = format!("{:0>width$}", self.price, width = decimals + 1);
        let (whole, part) = digits.split_at(digits.len() - decimals);
        format!("{whole}.{part}")
    }

    pub fn csv(&self) -> String {
        let Sale { id, shop, sku, quantity, currency, .. } = self;
        let (price, [ordered, updated]) = (self.written_price(), self.times());
        format!("{id},{shop},{sku},{quantity},{currency},{price},{ordered},{updated}\n")
    }

    pub fn ndjson(&self) -> String {
        let [ordered_at, updated_at] = self.times();
        let row = json!({
            "order_id": self.id, "shop": self.shop, "sku": self.sku, "quantity": self.quantity,
            "currency": self.currency, "price": self.written_price(), "ordered_at": ordered_at,
            "updated_at": updated_at,
        });
        format!("{row}\n")
    }

    fn times(&self) -> [Timestamp; 2] {
        [self.ordered_at, self.updated_at].map(|time| Timestamp::from_millisecond(time).expect("a time of our own"))
    }
}

pub fn as_csv(sales: &[Sale]) -> String {
    HEADER.to_owned() + &sales.iter().map(Sale::csv).collect::<String>()
}

pub fn as_ndjson(sales: &[Sale]) -> String {
    sales.iter().map(Sale::ndjson).collect()
}

/// Orders of a few days and shops. About every third is another row for an order that is there already, at times with the
/// same `updated_at`.
pub fn some_sales(random: &mut Random, count: usize) -> Vec<Sale> {
    let start = 1_767_225_600_000 + random.between(0..=300) * 86_400_000;
    let sale = |_| Sale {
        id: format!("A-{}", random.below(count * 2 / 3 + 1)),
        shop: (*random.pick(&["oslo", "turku", "łódź"])).to_owned(),
        sku: random.word(),
        quantity: random.between(1..=12),
        currency: random.pick::<&str>(&CURRENCIES),
        price: random.between(0..=999_999),
        ordered_at: start + random.between(0..=4 * 86_400_000),
        updated_at: start + random.between(0..=20) * 60_000,
    };
    (0..count).map(sale).collect()
}

/// The table `orders` after all of these files, where each row has its number.
pub fn expected(files: &[(&str, Vec<(i64, Sale)>)]) -> Vec<Stored> {
    let mut orders = BTreeMap::<&str, (&Sale, &str, i64)>::new();
    for (file, rows) in files {
        for (row, sale) in rows {
            let is_later = orders.get(sale.id.as_str()).is_none_or(|(other, other_file, other_row)| {
                (sale.updated_at, *file, *row) > (other.updated_at, *other_file, *other_row)
            });
            if is_later {
                orders.insert(&sale.id, (sale, file, *row));
            }
        }
    }
    let stored = |(sale, file, row): (&Sale, &str, i64)| Stored {
        order_id: sale.id.clone(),
        shop: sale.shop.clone(),
        sku: sale.sku.clone(),
        quantity: sale.quantity,
        currency: sale.currency.to_owned(),
        price: sale.price,
        ordered_at: sale.ordered_at,
        updated_at: sale.updated_at,
        file: file.to_owned(),
        row,
    };
    orders.into_values().map(stored).collect()
}

/// The table `daily_sales` that goes with these orders.
pub fn expected_sales(orders: &[Stored]) -> Vec<Sales> {
    let mut sums = BTreeMap::<(String, &str, &str), (i64, i64, i64)>::new();
    for order in orders {
        let time = Timestamp::from_millisecond(order.ordered_at).expect("a time of our own");
        let sum = sums.entry((time.strftime("%F").to_string(), &order.shop, &order.currency)).or_default();
        *sum = (sum.0 + 1, sum.1 + order.quantity, sum.2 + order.quantity * order.price);
    }
    let row = |((day, shop, currency), (orders, units, amount)): ((String, &str, &str), _)| Sales {
        day,
        shop: shop.to_owned(),
        currency: currency.to_owned(),
        orders,
        units,
        amount,
    };
    sums.into_iter().map(row).collect()
}
