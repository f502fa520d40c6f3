//! What the tests of this day share: a ledger on a database of its own, and accounts with money in them.

use harness::{Launch, Postgres, Program, expect};
use harness_net::{Http, Reply};
use serde_json::{Value, json};
use std::ops::Deref;

/// A ledger, its database, and a client whose methods it lends.
#[derive(Debug)]
pub struct Ledger {
    // Dropped in this order: the program first, then its database.
    pub program: Program,
    pub client: Client,
    pub postgres: Postgres,
}

/// A client that tasks can have a copy of.
#[derive(Debug, Clone)]
pub struct Client {
    pub http: Http,
}

impl Deref for Ledger {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Ledger {
    pub fn start() -> Ledger {
        // On a busy machine two hundred requests wait long for ten connections.
        Ledger::on(Postgres::start(), &["--database-timeout-ms", "30000"])
    }

    /// A ledger on this database.
    pub fn on(postgres: Postgres, arguments: &[&str]) -> Ledger {
        let program = Launch::service().env("DATABASE_URL", postgres.url()).args(arguments).start();
        let client = Client { http: Http::to(&program) };
        Ledger { program, client, postgres }
    }

    /// SIGKILL, and a new start on the same database.
    pub fn kill_and_restart(&mut self) {
        self.program.kill();
        self.program.start_again();
        self.client = Client { http: Http::to(&self.program) };
    }

    /// Does this so often at the same time.
    pub async fn together<T, F>(&self, count: usize, work: impl Fn(Client, usize) -> F) -> Vec<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        harness_net::together(count, |number| work(self.client.clone(), number)).await
    }
}

impl Client {
    /// An account that may not fall below 0.
    pub async fn account(&self, id: &str) {
        self.account_with(&json!({"id": id, "currency": "EUR", "min_balance": 0})).await;
    }

    pub async fn account_with(&self, account: &Value) {
        let reply = self.http.post("/accounts").json(account).send().await;
        let place = format!("/accounts/{}", account["id"].as_str().unwrap_or_default());
        reply.expect("an account can be made").status(201).header("location", &place);
    }

    /// The account that all money comes from, and accounts with this much each.
    pub async fn accounts(&self, ids: &[&str], amount: i64) {
        self.account_with(&json!({"id": "bank", "currency": "EUR", "min_balance": null})).await;
        for id in ids {
            self.account(id).await;
            if amount > 0 {
                self.transfer("bank", id, amount).await;
            }
        }
    }

    pub async fn show(&self, id: &str) -> Reply {
        let reply = self.http.get(&format!("/accounts/{id}")).send().await;
        reply.expect("an account can be read").status(200).media_type("application/json");
        reply
    }

    pub async fn balance(&self, id: &str) -> i64 {
        self.show(id).await.number_at("/balance")
    }

    pub async fn post_transfer(&self, key: &str, body: &Value) -> Reply {
        self.http.post("/transfers").header("idempotency-key", key).json(body).send().await
    }

    pub async fn try_transfer(&self, key: &str, from: &str, to: &str, amount: i64) -> Reply {
        self.post_transfer(key, &moving(from, to, amount)).await
    }

    /// A transfer with a key of its own. Returns its id.
    pub async fn transfer(&self, from: &str, to: &str, amount: i64) -> i64 {
        let reply = self.try_transfer(&new_key(), from, to, amount).await;
        reply.expect("money can be moved").status(201).media_type("application/json");
        reply.number_at("/id")
    }

    pub async fn history(&self, id: &str, query: &str) -> Reply {
        let reply = self.http.get(&format!("/accounts/{id}/entries{query}")).send().await;
        reply.expect("a history can be read").status(200).media_type("application/json");
        reply
    }

    pub async fn balance_at(&self, id: &str, at: &str) -> i64 {
        let reply = self.http.get(&format!("/accounts/{id}/balance?at={at}")).send().await;
        reply.expect("a balance can be asked for at a time").status(200);
        reply.number_at("/balance")
    }

    pub async fn journal(&self) -> String {
        let reply = self.http.get("/export.journal").send().await;
        reply.expect("the journal can be exported").status(200).media_type("text/plain");
        reply.text()
    }

    pub async fn try_hold(&self, key: &str, account: &str, amount: i64) -> Reply {
        let body = json!({"account": account, "amount": amount});
        self.http.post("/holds").header("idempotency-key", key).json(&body).send().await
    }

    /// A hold with a key of its own. Returns its id.
    pub async fn hold(&self, account: &str, amount: i64) -> i64 {
        let reply = self.try_hold(&new_key(), account, amount).await;
        reply.expect("an amount can be held").status(201).json_at("/status", "held");
        reply.number_at("/id")
    }

    pub async fn capture(&self, hold: i64, body: &Value) -> Reply {
        self.http.post(&format!("/holds/{hold}/capture")).json(body).send().await
    }

    pub async fn release(&self, hold: i64) -> Reply {
        self.http.post(&format!("/holds/{hold}/release")).send().await
    }
}

/// One account gives, another one gets.
pub fn moving(from: &str, to: &str, amount: i64) -> Value {
    json!({"entries": [{"account": from, "amount": -amount}, {"account": to, "amount": amount}]})
}

/// A key that no other request has.
pub fn new_key() -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("key-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// How many of these replies have this status.
pub fn count(replies: &[Reply], status: u16) -> usize {
    replies.iter().filter(|reply| reply.status == status).count()
}

/// All replies have one of these statuses.
pub fn expect_statuses(requirement: &str, replies: &[Reply], allowed: &[u16]) {
    for reply in replies {
        reply.expect(requirement).status_in(allowed);
    }
    expect(requirement).that(!replies.is_empty(), "no replies");
}
