//! The HTTP side.

use crate::{
    Limits, csrf,
    mail::Outbox,
    passwords::{self, Passwords},
    sessions::{self, Session},
    store::{Account, Kind, Store},
    tokens::now_ms,
    totp,
};
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use plumbing::{Json, Problem, with_fallbacks};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

const EMAIL_CHARS: usize = 254;

/// What all handlers share.
#[derive(Debug)]
pub struct App {
    pub store: Store,
    pub mail: Outbox,
    pub passwords: Passwords,
    pub limits: Limits,
}

/// The whole service, without a socket.
pub fn router(app: Arc<App>) -> Router {
    let router = Router::new()
        .route("/accounts", post(ask_to_register))
        .route("/accounts/confirm", post(register))
        .route("/password-resets", post(ask_to_reset))
        .route("/password-resets/confirm", post(reset))
        .route("/sessions", post(log_in).delete(log_out_everywhere))
        .route("/sessions/current", delete(log_out))
        .route("/me", get(me))
        .route("/totp", post(offer_totp))
        .route("/totp/confirm", post(confirm_totp));
    with_fallbacks(router).layer(middleware::from_fn(csrf::guard)).with_state(app)
}

type Shared = State<Arc<App>>;

#[derive(Deserialize)]
struct Address {
    email: String,
}

/// The token from a mail, and the password to set with it.
#[derive(Deserialize)]
struct Confirmation {
    token: String,
    password: String,
}

#[derive(Deserialize)]
struct Login {
    email: String,
    password: String,
    code: Option<String>,
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

/// The answer is the same whether there is such an account or not; only the owner of the mailbox learns it.
async fn ask_to_register(State(app): Shared, Json(address): Json<Address>) -> Result<Response, Problem> {
    let email = checked(&address.email)?;
    let exists = app.store.account(&email).await?.is_some();
    let token = app.store.issue(Kind::Register, &email, app.limits.mail_ms).await?;
    if exists {
        app.mail.send(&email, "exists", None).await?;
    } else {
        app.mail.send(&email, "register", Some(&token)).await?;
    }
    Ok(accepted())
}

async fn register(State(app): Shared, Json(confirmation): Json<Confirmation>) -> Result<Response, Problem> {
    let Confirmation { token, password } = confirmation;
    passwords::check(&password)?;
    let hash = app.passwords.hash(password).await?;
    let email = app.store.register(&token, &hash).await?.ok_or_else(bad_token)?;
    Ok((StatusCode::CREATED, Json(json!({"email": email}))).into_response())
}

async fn ask_to_reset(State(app): Shared, Json(address): Json<Address>) -> Result<Response, Problem> {
    let email = checked(&address.email)?;
    let exists = app.store.account(&email).await?.is_some();
    // The token is made in any case, for the same work; without an account nobody ever sees it.
    let token = app.store.issue(Kind::Reset, &email, app.limits.mail_ms).await?;
    if exists {
        app.mail.send(&email, "reset", Some(&token)).await?;
    }
    Ok(accepted())
}

async fn reset(State(app): Shared, Json(confirmation): Json<Confirmation>) -> Result<StatusCode, Problem> {
    let Confirmation { token, password } = confirmation;
    passwords::check(&password)?;
    let hash = app.passwords.hash(password).await?;
    if app.store.reset(&token, &hash).await? { Ok(StatusCode::NO_CONTENT) } else { Err(bad_token()) }
}

async fn log_in(State(app): Shared, headers: HeaderMap, Json(login): Json<Login>) -> Result<Response, Problem> {
    let email = login.email.trim().to_lowercase();
    if let Some(left_ms) = app.store.begin_attempt(&email, app.limits.lock_ms).await? {
        return Ok(locked(left_ms));
    }
    let account = app.store.account(&email).await?;
    let hash = account.as_ref().map(|account| account.password_hash.clone());
    let right = app.passwords.verify(login.password, hash).await?;
    let refused = || Problem::new(StatusCode::UNAUTHORIZED, "address, password or code is wrong");
    let account = account.filter(|_| right).ok_or_else(refused)?;
    if !second_factor(&app, &account, login.code.as_deref()).await? {
        return Err(refused());
    }
    app.store.forget_attempts(&email).await?;
    // A new session has a new token, and the one that came with the request ends: nobody can plant a session.
    if let Some(old) = sessions::presented(&headers) {
        app.store.end_session(&old).await?;
    }
    let token = app.store.issue(Kind::Session, &email, app.limits.session_ms).await?;
    let cookie = sessions::cookie(&token, app.limits.session_ms, app.limits.secure_cookies);
    Ok((StatusCode::CREATED, [(header::SET_COOKIE, cookie)], Json(json!({"email": email}))).into_response())
}

/// Whether the account asks for no code, or this is a code that was not used before.
async fn second_factor(app: &App, account: &Account, code: Option<&str>) -> Result<bool, Problem> {
    let Some(totp) = account.totp.as_ref().filter(|totp| totp.enabled) else { return Ok(true) };
    match totp::accept(&totp.secret, code.unwrap_or_default(), now_ms(), totp.last_step) {
        Some(step) => app.store.use_totp(&account.email, step).await,
        None => Ok(false),
    }
}

async fn log_out(State(app): Shared, session: Session) -> Result<Response, Problem> {
    app.store.end_session(&session.hash).await?;
    Ok(forget_cookie(&app))
}

async fn log_out_everywhere(State(app): Shared, session: Session) -> Result<Response, Problem> {
    app.store.end_all_sessions(&session.account.email).await?;
    Ok(forget_cookie(&app))
}

async fn me(session: Session) -> Json<Value> {
    let totp = session.account.totp.is_some_and(|totp| totp.enabled);
    Json(json!({"email": session.account.email, "totp": totp}))
}

async fn offer_totp(State(app): Shared, session: Session) -> Result<Json<Value>, Problem> {
    let secret = totp::new_secret().map_err(Problem::internal)?;
    if !app.store.offer_totp(&session.account.email, &secret).await? {
        return Err(Problem::conflict("this account has a second factor already"));
    }
    Ok(Json(json!({"secret": totp::base32(&secret)})))
}

async fn confirm_totp(State(app): Shared, session: Session, Json(code): Json<Code>) -> Result<StatusCode, Problem> {
    let Account { email, totp, .. } = session.account;
    let step = totp.and_then(|totp| totp::accept(&totp.secret, &code.code, now_ms(), totp.last_step));
    match step {
        Some(step) if app.store.use_totp(&email, step).await? => Ok(StatusCode::NO_CONTENT),
        _ => Err(Problem::invalid("code", "the code is not right")),
    }
}

/// The address in the form in which it is stored. Whether a mailbox exists only a mail can tell.
fn checked(email: &str) -> Result<String, Problem> {
    let email = email.trim().to_lowercase();
    let parts =
        email.split_once('@').filter(|(user, host)| !user.is_empty() && !host.is_empty() && !host.contains('@'));
    if parts.is_none()
        || email.chars().count() > EMAIL_CHARS
        || email.chars().any(|c| c.is_whitespace() || c.is_control())
    {
        return Err(Problem::invalid("email", "the email must have the form user@host, without spaces"));
    }
    Ok(email)
}

fn bad_token() -> Problem {
    Problem::invalid("token", "the token is unknown, used or too old; ask for a new mail")
}

fn accepted() -> Response {
    (StatusCode::ACCEPTED, Json(json!({}))).into_response()
}

fn locked(left_ms: i64) -> Response {
    // Whole seconds, rounded up: who waits that long is let in.
    let seconds = (left_ms + 999) / 1000;
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too many failed logins; wait");
    ([(header::RETRY_AFTER, seconds.to_string())], problem).into_response()
}

fn forget_cookie(app: &App) -> Response {
    (StatusCode::NO_CONTENT, [(header::SET_COOKIE, sessions::no_cookie(app.limits.secure_cookies))]).into_response()
}
