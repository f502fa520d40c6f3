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
        let known: Option<(String, String)> = sqlx::query_as("SELECT id, cart FROM orders WHERE key = ?")
            .bind(key)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(problem)?;
        if let Some((id, its_cart)) = known {
            if its_cart != cart {
                return Err(Problem::invalid("Idempotency-Key", "this key was used for another cart"));
            }
            return find(&mut transaction, &id).await;
        }
        let taken: Option<(Option<String>,)> =
            sqlx::query_as("SELECT orders.id FROM carts LEFT JOIN orders ON orders.cart = carts.id WHERE carts.id = ?")
                .bind(cart)
                .fetch_optional(&mut *transaction)
                .await
                .map_err(problem)?;
        match taken {
            None => return Err(Problem::invalid("cart", "there is no such cart")),
            Some((Some(_),)) => return Err(Problem::conflict("this cart was ordered already")),
            Some((None,)) => {}
        }
        let bill = cart::bill(&mut transaction, cart).await?;
        if bill.items.is_empty() {
            return Err(Problem::invalid("cart", "the cart is empty"));
        }
        let id = cart::random_id()?;
        sqlx::query("INSERT INTO orders (id, cart, key, status, discount, expires_ms) VALUES (?, ?, ?, ?, ?, ?)")
            .bind(&id)
            .bind(cart)
            .bind(key)
            .bind(Status::Reserved)
            .bind(bill.discount)
            .bind(now_ms() + self.reservation_ms)
            .execute(&mut *transaction)
            .await
            .map_err(problem)?;
        for item in &bill.items {
            reserve(&mut transaction, &id, item).await?;
        }
        transaction.commit().await.map_err(problem)?;
        Ok(Order { id, status: Status::Reserved, bill, charge: None, token: None })
    }

    pub async fn get(&self, id: &str) -> Result<Order, Problem> {
        let mut connection = self.database.reader().acquire().await.map_err(problem)?;
        find(&mut connection, id).await
    }

    /// The charge begins: from here on the order does not expire. Nothing happens in any other state.
    pub async fn begin_charge(&self, id: &str, token: &str) -> Result<(), Problem> {
        let query =
            sqlx::query("UPDATE orders SET status = ?, token = ? WHERE id = ? AND status = ? AND expires_ms > ?");
        let query = query.bind(Status::Pending).bind(token).bind(id).bind(Status::Reserved).bind(now_ms());
        query.execute(self.database.writer()).await.map(drop).map_err(problem)
    }

    /// The refund begins, if the order is paid.
    pub async fn begin_refund(&self, id: &str) -> Result<(), Problem> {
        let query = sqlx::query("UPDATE orders SET status = ? WHERE id = ? AND status = ?");
        let query = query.bind(Status::Refunding).bind(id).bind(Status::Paid);
        query.execute(self.database.writer()).await.map(drop).map_err(problem)
    }

    pub async fn paid(&self, id: &str, charge: Option<&str>) -> Result<(), Problem> {
        let query = sqlx::query("UPDATE orders SET status = ?, charge = ? WHERE id = ? AND status = ?");
        let query = query.bind(Status::Paid).bind(charge).bind(id).bind(Status::Pending);
        query.execute(self.database.writer()).await.map(drop).map_err(problem)
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
        let mut transaction = self.database.begin().await.map_err(problem)?;
        let query =
            sqlx::query("UPDATE orders SET status = ? WHERE id = ? AND status = ?").bind(to).bind(id).bind(from);
        if query.execute(&mut *transaction).await.map_err(problem)?.rows_affected() == 1 {
            sqlx::query(
                "UPDATE products SET stock = stock + quantity FROM order_items
                 WHERE order_items.order_id = ? AND order_items.sku = products.sku",
            )
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(problem)?;
        }
        transaction.commit().await.map_err(problem)
    }
}

/// Takes the pieces out of the stock, if they are there: looking and taking are one statement.
async fn reserve(connection: &mut SqliteConnection, order: &str, item: &Item) -> Result<(), Problem> {
    let query = sqlx::query("UPDATE products SET stock = stock - ?1 WHERE sku = ?2 AND stock >= ?1");
    let taken = query.bind(item.quantity).bind(&item.sku).execute(&mut *connection).await.map_err(problem)?;
    if taken.rows_affected() == 0 {
        return Err(Problem::conflict(format!("there is too little of {}", item.sku)).with("sku", item.sku.as_str()));
    }
    sqlx::query("INSERT INTO order_items (order_id, sku, name, price, quantity) VALUES (?, ?, ?, ?, ?)")
        .bind(order)
        .bind(&item.sku)
        .bind(&item.name)
        .bind(item.price)
        .bind(item.quantity)
        .execute(connection)
        .await
        .map(drop)
        .map_err(problem)
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
