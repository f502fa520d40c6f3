use crate::visible::support::{Gateway, Key, SOON, completion, refusal, until_asked, until_left};
use harness::expect;
use harness_net::{Gate, Reply, eventually, together};
use serde_json::{Value, json};

fn start() -> Gateway {
    Gateway::with(1, |plan| plan.cache_ms = Some(600_000))
}

fn cold(gateway: &mut Gateway) -> Value {
    let mut question = gateway.question();
    question["temperature"] = json!(0);
    question
}

fn is_hit(reply: &Reply) -> bool {
    reply.header("cache-status") == Some("gateway; hit")
}

/// Fifty calls that run at once.
fn fifty(key: &Key, question: &Value) -> tokio::task::JoinHandle<Vec<Reply>> {
    let (key, question) = (key.clone(), question.clone());
    tokio::spawn(together(50, move |_| key.ask(&question).send()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_one_asks() {
    let mut gateway = start();
    let (key, question, counts, gate) = (gateway.key().await, cold(&mut gateway), gateway.counts(), Gate::shut());
    gateway.provider().always(completion("the same", counts).behind(&gate));
    let calls = fifty(&key, &question);
    until_asked(gateway.provider(), 1).await;
    let most = gateway.plan.most(&question, 1, gateway.plan.max_output);
    expect("who waits reserves nothing").eq(key.numbers().await, (0, most));
    gate.open();
    let replies = calls.await.expect("the calls come to an end");
    for reply in &replies {
        reply.expect("all get the same answer").status(200).body(&replies[0].body);
    }
    expect("one of them has asked").eq(replies.iter().filter(|reply| !is_hit(reply)).count(), 1);
    gateway.provider().expect_asked("the provider was asked once", 1);
    expect("and one call is charged").eq(key.numbers().await, (gateway.plan.price(counts), 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_is_not_for_all() {
    let mut gateway = start();
    let (key, question, gate) = (gateway.key().await, cold(&mut gateway), Gate::shut());
    gateway.provider().upstream.next(refusal(500, "not now").behind(&gate));
    gateway.provider().always(completion("now", (1, 1)));
    let calls = fifty(&key, &question);
    until_asked(gateway.provider(), 1).await;
    gate.open();
    let replies = calls.await.expect("the calls come to an end");
    let failed = replies.iter().filter(|reply| reply.status == 502).count();
    expect("who has asked in vain is told so, and nobody else").eq(failed, 1);
    gateway.provider().expect_asked("the next one has asked for all others", 2);
}

#[tokio::test]
async fn who_leaves_leaves_it_to_the_next() {
    let mut gateway = start();
    let (key, question) = (gateway.key().await, cold(&mut gateway));
    gateway.provider().upstream.next(completion("never", (1, 1)).behind(&Gate::shut()));
    gateway.provider().always(completion("now", (1, 1)));
    let first = tokio::spawn(key.ask(&question).try_send());
    until_asked(gateway.provider(), 1).await;
    let second = tokio::spawn(key.ask(&question).send());
    first.abort();
    until_left(gateway.provider(), 1).await;
    let reply = harness_net::within("the second one asks itself", SOON, second).await;
    let reply = reply.expect("the call comes to an end");
    reply.expect("and is answered").status(200).json_at("/choices/0/message/content", "now");
}

#[tokio::test]
async fn the_order_of_members_makes_no_difference() {
    let mut gateway = start();
    let key = gateway.key().await;
    let (model, word) = (gateway.plan.name.clone(), gateway.random.word());
    let call =
        |body: String| key.http.post("/v1/chat/completions").header("content-type", "application/json").body(body);
    let one = format!(
        "{{\"model\":\"{model}\",\"messages\":[{{\"role\":\"user\",\"content\":\"{word}\"}}],\"temperature\":0}}"
    );
    let same = format!(
        "{{ \"temperature\": 0, \"messages\": [{{\"content\": \"{word}\", \"role\": \"user\"}}], \"model\": \"{model}\" }}"
    );
    expect("the first one asks").eq(is_hit(&call(one).send().await), false);
    expect("another order is the same question").eq(is_hit(&call(same).send().await), true);
    gateway.provider().expect_asked("so the provider was asked once", 1);
}

#[tokio::test]
async fn what_differs_is_another_question() {
    let mut gateway = start();
    let (key, other, question) = (gateway.key().await, gateway.key().await, cold(&mut gateway));
    key.ok(&question).await;
    let reply = other.ok(&question).await;
    expect("what one key has asked is no other's business").eq(is_hit(&reply), false);
    for (name, value) in [
        ("seed", json!(7)),
        ("max_tokens", json!(7)),
        ("user", json!("somebody else")),
        ("messages", json!([{"role": "system", "content": question["messages"][0]["content"]}])),
    ] {
        let mut changed = question.clone();
        changed[name] = value;
        expect(format!("another {name} is another question")).eq(is_hit(&key.ok(&changed).await), false);
        expect("the same is not").eq(is_hit(&key.ok(&changed).await), true);
    }
    expect("the first answer is still there").eq(is_hit(&key.ok(&question).await), true);
}

#[tokio::test]
async fn only_what_does_not_change_is_remembered() {
    let mut gateway = start();
    let key = gateway.key().await;
    for (name, value) in [("temperature", json!(0.1)), ("temperature", json!(null)), ("stream", json!(true))] {
        let mut question = cold(&mut gateway);
        question[name] = value;
        for _ in 0..2 {
            let reply = key.ok(&question).await;
            expect(format!("with this {name} every call is its own")).eq(is_hit(&reply), false);
        }
    }
    gateway.provider().expect_asked("the provider was asked each time", 6);
    let text = json!({"model": gateway.plan.name, "input": gateway.random.words(3)});
    for expected in [false, true] {
        let reply = key.post("/v1/embeddings", &text).send().await;
        reply.expect("a text becomes a vector").status(200);
        expect("vectors are remembered at any temperature").eq(is_hit(&reply), expected);
    }
    let question = cold(&mut gateway);
    for status in [400, 422] {
        gateway.provider().always(refusal(status, "no"));
        key.ask(&question).send().await.expect("a refusal is not remembered").status(status);
    }
}

#[tokio::test]
async fn a_model_without_it_remembers_nothing() {
    let mut gateway = Gateway::start();
    let (key, question) = (gateway.key().await, cold(&mut gateway));
    for _ in 0..2 {
        expect("cache_ms is not set").eq(is_hit(&key.ok(&question).await), false);
    }
}

#[tokio::test]
async fn it_is_forgotten_in_time() {
    let mut gateway = Gateway::with(1, |plan| plan.cache_ms = Some(200));
    let (key, question) = (gateway.key().await, cold(&mut gateway));
    key.ok(&question).await;
    eventually("after cache_ms the provider is asked again", SOON, || async {
        key.ok(&question).await;
        (gateway.provider().upstream.count() == 2).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_empty_purse_still_gets_what_is_there() {
    let mut gateway = start();
    let question = cold(&mut gateway);
    let most = gateway.plan.most(&question, 1, gateway.plan.max_output);
    let key = gateway.key_with(most).await;
    gateway.provider().always(completion("yes", (1, 1)));
    key.ok(&question).await;
    let mut other = question.clone();
    other["seed"] = json!(1);
    key.ask(&other).send().await.expect("there is not enough for another question").status(429);
    expect("but what is remembered costs nothing").eq(is_hit(&key.ok(&question).await), true);
}
