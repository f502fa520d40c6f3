//! Products and coupons.

use plumbing::Problem;
use plumbing_sqlite::{Database, problem};
use serde::{Deserialize, Serialize};

const PRICE: std::ops::RangeInclusive<i64> = 1..=10_000_000;
const STOCK: std::ops::RangeInclusive<i64> = 0..=1_000_000;

#[derive(Debug, Serialize, sqlx::FromRow)]
pub struct Product {
    pub sku: String,
    pub name: String,
    pub price: i64,
    pub stock: i64,
}

/// The body of `PUT /products/{sku}`.
#[derive(Debug, Deserialize)]
pub struct Draft {
    name: String,
    price: i64,
    stock: i64,
}

/// The body of `PUT /coupons/{code}`: one of the two.
#[derive(Debug, Deserialize)]
pub struct Discount {
    percent: Option<i64>,
    amount: Option<i64>,
}

/// Whether a text can name a product or a coupon.
pub fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=32).contains(&text.len()) && text.bytes().all(allowed)
}

pub async fn put(database: &Database, sku: String, draft: Draft) -> Result<Product, Problem> {
    let Draft { name, price, stock } = draft;
    if !is_name(&sku) {
        return Err(Problem::invalid("sku", "a sku is 1 to 32 letters, digits, - or _"));
    }
    if !PRICE.contains(&price) || !STOCK.contains(&stock) {
        todo!("say which of {price} and {stock} is wrong, and look at {name:?}");
    }
    let product = Product { sku, name, price, stock };
    todo!("put {product:?} into {database:?}")
}

pub async fn all(database: &Database) -> Result<Vec<Product>, Problem> {
    let query = sqlx::query_as("SELECT sku, name, price, stock FROM products ORDER BY sku");
    query.fetch_all(database.reader()).await.map_err(problem)
}

pub async fn get(database: &Database, sku: &str) -> Result<Product, Problem> {
    let query = sqlx::query_as("SELECT sku, name, price, stock FROM products WHERE sku = ?").bind(sku);
    let product = query.fetch_optional(database.reader()).await.map_err(problem)?;
    product.ok_or_else(|| Problem::not_found(format!("there is no product {sku}")))
}

pub async fn put_coupon(database: &Database, code: &str, discount: &Discount) -> Result<(), Problem> {
    let Discount { percent, amount } = discount;
    todo!("put {code}, {percent:?} % or {amount:?} cents, into {database:?}")
}
