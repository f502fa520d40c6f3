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
    /// Task 6: nobody calls yet, so a reservation that is there is of a call that ended with the program.
    pub async fn open(database: Database) -> sqlx::Result<Ledger> {
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
        let hold = |id| Reservation { ledger: self.clone(), id, key: key.to_owned(), amount, owed: 0 };
        todo!("insert {:?}, or refuse with {:?}", hold(0), Fault::over_budget())
    }

    /// Replaces a reservation by a charge. Of several tries one has an effect.
    async fn settle(&self, id: i64, key: &str, cost: i64) -> sqlx::Result<()> {
        todo!("delete the reservation {id} and charge {cost} to {key}, with {:?}", self.0)
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

    /// Charges what is owed.
    pub async fn settle(&mut self) -> Result<(), Fault> {
        Ok(self.ledger.settle(self.id, &self.key, self.owed).await?)
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        // Task 3: what was not settled yet is settled here, in a task of its own. (This is no `todo!`, because a panic in
        // `drop` can end the program.)
    }
}
