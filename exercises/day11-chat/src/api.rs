//! The way in: a handshake with a name that nobody else has.

use crate::{chat::Chat, connection, hub::Seat, message};
use axum::{
    Router,
    extract::{
        Query, State,
        ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use plumbing::Problem;
use serde::Deserialize;

/// The whole HTTP side, without a socket.
pub fn app(chat: Chat) -> Router {
    plumbing::with_fallbacks(Router::new().route("/ws", get(enter))).with_state(chat)
}

#[derive(Debug, Deserialize)]
struct Who {
    name: Option<String>,
}

/// `GET /ws?name=…`
async fn enter(
    State(chat): State<Chat>,
    Query(who): Query<Who>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let Ok(upgrade) = upgrade else { return Ok(only_websockets()) };
    let name = who.name.filter(|name| message::is_name(name));
    let name = name.ok_or_else(|| Problem::invalid("name", "a name is 1 to 32 letters, digits, - or _"))?;
    let Some((seat, mailbox)) = Seat::take(&chat, &name) else {
        return Err(Problem::conflict(format!("{name} is here already")));
    };
    // The library refuses what is far too long; what is a little too long is refused with a reason.
    let upgrade = upgrade.max_message_size(4 * connection::LONGEST).max_frame_size(4 * connection::LONGEST);
    Ok(upgrade.on_upgrade(move |socket| connection::run(socket, seat, mailbox, chat)))
}

/// RFC 9110, section 15.5.22: the answer names the protocol that it takes.
fn only_websockets() -> Response {
    let problem = Problem::new(StatusCode::UPGRADE_REQUIRED, "this address speaks WebSocket, see RFC 6455");
    let mut response = problem.into_response();
    response.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    response
}
