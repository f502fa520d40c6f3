//! The states of an order. Each change is one transaction that names the state it comes from: so of two who want to change
//! it, one does.

use crate::cart::{self, Bill, Item};
use plumbing::Problem;
use plumbing_sqlite::{Database, problem};
use serde::Serialize;
use sqlx::SqliteConnection;
use std::time::{SystemTime, UNIX_EPOCH};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(rename_all = "lowercase")]
pub enum Status {
    /// It holds its items, and is not paid.
    Reserved,
    /// A charge has begun, and its outcome is not known yet.
    Pending,
    Paid,
    Declined,
    Expired,
    /// A refund has begun.
    Refunding,
    Refunded,
}

#[derive(Debug, Serialize)]
pub struct Order {
    pub id: String,
    pub status: Status,
    #[serde(flatten)]
    pub bill: Bill,
    pub charge: Option<String>,
    /// What the buyer pays with; nobody's business.
    #[serde(skip)]
    pub token: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Orders {
    database: Database,
    reservation_ms: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    status: Status,
    discount: i64,
    charge: Option<String>,
    token: Option<String>,
}

impl Orders {
    pub fn new(database: Database, reservation_ms: i64) -> Orders {
        Orders { database, reservation_ms }
    }

    /// Makes an order of a cart, and takes its items out of the stock. The same key leads to the same order.
    pub async fn create(&self, key: &str, cart: &str) -> Result<Order, Problem> {
        let mut transaction = self.database.begin().await.map_err(problem)?;
        let bill = cart::bill(&mut transaction, cart).await?;
        let order = Order { id: cart::random_id()?, status: Status::Reserved, bill, charge: None, token: None };
        for item in &order.bill.items {
            reserve(&mut transaction, &order.id, item).await?;
        }
        let expires_ms = now_ms() + self.reservation_ms;
        todo!("store {order:?} under {key}, until {expires_ms}; and what if the key has come before?")
    }

    pub async fn get(&self, id: &str) -> Result<Order, Problem> {
        let mut connection = self.database.reader().acquire().await.map_err(problem)?;
        find(&mut connection, id).await
    }

    /// The charge begins: from here on the order does not expire. Nothing happens in any other state.
    pub async fn begin_charge(&self, id: &str, token: &str) -> Result<(), Problem> {
        todo!("from {:?} to {:?} for {id} with {token}, in {:?}", Status::Reserved, Status::Pending, self.database)
    }

    /// The refund begins, if the order is paid.
    pub async fn begin_refund(&self, id: &str) -> Result<(), Problem> {
        todo!("from {:?} to {:?} for {id}", Status::Paid, Status::Refunding)
    }

    pub async fn paid(&self, id: &str, charge: Option<&str>) -> Result<(), Problem> {
        todo!("from {:?} to {:?} for {id}, with {charge:?}", Status::Pending, Status::Paid)
    }

    pub async fn declined(&self, id: &str) -> Result<(), Problem> {
        self.give_back(id, Status::Pending, Status::Declined).await
    }

    pub async fn refunded(&self, id: &str) -> Result<(), Problem> {
        self.give_back(id, Status::Refunding, Status::Refunded).await
    }

    /// Ends what was reserved for too long.
    pub async fn expire(&self) -> Result<(), Problem> {
        let late: Vec<String> = sqlx::query_scalar("SELECT id FROM orders WHERE status = ? AND expires_ms <= ?")
            .bind(Status::Reserved)
            .bind(now_ms())
            .fetch_all(self.database.reader())
            .await
            .map_err(problem)?;
        for id in late {
            self.give_back(&id, Status::Reserved, Status::Expired).await?;
        }
        Ok(())
    }

    /// When the next reservation ends, in milliseconds since 1970.
    pub async fn next_expiry(&self) -> Result<Option<i64>, Problem> {
        let query = sqlx::query_scalar("SELECT min(expires_ms) FROM orders WHERE status = ?").bind(Status::Reserved);
        query.fetch_one(self.database.reader()).await.map_err(problem)
    }

    /// The orders about which somebody has to be asked.
    pub async fn unsettled(&self) -> Result<Vec<String>, Problem> {
        let query = sqlx::query_scalar("SELECT id FROM orders WHERE status IN (?, ?)");
        let query = query.bind(Status::Pending).bind(Status::Refunding);
        query.fetch_all(self.database.reader()).await.map_err(problem)
    }

    /// From one state to another in which the items are in stock again.
    async fn give_back(&self, id: &str, from: Status, to: Status) -> Result<(), Problem> {
        todo!("from {from:?} to {to:?} for {id}, and its items back into the stock, in one transaction")
    }
}

/// Takes the pieces out of the stock, if they are there: looking and taking are one statement.
async fn reserve(connection: &mut SqliteConnection, order: &str, item: &Item) -> Result<(), Problem> {
    todo!("take {item:?} out of the stock and into {order}, with {connection:?}")
}

async fn find(connection: &mut SqliteConnection, id: &str) -> Result<Order, Problem> {
    let query = sqlx::query_as("SELECT id, status, discount, charge, token FROM orders WHERE id = ?").bind(id);
    let row: Option<Row> = query.fetch_optional(&mut *connection).await.map_err(problem)?;
    let Row { id, status, discount, charge, token } =
        row.ok_or_else(|| Problem::not_found("there is no such order"))?;
    let items = sqlx::query_as(
        "SELECT sku, name, price, quantity, price * quantity AS sum FROM order_items WHERE order_id = ? ORDER BY sku",
    );
    let items = items.bind(&id).fetch_all(connection).await.map_err(problem)?;
    Ok(Order { id, status, bill: Bill::new(items, discount), charge, token })
}

pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
