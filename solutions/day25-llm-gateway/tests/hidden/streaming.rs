use crate::visible::support::{DONE, Gateway, begin, chunk, event, refusal, stream, usage, usage_event};
use harness::expect;
use harness_net::Answer;
use serde_json::json;
use std::time::Duration;

const SSE: &str = "text/event-stream";

#[tokio::test]
async fn events_stay_as_they_are() {
    let mut gateway = Gateway::start();
    let (key, question, word) = (gateway.key().await, gateway.stream_question(), gateway.random.unicode(9));
    let before = format!(
        ": a comment\n\nevent: message\nid: 7\nretry: 10\ndata:{{\"choices\":[{{\"delta\":{{}}}}]}}\n\n{}data: not JSON\n\n\
         data: {{\"choices\":[],\"prompt_filter_results\":[]}}\n\n",
        chunk(&word)
    );
    let all = format!("{before}{}{DONE}", usage_event((2, 2)));
    let answer = Answer::new(200, all).header("content-type", "text/event-stream; charset=utf-8");
    gateway.provider().always(answer);
    let reply = key.ok(&question).await;
    let expected = format!("{before}{DONE}");
    reply.expect("events stay as they are, and only the one with the usage is left out").body(expected);
    reply.expect("and so does their type").header("content-type", "text/event-stream; charset=utf-8");
}

#[tokio::test]
async fn lines_may_end_as_on_windows() {
    let mut gateway = Gateway::start();
    let (key, question, counts) = (gateway.key().await, gateway.stream_question(), gateway.counts());
    let windows = |text: String| text.replace('\n', "\r\n");
    let (words, end) = (windows(chunk("one") + &chunk("two")), windows(DONE.to_owned()));
    let all = format!("{words}{}{end}", windows(usage_event(counts)));
    gateway.provider().always(Answer::new(200, all).header("content-type", SSE));
    let reply = key.ok(&question).await;
    reply.expect("the usage is left out also here").body(words + &end);
    expect("and charged").eq(key.numbers().await, (gateway.plan.price(counts), 0));
}

#[tokio::test]
async fn who_asks_for_the_usage_gets_it() {
    let mut gateway = Gateway::start();
    let (key, mut question, counts) = (gateway.key().await, gateway.stream_question(), gateway.counts());
    gateway.provider().always(stream(&["one"], counts));
    question["stream_options"] = json!({"include_usage": true, "include_obfuscation": false});
    let reply = key.ok(&question).await;
    reply.expect("the usage is there").body(chunk("one") + &usage_event(counts) + DONE);
    let asked = gateway.provider().last().json();
    expect("other options stay").eq(&asked["stream_options"], &question["stream_options"]);
    for options in [json!({"include_usage": false}), json!({}), json!(null)] {
        question["stream_options"] = options;
        let reply = key.ok(&question).await;
        reply.expect("and it is not, for who does not").body(chunk("one") + DONE);
        let asked = gateway.provider().last().json();
        expect("though the provider is asked for it").eq(&asked["stream_options"]["include_usage"], &json!(true));
    }
}

#[tokio::test]
async fn usage_in_an_event_with_choices_goes_on() {
    let mut gateway = Gateway::start();
    let (key, question) = (gateway.key().await, gateway.stream_question());
    // Some providers count in every event. The last one is right.
    let counting =
        |count| event(&json!({"choices": [{"index": 0, "delta": {"content": "x"}}], "usage": usage((5, count))}));
    let all = counting(1) + &counting(2) + &counting(3) + DONE;
    gateway.provider().always(Answer::new(200, all.clone()).header("content-type", SSE));
    key.ok(&question).await.expect("an event with choices goes on").body(all);
    expect("the last usage is charged").eq(key.numbers().await, (gateway.plan.price((5, 3)), 0));
}

#[tokio::test]
async fn a_stream_without_usage_costs_what_was_reserved() {
    let mut gateway = Gateway::start();
    let (key, mut question) = (gateway.key().await, gateway.stream_question());
    question["max_tokens"] = json!(gateway.random.between(1..=gateway.plan.max_output));
    gateway.provider().always(begin(&["one"]).then(Duration::ZERO, DONE));
    key.ok(&question).await;
    let limit = question["max_tokens"].as_i64().unwrap_or(0);
    expect("nobody knows the price").eq(key.numbers().await, (gateway.plan.most(&question, 1, limit), 0));
}

#[tokio::test]
async fn a_refusal_is_no_stream() {
    let mut gateway = Gateway::start();
    let (key, question) = (gateway.key().await, gateway.stream_question());
    gateway.provider().always(refusal(400, "too long"));
    let reply = key.ask(&question).send().await;
    reply.expect("a request that is wrong is refused").status(400).json_at("/error/message", "too long");
    expect("and costs nothing").eq(key.numbers().await, (0, 0));
}

#[tokio::test]
async fn the_end_is_charged_before_it_is_seen() {
    let mut gateway = Gateway::start();
    let key = gateway.key().await;
    let mut spent = 0;
    for _ in 0..5 {
        let (question, counts) = (gateway.stream_question(), gateway.counts());
        gateway.provider().always(stream(&["one"], counts));
        let mut answer = key.ask(&question).stream().await.expect("a stream begins");
        let mut seen = Vec::new();
        while !String::from_utf8_lossy(&seen).contains("[DONE]") {
            let piece = harness_net::within("the end comes", Duration::from_secs(10), answer.chunk()).await;
            seen.extend(piece.ok().flatten().expect("the stream has an end"));
        }
        spent += gateway.plan.price(counts);
        expect("who sees [DONE] has paid").eq(key.numbers().await, (spent, 0));
    }
}
