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
    let mut transaction = database.begin().await.map_err(problem)?;
    can_change(&mut transaction, id).await?;
    todo!("put {quantity} of {sku}, at most {QUANTITY}, into the cart, and show it")
}

/// Adds a coupon to a cart; twice is once.
pub async fn put_coupon(database: &Database, id: &str, code: &str) -> Result<Cart, Problem> {
    let mut transaction = database.begin().await.map_err(problem)?;
    can_change(&mut transaction, id).await?;
    todo!("add the coupon {code}, and show the cart")
}

/// What is in a cart, and what it costs now.
pub async fn bill(connection: &mut SqliteConnection, id: &str) -> Result<Bill, Problem> {
    let items: Vec<Item> =
        sqlx::query_as("SELECT sku, '' AS name, 0 AS price, quantity, 0 AS sum FROM cart_items WHERE cart = ?")
            .bind(id)
            .fetch_all(&mut *connection)
            .await
            .map_err(problem)?;
    if items.is_empty() {
        return Ok(Bill::new(items, 0));
    }
    todo!("what do {items:?} cost, and what do coupons take off?")
}

async fn is_there(connection: &mut SqliteConnection, id: &str) -> Result<(), Problem> {
    let query = sqlx::query_scalar::<_, i64>("SELECT 1 FROM carts WHERE id = ?").bind(id);
    let found = query.fetch_optional(connection).await.map_err(problem)?;
    found.map(drop).ok_or_else(|| Problem::not_found("there is no such cart"))
}

/// A cart that was ordered stays as it was.
async fn can_change(connection: &mut SqliteConnection, id: &str) -> Result<(), Problem> {
    is_there(connection, id).await?;
    todo!("a cart that was ordered cannot be changed")
}

/// 128 random bits: who has not been told this name cannot guess it.
pub fn random_id() -> Result<String, Problem> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(Problem::internal)?;
    Ok(data_encoding::HEXLOWER.encode(&bytes))
}
