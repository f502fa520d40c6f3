//! The HTTP side.

use crate::{
    engine::{Book, Refusal},
    feed,
    market::{Closed, Market},
    order::{Draft, Order, Status, Trade},
};
use axum::{
    Router,
    extract::{
        Path, Query, State,
        ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use plumbing::{Json, Problem};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long the connections of the feed may take to say goodbye when the program ends.
const FAREWELL: Duration = Duration::from_millis(1200);

/// What all requests share. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Exchange {
    market: Market,
    /// Cancelled when the program is to end.
    pub stopping: CancellationToken,
    /// Knows the open connections of the feed.
    connections: TaskTracker,
}

impl Exchange {
    pub fn new(market: Market) -> Exchange {
        Exchange { market, stopping: CancellationToken::new(), connections: TaskTracker::new() }
    }

    /// Waits until the connections of the feed have ended, but not for ever.
    pub async fn closed(&self) {
        self.connections.close();
        let _ = tokio::time::timeout(FAREWELL, self.connections.wait()).await;
    }
}

/// All paths, without a socket.
pub fn app(exchange: Exchange) -> Router {
    let app = Router::new()
        .route("/orders", post(place))
        .route("/orders/{id}", get(show).delete(cancel))
        .route("/book", get(book))
        .route("/trades", get(trades))
        .route("/ws", get(subscribe));
    plumbing::with_fallbacks(app).with_state(exchange)
}

#[derive(Serialize)]
struct Placed {
    order: Order,
    trades: Vec<Trade>,
}

/// `POST /orders`
async fn place(State(exchange): State<Exchange>, Json(draft): Json<Draft>) -> Result<Response, Problem> {
    let outcome = exchange.market.accept(draft.check()?).await?;
    let location = [(header::LOCATION, format!("/orders/{}", outcome.order.id))];
    let placed = Placed { order: outcome.order, trades: outcome.trades };
    Ok((StatusCode::CREATED, location, Json(placed)).into_response())
}

/// `GET /orders/{id}`
async fn show(State(exchange): State<Exchange>, Path(id): Path<String>) -> Result<Json<Order>, Problem> {
    exchange.market.order(number(&id)?).await?.map(Json).ok_or_else(|| no_order(&id))
}

/// `DELETE /orders/{id}`
async fn cancel(State(exchange): State<Exchange>, Path(id): Path<String>) -> Result<Json<Order>, Problem> {
    exchange.market.cancel(number(&id)?).await?.map(Json).map_err(|refusal| match refusal {
        Refusal::Unknown => no_order(&id),
        Refusal::Done(Status::Filled) => Problem::conflict(format!("order {id} is filled already")),
        Refusal::Done(_) => Problem::conflict(format!("order {id} is cancelled already")),
    })
}

/// `GET /book`
async fn book(State(exchange): State<Exchange>) -> Result<Json<Book>, Problem> {
    Ok(Json(exchange.market.book().await?))
}

#[derive(Deserialize)]
struct After {
    after: Option<String>,
}

#[derive(Serialize)]
struct Trades {
    trades: Vec<Trade>,
}

/// `GET /trades?after=…`
async fn trades(State(exchange): State<Exchange>, Query(query): Query<After>) -> Result<Json<Trades>, Problem> {
    let after = query.after.map_or(Ok(0), |text| text.parse());
    let after = after.map_err(|_| Problem::invalid("after", "after is the number of a trade"))?;
    Ok(Json(Trades { trades: exchange.market.trades(after).await? }))
}

/// `GET /ws`
async fn subscribe(
    State(exchange): State<Exchange>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let Ok(upgrade) = upgrade else {
        // RFC 9110, section 15.5.22: the answer names the protocol that it takes.
        let problem = Problem::new(StatusCode::UPGRADE_REQUIRED, "this address speaks WebSocket, see RFC 6455");
        let mut response = problem.into_response();
        response.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        return Ok(response);
    };
    Ok(upgrade.max_message_size(4096).on_upgrade(async move |socket| {
        if let Ok(subscription) = exchange.market.subscribe().await {
            let connection = feed::run(socket, subscription, exchange.stopping.clone());
            exchange.connections.track_future(connection).await;
        }
    }))
}

/// A number that no order has is as unknown as a text that is no number.
fn number(id: &str) -> Result<u64, Problem> {
    id.parse().map_err(|_| no_order(id))
}

fn no_order(id: &str) -> Problem {
    Problem::not_found(format!("there is no order {id}"))
}

impl From<Closed> for Problem {
    fn from(_: Closed) -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the exchange is closing")
    }
}
