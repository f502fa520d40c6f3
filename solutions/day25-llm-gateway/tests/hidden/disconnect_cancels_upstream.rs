use crate::visible::support::{
    Gateway, SOON, begin, chunk, completion, gated, next_text, question_to, until_asked, until_left, usage_event,
};
use harness::expect;
use harness_net::{Gate, within};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn also_with_the_client_that_people_use() {
    let mut gateway = Gateway::start();
    let (key, gate) = (gateway.key().await, Gate::shut());
    gateway.provider().always(begin(&["one", "two"]).then_behind(&gate, chunk("three")));
    let mut answer = key.open(question_to(&gateway.plan.name, "Count")).await;
    for text in ["one", "two"] {
        expect("it begins").eq(next_text(&mut answer).await, Some(Ok(text.to_owned())));
    }
    drop(answer);
    until_left(gateway.provider(), 1).await;
}

#[tokio::test]
async fn also_before_the_answer_begins() {
    let mut gateway = Gateway::start();
    let key = gateway.key().await;
    let mut most = 0;
    for (number, question) in [gateway.question(), gateway.stream_question()].into_iter().enumerate() {
        gateway.provider().always(completion("never", (1, 1)).behind(&Gate::shut()));
        let call = tokio::spawn(key.ask(&question).try_send());
        until_asked(gateway.provider(), number + 1).await;
        call.abort();
        until_left(gateway.provider(), number + 1).await;
        most += gateway.plan.most(&question, 1, gateway.plan.max_output);
        key.until_spent("the provider may have worked: all that was reserved is charged", most).await;
    }
}

#[tokio::test]
async fn also_in_the_middle_of_a_whole_answer() {
    let mut gateway = Gateway::start();
    let (key, question, gate) = (gateway.key().await, gateway.question(), Gate::shut());
    let answer = harness_net::Answer::new(200, "{\"choices\":").header("content-type", "application/json");
    gateway.provider().always(answer.then_behind(&gate, "[]}"));
    let call = tokio::spawn(key.ask(&question).try_send());
    until_asked(gateway.provider(), 1).await;
    call.abort();
    until_left(gateway.provider(), 1).await;
    let most = gateway.plan.most(&question, 1, gateway.plan.max_output);
    key.until_spent("all that was reserved is charged", most).await;
}

#[tokio::test]
async fn who_has_seen_the_usage_pays_by_it() {
    let mut gateway = Gateway::start();
    let (key, mut question, counts) = (gateway.key().await, gateway.stream_question(), gateway.counts());
    question["stream_options"] = json!({"include_usage": true});
    let gate = Gate::shut();
    let answer = begin(&["one"]).then(Duration::ZERO, usage_event(counts));
    gateway.provider().always(answer.then_behind(&gate, "data: [DONE]\n\n"));
    let mut answer = key.ask(&question).stream().await.expect("a stream begins");
    let (mut seen, usage) = (String::new(), usage_event(counts));
    while !seen.contains(&usage) {
        let piece = within("the usage comes", SOON, answer.chunk()).await;
        seen += &String::from_utf8_lossy(&piece.ok().flatten().expect("the stream goes on"));
    }
    drop(answer);
    until_left(gateway.provider(), 1).await;
    key.until_spent("the price was known", gateway.plan.price(counts)).await;
}

#[tokio::test]
async fn others_stay() {
    let mut gateway = Gateway::start();
    let key = gateway.key().await;
    let gates = [Gate::shut(), Gate::shut()];
    gates[0].open();
    gateway.provider().always(gated(&["one", "two"], (1, 2), &gates));
    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut answer = key.open(question_to(&gateway.plan.name, "Count")).await;
        expect("it begins").eq(next_text(&mut answer).await, Some(Ok("one".to_owned())));
        streams.push(answer);
    }
    drop(streams.remove(1));
    until_left(gateway.provider(), 1).await;
    gates[1].open();
    for mut answer in streams {
        expect("the other streams go on").eq(next_text(&mut answer).await, Some(Ok("two".to_owned())));
        expect("to their end").eq(next_text(&mut answer).await, None);
    }
    expect("nobody else was left").eq(gateway.provider().upstream.abandoned(), 1);
}

#[tokio::test]
async fn the_next_provider_is_not_asked_for_who_has_left() {
    let mut gateway = Gateway::with(2, |_| {});
    let (key, question, gate) = (gateway.key().await, gateway.question(), Gate::shut());
    gateway.providers[0].always(crate::visible::support::refusal(503, "no").behind(&gate));
    let call = tokio::spawn(key.ask(&question).try_send());
    until_asked(&gateway.providers[0], 1).await;
    call.abort();
    until_left(&gateway.providers[0], 1).await;
    gate.open();
    let most = gateway.plan.most(&question, 1, gateway.plan.max_output);
    key.until_spent("the call is over", most).await;
    gateway.providers[1].expect_asked("and nobody asks for it", 0);
}
