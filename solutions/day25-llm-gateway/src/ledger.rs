//! Who has spent how much. Before a call the most that it can cost is reserved, and at its end the real price takes the
//! reservation's place.

use crate::fault::Fault;
use plumbing_sqlite::Database;

/// More than this nobody spends, and no sum of it overflows: 90 million dollars.
pub const MOST: i64 = 9_000_000_000_000_000;

#[derive(Debug, Clone)]
pub struct Ledger(Database);

/// The numbers of a key, in micro-cents.
#[derive(Debug, sqlx::FromRow)]
pub struct Account {
    pub name: String,
    pub budget: i64,
    pub spent: i64,
    pub reserved: i64,
    pub revoked: bool,
}

impl Ledger {
    /// Nobody calls yet, so a reservation that is there is of a call that ended with the program. Nobody knows what it has
    /// cost, and the budget is a promise: it is charged in full.
    pub async fn open(database: Database) -> sqlx::Result<Ledger> {
        let mut transaction = database.begin().await?;
        let charge = "UPDATE keys SET spent = min(?, spent + (SELECT sum(amount) FROM reservations WHERE key = keys.id)) \
                      WHERE id IN (SELECT key FROM reservations)";
        sqlx::query(charge).bind(MOST).execute(&mut *transaction).await?;
        sqlx::query("DELETE FROM reservations").execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(Ledger(database))
    }

    pub async fn account(&self, key: &str) -> Result<Option<Account>, Fault> {
        let query = "SELECT name, budget, spent, revoked, \
                     (SELECT coalesce(sum(amount), 0) FROM reservations WHERE key = keys.id) AS reserved \
                     FROM keys WHERE id = ?";
        Ok(sqlx::query_as(query).bind(key).fetch_optional(self.0.reader()).await?)
    }

    /// Sets `amount` aside, if the key has so much left. The look and the reservation are one step, so that no other call
    /// can come between them.
    pub async fn reserve(&self, key: &str, amount: i64) -> Result<Reservation, Fault> {
        let (ledger, key) = (self.clone(), key.to_owned());
        // On its own, because a client may leave meanwhile: a reservation that nobody holds would never be settled.
        let reserving = tokio::spawn(async move {
            let query = "INSERT INTO reservations (key, amount) SELECT id, ?2 FROM keys WHERE id = ?1 AND ?2 <= \
                         budget - spent - (SELECT coalesce(sum(amount), 0) FROM reservations WHERE key = ?1)";
            let done = sqlx::query(query).bind(&key).bind(amount).execute(ledger.0.writer()).await?;
            match done.rows_affected() {
                0 => Err(Fault::over_budget()),
                _ => Ok(Reservation { ledger, id: done.last_insert_rowid(), key, amount, owed: 0, is_open: true }),
            }
        });
        reserving.await.map_err(Fault::internal)?
    }

    /// Replaces a reservation by a charge. Of several tries one has an effect.
    async fn settle(&self, id: i64, key: &str, cost: i64) -> sqlx::Result<()> {
        let mut transaction = self.0.begin().await?;
        let delete = sqlx::query("DELETE FROM reservations WHERE id = ?").bind(id);
        if delete.execute(&mut *transaction).await?.rows_affected() == 1 {
            let charge = sqlx::query("UPDATE keys SET spent = min(?, spent + ?) WHERE id = ?");
            charge.bind(MOST).bind(cost).bind(key).execute(&mut *transaction).await?;
        }
        transaction.commit().await
    }
}

/// Money that is set aside for a call. However the call ends, what is owed then is charged: also when the client leaves
/// and everything that belongs to the call is dropped.
#[derive(Debug)]
pub struct Reservation {
    ledger: Ledger,
    id: i64,
    key: String,
    amount: i64,
    /// What the call would cost if it ended now.
    owed: i64,
    is_open: bool,
}

impl Reservation {
    /// Nobody knows what the call costs from here on.
    pub fn owe_all(&mut self) {
        self.owed = self.amount;
    }

    /// The call costs this, and nobody was promised that it is not more than what was reserved.
    pub fn owe(&mut self, cost: i64) {
        self.owed = cost;
    }

    /// Charges what is owed, once.
    pub async fn settle(&mut self) -> Result<(), Fault> {
        if !self.is_open {
            return Ok(());
        }
        self.ledger.settle(self.id, &self.key, self.owed).await?;
        self.is_open = false;
        Ok(())
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if !self.is_open {
            return;
        }
        let (ledger, id, key, owed) = (self.ledger.clone(), self.id, std::mem::take(&mut self.key), self.owed);
        // At the end of the program there may be nobody who could do it. Then the next start does.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = ledger.settle(id, &key, owed).await {
                    eprintln!("error: a call could not be charged: {error}");
                }
            });
        }
    }
}
