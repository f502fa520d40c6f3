//! All paths, and the endpoints that only show something: discovery, keys, userinfo.

use crate::{authorize, clients::Clients, grants::Grants, keys::Keys, params::Refusal, token, users::Users};
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::map_response,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use std::sync::Arc;

/// Longer than any request that makes sense.
const BODY_BYTES: usize = 64 * 1024;

/// What all requests share.
#[derive(Debug)]
pub struct Provider {
    pub clients: Clients,
    pub users: Users,
    pub keys: Keys,
    pub grants: Grants,
    /// By this name clients know the provider; all its addresses begin with it.
    pub issuer: String,
}

/// All paths, without a socket.
pub fn app(provider: Arc<Provider>) -> Router {
    let secrets = Router::new()
        .route("/authorize", get(authorize::ask).post(authorize::log_in))
        .route("/token", post(token::issue))
        .route("/revoke", post(token::revoke))
        .route("/introspect", post(token::introspect))
        .route("/userinfo", get(userinfo).post(userinfo))
        // For all of them, so that none can be forgotten, and errors neither.
        .layer(map_response(no_store));
    let app = Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/jwks", get(jwks))
        .merge(secrets)
        .layer(DefaultBodyLimit::max(BODY_BYTES));
    plumbing::with_fallbacks(app).with_state(provider)
}

/// Codes, tokens and what is said about users must not stay in any cache (RFC 6749, section 5.1).
async fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Where everything is and what is supported (OpenID Connect Discovery, section 3).
async fn discovery(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let issuer = &provider.issuer;
    let proofs = ["client_secret_basic", "client_secret_post", "none"];
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/jwks"),
        "revocation_endpoint": format!("{issuer}/revoke"),
        "introspection_endpoint": format!("{issuer}/introspect"),
        "scopes_supported": authorize::SCOPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": proofs,
        "revocation_endpoint_auth_methods_supported": proofs,
        "introspection_endpoint_auth_methods_supported": proofs[..2],
        "code_challenge_methods_supported": ["S256"],
        "claims_supported": [
            "iss", "sub", "aud", "iat", "exp", "auth_time", "nonce", "at_hash", "name", "preferred_username", "email",
        ],
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": true,
    }))
}

async fn jwks(State(provider): State<Arc<Provider>>) -> Result<Json<Value>, Refusal> {
    provider.keys.published().await.map(Json)
}

/// What the bearer of an access token may know about the user (OpenID Connect Core, section 5.3; RFC 6750).
async fn userinfo(State(provider): State<Arc<Provider>>, headers: HeaderMap) -> Result<Response, Refusal> {
    let Some(token) = headers.get(header::AUTHORIZATION).and_then(bearer) else {
        // Who brings no token made no mistake yet, so there is no error code (RFC 6750, section 3.1).
        return Ok((StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")]).into_response());
    };
    let token = provider.grants.find(token).await?.filter(|token| token.kind == "access");
    let known = token.and_then(|token| Some((provider.users.by_sub(&token.sub)?, token)));
    let (user, token) = known.ok_or_else(|| Refusal::new("invalid_token", "the access token is not valid"))?;
    Ok(Json(user.claims(&token.scope)).into_response())
}

fn bearer(header: &HeaderValue) -> Option<&str> {
    let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
