//! The endpoints that clients call, each with its proof of who it is: token, revoke, introspect.

use crate::{
    api::Provider,
    grants::{Issued, now_ms},
    params::{Params, Refusal},
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Tokens for a code or a refresh token (RFC 6749, sections 4.1.3 and 6).
pub async fn issue(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    params: Params,
) -> Result<Json<Value>, Refusal> {
    let client = provider.clients.authenticate(&headers, &params)?;
    let issued = match params.require("grant_type")? {
        "authorization_code" => {
            let (code, redirect_uri) = (params.require("code")?, params.require("redirect_uri")?);
            provider.grants.redeem(&client.id, code, redirect_uri, params.require("code_verifier")?).await?
        }
        "refresh_token" => provider.grants.refresh(&client.id, params.require("refresh_token")?).await?,
        _ => return Err(Refusal::new("unsupported_grant_type", "this provider knows codes and refresh tokens")),
    };
    // A user who has left the file of users gets nothing more.
    if provider.users.by_sub(&issued.sub).is_none() {
        return Err(Refusal::new("invalid_grant", "there is no such user any more"));
    }
    let mut answer = json!({
        "access_token": issued.access_token,
        "token_type": "Bearer",
        "expires_in": provider.grants.lifetimes.access_ms / 1000,
        "scope": issued.scope,
        "id_token": provider.keys.sign(&claims(&provider, &client.id, &issued)).await?,
    });
    if let Some(token) = issued.refresh_token {
        answer["refresh_token"] = token.into();
    }
    Ok(Json(answer))
}

/// Who has logged in, when, and for whom this is said (OpenID Connect Core, section 2).
fn claims(provider: &Provider, client: &str, issued: &Issued) -> Value {
    let now = now_ms();
    // The left half of the hash binds the access token to this ID token (section 3.1.3.6).
    let half = &Sha256::digest(&issued.access_token)[..16];
    let mut claims = json!({
        "iss": provider.issuer,
        "sub": issued.sub,
        "aud": client,
        "iat": now / 1000,
        "exp": (now + provider.keys.token_ms) / 1000,
        "auth_time": issued.auth_ms / 1000,
        "at_hash": BASE64URL_NOPAD.encode(half),
    });
    if let Some(nonce) = &issued.nonce {
        claims["nonce"] = nonce.as_str().into();
    }
    claims
}

/// Ends a token (RFC 7009).
pub async fn revoke(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    params: Params,
) -> Result<StatusCode, Refusal> {
    let client = provider.clients.authenticate(&headers, &params)?;
    provider.grants.revoke(&client.id, params.require("token")?).await?;
    Ok(StatusCode::OK)
}

/// Says whether a token is valid (RFC 7662), to everybody who can keep a secret: services that are given tokens.
pub async fn introspect(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    params: Params,
) -> Result<Json<Value>, Refusal> {
    let client = provider.clients.authenticate(&headers, &params)?;
    if client.is_public() {
        return Err(Refusal::new("invalid_client", "a client without a secret cannot ask about tokens"));
    }
    let token = provider.grants.find(params.require("token")?).await?;
    let known = token.and_then(|token| Some((provider.users.by_sub(&token.sub)?, token)));
    let Some((user, token)) = known else { return Ok(Json(json!({"active": false}))) };
    let mut answer = json!({
        "active": true,
        "iss": provider.issuer,
        "client_id": token.client,
        "username": user.username,
        "sub": token.sub,
        "scope": token.scope,
        "iat": token.made_ms / 1000,
        "exp": token.expires_ms / 1000,
    });
    if token.kind == "access" {
        answer["token_type"] = "Bearer".into();
    }
    Ok(Json(answer))
}
