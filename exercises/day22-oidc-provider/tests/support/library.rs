//! The client that people really use: the crate `openidconnect`, with an HTTP client of ours under it.

use super::{Client, World};
use harness::expect;
use harness_net::{Http, Reply};
use openidconnect::{
    AccessToken, AccessTokenHash, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IntrospectionUrl, IssuerUrl, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RevocationUrl, Scope, TokenResponse,
    core::{
        CoreAuthenticationFlow, CoreClient, CoreIdTokenClaims, CoreProviderMetadata, CoreTokenResponse,
        CoreUserInfoClaims,
    },
    http,
};
use std::{fmt::Display, io, pin::Pin};
use url::Url;

/// The library's client for our provider: with all addresses.
pub type Library =
    CoreClient<EndpointSet, EndpointNotSet, EndpointSet, EndpointSet, EndpointMaybeSet, EndpointMaybeSet>;

/// How the library sends a request: to the program under test, whatever name the provider is known by.
pub fn transport(
    http: &Http,
) -> impl Fn(HttpRequest) -> Pin<Box<dyn Future<Output = io::Result<HttpResponse>> + Send>> {
    let http = http.clone();
    move |request| {
        let http = http.clone();
        Box::pin(async move {
            let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
            let mut call = http.call(request.method().as_str(), path);
            for (name, value) in request.headers() {
                call = call.header(name.as_str(), value.to_str().unwrap_or_default());
            }
            let sent = call.body(request.into_body()).try_send().await;
            let Reply { status, headers, body, .. } = sent.map_err(|error| io::Error::other(error.0))?;
            let mut response = http::Response::new(body);
            *response.status_mut() = http::StatusCode::from_u16(status).map_err(io::Error::other)?;
            *response.headers_mut() = headers;
            Ok(response)
        })
    }
}

/// Reads discovery document and keys, as any client does that knows nothing but the issuer.
pub async fn discover(world: &World, client: &Client) -> Library {
    let issuer = done("the issuer is an address", IssuerUrl::new(world.issuer.clone()));
    let found = CoreProviderMetadata::discover_async(issuer, &transport(&world.http)).await;
    let metadata = done("the library reads discovery document and keys", found);
    let document = world.http.get("/.well-known/openid-configuration").send().await;
    let revocation = RevocationUrl::new(document.text_at("/revocation_endpoint"));
    let introspection = IntrospectionUrl::new(document.text_at("/introspection_endpoint"));
    let redirect = RedirectUrl::new(client.redirect_uri.clone());
    let secret = client.secret.clone().map(ClientSecret::new);
    CoreClient::from_provider_metadata(metadata, ClientId::new(client.id.clone()), secret)
        .set_redirect_uri(done("the redirect URI is an address", redirect))
        .set_revocation_url(done("revocation_endpoint is an address", revocation))
        .set_introspection_url(done("introspection_endpoint is an address", introspection))
}

/// What a login through the library gives.
#[derive(Debug)]
pub struct LoggedIn {
    pub tokens: CoreTokenResponse,
    pub claims: CoreIdTokenClaims,
    pub user: CoreUserInfoClaims,
}

impl World {
    /// The whole way with the library: it makes the address for the browser, redeems the code, verifies the ID token with
    /// its signature, nonce and at_hash, and asks who the user is.
    pub async fn log_in_by_library(&self, library: &Library, scopes: &[&str]) -> LoggedIn {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut request =
            library.authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random);
        for scope in scopes {
            request = request.add_scope(Scope::new((*scope).to_owned()));
        }
        let (url, state, nonce) = request.set_pkce_challenge(challenge).url();
        let code = self.visit(&url, state.secret()).await;
        let tokens = self.redeem_by_library(library, code, verifier).await;
        let claims = verified(library, &tokens, &nonce);
        let user = self.user_by_library(library, tokens.access_token().clone(), &claims).await;
        LoggedIn { tokens, claims, user }
    }

    /// What the browser does: it opens the address, ada fills in the form, and it is sent back.
    async fn visit(&self, url: &Url, state: &str) -> AuthorizationCode {
        expect("authorization_endpoint is the issuer and /authorize")
            .eq(url.as_str().split('?').next(), Some(format!("{}/authorize", self.issuer).as_str()));
        let pairs: Vec<_> = url.query_pairs().collect();
        let mut fields: Vec<_> = pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect();
        fields.extend([("username", self.ada.username.as_str()), ("password", self.ada.password.as_str())]);
        let reply = self.http.post("/authorize").form(&fields).send().await;
        reply.expect("a login sends the browser back").status(303);
        let back = Url::parse(reply.header("location").unwrap_or_default());
        let back = done("Location is an address", back);
        let value =
            |name: &str| back.query_pairs().find(|(other, _)| other == name).map(|(_, value)| value.into_owned());
        expect("the state comes back as it was").request(reply.curl()).eq(value("state").as_deref(), Some(state));
        AuthorizationCode::new(value("code").unwrap_or_default())
    }

    async fn redeem_by_library(
        &self,
        library: &Library,
        code: AuthorizationCode,
        verifier: PkceCodeVerifier,
    ) -> CoreTokenResponse {
        let request = done("token_endpoint is known", library.exchange_code(code));
        let answer = request.set_pkce_verifier(verifier).request_async(&transport(&self.http)).await;
        done("the library redeems the code", answer)
    }

    async fn user_by_library(
        &self,
        library: &Library,
        token: AccessToken,
        claims: &CoreIdTokenClaims,
    ) -> CoreUserInfoClaims {
        let request = library.user_info(token, Some(claims.subject().clone()));
        let answer = done("userinfo_endpoint is known", request).request_async(&transport(&self.http)).await;
        done("the library reads userinfo, which is about the same sub", answer)
    }
}

/// The claims of the ID token, if the library accepts it.
fn verified(library: &Library, tokens: &CoreTokenResponse, nonce: &Nonce) -> CoreIdTokenClaims {
    let id_token = tokens.id_token();
    let id_token = id_token.unwrap_or_else(|| expect("there is an ID token").fail("id_token is missing"));
    let verifier = library.id_token_verifier();
    let claims = done("the library accepts the ID token", id_token.claims(&verifier, nonce));
    let algorithm = done("the ID token is signed", id_token.signing_alg());
    let key = done("by a published key", id_token.signing_key(&verifier));
    let hash = AccessTokenHash::from_token(tokens.access_token(), algorithm, key);
    let hash = done("the access token can be hashed", hash);
    expect("at_hash is that of the access token").eq(claims.access_token_hash(), Some(&hash));
    claims.clone()
}

/// The value, or a failure with the library's words.
pub fn done<T, E: std::error::Error>(requirement: &str, result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| expect(requirement).fail(with_causes(&error)))
}

fn with_causes(error: &dyn std::error::Error) -> impl Display {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
