//! Accounts: registration by mail, sessions, password reset, a second factor.

mod api;
mod csrf;
mod mail;
mod passwords;
mod sessions;
mod store;
mod tokens;
mod totp;

use clap::Parser;
use plumbing::{DataDir, Listen};
use std::{process::ExitCode, sync::Arc};

/// A service that knows who you are
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    listen: Listen,
    #[command(flatten)]
    data_dir: DataDir,
    #[command(flatten)]
    limits: Limits,
}

/// How long things last.
#[derive(Debug, Clone, clap::Args)]
struct Limits {
    /// How long an address is locked after five failed logins in a row, in milliseconds
    #[arg(long, env = "LOCK_MS", default_value_t = 60_000, value_parser = clap::value_parser!(i64).range(1..))]
    lock_ms: i64,
    /// How long a token that was sent by mail can be used, in milliseconds
    #[arg(long, env = "MAIL_MS", default_value_t = 900_000, value_parser = clap::value_parser!(i64).range(1..))]
    mail_ms: i64,
    /// How long a session lasts, in milliseconds
    #[arg(long, env = "SESSION_MS", default_value_t = 86_400_000, value_parser = clap::value_parser!(i64).range(1..))]
    session_ms: i64,
    /// Mark cookies as Secure, because a proxy in front of this service speaks HTTPS
    #[arg(long, env = "SECURE_COOKIES")]
    secure_cookies: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    plumbing::run(async {
        let folder = args.data_dir.create()?;
        let app = api::App {
            store: store::Store::open(folder).await?,
            mail: mail::Outbox::open(folder)?,
            passwords: passwords::Passwords::new()?,
            limits: args.limits,
        };
        let listener = args.listen.bind().await?;
        plumbing::serve(listener, api::router(Arc::new(app))).await
    })
}
