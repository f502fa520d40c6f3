//! What the tests of this day share: a shop, its buyers, and a payment provider with faults.

mod provider;

pub use provider::{Charges, Fault, Provider};

use harness::{Launch, Program, expect};
use harness_net::{Http, Reply, eventually};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::{ops::Deref, time::Duration};

/// The secret of the provider's callbacks.
pub const SECRET: &str = "whs-5ecret-41";

/// A shop, the provider that it charges with, and a client whose methods it lends.
#[derive(Debug)]
pub struct Shop {
    pub program: Program,
    pub provider: Provider,
    pub client: Client,
}

/// A client that tasks can have a copy of.
#[derive(Debug, Clone)]
pub struct Client {
    pub http: Http,
}

impl Deref for Shop {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Shop {
    pub fn start() -> Shop {
        Shop::with(&[])
    }

    /// A shop that tries again quickly, with these further arguments.
    pub fn with(arguments: &[&str]) -> Shop {
        let provider = Provider::start();
        let launch = Launch::service().env("WEBHOOK_SECRET", SECRET).args(["--payments-url", &provider.url()]);
        let launch = if arguments.contains(&"--retry-ms") { launch } else { launch.args(["--retry-ms", "20"]) };
        let program = launch.args(arguments).data_dir().start();
        let client = Client { http: Http::to(&program) };
        Shop { program, provider, client }
    }

    /// SIGKILL, and a new start on the same data.
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
    pub async fn product(&self, sku: &str, price: i64, stock: i64) {
        let body = json!({"name": format!("the {sku}"), "price": price, "stock": stock});
        let reply = self.http.put(&format!("/products/{sku}")).json(&body).send().await;
        reply.expect("a product can be put").status(200).media_type("application/json");
    }

    pub async fn stock(&self, sku: &str) -> i64 {
        let reply = self.http.get(&format!("/products/{sku}")).send().await;
        reply.expect("a product can be read").status(200);
        reply.number_at("/stock")
    }

    /// An empty cart's id.
    pub async fn cart(&self) -> String {
        let reply = self.http.post("/carts").send().await;
        reply.expect("a cart is made").status(201).media_type("application/json");
        let id = reply.text_at("/id");
        reply.expect("Location is the path of the cart").header("location", &format!("/carts/{id}"));
        id
    }

    pub async fn put_item(&self, cart: &str, sku: &str, body: &Value) -> Reply {
        self.http.put(&format!("/carts/{cart}/items/{sku}")).json(body).send().await
    }

    /// A cart with these things in it.
    pub async fn cart_with(&self, items: &[(&str, i64)]) -> String {
        let cart = self.cart().await;
        for (sku, quantity) in items {
            let reply = self.put_item(&cart, sku, &json!({"quantity": quantity})).await;
            reply.expect("an item is put into the cart").status(200);
        }
        cart
    }

    pub async fn show_cart(&self, cart: &str) -> Reply {
        let reply = self.http.get(&format!("/carts/{cart}")).send().await;
        reply.expect("a cart can be read").status(200).media_type("application/json");
        reply
    }

    pub async fn try_order(&self, key: &str, cart: &str) -> Reply {
        self.http.post("/orders").header("idempotency-key", key).json(&json!({"cart": cart})).send().await
    }

    /// Orders a cart, and returns the id of the order.
    pub async fn order(&self, cart: &str) -> String {
        let reply = self.try_order(&format!("key-{cart}"), cart).await;
        reply.expect("a cart can be ordered").status(201).json_at("/status", "reserved");
        let id = reply.text_at("/id");
        reply.expect("Location is the path of the order").header("location", &format!("/orders/{id}"));
        id
    }

    pub async fn show_order(&self, id: &str) -> Reply {
        let reply = self.http.get(&format!("/orders/{id}")).send().await;
        reply.expect("an order can be read").status(200).media_type("application/json");
        reply
    }

    pub async fn pay(&self, id: &str, token: &str) -> Reply {
        self.http.post(&format!("/orders/{id}/pay")).json(&json!({"token": token})).send().await
    }

    pub async fn refund(&self, id: &str) -> Reply {
        self.http.post(&format!("/orders/{id}/refund")).send().await
    }

    /// Waits until an order has this status.
    pub async fn until(&self, id: &str, status: &str) -> Reply {
        eventually(&format!("the order is {status} in the end"), Duration::from_secs(10), || async {
            let reply = self.show_order(id).await;
            (reply.at("/status") == status).then_some(reply)
        })
        .await
    }

    /// A callback of the provider with this signature.
    pub async fn callback_signed(&self, body: &str, signature: &str) -> Reply {
        let call = self.http.post("/webhooks/payments").header("content-type", "application/json");
        call.header("signature", signature).body(body).send().await
    }

    /// A callback of the provider.
    pub async fn callback(&self, event: &Value) {
        let body = event.to_string();
        let reply = self.callback_signed(&body, &sign(SECRET, body.as_bytes())).await;
        reply.expect("a callback that is signed gets 204").status(204);
    }
}

/// An event of the provider.
pub fn event(id: &str, kind: &str, order: &str, charge: Option<&str>) -> Value {
    let mut event = json!({"id": id, "type": kind, "order": order});
    if let Some(charge) = charge {
        event["charge"] = charge.into();
    }
    event
}

/// HMAC-SHA256 in hex.
pub fn sign(secret: &str, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length will do");
    data_encoding::HEXLOWER.encode(&mac.chain_update(body).finalize().into_bytes())
}

/// How many of these replies have this status.
pub fn count(replies: &[Reply], status: u16) -> usize {
    replies.iter().filter(|reply| reply.status == status).count()
}

/// The provider has charged these orders, each once.
pub fn expect_charged(requirement: &str, charges: &Charges, orders: usize, amount: i64) {
    expect(requirement).eq((charges.count, charges.total), (orders, amount));
}
