use super::model::{Model, Step};
use crate::visible::support::Exchange;
use harness::{expect, random};
use proptest::{
    collection::vec,
    prelude::{Strategy, any, prop_oneof},
    test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner},
};
use serde_json::json;
use std::{env, fmt::Write};

/// How many sequences are played. `EXCHANGE_SEQUENCES=10000` takes a few minutes.
fn sequences() -> u32 {
    env::var("EXCHANGE_SEQUENCES").ok().and_then(|text| text.parse().ok()).unwrap_or(30)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (any::<bool>(), 1..20_u64, 95..105_u64)
            .prop_map(|(is_buy, quantity, price)| Step::Limit { is_buy, quantity, price }),
        2 => (any::<bool>(), 1..30_u64).prop_map(|(is_buy, quantity)| Step::Market { is_buy, quantity }),
        2 => (0..6_usize).prop_map(|back| Step::Cancel { back }),
    ]
}

/// Plays the steps to the program and to the model, and says where they differ. What is open in the end is cancelled, so
/// that the next sequence finds an empty book.
async fn play(exchange: &Exchange, steps: &[Step]) -> Result<(), String> {
    let mut model = Model::default();
    let mut result = Ok(());
    for step in steps {
        result = play_one(exchange, &mut model, step).await;
        if result.is_err() {
            break;
        }
    }
    // Whatever the model thinks of them: the program may think otherwise.
    for order in model.orders.iter().filter(|order| order.price.is_some()) {
        exchange.cancel(order.id).await;
    }
    result
}

async fn play_one(exchange: &Exchange, model: &mut Model, step: &Step) -> Result<(), String> {
    let same = |what: &str, ours: String, theirs: String| {
        if ours == theirs { Ok(()) } else { Err(format!("{what}: expected {ours}, the program has {theirs}")) }
    };
    let (is_buy, quantity, price) = match *step {
        Step::Limit { is_buy, quantity, price } => (is_buy, quantity, Some(price)),
        Step::Market { is_buy, quantity } => (is_buy, quantity, None),
        Step::Cancel { back } => {
            let place = model.orders.len().checked_sub(back + 1);
            let Some(order) = place.and_then(|place| model.orders.get_mut(place)) else { return Ok(()) };
            let reply = exchange.cancel(order.id).await;
            reply.expect("an order is cancelled if it is open").status(if order.is_open { 200 } else { 409 });
            order.is_open = false;
            return same_book(exchange, model, same).await;
        }
    };
    let side = if is_buy { "buy" } else { "sell" };
    let mut body = json!({"trader": side, "side": side, "type": "market", "quantity": quantity});
    if let Some(price) = price {
        body["type"] = "limit".into();
        body["price"] = price.into();
    }
    let placed = exchange.place(&body).await;
    let ours = model.place(placed.id, is_buy, quantity, price);
    let number = |trade: &serde_json::Value, name: &str| trade[name].as_u64().unwrap_or_default();
    let theirs: Vec<_> = placed
        .reply
        .at("/trades")
        .as_array()
        .into_iter()
        .flatten()
        .map(|trade| (number(trade, "price"), number(trade, "quantity"), number(trade, "maker")))
        .collect();
    // Numbers of orders go on from sequence to sequence; the model's are counted from its first.
    let first = model.orders.first().map_or(0, |order| order.id);
    let from_first = |trades: &[(u64, u64, u64)]| {
        let relative = trades.iter().map(|(price, quantity, maker)| (price, quantity, maker + 1 - first.min(*maker)));
        format!("{:?}", relative.collect::<Vec<_>>())
    };
    same("trades (price, quantity, maker)", from_first(&ours), from_first(&theirs))?;
    same_book(exchange, model, same).await
}

async fn same_book(
    exchange: &Exchange,
    model: &Model,
    same: impl Fn(&str, String, String) -> Result<(), String>,
) -> Result<(), String> {
    let book = exchange.book().await;
    same("bids", json!(model.levels(true)).to_string(), book.at("/bids").to_string())?;
    same("asks", json!(model.levels(false)).to_string(), book.at("/asks").to_string())
}

#[test]
fn a_naive_model_agrees() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    let exchange = Exchange::start(&[]);
    let seed: [u8; 32] = random().bytes(32).try_into().expect("32 bytes were asked for");
    let config = Config { cases: sequences(), failure_persistence: None, max_shrink_iters: 500, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let outcome = runner.run(&vec(step(), 1..25), |steps| {
        runtime.block_on(play(&exchange, &steps)).map_err(proptest::test_runner::TestCaseError::fail)
    });
    if let Err(error) = outcome {
        let (why, steps) = match error {
            TestError::Fail(why, steps) => (why.message().to_owned(), steps),
            TestError::Abort(why) => (why.message().to_owned(), Vec::new()),
        };
        let mut commands = String::new();
        for step in steps {
            // Writing to a text cannot fail.
            let _ = writeln!(commands, "{step:?}");
        }
        expect("random commands lead to what a naive exchange makes of them").request(commands.trim_end()).fail(why);
    }
}

#[tokio::test]
async fn both_sides_have_the_same_rules() {
    let exchange = Exchange::start(&[]);
    let mut ids = Vec::new();
    for order in ["ann buy 5 @ 100", "bob buy 5 @ 102", "cid buy 5 @ 101", "dan buy 5 @ 102"] {
        ids.push(exchange.limit(order).await.id);
    }
    let taker = exchange.limit("eve sell 17 @ 101").await;
    taker.expect("15 are wanted for 101 or more", "open", 15);
    taker.expect_trades(
        "the highest bid first, then the older one",
        &[(102, 5, ids[1]), (102, 5, ids[3]), (101, 5, ids[2])],
    );
    exchange.expect_book("the rest waits", &[(100, 5)], &[(101, 2)]).await;
}
