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
        let transaction = self.database.begin().await?;
        let (orders, rejects) = (serde_json::to_string(&batch.orders)?, serde_json::to_string(&batch.rejects)?);
        todo!(
            "in {transaction:?}: orders {orders} and rejects {rejects} of {}, and that it was read up to {:?}",
            batch.file,
            batch.place
        )
    }

    /// Computes the sums of each day again, and returns how many orders there are.
    pub async fn sum_up(&self) -> Result<i64, Failure> {
        let transaction = self.database.begin().await?;
        todo!("fill daily_sales in {transaction:?}, then count the orders")
    }

    /// At most `limit` rejects that come after this file and row, in order.
    pub async fn rejects_after(&self, file: &str, row: i64, limit: i64) -> Result<Vec<Reject>, Failure> {
        let query = sqlx::query_as("SELECT file, row, reason, field, detail FROM rejects LIMIT ?").bind(limit);
        let rejects: Vec<Reject> = query.fetch_all(self.database.reader()).await?;
        todo!("of {rejects:?} those after row {row} of {file}, in order")
    }

    pub async fn close(&self) {
        self.database.close().await;
    }
}
