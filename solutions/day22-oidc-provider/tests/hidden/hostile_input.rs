use crate::visible::support::{ALL, Provider, Wish, basic, tokens};
use data_encoding::BASE64URL_NOPAD;
use harness::{expect, random, read_written, scratch};
use harness_net::Reply;
use serde_json::json;
use std::path::Path;

fn refused(requirement: &str, reply: &Reply, status: u16, error: &str) {
    reply.expect(requirement).status(status).media_type("application/json").json_at("/error", error);
    reply.expect("errors are not for caches either").header("cache-control", "no-store");
}

#[tokio::test]
async fn the_token_endpoint_says_what_is_wrong() {
    let provider = Provider::start();
    let web = &provider.web;
    let code = ("grant_type", "authorization_code");
    for (error, fields) in [
        ("invalid_request", vec![]),
        ("unsupported_grant_type", vec![("grant_type", "password"), ("username", "a"), ("password", "b")]),
        ("unsupported_grant_type", vec![("grant_type", "client_credentials")]),
        ("invalid_request", vec![code]),
        ("invalid_request", vec![("grant_type", "refresh_token")]),
        ("invalid_request", vec![("grant_type", "refresh_token"), ("refresh_token", "")]),
        ("invalid_request", vec![("grant_type", "refresh_token"), ("refresh_token", "a"), ("refresh_token", "a")]),
        ("invalid_grant", vec![("grant_type", "refresh_token"), ("refresh_token", "a\0' OR 1=1 --")]),
        ("invalid_request", vec![("client_secret", "two ways at once"), ("grant_type", "refresh_token")]),
    ] {
        refused("a broken request", &provider.call("/token", web, &fields).send().await, 400, error);
    }
    let json = provider.call("/token", web, &[]).json(&json!({"grant_type": "refresh_token"})).send().await;
    refused("a token request is a form", &json, 400, "invalid_request");
    let big = "x".repeat(100_000);
    let reply = provider.call("/token", web, &[("grant_type", big.as_str())]).send().await;
    refused("more than 64 KiB", &reply, 413, "invalid_request");
    let reply = provider.http.get("/token").send().await;
    reply.expect("tokens are not got by GET").problem(405).header("allow", "POST");
    provider.http.get("/nothing").send().await.expect("nothing is there").problem(404);
}

#[tokio::test]
async fn a_client_has_to_be_who_it_says() {
    let provider = Provider::start();
    let fields = [("grant_type", "refresh_token"), ("refresh_token", "unknown")];
    let secret = provider.web.secret.clone().unwrap_or_default();
    let strange = [
        "Basic".to_owned(),
        "Basic !!!".to_owned(),
        "Basic bm9jb2xvbg==".to_owned(),
        "Basic //79".to_owned(),
        format!("Bearer {secret}"),
        basic(&provider.other.id, &secret),
        basic(&provider.web.id, &provider.other.secret.clone().unwrap_or_default()),
        basic(&provider.app.id, &secret),
        basic("nobody", &secret),
    ];
    for header in strange {
        let reply = provider.http.post("/token").header("authorization", header).form(&fields).send().await;
        refused("these are not a client and its secret", &reply, 401, "invalid_client");
    }
    let (web, app) = (provider.web.id.as_str(), provider.app.id.as_str());
    for more in [
        vec![],
        vec![("client_id", web)],
        vec![("client_id", web), ("client_secret", "")],
        vec![("client_id", app), ("client_secret", secret.as_str())],
        vec![("client_secret", secret.as_str())],
    ] {
        let reply = provider.http.post("/token").form(&[&fields[..], &more].concat()).send().await;
        refused("nor are these", &reply, 401, "invalid_client");
    }
    let mixed = provider.call("/token", &provider.web, &[&fields[..], &[("client_id", app)]].concat()).send().await;
    refused("two clients in one request", &mixed, 401, "invalid_client");
}

#[tokio::test]
async fn userinfo_takes_access_tokens_only() {
    let provider = Provider::start();
    let wish = Wish::of(&provider.web, ALL);
    let code = provider.code(&wish).await;
    let got = provider.tokens(&provider.web, ALL).await;
    let part = |value: serde_json::Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let claims = json!({"iss": provider.issuer, "sub": provider.ada.sub, "scope": ALL, "exp": 4_000_000_000_u64});
    let forged = format!("{}.{}.", part(json!({"alg": "none"})), part(claims));
    for token in [&got.refresh, &got.id, &code, &forged, &got.access.to_uppercase(), &format!("{}x", got.access)] {
        let reply = provider.userinfo(token).await;
        let challenge = reply.header("www-authenticate").unwrap_or_default();
        reply.expect("this is no access token").status(401);
        expect("401 says what is wrong").request(reply.curl()).contains(challenge, "error=\"invalid_token\"");
    }
    let in_address = provider.http.get(&format!("/userinfo?access_token={}", got.access)).send().await;
    in_address.expect("a token does not belong into an address").status(401).header("www-authenticate", "Bearer");
    tokens(&provider.redeem(&provider.web, &code, &wish).await);
}

#[tokio::test]
async fn nobody_logs_in_by_an_address() {
    let provider = Provider::start();
    let (name, password) = (provider.ada.username.clone(), provider.ada.password.clone());
    let wish = Wish::of(&provider.web, ALL).add("username", &name).add("password", &password);
    let reply = provider.ask(&wish).await;
    reply.expect("a password in an address stays in histories and logs").status(200).no_header("location");
    expect("nor does it come back").request(reply.curl()).lacks(&reply.text(), &password);
    let policy = reply.header("content-security-policy").unwrap_or_default();
    expect("no script runs in the form").request(reply.curl()).contains(policy, "default-src 'none'");
    expect("no other page frames it").request(reply.curl()).contains(policy, "frame-ancestors 'none'");
}

#[tokio::test]
async fn each_parameter_is_escaped() {
    let provider = Provider::start();
    let mut random = random();
    for name in ["state", "nonce", "login_hint", "scope"] {
        for (letters, evil) in [("<b>", "<b>"), ("\" onfocus=", "\" onfocus=alert(1) autofocus x=\"")] {
            let value = format!("openid {}{evil}", random.word());
            let page = provider.ask(&Wish::of(&provider.web, ALL).set(name, &value)).await;
            page.expect("the user gets a form").status(200);
            expect(format!("{name} is text")).request(page.curl()).lacks(&page.text(), letters);
        }
    }
    let evil = "\"><b>nobody</b>";
    let page = provider.log_in(&Wish::of(&provider.web, ALL), evil, "wrong").await;
    expect("what was typed is text").request(page.curl()).lacks(&page.text(), "<b>");
}

#[tokio::test]
async fn the_data_folder_opens_nothing() {
    let provider = Provider::start();
    let wish = Wish::of(&provider.web, ALL);
    let (fresh, used) = (provider.code(&wish).await, provider.code(&wish).await);
    let first = tokens(&provider.redeem(&provider.web, &used, &wish).await);
    let second = tokens(&provider.refresh(&provider.web, &first.refresh).await);
    let written = everything_in(provider.program.data_dir());
    for secret in
        [&fresh, &used, &first.access, &first.refresh, &second.access, &second.refresh, &provider.ada.password]
    {
        let bytes = secret.as_bytes();
        let is_there = written.windows(bytes.len()).any(|window| window == bytes);
        expect("codes and tokens are stored as hashes only").that(!is_there, format!("{secret} is in the data folder"));
    }
    expect("and something is stored").that(!written.is_empty(), "the data folder is empty");
}

fn everything_in(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            bytes.extend(everything_in(&entry.path()));
        } else {
            bytes.extend(read_written(entry.path()));
        }
    }
    bytes
}

#[test]
fn broken_files_are_named() {
    let folder = scratch();
    let path = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a temporary file can be written");
        path
    };
    let (clients, users) = (path("good-clients.toml", ""), path("good-users.toml", ""));
    let client = |rest: &str| format!("[[client]]\nid = \"a\"\n{rest}\n");
    for (name, text) in [
        ("not-toml", "[[client]".to_owned()),
        ("fragment", client("redirect_uris = [\"https://a.example/#x\"]")),
        ("no-address", client("redirect_uris = [\"callback\"]")),
        ("no-hash", client("secret_sha256 = \"secret\"\nredirect_uris = []")),
        ("twice", client("redirect_uris = []").repeat(2)),
    ] {
        let file = path(name, &text);
        let (code, said) = run_to_end(&file, &users);
        expect(format!("{name}: a file that is wrong ends the start")).eq(code, Some(1));
        expect("the message names the file").contains(&said, name);
    }
    let plain = path("plain-password", "[[user]]\nsub = \"1\"\nusername = \"a\"\npassword = \"secret\"\n");
    let (code, said) = run_to_end(&clients, &plain);
    expect("a password that is no hash ends the start").eq(code, Some(1));
    expect("the message names the file").contains(&said, "plain-password");
    expect("and does not hold the password").lacks(&said, "secret");
}

/// Exit status and whole stderr of a start that is expected to fail.
fn run_to_end(clients: &Path, users: &Path) -> (Option<i32>, String) {
    let data = scratch();
    let mut command = harness::command();
    command.args(["--listen", "127.0.0.1:0", "--data-dir"]).arg(data.path());
    let output = command.arg("--clients").arg(clients).arg("--users").arg(users).output();
    let output = output.unwrap_or_else(|error| expect("the program can be started").fail(error));
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}
