//! The database: what is in it, and how far each file was read, always together.

use crate::{pipeline::Batch, source::Place};
use plumbing::Failure;
use plumbing_sqlite::Database;
use serde::Serialize;
use sqlx::migrate::Migrator;
use std::{collections::HashMap, path::Path};

static MIGRATIONS: Migrator = sqlx::migrate!();

#[derive(Debug)]
pub struct Store {
    database: Database,
}

/// A row that was rejected, as `rejects.ndjson` shows it.
#[derive(Debug, Serialize, sqlx::FromRow)]
pub struct Reject {
    pub file: String,
    pub row: i64,
    pub reason: String,
    pub field: Option<String>,
    pub detail: String,
}

impl Store {
    pub async fn open(file: &Path) -> Result<Store, Failure> {
        let name = file.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| Failure::new(format!("{} cannot be the name of a file", file.display())))?;
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Ok(Store { database: Database::open(folder, name, &MIGRATIONS).await? })
    }

    /// How far each file was read.
    pub async fn places(&self) -> Result<HashMap<String, Place>, Failure> {
        let rows: Vec<(String, i64, i64)> =
            sqlx::query_as("SELECT file, bytes, rows FROM files").fetch_all(self.database.reader()).await?;
        let place = |bytes: i64, rows: i64| Place { bytes: bytes.cast_unsigned(), rows: rows.cast_unsigned() };
        Ok(rows.into_iter().map(|(file, bytes, rows)| (file, place(bytes, rows))).collect())
    }

    /// A batch and the progress that it means, both or neither. One statement takes all rows of a kind: each statement
    /// is a way to the database and back.
    pub async fn commit(&self, batch: &Batch) -> Result<(), Failure> {
        let mut transaction = self.database.begin().await?;
        if !batch.orders.is_empty() {
            sqlx::query(
                "INSERT INTO orders (file, row, order_id, shop, sku, quantity, currency, price, ordered_at, updated_at)
                 SELECT ?1, value ->> '$[0]', value ->> '$[1][0]', value ->> '$[1][1]', value ->> '$[1][2]',
                     value ->> '$[1][3]', value ->> '$[1][4]', value ->> '$[1][5]', value ->> '$[1][6]', value ->> '$[1][7]'
                 FROM json_each(?2) WHERE true
                 ON CONFLICT (order_id) DO UPDATE SET
                     file = excluded.file, row = excluded.row, shop = excluded.shop, sku = excluded.sku,
                     quantity = excluded.quantity, currency = excluded.currency, price = excluded.price,
                     ordered_at = excluded.ordered_at, updated_at = excluded.updated_at
                 WHERE (excluded.updated_at, excluded.file, excluded.row) > (orders.updated_at, orders.file, orders.row)",
            )
            .bind(&batch.file)
            .bind(serde_json::to_string(&batch.orders)?)
            .execute(&mut *transaction)
            .await?;
        }
        if !batch.rejects.is_empty() {
            // A header that is wrong is rejected again when its file has grown.
            sqlx::query(
                "INSERT INTO rejects (file, row, reason, field, detail)
                 SELECT ?1, value ->> '$[0]', value ->> '$[1].reason', value ->> '$[1].field', value ->> '$[1].detail'
                 FROM json_each(?2) WHERE true
                 ON CONFLICT DO NOTHING",
            )
            .bind(&batch.file)
            .bind(serde_json::to_string(&batch.rejects)?)
            .execute(&mut *transaction)
            .await?;
        }
        sqlx::query(
            "INSERT INTO files VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET bytes = excluded.bytes, rows = excluded.rows",
        )
        .bind(&batch.file)
        .bind(batch.place.bytes.cast_signed())
        .bind(batch.place.rows.cast_signed())
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    /// Computes the sums of each day again, and returns how many orders there are.
    pub async fn sum_up(&self) -> Result<i64, Failure> {
        let mut transaction = self.database.begin().await?;
        sqlx::query("DELETE FROM daily_sales").execute(&mut *transaction).await?;
        sqlx::query(
            "INSERT INTO daily_sales (day, shop, currency, orders, units, amount)
             SELECT date(ordered_at / 1000, 'unixepoch'), shop, currency, count(*), sum(quantity), sum(quantity * price)
             FROM orders GROUP BY 1, 2, 3",
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(sqlx::query_scalar("SELECT count(*) FROM orders").fetch_one(self.database.reader()).await?)
    }

    /// At most `limit` rejects that come after this file and row, in order.
    pub async fn rejects_after(&self, file: &str, row: i64, limit: i64) -> Result<Vec<Reject>, Failure> {
        let query = sqlx::query_as(
            "SELECT file, row, reason, field, detail FROM rejects WHERE (file, row) > (?, ?) ORDER BY file, row LIMIT ?",
        );
        Ok(query.bind(file).bind(row).bind(limit).fetch_all(self.database.reader()).await?)
    }

    pub async fn close(&self) {
        self.database.close().await;
    }
}
