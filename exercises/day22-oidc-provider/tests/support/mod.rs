//! What the tests of this day share: a provider with three clients and two users, and requests of all kinds to it.

mod library;

pub use library::{discover, transport};

use argon2::{Algorithm, Argon2, Params, Version, password_hash::PasswordHasher};
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use harness::{Launch, Program, Random, expect, random, scratch};
use harness_net::{Call, Http, Reply, eventually};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    ops::Deref,
    path::Path,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use url::{Url, form_urlencoded};

/// All scopes that there are.
pub const ALL: &str = "openid profile email offline_access";

/// A running provider, and what its clients and users know, which it lends.
#[derive(Debug)]
pub struct Provider {
    pub program: Program,
    pub world: World,
    /// The files of clients and users, which go with the provider.
    _folder: TempDir,
}

/// Who there is. Tasks can have a copy of it.
#[derive(Debug, Clone)]
pub struct World {
    pub http: Http,
    pub issuer: String,
    /// Has a secret and two addresses to come back to.
    pub web: Client,
    /// Has a secret, too.
    pub other: Client,
    /// Has no secret.
    pub app: Client,
    pub ada: User,
    pub bob: User,
}

#[derive(Debug, Clone)]
pub struct Client {
    pub id: String,
    pub secret: Option<String>,
    pub redirect_uri: String,
    pub second_uri: String,
}

#[derive(Debug, Clone)]
pub struct User {
    pub sub: String,
    pub username: String,
    pub password: String,
    pub name: String,
    pub email: String,
}

/// An authorization request, and what the client remembers about it.
#[derive(Debug, Clone)]
pub struct Wish {
    fields: Vec<(String, String)>,
    pub verifier: String,
}

/// What the token endpoint has given.
#[derive(Debug, Clone)]
pub struct Tokens {
    pub access: String,
    pub refresh: String,
    pub id: String,
}

impl Deref for Provider {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl Provider {
    pub fn start() -> Provider {
        Provider::with(&[])
    }

    /// A provider with these further arguments.
    pub fn with(arguments: &[&str]) -> Provider {
        let mut random = random();
        let issuer = format!("https://login.{}.example", random.word());
        Provider::launch(&mut random, Some(issuer), arguments)
    }

    /// A provider that is known by the address it listens on.
    pub fn without_issuer() -> Provider {
        Provider::launch(&mut random(), None, &[])
    }

    fn launch(random: &mut Random, issuer: Option<String>, arguments: &[&str]) -> Provider {
        let folder = scratch();
        let [web, other, app] = [true, true, false].map(|has_secret| Client::invent(random, has_secret));
        let [ada, bob] = [0, 1].map(|_| User::invent(random));
        let clients: String = [&web, &other, &app].map(Client::toml).concat();
        let users: String = [&ada, &bob].map(User::toml).concat();
        let launch = Launch::service()
            .arg("--clients")
            .arg(write(folder.path(), "clients.toml", &clients))
            .arg("--users")
            .arg(write(folder.path(), "users.toml", &users));
        let launch = match &issuer {
            Some(issuer) => launch.args(["--issuer", issuer]),
            None => launch,
        };
        let program = launch.args(arguments).data_dir().start();
        let http = Http::to(&program);
        let issuer = issuer.unwrap_or_else(|| http.base().to_owned());
        Provider { program, world: World { http, issuer, web, other, app, ada, bob }, _folder: folder }
    }

    /// SIGKILL, and a new start on the same data.
    pub fn kill_and_restart(&mut self) {
        self.program.kill();
        self.program.start_again();
        self.world.http = Http::to(&self.program);
    }

    /// Does this so often at the same time.
    pub async fn together<T, F>(&self, count: usize, work: impl Fn(World, usize) -> F) -> Vec<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        harness_net::together(count, |number| work(self.world.clone(), number)).await
    }
}

fn write(folder: &Path, name: &str, text: &str) -> std::path::PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap_or_else(|error| panic!("{} cannot be written: {error}", path.display()));
    path
}

/// A string as JSON and TOML write it.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

impl Client {
    fn invent(random: &mut Random, has_secret: bool) -> Client {
        let host = format!("{}.example", random.word());
        Client {
            id: random.name(),
            // With letters that have to be encoded in HTTP Basic.
            secret: has_secret.then(|| format!("{}+/%: &é", random.name())),
            redirect_uri: format!("https://{host}/callback"),
            second_uri: format!("https://{host}/second?fixed=a%20b"),
        }
    }

    fn toml(&self) -> String {
        let secret = self
            .secret
            .as_ref()
            .map(|secret| format!("secret_sha256 = \"{}\"\n", HEXLOWER.encode(&Sha256::digest(secret))));
        let (first, second) = (quoted(&self.redirect_uri), quoted(&self.second_uri));
        let (id, secret) = (quoted(&self.id), secret.unwrap_or_default());
        format!("[[client]]\nid = {id}\n{secret}redirect_uris = [{first}, {second}]\n\n")
    }
}

impl User {
    fn invent(random: &mut Random) -> User {
        User {
            sub: random.name(),
            username: random.name(),
            password: random.words(3),
            name: format!("{} \"{}\"", random.unicode(8), random.word()),
            email: format!("{}@mail.example", random.name()),
        }
    }

    fn toml(&self) -> String {
        // As cheap as argon2 can be: the tests look whether it is used, not how long it takes.
        let parameters = Params::new(16, 1, 1, None).expect("these parameters are allowed");
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters);
        let hash = argon2.hash_password(self.password.as_bytes()).expect("a password can be hashed").to_string();
        let [sub, username, hash, name, email] =
            [&self.sub, &self.username, &hash, &self.name, &self.email].map(|text| quoted(text));
        format!("[[user]]\nsub = {sub}\nusername = {username}\npassword = {hash}\nname = {name}\nemail = {email}\n\n")
    }
}

impl Wish {
    /// A request of `client` as it should be: with a state, a nonce and PKCE.
    pub fn of(client: &Client, scope: &str) -> Wish {
        let mut random = random();
        let verifier = format!("{}{}", HEXLOWER.encode(&random.bytes(30)), "-._~");
        let challenge = challenge(&verifier);
        let (state, nonce) = (random.unicode(12), random.name());
        let fields = [
            ("response_type", "code"),
            ("client_id", &client.id),
            ("redirect_uri", &client.redirect_uri),
            ("scope", scope),
            ("state", &state),
            ("nonce", &nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Wish { fields, verifier }
    }

    /// With another value for this parameter.
    pub fn set(mut self, name: &str, value: &str) -> Wish {
        self.fields.retain(|(other, _)| other != name);
        self.add(name, value)
    }

    /// With this parameter once more.
    pub fn add(mut self, name: &str, value: &str) -> Wish {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Wish {
        self.fields.retain(|(other, _)| other != name);
        self
    }

    /// With another verifier, which does not go with the challenge.
    pub fn guess(mut self, verifier: &str) -> Wish {
        self.verifier = verifier.to_owned();
        self
    }

    pub fn get(&self, name: &str) -> String {
        let field = self.fields.iter().find(|(other, _)| other == name);
        field.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    pub fn fields(&self) -> Vec<(&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }
}

/// What PKCE makes of a verifier (RFC 7636, section 4.2).
pub fn challenge(verifier: &str) -> String {
    BASE64URL_NOPAD.encode(&Sha256::digest(verifier))
}

impl World {
    /// The first look: the form, or an error.
    pub async fn ask(&self, wish: &Wish) -> Reply {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(wish.fields()).finish();
        self.http.get(&format!("/authorize?{query}")).send().await
    }

    /// What the browser sends when the user has filled in the form.
    pub async fn log_in(&self, wish: &Wish, username: &str, password: &str) -> Reply {
        let mut fields = wish.fields();
        fields.extend([("username", username), ("password", password)]);
        self.http.post("/authorize").form(&fields).send().await
    }

    /// Logs ada in, and returns the code with which the browser is sent back.
    pub async fn code(&self, wish: &Wish) -> String {
        self.code_for(wish, &self.ada).await
    }

    pub async fn code_for(&self, wish: &Wish, user: &User) -> String {
        let reply = self.log_in(wish, &user.username, &user.password).await;
        let returned = self.returned(&reply, wish);
        let code = returned.get("code").cloned().unwrap_or_default();
        reply.expect("a login sends the browser back with a code").status(303);
        expect("a login sends the browser back with a code").request(reply.curl()).ne(code.as_str(), "");
        code
    }

    /// The parameters with which the browser is sent back: to the right address, with the state and the issuer.
    pub fn returned(&self, reply: &Reply, wish: &Wish) -> BTreeMap<String, String> {
        reply.expect("the browser is sent back by 303 to the client's redirect URI").status(303);
        let location = reply.header("location").unwrap_or_default();
        let wanted = wish.get("redirect_uri");
        expect("the browser is sent back to the client's redirect URI, its own query kept")
            .request(reply.curl())
            .expected(format!("Location: {wanted}…"))
            .that(location.starts_with(&wanted), format!("Location: {location}"));
        let pairs = Url::parse(location).map(|url| url.query_pairs().into_owned().collect::<BTreeMap<_, _>>());
        let pairs = pairs.unwrap_or_default();
        let text = |name: &str| pairs.get(name).cloned().unwrap_or_default();
        expect("the state comes back as it was").request(reply.curl()).eq(text("state"), wish.get("state"));
        expect("iss says who sends the browser back").request(reply.curl()).eq(text("iss"), self.issuer.clone());
        pairs
    }

    /// The browser is sent back with this error.
    pub async fn expect_sent_back(&self, requirement: &str, wish: &Wish, error: &str) {
        for reply in [self.ask(wish).await, self.log_in(wish, &self.ada.username, &self.ada.password).await] {
            let returned = self.returned(&reply, wish);
            let actual = returned.get("error").cloned().unwrap_or_default();
            expect(requirement).request(reply.curl()).eq(actual.as_str(), error);
            expect("there is no code beside an error").request(reply.curl()).eq(returned.get("code"), None);
        }
    }

    /// An error that is shown and sent nowhere.
    pub async fn expect_shown(&self, requirement: &str, wish: &Wish) {
        for reply in [self.ask(wish).await, self.log_in(wish, &self.ada.username, &self.ada.password).await] {
            reply.expect(requirement).status(400).no_header("location").media_type("text/html");
        }
    }

    /// A call of an endpoint for clients, by `client`, which proves itself by HTTP Basic.
    pub fn call(&self, path: &str, client: &Client, fields: &[(&str, &str)]) -> Call {
        match &client.secret {
            Some(secret) => self.http.post(path).header("authorization", basic(&client.id, secret)).form(fields),
            None => self.http.post(path).form(&[fields, &[("client_id", client.id.as_str())]].concat()),
        }
    }

    pub async fn redeem(&self, client: &Client, code: &str, wish: &Wish) -> Reply {
        let (redirect_uri, verifier) = (wish.get("redirect_uri"), &wish.verifier);
        self.call(
            "/token",
            client,
            &[
                ("grant_type", "authorization_code"),
                ("code", code),
                ("redirect_uri", &redirect_uri),
                ("code_verifier", verifier),
            ],
        )
        .send()
        .await
    }

    pub async fn refresh(&self, client: &Client, token: &str) -> Reply {
        self.call("/token", client, &[("grant_type", "refresh_token"), ("refresh_token", token)]).send().await
    }

    pub async fn revoke(&self, client: &Client, token: &str) -> Reply {
        self.call("/revoke", client, &[("token", token)]).send().await
    }

    pub async fn introspect(&self, client: &Client, token: &str) -> Reply {
        self.call("/introspect", client, &[("token", token)]).send().await
    }

    pub async fn userinfo(&self, token: &str) -> Reply {
        self.http.get("/userinfo").header("authorization", format!("Bearer {token}")).send().await
    }

    /// The whole way: ada logs in, and the client redeems the code.
    pub async fn tokens(&self, client: &Client, scope: &str) -> Tokens {
        let wish = Wish::of(client, scope);
        let code = self.code(&wish).await;
        tokens(&self.redeem(client, &code, &wish).await)
    }

    /// These tokens are worth nothing any more.
    pub async fn expect_dead(&self, requirement: &str, client: &Client, tokens: &Tokens) {
        self.userinfo(&tokens.access).await.expect(requirement).status(401);
        self.refresh(client, &tokens.refresh).await.expect(requirement).status(400).json_at("/error", "invalid_grant");
    }

    /// The ids of the published keys.
    pub async fn kids(&self) -> Vec<String> {
        let reply = self.http.get("/jwks").send().await;
        reply.expect("the keys can be read").status(200);
        let keys = reply.at("/keys");
        let kids = keys.as_array().into_iter().flatten().filter_map(|key| key["kid"].as_str().map(str::to_owned));
        kids.collect()
    }
}

/// HTTP Basic for a client: both parts are form-encoded first.
pub fn basic(id: &str, secret: &str) -> String {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", BASE64.encode(format!("{}:{}", encode(id), encode(secret)).as_bytes()))
}

/// What the token endpoint has given; it has to be a success. The refresh token is empty where there is none.
pub fn tokens(reply: &Reply) -> Tokens {
    reply
        .expect("the token endpoint gives tokens")
        .status(200)
        .media_type("application/json")
        .header("cache-control", "no-store")
        .json_at("/token_type", "Bearer");
    let refresh = reply.json()["refresh_token"].as_str().unwrap_or_default().to_owned();
    Tokens { access: reply.text_at("/access_token"), refresh, id: reply.text_at("/id_token") }
}

/// Header and claims of a JWT.
pub fn decode(jwt: &str) -> (Value, Value) {
    let parts: Vec<_> = jwt.split('.').collect();
    let part = |at: usize| {
        let bytes = parts.get(at).and_then(|part| BASE64URL_NOPAD.decode(part.as_bytes()).ok()).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or(Value::Null)
    };
    let (header, claims) = (part(0), part(1));
    expect("an ID token is a JWT in compact form: three parts in base64url, the first two JSON")
        .that(parts.len() == 3 && header.is_object() && claims.is_object(), jwt);
    (header, claims)
}

/// How many of these replies have this status.
pub fn count(replies: &[Reply], status: u16) -> usize {
    replies.iter().filter(|reply| reply.status == status).count()
}

/// Waits until something that was made just now with this lifetime has to be over.
pub async fn outlive(lifetime: Duration) {
    let over = Instant::now() + lifetime + Duration::from_millis(5);
    eventually("the clock goes on", Duration::from_secs(20), || async { (Instant::now() > over).then_some(()) }).await;
}

/// The inputs of a form with their values, HTML's escapes undone. Attributes have to be in double quotes.
pub fn inputs(html: &str) -> BTreeMap<String, String> {
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        Some(plain(rest.split('"').next().unwrap_or_default()))
    };
    let tags = html.split("<input").skip(1).filter_map(|rest| rest.split('>').next());
    tags.filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default()))).collect()
}

fn plain(escaped: &str) -> String {
    let mut text = escaped.to_owned();
    for (escape, letter) in
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#34;", "\""), ("&#39;", "'"), ("&#x27;", "'")]
    {
        text = text.replace(escape, letter);
    }
    text.replace("&amp;", "&")
}
