use crate::visible::support::{Gateway, completion, refusal, shape_of_error};
use harness::expect;
use harness_net::{Answer, Http};
use serde_json::json;

const WRONG: &str = "invalid_request_error";

#[tokio::test]
async fn the_answer_stays_byte_by_byte() {
    let mut gateway = Gateway::start();
    let (key, question, word) = (gateway.key().await, gateway.question(), gateway.random.unicode(20));
    let text = serde_json::to_string(&word).expect("a text is JSON");
    let body = format!(
        "{{\n  \"new_in_2031\" : 1.50, \"id\":\"x\", \"choices\":[ {{\"text\":{text}}} ],\r\n \
         \"usage\":{{\"prompt_tokens\":2,\"completion_tokens\":3,\"total_tokens\":5,\"extra\":{{}}}} }}\n"
    );
    let answer = Answer::new(200, body.clone()).header("content-type", "application/json; charset=utf-8");
    gateway.provider().always(answer);
    let reply = key.ok(&question).await;
    reply.expect("a body stays as it is").body(&body).header("content-type", "application/json; charset=utf-8");
    expect("and is read all the same").eq(key.numbers().await, (gateway.plan.price((2, 3)), 0));
}

#[tokio::test]
async fn the_request_stays_but_for_what_the_page_says() {
    let mut gateway = Gateway::start();
    let (key, mut question) = (gateway.key().await, gateway.question());
    let tool = json!({"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}});
    question["tools"] = json!([tool]);
    question["temperature"] = json!(0.7);
    question["seed"] = json!(-9_007_199_254_740_993_i64);
    question["user"] = json!(gateway.random.unicode(10));
    question["stop"] = json!(null);
    question["new_in_2031"] = json!({"deep": [1, {"er": true}]});
    key.ask(&question).header("x-secret", "of the client").header("cookie", "a=b").send().await;
    let asked = gateway.provider().last();
    let mut expected = question.clone();
    expected["model"] = json!(gateway.plan.targets[0].1);
    expected["max_completion_tokens"] = json!(gateway.plan.max_output);
    expect("model and limit are set, and everything else is the client's").eq(asked.json(), expected);
    for name in ["x-secret", "cookie"] {
        expect("no header of the client goes on").eq(asked.header(name), None);
    }
    let headers = format!("{:?}", asked.headers);
    expect("above all not its key").lacks(&headers, &key.key);
}

#[tokio::test]
async fn a_limit_of_the_client_stays() {
    let mut gateway = Gateway::start();
    let key = gateway.key().await;
    for name in ["max_tokens", "max_completion_tokens"] {
        let mut question = gateway.question();
        question[name] = json!(gateway.random.between(1..=gateway.plan.max_output));
        key.ok(&question).await;
        let asked = gateway.provider().last().json();
        expect("the limit is the client's").eq(&asked[name], &question[name]);
        let other = if name == "max_tokens" { "max_completion_tokens" } else { "max_tokens" };
        expect("and there is no other").eq(asked.get(other), None);
    }
    let mut question = gateway.question();
    question["max_tokens"] = json!(null);
    key.ok(&question).await;
    let asked = gateway.provider().last().json();
    expect("null is as good as absent").eq(&asked["max_completion_tokens"], &json!(gateway.plan.max_output));
}

#[tokio::test]
async fn a_refusal_is_the_providers() {
    let mut gateway = Gateway::start();
    let (key, question) = (gateway.key().await, gateway.question());
    for status in [400, 413, 422] {
        let message = gateway.random.words(4);
        gateway.provider().always(refusal(status, &message));
        let reply = key.ask(&question).send().await;
        reply.expect("the client gets to know what is wrong").status(status).json_at("/error/message", message);
        reply.expect("in the provider's words").json_at("/error/code", "no");
    }
}

#[tokio::test]
async fn wrong_requests_do_not_get_to_a_provider() {
    let mut gateway = Gateway::start();
    let key = gateway.key().await;
    let too_many = gateway.plan.max_output + 1;
    for (field, value) in [
        ("messages", json!(null)),
        ("messages", json!([])),
        ("messages", json!("hello")),
        ("stream", json!("yes")),
        ("n", json!(0)),
        ("n", json!(129)),
        ("n", json!("2")),
        ("max_tokens", json!(0)),
        ("max_tokens", json!(too_many)),
        ("max_completion_tokens", json!(too_many)),
        ("max_completion_tokens", json!(1.5)),
        ("model", json!(7)),
        ("model", json!(null)),
    ] {
        let mut question = gateway.question();
        question[field] = value;
        let reply = key.ask(&question).send().await;
        shape_of_error(&format!("{question} is wrong"), &reply, 400, WRONG, None);
        reply.expect("param names the field").json_at("/error/param", field);
    }
    let reply = key.post("/v1/embeddings", &json!({"model": gateway.plan.name})).send().await;
    shape_of_error("without an input there is no vector", &reply, 400, WRONG, None);
    reply.expect("param names the field").json_at("/error/param", "input");
    let mut question = gateway.question();
    question["model"] = json!(gateway.random.name());
    let reply = key.ask(&question).send().await;
    shape_of_error("a model has to be in the config", &reply, 404, WRONG, Some("model_not_found"));
    gateway.provider().expect_asked("nothing of this gets to a provider", 0);
    expect("and nothing is charged").eq(key.numbers().await, (0, 0));
}

#[tokio::test]
async fn what_is_no_request_is_an_error_of_this_form() {
    let mut gateway = Gateway::start();
    let (key, question) = (gateway.key().await, gateway.question());
    let path = "/v1/chat/completions";
    let json = "application/json";
    for body in ["{", "", "[]", "7", "{\"model\":\"\u{7f}\"}}"] {
        let reply = key.http.post(path).header("content-type", json).body(body).send().await;
        shape_of_error("what is no JSON object is refused", &reply, 400, WRONG, None);
    }
    let reply = key.http.post(path).header("content-type", "text/plain").body(question.to_string()).send().await;
    shape_of_error("the body has to be JSON by its type, too", &reply, 415, WRONG, None);
    let reply = key.http.get(path).send().await;
    shape_of_error("a chat is a POST", &reply, 405, WRONG, None);
    let reply = key.http.post("/v1/chat/conclusions").json(&question).send().await;
    shape_of_error("an unknown path", &reply, 404, WRONG, None);
}

#[tokio::test]
async fn a_body_has_a_limit() {
    let mut gateway = Gateway::start();
    let (key, mut question) = (gateway.key().await, gateway.question());
    question["messages"][0]["content"] = json!("x".repeat((4 << 20) - 300));
    key.ok(&question).await;
    question["messages"][0]["content"] = json!("x".repeat(4 << 20));
    // Whoever refuses early may close the connection while the client still writes.
    if let Ok(reply) = key.ask(&question).try_send().await {
        shape_of_error("more than 4 MiB is too much", &reply, 413, WRONG, None);
    }
    gateway.provider().expect_asked("and does not get to a provider", 1);
}

#[tokio::test]
async fn models_have_their_own_providers() {
    let mut random = harness::random();
    let mut plans = [0, 1, 2].map(|_| crate::visible::support::Plan::random(&mut random, 1)).to_vec();
    for (number, plan) in plans.iter_mut().enumerate() {
        plan.targets[0].0 = number;
    }
    let mut gateway = Gateway::serving(random, 3, plans.clone(), 60_000);
    let key = gateway.key().await;
    let mut spent = 0;
    for (number, plan) in plans.iter().enumerate() {
        let counts = gateway.counts();
        gateway.providers[number].always(completion(&number.to_string(), counts));
        let question = json!({"model": plan.name, "messages": [{"role": "user", "content": "who are you?"}]});
        let reply = key.ok(&question).await;
        reply.expect("it is the model's provider").json_at("/choices/0/message/content", number.to_string());
        let asked = gateway.providers[number].last();
        let bearer = format!("Bearer {}", gateway.providers[number].key);
        expect("which gets its own key").eq(asked.header("authorization"), Some(bearer.as_str()));
        spent += plan.price(counts);
        expect("and has its own price").eq(key.numbers().await, (spent, 0));
    }
}

#[tokio::test]
async fn a_provider_may_have_no_key() {
    let mut random = harness::random();
    let provider = crate::visible::support::Provider::start(&mut random);
    let folder = harness::scratch();
    let file = folder.path().join("llm.toml");
    let config = format!(
        "[[provider]]\nname = \"open\"\nbase_url = \"{}/v1/\"\n[[model]]\nname = \"m\"\ninput = 1\noutput = 1\n\
         max_output = 9\ntargets = [{{ provider = \"open\", model = \"n\" }}]\n",
        provider.upstream.url()
    );
    std::fs::write(&file, config).expect("a file can be written to a fresh folder");
    let launch = harness::Launch::service().data_dir().arg("--config").arg(file).env("ADMIN_TOKEN", "open sesame");
    let program = launch.start();
    let admin = Http::to(&program).always("authorization", "Bearer open sesame");
    let made = admin.post("/admin/keys").json(&json!({"name": "me", "budget": 1_000_000})).send().await;
    let http = Http::to(&program).always("authorization", &format!("Bearer {}", made.text_at("/key")));
    let question = json!({"model": "m", "messages": [{"role": "user", "content": "hello"}]});
    let reply = http.post("/v1/chat/completions").json(&question).send().await;
    reply.expect("a call without a provider's key is answered").status(200);
    expect("no key is sent").eq(provider.last().header("authorization"), None);
}
