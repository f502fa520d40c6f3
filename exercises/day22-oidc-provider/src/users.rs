//! The users, and whether it is them.

use argon2::{
    Argon2,
    password_hash::{PasswordVerifier, phc::PasswordHash},
};
use plumbing::Failure;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::path::Path;
use tokio::{sync::Semaphore, task::spawn_blocking};

/// How many passwords are looked at at once. Each takes a core and some memory; more at once would only be slower.
const AT_ONCE: usize = 4;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Who this is, for ever: names and addresses change and may be given to somebody else.
    pub sub: String,
    /// What is typed into the form.
    pub username: String,
    /// An argon2id hash in PHC format.
    password: String,
    name: Option<String>,
    email: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    user: Vec<User>,
}

#[derive(Debug)]
pub struct Users {
    users: Vec<User>,
    permits: Semaphore,
}

impl Users {
    pub fn read(path: &Path) -> Result<Users, Failure> {
        let wrong = |what: String| Failure::new(format!("{}: {what}", path.display()).replace('\n', " "));
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let File { user: users } = toml::from_str(&text).map_err(|error| wrong(error.message().to_owned()))?;
        for (at, user) in users.iter().enumerate() {
            if PasswordHash::new(&user.password).is_err() {
                return Err(wrong(format!("the password of {:?} is no hash in PHC format", user.username)));
            }
            if users[..at].iter().any(|other| other.sub == user.sub || other.username == user.username) {
                return Err(wrong(format!("sub or username of {:?} is there twice", user.username)));
            }
        }
        Ok(Users { users, permits: Semaphore::new(AT_ONCE) })
    }

    pub fn by_sub(&self, sub: &str) -> Option<&User> {
        self.users.iter().find(|user| user.sub == sub)
    }

    /// The user with this name and this password. A name that nobody has takes as long as the first one of the file, so that
    /// the time does not tell which names there are.
    pub async fn check(&self, username: &str, password: &str) -> Option<&User> {
        let user = self.users.iter().find(|user| user.username == username);
        let hash = user.or(self.users.first())?.password.clone();
        let password = password.to_owned();
        let _permit = self.permits.acquire().await.ok()?;
        // Off the threads that serve requests: those must never compute for long.
        let matches = spawn_blocking(move || {
            let hash = PasswordHash::new(&hash);
            hash.is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        });
        let matches = matches.await.unwrap_or(false);
        user.filter(|_| matches)
    }
}

impl User {
    /// What a client with this scope may know (OpenID Connect Core, section 5.4).
    pub fn claims(&self, scope: &str) -> Value {
        let mut claims = Map::new();
        claims.insert("sub".to_owned(), self.sub.clone().into());
        todo!("what {scope} allows of {:?}, {} and {:?}, beside {claims:?}", self.name, self.username, self.email)
    }
}
