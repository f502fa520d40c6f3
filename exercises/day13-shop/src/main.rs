//! A shop: catalogue, carts, orders that hold the last item, and payments whose outcome is not always known.
//!
//! # Layout
//!
//! | module | job |
//! | --- | --- |
//! | `catalogue` | products and coupons |
//! | `cart` | carts and what they cost |
//! | `orders` | the states of an order, each change one transaction |
//! | `payments` | one question to the provider |
//! | `worker` | asks until there is an answer; ends reservations |
//! | `webhook` | the provider's callbacks |
//! | `api` | the HTTP side |

mod api;
mod cart;
mod catalogue;
mod orders;
mod payments;
mod webhook;
mod worker;

use clap::Parser;
use orders::Orders;
use payments::Provider;
use plumbing::{DataDir, Failure, Listen};
use plumbing_sqlite::Database;
use sqlx::migrate::Migrator;
use std::{process::ExitCode, time::Duration};
use worker::Worker;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// A shop with a payment provider
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    listen: Listen,
    #[command(flatten)]
    data: DataDir,
    /// The payment provider
    #[arg(long, env = "PAYMENTS_URL", value_name = "URL")]
    payments_url: reqwest::Url,
    /// How long an answer of the provider may take
    #[arg(long, env = "PAYMENTS_TIMEOUT_MS", value_name = "MS", default_value_t = 2000, value_parser = clap::value_parser!(u64).range(1..))]
    payments_timeout_ms: u64,
    /// Time between two tries
    #[arg(long, env = "RETRY_MS", value_name = "MS", default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..))]
    retry_ms: u64,
    /// How long an order that is not paid holds its items
    #[arg(long, env = "RESERVATION_MS", value_name = "MS", default_value_t = 900_000, value_parser = clap::value_parser!(u32).range(1..))]
    reservation_ms: u32,
    /// The secret of the provider's callbacks. Arguments are seen by everybody on the machine, so only the environment.
    #[arg(skip = std::env::var("WEBHOOK_SECRET").unwrap_or_default())]
    webhook_secret: String,
}

fn main() -> ExitCode {
    let args = Args::parse();
    plumbing::run(serve(args))
}

async fn serve(args: Args) -> Result<(), Failure> {
    if args.webhook_secret.is_empty() {
        return Err(Failure::new("WEBHOOK_SECRET is not set; put the secret of the provider's callbacks there"));
    }
    let database = Database::open(args.data.create()?, "shop.db", &MIGRATIONS).await?;
    let listener = args.listen.bind().await?;
    let provider = Provider::new(&args.payments_url, Duration::from_millis(args.payments_timeout_ms))?;
    let orders = Orders::new(database.clone(), i64::from(args.reservation_ms));
    let worker = Worker::start(orders.clone(), provider, Duration::from_millis(args.retry_ms)).await?;
    let shop = api::Shop {
        database: database.clone(),
        orders,
        worker,
        patience: Duration::from_millis(args.payments_timeout_ms),
        secret: args.webhook_secret.into(),
    };
    plumbing::serve(listener, api::app(shop)).await?;
    database.close().await;
    Ok(())
}
