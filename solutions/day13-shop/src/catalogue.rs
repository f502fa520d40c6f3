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
    if !(1..=100).contains(&name.chars().count()) {
        return Err(Problem::invalid("name", "a name has 1 to 100 characters"));
    }
    if !PRICE.contains(&price) {
        return Err(Problem::invalid("price", "a price is 1 to 10000000 cents"));
    }
    if !STOCK.contains(&stock) {
        return Err(Problem::invalid("stock", "a stock is 0 to 1000000"));
    }
    sqlx::query(
        "INSERT INTO products (sku, name, price, stock) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (sku) DO UPDATE SET name = ?2, price = ?3, stock = ?4",
    )
    .bind(&sku)
    .bind(&name)
    .bind(price)
    .bind(stock)
    .execute(database.writer())
    .await
    .map_err(problem)?;
    Ok(Product { sku, name, price, stock })
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
    if !is_name(code) {
        return Err(Problem::invalid("code", "a code is 1 to 32 letters, digits, - or _"));
    }
    let (percent, amount) = match discount {
        Discount { percent: Some(percent @ 1..=100), amount: None } => (*percent, 0),
        Discount { percent: None, amount: Some(amount) } if PRICE.contains(amount) => (0, *amount),
        Discount { percent: Some(_), .. } => {
            return Err(Problem::invalid("percent", "percent is 1 to 100, and stands alone"));
        }
        Discount { .. } => return Err(Problem::invalid("amount", "amount is 1 to 10000000 cents")),
    };
    sqlx::query(
        "INSERT INTO coupons (code, percent, amount) VALUES (?1, ?2, ?3)
         ON CONFLICT (code) DO UPDATE SET percent = ?2, amount = ?3",
    )
    .bind(code)
    .bind(percent)
    .bind(amount)
    .execute(database.writer())
    .await
    .map_err(problem)?;
    Ok(())
}
