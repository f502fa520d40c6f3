//! The endpoint that the browser sees: it checks what a client wants, asks the user for the password, and sends the browser
//! back with a code (OpenID Connect Core, section 3.1.2).

use crate::{
    api::Provider,
    clients::{Client, Clients},
    grants::Approval,
    params::{Params, Refusal},
};
use axum::{
    extract::{RawQuery, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use url::Url;

/// What a client may ask for. Other scopes are passed over, as OpenID Connect Core, section 3.1.2.1 wants it.
pub const SCOPES: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// The parameters that the form sends again.
const REPEATED_BY_THE_FORM: [&str; 9] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
];

/// The first look: nobody is logged in by an address, for addresses are kept in histories and logs.
pub async fn ask(State(provider): State<Arc<Provider>>, RawQuery(query): RawQuery) -> Result<Response, Refusal> {
    answer(&provider, &Params::parse(query.unwrap_or_default().as_bytes()), None).await
}

/// The filled-in form. It brings all parameters again, and they are checked again: the browser may have changed them.
pub async fn log_in(State(provider): State<Arc<Provider>>, params: Params) -> Result<Response, Refusal> {
    let typed = params.get("username").zip(params.get("password"));
    answer(&provider, &params, typed).await
}

async fn answer(provider: &Provider, params: &Params, typed: Option<(&str, &str)>) -> Result<Response, Refusal> {
    let (client, redirect_uri) = match destination(&provider.clients, params) {
        Ok(destination) => destination,
        Err(why) => return Ok(page(StatusCode::BAD_REQUEST, &format!("<p>This link is broken: {why}.</p>"))),
    };
    let wanted = match Wanted::check(params) {
        Ok(wanted) => wanted,
        Err((error, why)) => {
            let pairs = [("error", error), ("error_description", why)];
            return Ok(send_back(provider, &redirect_uri, params, &pairs));
        }
    };
    let Some((username, password)) = typed else {
        return Ok(form(provider, params, StatusCode::OK, params.get("login_hint"), ""));
    };
    let Some(user) = provider.users.check(username, password).await else {
        let sorry = "<p>The name or the password is wrong.</p>";
        return Ok(form(provider, params, StatusCode::FORBIDDEN, Some(username), sorry));
    };
    let approval = Approval {
        client: &client.id,
        sub: &user.sub,
        scope: &wanted.scope,
        redirect_uri: params.require("redirect_uri")?,
        challenge: wanted.challenge,
        nonce: params.get("nonce"),
    };
    let code = provider.grants.approve(&approval).await?;
    Ok(send_back(provider, &redirect_uri, params, &[("code", &code)]))
}

/// Where the browser may be sent back to. As long as this is not certain, errors are shown and never sent anywhere: else
/// anybody could make links that begin here and end with them (RFC 6749, section 4.1.2.1).
fn destination<'a>(clients: &'a Clients, params: &Params) -> Result<(&'a Client, Url), &'static str> {
    let client = params.get("client_id").and_then(|id| clients.get(id)).ok_or("nobody knows this client")?;
    let uri = params.get("redirect_uri").filter(|uri| client.may_redirect_to(uri));
    let uri = uri.ok_or("the client has not registered this address to come back to")?;
    Ok((client, Url::parse(uri).map_err(|_| "the address to come back to is none")?))
}

/// A request that may be put before the user.
struct Wanted<'a> {
    scope: String,
    challenge: &'a str,
}

/// An error code of RFC 6749, section 4.1.2.1, or OpenID Connect Core, section 3.1.2.6, and what is wrong.
type Fault = (&'static str, &'static str);

impl Wanted<'_> {
    fn check(params: &Params) -> Result<Wanted<'_>, Fault> {
        let asked: Vec<_> = params.get("scope").unwrap_or_default().split(' ').collect();
        if let Some(fault) = fault(params, &asked) {
            return Err(fault);
        }
        let scope: Vec<_> = SCOPES.into_iter().filter(|scope| asked.contains(scope)).collect();
        Ok(Wanted { scope: scope.join(" "), challenge: params.get("code_challenge").unwrap_or_default() })
    }
}

fn fault(params: &Params, scopes: &[&str]) -> Option<Fault> {
    let is = |name: &str, value: &str| params.get(name) == Some(value);
    let has = |name: &str| params.get(name).is_some();
    if params.repeated.is_some() {
        return Some(("invalid_request", "a parameter was sent twice"));
    }
    // Signed requests (OpenID Connect Core, section 6) would override the parameters, so they must not be passed over.
    if has("request") {
        return Some(("request_not_supported", "request objects are not supported"));
    }
    if has("request_uri") {
        return Some(("request_uri_not_supported", "request objects are not supported"));
    }
    if !has("response_type") {
        return Some(("invalid_request", "response_type is missing"));
    }
    if !is("response_type", "code") {
        return Some(("unsupported_response_type", "response_type has to be code"));
    }
    if has("response_mode") && !is("response_mode", "query") {
        return Some(("invalid_request", "response_mode has to be query"));
    }
    if !scopes.contains(&"openid") {
        return Some(("invalid_scope", "scope has to contain openid"));
    }
    if !params.get("code_challenge").is_some_and(is_s256) {
        return Some(("invalid_request", "code_challenge has to be 43 letters of base64url"));
    }
    // A missing method means plain (RFC 7636, section 4.3), which protects nobody.
    if !is("code_challenge_method", "S256") {
        return Some(("invalid_request", "code_challenge_method has to be S256"));
    }
    if params.get("prompt").is_some_and(|prompt| prompt.split(' ').any(|word| word == "none")) {
        return Some(("login_required", "users are always asked for their password"));
    }
    None
}

fn is_s256(challenge: &str) -> bool {
    challenge.len() == 43 && challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Sends the browser back, with the client's `state` and our own name (RFC 9207). 303 and not 307, with which the browser
/// would post the password to the client.
fn send_back(provider: &Provider, to: &Url, params: &Params, pairs: &[(&str, &str)]) -> Response {
    let mut url = to.clone();
    url.query_pairs_mut()
        .extend_pairs(pairs)
        .extend_pairs(params.get("state").map(|state| ("state", state)))
        .append_pair("iss", &provider.issuer);
    (StatusCode::SEE_OTHER, [(header::LOCATION, String::from(url))]).into_response()
}

fn form(provider: &Provider, params: &Params, status: StatusCode, username: Option<&str>, message: &str) -> Response {
    let again = REPEATED_BY_THE_FORM.into_iter().filter_map(|name| Some((name, params.get(name)?)));
    let again =
        again.map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">\n", escape(value)));
    let body = format!(
        "<h1>Log in to go on to {client}</h1>\n{message}\n<form method=\"post\" action=\"{issuer}/authorize\">\n{again}\
         <label>Name <input type=\"text\" name=\"username\" value=\"{username}\" autocomplete=\"username\"></label>\n\
         <label>Password <input type=\"password\" name=\"password\" value=\"\" autocomplete=\"current-password\"></label>\n\
         <button>Log in</button>\n</form>",
        client = escape(params.get("client_id").unwrap_or_default()),
        issuer = escape(&provider.issuer),
        again = again.collect::<String>(),
        username = escape(username.unwrap_or_default()),
    );
    page(status, &body)
}

/// No script, no style, no picture, and not inside anybody's frame.
fn page(status: StatusCode, body: &str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    let page = format!("<!doctype html>\n<html lang=\"en\">\n<title>Log in</title>\n{body}\n</html>\n");
    (status, headers, page).into_response()
}

/// Text as the content of an element, or of an attribute in quotes.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
