//! Day 6 with a journal of events in the place of a database, and a thread for each client. Logins to one address take turns.

mod journal;
mod outbox;
mod secrets;
mod state;

use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;
use journal::{Event, Journal, Kind};
use others::{Options, Reply, Request, serve};
use outbox::Outbox;
use secrets::{digest, internal};
use serde_json::{Value, json};
use state::State;
use std::{
    error::Error,
    fs,
    hash::{BuildHasher, RandomState},
    path::PathBuf,
    process::ExitCode,
    sync::{Mutex, MutexGuard, PoisonError},
};

const OPTIONS: [&str; 5] = ["listen", "data-dir", "lock-ms", "mail-ms", "session-ms"];

/// All that changes, behind one lock.
struct Books {
    state: State,
    journal: Journal,
    outbox: Outbox,
}

struct Service {
    books: Mutex<Books>,
    /// Whoever logs in holds the one of the address, so that guesses that come together are counted one by one.
    turns: [Mutex<()>; 64],
    hasher: RandomState,
    /// The hash of a password that nobody has.
    nobody: String,
    lock_ms: i64,
    mail_ms: i64,
    session_ms: i64,
    secure: bool,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let options = Options::read(&OPTIONS, &["secure-cookies"]);
    let data_dir: PathBuf = options.value("data-dir", "data");
    fs::create_dir_all(&data_dir)?;
    let mut state = State::default();
    let journal = Journal::open(&data_dir.join("events.jsonl"), |event| state.apply(event))?;
    let outbox = Outbox::open(&data_dir)?;
    let nobody = secrets::token().and_then(|token| secrets::hash(&token)).map_err(|_| "no password can be hashed")?;
    let service = Service {
        books: Mutex::new(Books { state, journal, outbox }),
        turns: [const { Mutex::new(()) }; 64],
        hasher: RandomState::new(),
        nobody,
        lock_ms: options.value("lock-ms", "60000"),
        mail_ms: options.value("mail-ms", "900000"),
        session_ms: options.value("session-ms", "86400000"),
        secure: options.has("secure-cookies"),
    };
    let listen = options.value("listen", "127.0.0.1:8080");
    serve(listen, 64 * 1024, move |request| service.answer(&request).unwrap_or_else(|refusal| refusal))?;
    Ok(())
}

impl Books {
    /// Something happens: on the disk first, then here.
    fn happen(&mut self, event: Event) -> Result<(), Reply> {
        self.journal.add(&event).map_err(internal)?;
        self.state.apply(event);
        Ok(())
    }
}

impl Service {
    fn answer(&self, request: &Request) -> Result<Reply, Reply> {
        if !matches!(request.method.as_str(), "GET" | "HEAD" | "OPTIONS") && is_foreign(request) {
            return Err(Reply::problem(403, "this request comes from another site"));
        }
        let (path, method) = (request.path.as_str(), request.method.as_str());
        match (path, method) {
            ("/accounts", "POST") => self.register(request),
            ("/accounts/confirm", "POST") => self.confirm(request, Kind::Register),
            ("/sessions", "POST") => self.log_in(request),
            ("/sessions", "DELETE") => self.log_out_everywhere(request),
            ("/sessions/current", "DELETE") => self.log_out(request),
            ("/me", "GET" | "HEAD") => self.me(request),
            ("/password-resets", "POST") => self.ask_for_reset(request),
            ("/password-resets/confirm", "POST") => self.confirm(request, Kind::Reset),
            ("/totp", "POST") => self.offer_code(request),
            ("/totp/confirm", "POST") => self.confirm_code(request),
            _ => {
                let allow = match path {
                    "/accounts"
                    | "/accounts/confirm"
                    | "/password-resets"
                    | "/password-resets/confirm"
                    | "/totp"
                    | "/totp/confirm" => "POST",
                    "/sessions" => "DELETE, POST",
                    "/sessions/current" => "DELETE",
                    "/me" => "GET, HEAD",
                    _ => return Err(Reply::problem(404, "there is no such path")),
                };
                Err(Reply::problem(405, "this path does not take this method").with("Allow", allow))
            }
        }
    }

    fn register(&self, request: &Request) -> Result<Reply, Reply> {
        let email = email(&request.object()?)?;
        let token = secrets::token()?;
        let mut books = self.books();
        if books.state.account(&email).is_some() {
            books.happen(Event::Nothing)?;
            books.outbox.send(&email, "exists", None).map_err(internal)?;
        } else {
            let until = now() + self.mail_ms;
            books.happen(Event::Mail { kind: Kind::Register, email: email.clone(), digest: digest(&token), until })?;
            books.outbox.send(&email, "register", Some(&token)).map_err(internal)?;
        }
        Ok(Reply::json(202, &json!({})))
    }

    fn ask_for_reset(&self, request: &Request) -> Result<Reply, Reply> {
        let email = email(&request.object()?)?;
        let token = secrets::token()?;
        let mut books = self.books();
        if books.state.account(&email).is_some() {
            let until = now() + self.mail_ms;
            books.happen(Event::Mail { kind: Kind::Reset, email: email.clone(), digest: digest(&token), until })?;
            books.outbox.send(&email, "reset", Some(&token)).map_err(internal)?;
        } else {
            books.happen(Event::Nothing)?;
            books.outbox.pretend().map_err(internal)?;
        }
        Ok(Reply::json(202, &json!({})))
    }

    fn confirm(&self, request: &Request, kind: Kind) -> Result<Reply, Reply> {
        let body = request.object()?;
        let token = digest(text(&body, "token")?);
        let password = text(&body, "password")?;
        if !(10..=200).contains(&password.chars().count()) {
            return Err(invalid("password", "has 10 to 200 characters"));
        }
        let no_good = || invalid("token", "is no good, or not any more");
        self.books().state.token(kind, &token, now()).ok_or_else(no_good)?;
        let hash = secrets::hash(password)?;

        // Somebody else may have used it in the meantime.
        let mut books = self.books();
        let email = books.state.token(kind, &token, now()).ok_or_else(no_good)?;
        match kind {
            Kind::Register => {
                let reply = Reply::json(201, &json!({"email": email}));
                books.happen(Event::Registered { email, hash, at: now() }).map(|()| reply)
            }
            Kind::Reset => books.happen(Event::Reset { email, hash }).map(|()| Reply::empty(204)),
        }
    }

    fn log_in(&self, request: &Request) -> Result<Reply, Reply> {
        let body = request.object()?;
        let (email, password) = (email(&body)?, text(&body, "password")?);
        let code = match body.get("code") {
            None | Some(Value::Null) => None,
            Some(_) => Some(text(&body, "code")?),
        };
        let turn = self.hasher.hash_one(&email) as usize % self.turns.len();
        let _turn = self.turns[turn].lock().unwrap_or_else(PoisonError::into_inner);

        let account = {
            let books = self.books();
            if let Some(until) = books.state.locked(&email, now()) {
                let seconds = (until - now()).max(1).div_euclid(1000) + i64::from((until - now()).rem_euclid(1000) > 0);
                let reply = Reply::problem(429, "too many logins have failed; try again later");
                return Err(reply.with("Retry-After", seconds.to_string()));
            }
            books.state.account(&email).cloned()
        };
        let hash = account.as_ref().map_or(&self.nobody, |account| &account.hash);
        let is_right = secrets::is_right(password, hash);
        let step = match account.as_ref().map(|account| (&account.secret, account.step)) {
            Some((Some((secret, true)), after)) => {
                code.and_then(|code| secrets::step_of(secret, code, after, now())).map(Some)
            }
            Some(_) => Some(None),
            None => None,
        };

        let mut books = self.books();
        // A reset in the meantime has made the password another one.
        let is_current = books.state.account(&email).is_some_and(|it| it.hash == *hash);
        let Some(step) = step.filter(|_| is_right && is_current) else {
            let locked_until = if books.state.is_last_try(&email) { now() + self.lock_ms } else { 0 };
            books.happen(Event::Failed { email, locked_until })?;
            return Err(Reply::problem(401, "address, password or code is wrong"));
        };
        let token = secrets::token()?;
        let until = now() + self.session_ms;
        let ends = cookie(request).map(|token| digest(&token));
        books.happen(Event::LoggedIn { email: email.clone(), digest: digest(&token), until, ends, step })?;
        let cookie = self.cookie(&token, self.session_ms / 1000);
        Ok(Reply::json(201, &json!({"email": email})).with("Set-Cookie", cookie))
    }

    fn log_out(&self, request: &Request) -> Result<Reply, Reply> {
        let mut books = self.books();
        let (_, digest) = session(&books, request)?;
        books.happen(Event::LoggedOut { digest })?;
        Ok(Reply::empty(204).with("Set-Cookie", self.cookie("", 0)))
    }

    fn log_out_everywhere(&self, request: &Request) -> Result<Reply, Reply> {
        let mut books = self.books();
        let (email, _) = session(&books, request)?;
        books.happen(Event::LoggedOutEverywhere { email })?;
        Ok(Reply::empty(204).with("Set-Cookie", self.cookie("", 0)))
    }

    fn me(&self, request: &Request) -> Result<Reply, Reply> {
        let books = self.books();
        let (email, _) = session(&books, request)?;
        let totp = books.state.account(&email).is_some_and(|it| matches!(it.secret, Some((_, true))));
        Ok(Reply::json(200, &json!({"totp": totp, "email": email})))
    }

    fn offer_code(&self, request: &Request) -> Result<Reply, Reply> {
        let mut books = self.books();
        let (email, _) = session(&books, request)?;
        if books.state.account(&email).is_some_and(|it| matches!(it.secret, Some((_, true)))) {
            return Err(Reply::problem(409, "a second factor is on already"));
        }
        let secret = secrets::random()?.to_vec();
        let reply = Reply::json(200, &json!({"secret": BASE32_NOPAD.encode(&secret)}));
        books.happen(Event::Offered { email, secret }).map(|()| reply)
    }

    fn confirm_code(&self, request: &Request) -> Result<Reply, Reply> {
        let mut books = self.books();
        let (email, _) = session(&books, request)?;
        let body = request.object()?;
        let code = text(&body, "code")?;
        let step = match books.state.account(&email).map(|it| (&it.secret, it.step)) {
            Some((Some((secret, false)), after)) => secrets::step_of(secret, code, after, now()),
            _ => None,
        };
        let step = step.ok_or_else(|| invalid("code", "is not right"))?;
        books.happen(Event::Confirmed { email, step }).map(|()| Reply::empty(204))
    }

    /// Attributes in another order than usual, and in small letters: neither makes a difference (RFC 6265, section 5.2).
    fn cookie(&self, token: &str, seconds: i64) -> String {
        let secure = if self.secure { "; secure" } else { "" };
        format!("session={token}; max-age={seconds}; samesite=strict; path=/; httponly{secure}")
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The address and the digest of the session that came with the request.
fn session(books: &Books, request: &Request) -> Result<(String, String), Reply> {
    let digest = cookie(request).map(|token| digest(&token));
    let found = digest.and_then(|digest| Some((books.state.session(&digest, now())?.to_owned(), digest)));
    found.ok_or_else(|| Reply::problem(401, "log in first"))
}

fn cookie(request: &Request) -> Option<String> {
    let lines = request.headers.iter().filter(|(name, _)| name == "cookie");
    let mut pairs = lines.flat_map(|(_, line)| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == "session").map(|(_, token)| token.to_owned())
}

/// Whether a browser sends this for another site.
fn is_foreign(request: &Request) -> bool {
    let host = request.header("host").unwrap_or_default();
    request.headers.iter().any(|(name, value)| match name.as_str() {
        "origin" => {
            let rest = value.strip_prefix("http://").or_else(|| value.strip_prefix("https://"));
            rest != Some(host)
        }
        "sec-fetch-site" => value != "same-origin" && value != "none",
        _ => false,
    })
}

fn email(body: &Value) -> Result<String, Reply> {
    let email = text(body, "email")?.trim().to_lowercase();
    let is_good =
        email.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty() && !host.contains('@'))
            && email.chars().count() <= 254
            && !email.chars().any(|it| it.is_whitespace() || it.is_control());
    if is_good { Ok(email) } else { Err(invalid("email", "has the form user@host and at most 254 characters")) }
}

fn text<'a>(body: &'a Value, member: &str) -> Result<&'a str, Reply> {
    body.get(member).and_then(Value::as_str).ok_or_else(|| invalid(member, "is a text and has to be there"))
}

fn invalid(member: &str, rule: &str) -> Reply {
    Reply::problem(422, &format!("{member} {rule}"))
}

/// In milliseconds since 1970.
fn now() -> i64 {
    Timestamp::now().as_millisecond()
}
