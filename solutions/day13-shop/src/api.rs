//! The HTTP side.

use crate::{
    cart::{self, Cart},
    catalogue::{self, Discount, Draft, Product},
    orders::{Order, Orders, Status},
    webhook,
    worker::Worker,
};
use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use plumbing::{Json, Problem};
use plumbing_sqlite::Database;
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};

/// What all requests share. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Shop {
    pub database: Database,
    pub orders: Orders,
    pub worker: Worker,
    /// How long a buyer waits for the provider.
    pub patience: Duration,
    /// Of the provider's callbacks.
    pub secret: Arc<str>,
}

/// All paths, without a socket.
pub fn app(shop: Shop) -> Router {
    let app = Router::new()
        .route("/products", get(products))
        .route("/products/{sku}", get(product).put(put_product))
        .route("/coupons/{code}", put(put_coupon))
        .route("/carts", post(create_cart))
        .route("/carts/{id}", get(show_cart))
        .route("/carts/{id}/items/{sku}", put(put_item))
        .route("/carts/{id}/coupons/{code}", put(add_coupon))
        .route("/orders", post(create_order))
        .route("/orders/{id}", get(show_order))
        .route("/orders/{id}/pay", post(pay))
        .route("/orders/{id}/refund", post(refund))
        .route("/webhooks/payments", post(callback));
    plumbing::with_fallbacks(app).with_state(shop)
}

#[derive(Serialize)]
struct Products {
    products: Vec<Product>,
}

async fn products(State(shop): State<Shop>) -> Result<Json<Products>, Problem> {
    Ok(Json(Products { products: catalogue::all(&shop.database).await? }))
}

async fn product(State(shop): State<Shop>, Path(sku): Path<String>) -> Result<Json<Product>, Problem> {
    catalogue::get(&shop.database, &sku).await.map(Json)
}

async fn put_product(
    State(shop): State<Shop>,
    Path(sku): Path<String>,
    Json(draft): Json<Draft>,
) -> Result<Json<Product>, Problem> {
    catalogue::put(&shop.database, sku, draft).await.map(Json)
}

async fn put_coupon(
    State(shop): State<Shop>,
    Path(code): Path<String>,
    Json(discount): Json<Discount>,
) -> Result<StatusCode, Problem> {
    catalogue::put_coupon(&shop.database, &code, &discount).await.map(|()| StatusCode::NO_CONTENT)
}

async fn create_cart(State(shop): State<Shop>) -> Result<Response, Problem> {
    let cart = cart::create(&shop.database).await?;
    let location = [(header::LOCATION, format!("/carts/{}", cart.id))];
    Ok((StatusCode::CREATED, location, Json(cart)).into_response())
}

async fn show_cart(State(shop): State<Shop>, Path(id): Path<String>) -> Result<Json<Cart>, Problem> {
    cart::get(&shop.database, &id).await.map(Json)
}

#[derive(Deserialize)]
struct Quantity {
    quantity: i64,
}

async fn put_item(
    State(shop): State<Shop>,
    Path((id, sku)): Path<(String, String)>,
    Json(Quantity { quantity }): Json<Quantity>,
) -> Result<Json<Cart>, Problem> {
    cart::put_item(&shop.database, &id, &sku, quantity).await.map(Json)
}

async fn add_coupon(State(shop): State<Shop>, Path((id, code)): Path<(String, String)>) -> Result<Json<Cart>, Problem> {
    cart::put_coupon(&shop.database, &id, &code).await.map(Json)
}

#[derive(Deserialize)]
struct Wish {
    cart: String,
}

async fn create_order(
    State(shop): State<Shop>,
    headers: HeaderMap,
    Json(wish): Json<Wish>,
) -> Result<Response, Problem> {
    let key = headers.get("idempotency-key").and_then(|value| value.to_str().ok());
    let key = key.filter(|key| (1..=64).contains(&key.len())).ok_or_else(|| {
        Problem::new(StatusCode::BAD_REQUEST, "an order needs a header Idempotency-Key of 1 to 64 characters")
    })?;
    let order = shop.orders.create(key, &wish.cart).await?;
    shop.worker.reserved();
    let location = [(header::LOCATION, format!("/orders/{}", order.id))];
    Ok((StatusCode::CREATED, location, Json(order)).into_response())
}

async fn show_order(State(shop): State<Shop>, Path(id): Path<String>) -> Result<Json<Order>, Problem> {
    shop.orders.get(&id).await.map(Json)
}

#[derive(Deserialize)]
struct Payment {
    token: String,
}

/// `POST /orders/{id}/pay`
async fn pay(
    State(shop): State<Shop>,
    Path(id): Path<String>,
    Json(payment): Json<Payment>,
) -> Result<Response, Problem> {
    if !(1..=200).contains(&payment.token.len()) {
        return Err(Problem::invalid("token", "a token has 1 to 200 bytes"));
    }
    shop.orders.begin_charge(&id, &payment.token).await?;
    settled(&shop, &id).await
}

/// `POST /orders/{id}/refund`
async fn refund(State(shop): State<Shop>, Path(id): Path<String>) -> Result<Response, Problem> {
    shop.orders.begin_refund(&id).await?;
    let order = shop.orders.get(&id).await?;
    if !matches!(order.status, Status::Refunding | Status::Refunded) {
        return Err(Problem::conflict("only what is paid can be given back"));
    }
    settled(&shop, &id).await
}

/// Waits a while for the provider, and answers with how the order is then.
async fn settled(shop: &Shop, id: &str) -> Result<Response, Problem> {
    let order = shop.orders.get(id).await?;
    if matches!(order.status, Status::Pending | Status::Refunding) {
        shop.worker.settle(id);
        shop.worker.wait(id, shop.patience).await?;
    }
    let order = shop.orders.get(id).await?;
    let status = match order.status {
        Status::Paid | Status::Refunded => StatusCode::OK,
        Status::Pending | Status::Refunding => StatusCode::ACCEPTED,
        Status::Declined => {
            return Err(Problem::new(StatusCode::PAYMENT_REQUIRED, "the payment was declined"));
        }
        Status::Reserved | Status::Expired => return Err(Problem::conflict("the reservation has ended")),
    };
    Ok((status, Json(order)).into_response())
}

async fn callback(State(shop): State<Shop>, headers: HeaderMap, body: Bytes) -> Result<StatusCode, Problem> {
    webhook::take(&shop.orders, &shop.worker, &shop.secret, &headers, &body).await?;
    Ok(StatusCode::NO_CONTENT)
}
