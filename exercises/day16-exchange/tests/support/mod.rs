//! What the tests of this day share.

use harness::{Launch, Program, expect};
use harness_net::{Http, Reply, WebSocket};
use serde_json::{Value, json};
use std::{collections::BTreeMap, net::SocketAddr, ops::Deref};

/// A running exchange, and a client for it whose methods it lends.
#[derive(Debug)]
pub struct Exchange {
    pub program: Program,
    pub client: Client,
}

/// A client that tasks can have a copy of.
#[derive(Debug, Clone)]
pub struct Client {
    pub http: Http,
    address: SocketAddr,
}

impl Deref for Exchange {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// What `POST /orders` has answered.
#[derive(Debug)]
pub struct Placed {
    pub reply: Reply,
    pub id: u64,
}

impl Exchange {
    pub fn start(arguments: &[&str]) -> Exchange {
        let program = Launch::service().args(arguments).data_dir().start();
        let client = Client::of(&program);
        Exchange { program, client }
    }

    /// SIGKILL, and a new start on the same data.
    pub fn kill_and_restart(&mut self) {
        self.program.kill();
        self.program.start_again();
        self.client = Client::of(&self.program);
    }
}

impl Client {
    pub fn of(program: &Program) -> Client {
        Client { http: Http::to(program), address: program.address() }
    }

    /// Does this so often at the same time.
    pub async fn together<T, F>(&self, count: usize, work: impl Fn(Client, usize) -> F) -> Vec<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        harness_net::together(count, |number| work(self.clone(), number)).await
    }

    pub async fn post(&self, order: &Value) -> Reply {
        self.http.post("/orders").json(order).send().await
    }

    /// Places a valid order.
    pub async fn place(&self, order: &Value) -> Placed {
        let reply = self.post(order).await;
        reply.expect("a valid order is accepted").status(201).media_type("application/json");
        let id = u64::try_from(reply.number_at("/order/id")).unwrap_or_default();
        reply.expect("Location is the path of the order").header("location", &format!("/orders/{id}"));
        Placed { reply, id }
    }

    /// `limit("ann buy 10 @ 990")`: a limit order in short.
    pub async fn limit(&self, order: &str) -> Placed {
        self.place(&limit(order)).await
    }

    /// A market order.
    pub async fn market(&self, trader: &str, side: &str, quantity: u64) -> Placed {
        self.place(&json!({"trader": trader, "side": side, "type": "market", "quantity": quantity})).await
    }

    pub async fn order(&self, id: u64) -> Reply {
        let reply = self.http.get(&format!("/orders/{id}")).send().await;
        reply.expect("an order can be read").status(200).media_type("application/json");
        reply
    }

    pub async fn cancel(&self, id: u64) -> Reply {
        self.http.delete(&format!("/orders/{id}")).send().await
    }

    pub async fn book(&self) -> Reply {
        let reply = self.http.get("/book").send().await;
        reply.expect("the book can be read").status(200).media_type("application/json");
        reply
    }

    /// The book holds exactly this.
    pub async fn expect_book(&self, requirement: &str, bids: &[(u64, u64)], asks: &[(u64, u64)]) {
        self.book().await.expect(requirement).json_at("/bids", json!(bids)).json_at("/asks", json!(asks));
    }

    /// All trades, page by page.
    pub async fn trades(&self) -> Vec<Value> {
        let mut trades: Vec<Value> = Vec::new();
        loop {
            let after = trades.len();
            let reply = self.http.get(&format!("/trades?after={after}")).send().await;
            reply.expect("trades can be read").status(200).media_type("application/json");
            let page = reply.at("/trades").as_array().cloned().unwrap_or_default();
            expect("a page has at most 1000 trades").request(reply.curl()).that(page.len() <= 1000, page.len());
            for (number, trade) in (after + 1..).zip(&page) {
                expect("trades are numbered 1, 2, 3 …")
                    .request(reply.curl())
                    .eq(trade["id"].as_u64(), Some(number as u64));
            }
            if page.is_empty() {
                return trades;
            }
            trades.extend(page);
        }
    }

    pub async fn feed(&self) -> Feed {
        Feed::over(WebSocket::open(self.address, "/ws").await).await
    }
}

impl Placed {
    /// The order is now as the words say: `open 4` is open with 4 filled.
    pub fn expect(&self, requirement: &str, status: &str, filled: u64) -> &Placed {
        self.reply.expect(requirement).json_at("/order/status", status).json_at("/order/filled", filled);
        self
    }

    /// Its trades: price, quantity, and the order that was waiting.
    pub fn expect_trades(&self, requirement: &str, trades: &[(u64, u64, u64)]) -> &Placed {
        let members =
            |trade: &Value| ["price", "quantity", "maker"].map(|name| trade[name].as_u64().unwrap_or_default());
        let actual: Vec<_> = self.reply.at("/trades").as_array().into_iter().flatten().map(members).collect();
        let wanted: Vec<_> = trades.iter().map(|(price, quantity, maker)| [*price, *quantity, *maker]).collect();
        expect(requirement)
            .request(self.reply.curl())
            .expected(format!("[price, quantity, maker]: {wanted:?}"))
            .that(actual == wanted, format!("{actual:?}"));
        self
    }
}

/// `ann buy 10 @ 990` as the body of a request.
pub fn limit(order: &str) -> Value {
    let words: Vec<&str> = order.split(' ').collect();
    let [trader, side, quantity, "@", price] = words[..] else { panic!("the test's order {order:?} is not one") };
    let number = |text: &str| text.parse::<u64>().expect("a number of our own");
    json!({"trader": trader, "side": side, "type": "limit", "quantity": number(quantity), "price": number(price)})
}

/// A client of the feed, and the book that it keeps.
#[derive(Debug)]
pub struct Feed {
    pub socket: WebSocket,
    pub sequence: u64,
    pub bids: BTreeMap<u64, u64>,
    pub asks: BTreeMap<u64, u64>,
    pub trades: Vec<Value>,
}

impl Feed {
    /// Reads the snapshot.
    pub async fn over(mut socket: WebSocket) -> Feed {
        let requirement = "the first message of the feed is a snapshot";
        let snapshot = socket.next(requirement).await;
        let levels = |name: &str| -> Option<BTreeMap<u64, u64>> {
            snapshot[name].as_array()?.iter().map(|level| Some((level[0].as_u64()?, level[1].as_u64()?))).collect()
        };
        let is_snapshot = snapshot["type"] == "snapshot";
        let (Some(sequence), Some(bids), Some(asks), true) =
            (snapshot["sequence"].as_u64(), levels("bids"), levels("asks"), is_snapshot)
        else {
            socket.fail(requirement, r#"{"type":"snapshot","sequence":…,"bids":[…],"asks":[…]}"#, &snapshot)
        };
        Feed { socket, sequence, bids, asks, trades: Vec::new() }
    }

    /// Reads a delta, and changes the book as it says.
    pub async fn delta(&mut self) -> Value {
        let requirement = "each command that changes the book is a delta, and the numbers have no gap";
        let delta = self.socket.next(requirement).await;
        self.apply(requirement, &delta);
        delta
    }

    /// Changes the book as a delta says.
    pub fn apply(&mut self, requirement: &str, delta: &Value) {
        let next = self.sequence + 1;
        if delta["type"] != "delta" || delta["sequence"].as_u64() != Some(next) {
            self.socket.fail(requirement, &format!(r#"{{"type":"delta","sequence":{next},…}}"#), delta);
        }
        self.sequence = next;
        for change in delta["changes"].as_array().into_iter().flatten() {
            let (price, quantity) = (change["price"].as_u64(), change["quantity"].as_u64());
            let (Some(price), Some(quantity)) = (price, quantity) else {
                self.socket.fail("a change has a side, a price and a quantity", "numbers", change)
            };
            let levels = if change["side"] == "buy" { &mut self.bids } else { &mut self.asks };
            if quantity == 0 {
                levels.remove(&price);
            } else {
                levels.insert(price, quantity);
            }
        }
        self.trades.extend(delta["trades"].as_array().cloned().unwrap_or_default());
    }

    /// Reads until it has seen the delta with this number.
    pub async fn catch_up(&mut self, sequence: u64) {
        while self.sequence < sequence {
            self.delta().await;
        }
    }

    /// The book that it keeps is the one that `/book` shows.
    pub async fn expect_same_book(&mut self, requirement: &str, exchange: &Client) {
        let book = exchange.book().await;
        let sequence = u64::try_from(book.number_at("/sequence")).unwrap_or_default();
        self.catch_up(sequence).await;
        let bids: Vec<_> = self.bids.iter().rev().collect();
        let asks: Vec<_> = self.asks.iter().collect();
        book.expect(requirement)
            .json_at("/sequence", self.sequence)
            .json_at("/bids", json!(bids))
            .json_at("/asks", json!(asks));
    }
}
