use crate::visible::support::{Gateway, SOON, bytes_in, completion, has, next_text, refusal};
use async_openai::types::chat::CreateChatCompletionRequest;
use harness::expect;
use harness_net::eventually;
use serde_json::json;

/// What must be nowhere, with what it is.
fn expect_nowhere(gateway: &Gateway, secrets: &[(&str, &str)]) {
    let said = [gateway.program.stderr(), gateway.program.stdout()].concat().join("\n");
    let stored = bytes_in(gateway.program.data_dir());
    for (what, secret) in secrets {
        expect(format!("{what} is in no log")).lacks(&said, secret);
        expect(format!("{what} is in no file of the data folder")).that(!has(&stored, secret), "it is there");
    }
}

#[tokio::test]
async fn not_when_everything_fails() {
    let mut gateway = Gateway::with(3, |_| {});
    let (key, secret) = (gateway.key().await, gateway.random.name());
    let keys: Vec<_> = gateway.providers.iter().map(|provider| provider.key.clone()).collect();
    for (number, status) in [(0, 401), (1, 500)] {
        let said = format!("Bearer {} may not ask {secret}", keys[number]);
        gateway.providers[number].always(refusal(status, &said).header("x-said", &said));
    }
    gateway.providers[2].upstream.refuse();
    for stream in [false, true] {
        let message = json!({"role": "user", "content": secret});
        let question = json!({"model": gateway.plan.name, "messages": [message], "stream": stream});
        let reply = key.ask(&question).send().await;
        reply.expect("nobody answers").status(502);
        for key in &keys {
            expect("the client does not see a provider's key").lacks(&reply.describe(), key);
        }
    }
    for provider in &gateway.providers {
        eventually("each attempt that fails is a line on stderr with the provider's name", SOON, || async {
            let lines = gateway.program.stderr();
            (lines.iter().filter(|line| line.contains(&provider.name)).count() >= 2).then_some(())
        })
        .await;
    }
    let mut secrets = vec![("the client's key", key.key.as_str()), ("a question", secret.as_str())];
    secrets.extend(keys.iter().map(|key| ("a provider's key", key.as_str())));
    expect_nowhere(&gateway, &secrets);
}

#[tokio::test]
async fn not_when_a_request_is_wrong() {
    let mut gateway = Gateway::start();
    let (key, secret) = (gateway.key().await, gateway.random.name());
    let wrong = format!("wrong-{}", gateway.random.name());
    let stranger = gateway.key_of(String::new(), format!("sk-{wrong}"));
    let question = gateway.question();
    stranger.ask(&question).send().await;
    for body in [
        format!("{{\"model\": \"{secret}"),
        format!("{{\"model\": \"{secret}\", \"messages\": \"{secret}\"}}"),
        format!("\"{secret}\""),
        format!("{{\"model\": {{\"{secret}\": 1}}}}"),
        format!("{{\"model\": \"{}\", \"messages\": [1], \"n\": \"{secret}\"}}", gateway.plan.name),
        format!("{{\"model\": \"{}\", \"messages\": [1], \"stream\": \"{secret}\"}}", gateway.plan.name),
    ] {
        let call = key.http.post("/v1/chat/completions").header("content-type", "application/json");
        let reply = call.body(body).send().await;
        reply.expect("it is refused").status_in(&[400, 404]);
    }
    let admin = gateway.admin().post("/admin/keys").header("content-type", "application/json");
    admin.body(format!("{{\"name\": \"{secret}")).send().await.expect("it is refused").status(400);
    let token = gateway.admin_token.clone();
    expect_nowhere(&gateway, &[("a question", &secret), ("a wrong key", &wrong), ("the admin token", &token)]);
}

#[tokio::test]
async fn not_when_all_is_well() {
    let mut gateway = Gateway::with(1, |plan| plan.cache_ms = Some(600_000));
    let key = gateway.key().await;
    let (secret, told) = (gateway.random.name(), gateway.random.name());
    gateway.provider().always(completion(&told, (1, 1)));
    let message = json!({"role": "user", "content": secret});
    for _ in 0..2 {
        key.ok(&json!({"model": gateway.plan.name, "messages": [message], "temperature": 0})).await;
    }
    gateway.provider().always(crate::visible::support::stream(&[&told, "!"], (1, 1)));
    let request = json!({"model": gateway.plan.name, "messages": [message]});
    let request: CreateChatCompletionRequest = serde_json::from_value(request).expect("this is a request");
    let mut answer = key.open(request.clone()).await;
    while next_text(&mut answer).await.is_some() {}
    // One that breaks off in the middle.
    let half = crate::visible::support::begin(&[&told]).then(std::time::Duration::ZERO, "data: never");
    gateway.provider().always(half.truncate(crate::visible::support::chunk(&told).len()));
    let mut answer = key.open(request).await;
    while next_text(&mut answer).await.is_some() {}
    let (provider, token) = (gateway.provider().key.clone(), gateway.admin_token.clone());
    let secrets = [
        ("the client's key", key.key.as_str()),
        ("a question", &secret),
        ("an answer", &told),
        ("a provider's key", &provider),
        ("the admin token", &token),
    ];
    expect_nowhere(&gateway, &secrets);
    gateway.program.terminate();
    expect_nowhere(&gateway, &secrets);
}

#[test]
fn not_when_it_cannot_start() {
    let mut random = harness::random();
    let (token, variable) = (random.name(), "NO_SUCH_KEY_25");
    let folder = harness::scratch();
    let file = folder.path().join("llm.toml");
    let config = format!(
        "[[provider]]\nname = \"a\"\nbase_url = \"http://127.0.0.1:1/v1\"\nkey_env = \"{variable}\"\n[[model]]\n\
         name = \"m\"\ninput = 1\noutput = 1\nmax_output = 9\ntargets = [{{ provider = \"a\", model = \"n\" }}]\n"
    );
    std::fs::write(&file, config).expect("a file can be written to a fresh folder");
    let launch = harness::Launch::service().data_dir().arg("--config").arg(file).env("ADMIN_TOKEN", &token);
    let ended = launch.run_to_end();
    expect("a key that is missing is an operational error").eq(ended.code, Some(1));
    expect("the message names the variable").contains(&ended.stderr, variable);
    expect("and no secret").lacks(&ended.stderr, &token);
}
