//! Carts, and what they cost. Prices come from the catalogue, at every look.

use plumbing::Problem;
use plumbing_sqlite::{Database, problem};
use serde::Serialize;
use sqlx::SqliteConnection;

/// The most pieces of one product in a cart.
const QUANTITY: i64 = 1000;

/// Something in a cart or an order.
#[derive(Debug, Clone, Serialize, sqlx::FromRow)]
pub struct Item {
    pub sku: String,
    pub name: String,
    pub price: i64,
    pub quantity: i64,
    /// Price times quantity.
    pub sum: i64,
}

#[derive(Debug, Serialize)]
pub struct Cart {
    pub id: String,
    #[serde(flatten)]
    pub bill: Bill,
}

#[derive(Debug, Serialize)]
pub struct Bill {
    pub items: Vec<Item>,
    pub subtotal: i64,
    pub discount: i64,
    pub total: i64,
}

impl Bill {
    pub fn new(items: Vec<Item>, discount: i64) -> Bill {
        let subtotal = items.iter().map(|item| item.sum).sum();
        Bill { items, subtotal, discount, total: subtotal - discount }
    }
}

pub async fn create(database: &Database) -> Result<Cart, Problem> {
    let id = random_id()?;
    sqlx::query("INSERT INTO carts (id) VALUES (?)").bind(&id).execute(database.writer()).await.map_err(problem)?;
    Ok(Cart { id, bill: Bill::new(Vec::new(), 0) })
}

pub async fn get(database: &Database, id: &str) -> Result<Cart, Problem> {
    let mut connection = database.reader().acquire().await.map_err(problem)?;
    is_there(&mut connection, id).await?;
    Ok(Cart { id: id.to_owned(), bill: bill(&mut connection, id).await? })
}

/// Puts so many pieces of a product into a cart; 0 takes it out.
pub async fn put_item(database: &Database, id: &str, sku: &str, quantity: i64) -> Result<Cart, Problem> {
    if !(0..=QUANTITY).contains(&quantity) {
        return Err(Problem::invalid("quantity", format!("a quantity is 0 to {QUANTITY}")));
    }
    let mut transaction = database.begin().await.map_err(problem)?;
    can_change(&mut transaction, id).await?;
    if quantity == 0 {
        let query = sqlx::query("DELETE FROM cart_items WHERE cart = ? AND sku = ?").bind(id).bind(sku);
        query.execute(&mut *transaction).await.map_err(problem)?;
    } else {
        let query = sqlx::query(
            "INSERT INTO cart_items (cart, sku, quantity) SELECT ?1, sku, ?3 FROM products WHERE sku = ?2
             ON CONFLICT (cart, sku) DO UPDATE SET quantity = ?3",
        );
        let result = query.bind(id).bind(sku).bind(quantity).execute(&mut *transaction).await.map_err(problem)?;
        if result.rows_affected() == 0 {
            return Err(Problem::not_found(format!("there is no product {sku}")));
        }
    }
    let bill = bill(&mut transaction, id).await?;
    transaction.commit().await.map_err(problem)?;
    Ok(Cart { id: id.to_owned(), bill })
}

/// Adds a coupon to a cart; twice is once.
pub async fn put_coupon(database: &Database, id: &str, code: &str) -> Result<Cart, Problem> {
    let mut transaction = database.begin().await.map_err(problem)?;
    can_change(&mut transaction, id).await?;
    let known: Option<i64> = sqlx::query_scalar("SELECT 1 FROM coupons WHERE code = ?")
        .bind(code)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(problem)?;
    if known.is_none() {
        return Err(Problem::not_found(format!("there is no coupon {code}")));
    }
    let query = sqlx::query("INSERT INTO cart_coupons (cart, code) VALUES (?, ?) ON CONFLICT DO NOTHING");
    query.bind(id).bind(code).execute(&mut *transaction).await.map_err(problem)?;
    let bill = bill(&mut transaction, id).await?;
    transaction.commit().await.map_err(problem)?;
    Ok(Cart { id: id.to_owned(), bill })
}

/// What is in a cart, and what it costs now.
pub async fn bill(connection: &mut SqliteConnection, id: &str) -> Result<Bill, Problem> {
    let items: Vec<Item> = sqlx::query_as(
        "SELECT sku, name, price, quantity, price * quantity AS sum FROM cart_items JOIN products USING (sku)
         WHERE cart = ? ORDER BY sku",
    )
    .bind(id)
    .fetch_all(&mut *connection)
    .await
    .map_err(problem)?;
    let (percent, amount): (i64, i64) = sqlx::query_as(
        "SELECT coalesce(sum(percent), 0), coalesce(sum(amount), 0) FROM cart_coupons JOIN coupons USING (code)
         WHERE cart = ?",
    )
    .bind(id)
    .fetch_one(&mut *connection)
    .await
    .map_err(problem)?;
    let subtotal: i64 = items.iter().map(|item| item.sum).sum();
    Ok(Bill::new(items, discount(subtotal, percent, amount)))
}

/// Percents first, rounded down to a cent, then amounts; never more than everything.
fn discount(subtotal: i64, percent: i64, amount: i64) -> i64 {
    let of_percent = subtotal * percent.min(100) / 100;
    (of_percent + amount).min(subtotal)
}

async fn is_there(connection: &mut SqliteConnection, id: &str) -> Result<(), Problem> {
    let query = sqlx::query_scalar::<_, i64>("SELECT 1 FROM carts WHERE id = ?").bind(id);
    let found = query.fetch_optional(connection).await.map_err(problem)?;
    found.map(drop).ok_or_else(|| Problem::not_found("there is no such cart"))
}

/// A cart that was ordered stays as it was.
async fn can_change(connection: &mut SqliteConnection, id: &str) -> Result<(), Problem> {
    is_there(connection, id).await?;
    let query = sqlx::query_scalar::<_, i64>("SELECT 1 FROM orders WHERE cart = ?").bind(id);
    match query.fetch_optional(connection).await.map_err(problem)? {
        Some(_) => Err(Problem::conflict("this cart was ordered already")),
        None => Ok(()),
    }
}

/// 128 random bits: who has not been told this name cannot guess it.
pub fn random_id() -> Result<String, Problem> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(Problem::internal)?;
    Ok(data_encoding::HEXLOWER.encode(&bytes))
}
