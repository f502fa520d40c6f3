//! The endpoints that clients call, each with its proof of who it is: token, revoke, introspect.

use crate::{
    api::Provider,
    grants::{Issued, Token, now_ms},
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
    let Issued { access_token, sub, nonce, auth_ms, .. } = issued;
    // The left half of the hash binds the access token to this ID token (section 3.1.3.6).
    let half = BASE64URL_NOPAD.encode(&Sha256::digest(access_token)[..16]);
    let (iss, valid_ms) = (&provider.issuer, provider.keys.token_ms);
    todo!("{iss} says to {client} at {now}, for {valid_ms} ms, that {sub} logged in at {auth_ms}; {half}, {nonce:?}")
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
    let Some(token) = provider.grants.find(params.require("token")?).await? else {
        return Ok(Json(json!({"active": false})));
    };
    let Token { kind, client, sub, scope, made_ms, expires_ms } = token;
    todo!("say about a token: {kind}, {client}, {sub}, {scope}, {made_ms}, {expires_ms}")
}
