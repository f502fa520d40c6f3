//! The HTTP side. Every operation is a POST to any path: `X-Amz-Target` names it, and the body has its parameters.

use crate::{
    broker::{Act, Broker},
    fault::{Fault, Kind},
};
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use serde::Serialize;
use serde_json::{Value, json};

/// A mebibyte of message, each letter of which takes six bytes of JSON, and something around it.
const LONGEST: usize = 8 * 1024 * 1024;

/// All paths, without a socket.
pub fn app(broker: Broker) -> Router {
    // Some clients post to `/`, others to the path of the queue's URL.
    let app = Router::new().route("/", post(call)).route("/{account}/{queue}", post(call));
    plumbing::with_fallbacks(app).layer(DefaultBodyLimit::max(LONGEST)).with_state(broker)
}

async fn call(State(broker): State<Broker>, headers: HeaderMap, body: Result<Bytes, BytesRejection>) -> Response {
    let result = match body {
        Ok(body) => dispatch(&broker, &headers, &body).await,
        Err(rejection) => Err(Fault::new(Kind::SerializationException, rejection.body_text())),
    };
    match result {
        Ok(answer) => write(StatusCode::OK, &answer),
        Err(fault) => write(fault.kind.status(), &fault),
    }
}

fn write(status: StatusCode, content: &impl Serialize) -> Response {
    let body = serde_json::to_string(content).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, "application/x-amz-json-1.0")], body).into_response()
}

async fn dispatch(broker: &Broker, headers: &HeaderMap, body: &[u8]) -> Result<Value, Fault> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let operation = text("x-amz-target").strip_prefix("AmazonSQS.").unwrap_or_default();
    // Queues have their URLs at the address under which the client knows this server.
    let url = |name: &str| format!("http://{}/000000000000/{name}", text("host"));
    let request = serde_json::from_slice(body)
        .map_err(|error| Fault::new(Kind::SerializationException, format!("the body is not as it should be: {error}")));
    Ok(match operation {
        "CreateQueue" => json!({"QueueUrl": url(&broker.create_queue(request?).await?)}),
        "GetQueueUrl" => json!({"QueueUrl": url(&broker.find_queue(request?).await?)}),
        "ListQueues" => {
            let names = broker.list_queues(request?).await?;
            json!({"QueueUrls": names.iter().map(|name| url(name)).collect::<Vec<_>>()})
        }
        "GetQueueAttributes" => json!({"Attributes": broker.get_queue_attributes(request?).await?}),
        "SetQueueAttributes" => json!(broker.set_queue_attributes(request?).await?),
        "DeleteQueue" => json!(broker.delete_queue(request?).await?),
        "PurgeQueue" => json!(broker.purge_queue(request?).await?),
        "ReceiveMessage" => json!({"Messages": broker.receive(request?).await?}),
        "SendMessage" => json!(broker.one(Act::Send, request?).await?),
        "SendMessageBatch" => broker.batch(Act::Send, request?).await?,
        "DeleteMessage" => json!(broker.one(Act::Delete, request?).await?),
        "DeleteMessageBatch" => broker.batch(Act::Delete, request?).await?,
        "ChangeMessageVisibility" => json!(broker.one(Act::ChangeVisibility, request?).await?),
        "ChangeMessageVisibilityBatch" => broker.batch(Act::ChangeVisibility, request?).await?,
        _ => {
            let message = "X-Amz-Target names no operation that is known here; only AWS JSON 1.0 is spoken";
            return Err(Fault::new(Kind::UnknownOperationException, message));
        }
    })
}
