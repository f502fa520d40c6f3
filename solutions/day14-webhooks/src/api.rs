//! The HTTP side.

use crate::{
    deliveries::{Deliveries, Delivery, Details, Filter, Wanted},
    endpoints::{self, Draft, Endpoint, Endpoints},
    guard::Guard,
    worker::Worker,
};
use axum::{
    Router,
    body::Bytes,
    extract::{
        DefaultBodyLimit, Path, Query, State,
        rejection::{BytesRejection, QueryRejection},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use plumbing::{Json, Problem};
use serde::Serialize;

/// The largest request. The specification advises to send little, and to let receivers ask for the rest.
const BODY_BYTES: usize = 64 * 1024;

/// What all requests share. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Service {
    pub endpoints: Endpoints,
    pub deliveries: Deliveries,
    pub worker: Worker,
    pub guard: Guard,
}

/// All paths, without a socket.
pub fn app(service: Service) -> Router {
    let app = Router::new()
        .route("/endpoints", get(endpoints).post(create_endpoint))
        .route("/endpoints/{id}", get(endpoint))
        .route("/endpoints/{id}/enable", post(enable))
        .route("/endpoints/{id}/rotate", post(rotate))
        .route("/events", post(accept))
        .route("/deliveries", get(deliveries))
        .route("/deliveries/{id}", get(delivery))
        .route("/replay", post(replay));
    plumbing::with_fallbacks(app).layer(DefaultBodyLimit::max(BODY_BYTES)).with_state(service)
}

/// An endpoint with the secret that only this answer tells.
#[derive(Serialize)]
struct Created {
    #[serde(flatten)]
    endpoint: Endpoint,
    secret: String,
}

async fn create_endpoint(State(service): State<Service>, Json(draft): Json<Draft>) -> Result<Response, Problem> {
    let (endpoint, secret) = service.endpoints.create(&service.guard, draft).await?;
    let location = [(header::LOCATION, format!("/endpoints/{}", endpoint.id))];
    Ok((StatusCode::CREATED, location, Json(Created { endpoint, secret: secret.reveal() })).into_response())
}

#[derive(Serialize)]
struct List {
    endpoints: Vec<Endpoint>,
}

async fn endpoints(State(service): State<Service>) -> Result<Json<List>, Problem> {
    Ok(Json(List { endpoints: service.endpoints.all().await? }))
}

async fn endpoint(State(service): State<Service>, Path(id): Path<String>) -> Result<Json<Endpoint>, Problem> {
    service.endpoints.get(&id).await.map(Json)
}

async fn enable(State(service): State<Service>, Path(id): Path<String>) -> Result<Json<Endpoint>, Problem> {
    service.endpoints.enable(&id).await.map(Json)
}

#[derive(Serialize)]
struct Rotated {
    secret: String,
}

async fn rotate(State(service): State<Service>, Path(id): Path<String>) -> Result<Json<Rotated>, Problem> {
    let secret = service.endpoints.rotate(&id).await?;
    Ok(Json(Rotated { secret: secret.reveal() }))
}

#[derive(Serialize)]
struct Accepted {
    id: String,
    /// How many endpoints will get it.
    deliveries: usize,
}

/// `POST /events`. The body is looked at, and passed on as it is.
async fn accept(
    State(service): State<Service>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let body = body.map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()))?;
    let kind = event_type(&headers, &body)?;
    let key = ordering_key(&headers)?;
    let (id, endpoints) = service.deliveries.accept(&kind, key, &body).await?;
    for endpoint in &endpoints {
        service.worker.wake(endpoint);
    }
    Ok((StatusCode::ACCEPTED, Json(Accepted { id, deliveries: endpoints.len() })).into_response())
}

fn event_type(headers: &HeaderMap, body: &[u8]) -> Result<String, Problem> {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !media_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "an event is application/json"));
    }
    let event: serde_json::Value = serde_json::from_slice(body)
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, format!("this is not JSON: {error}")))?;
    let kind = event.get("type").and_then(serde_json::Value::as_str).filter(|kind| endpoints::is_type(kind));
    kind.map(str::to_owned).ok_or_else(|| Problem::invalid("type", endpoints::TYPE_RULE))
}

fn ordering_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get("ordering-key") else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| (1..=64).contains(&key.len()));
    key.map(Some).ok_or_else(|| Problem::invalid("Ordering-Key", "an ordering key has 1 to 64 characters"))
}

#[derive(Serialize)]
struct Page {
    deliveries: Vec<Delivery>,
}

async fn deliveries(
    State(service): State<Service>,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Result<Json<Page>, Problem> {
    let Query(filter) = filter.map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()))?;
    Ok(Json(Page { deliveries: service.deliveries.list(filter).await? }))
}

async fn delivery(State(service): State<Service>, Path(id): Path<String>) -> Result<Json<Details>, Problem> {
    // What is no number is the id of no delivery.
    let id = id.parse().map_err(|_| Problem::not_found("there is no such delivery"))?;
    service.deliveries.get(id).await.map(Json)
}

#[derive(Serialize)]
struct Replayed {
    replayed: u64,
}

/// `POST /replay`
async fn replay(State(service): State<Service>, Json(wanted): Json<Wanted>) -> Result<Response, Problem> {
    let endpoint = match &wanted {
        Wanted::Delivery { delivery } => service.deliveries.get(*delivery).await?.delivery.endpoint,
        Wanted::Endpoint { endpoint } => endpoint.clone(),
    };
    if service.endpoints.get(&endpoint).await?.disabled {
        return Err(Problem::conflict("the endpoint is disabled"));
    }
    let replayed = service.deliveries.replay(&wanted).await?;
    if replayed == 0 && matches!(wanted, Wanted::Delivery { .. }) {
        return Err(Problem::conflict("the delivery is pending already"));
    }
    service.worker.wake(&endpoint);
    Ok((StatusCode::ACCEPTED, Json(Replayed { replayed })).into_response())
}
