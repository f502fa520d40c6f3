use crate::visible::support::{
    DONE, Gateway, Plan, all_texts, begin, chunk, completion, next_text, question_to, refusal, shape_of_error, stream,
    until_left, usage_event,
};
use harness::expect;
use harness_net::{Answer, Gate};
use std::time::Duration;

#[tokio::test]
async fn whatever_is_the_providers_fault_goes_to_the_next() {
    let mut gateway = Gateway::with(2, |_| {});
    let key = gateway.key().await;
    for (round, status) in [401, 403, 404, 408, 409, 429, 500, 502, 503, 529, 301].into_iter().enumerate() {
        let (question, answer) = (gateway.question(), gateway.random.name());
        let elsewhere = format!("{}/v1/elsewhere", gateway.providers[1].upstream.url());
        gateway.providers[0].always(refusal(status, "not me").header("location", &elsewhere));
        gateway.providers[1].always(completion(&answer, (1, 1)));
        let reply = key.ok(&question).await;
        let requirement = format!("after {status} the second provider answers");
        reply.expect(requirement).json_at("/choices/0/message/content", answer);
        let asked = gateway.providers[1].last();
        expect("by its own path").eq(asked.target.as_str(), "/v1/chat/completions");
        expect("for its own model").eq(asked.json()["model"].as_str(), Some(gateway.plan.targets[1].1.as_str()));
        for provider in &gateway.providers {
            provider.expect_asked("each is asked once for a call", round + 1);
        }
    }
}

#[tokio::test]
async fn what_is_the_clients_fault_does_not() {
    let mut gateway = Gateway::with(2, |_| {});
    let (key, question) = (gateway.key().await, gateway.question());
    for status in [400, 413, 422] {
        gateway.providers[0].always(refusal(status, "not you"));
        let reply = key.ask(&question).send().await;
        reply.expect("others would say the same").status(status).json_at("/error/message", "not you");
    }
    gateway.providers[1].expect_asked("nobody else is asked", 0);
}

#[tokio::test]
async fn a_stream_goes_to_the_next_as_well() {
    let mut gateway = Gateway::with(3, |_| {});
    let (key, counts) = (gateway.key().await, gateway.counts());
    gateway.providers[0].always(refusal(500, "no"));
    gateway.providers[1].upstream.refuse();
    gateway.providers[2].always(stream(&["from ", "the third"], counts));
    let mut answer = key.open(question_to(&gateway.plan.name, "Who?")).await;
    let texts = ["from ", "the third"].map(|text| Ok(text.to_owned())).to_vec();
    expect("the third one's stream").eq(all_texts(&mut answer).await, texts);
    expect("is charged").eq(key.numbers().await, (gateway.plan.price(counts), 0));
}

/// A gateway whose providers may take so many milliseconds to begin.
fn impatient(providers: usize, ms: u64) -> (Gateway, Duration) {
    let time = harness::timeout(Duration::from_millis(ms));
    let mut random = harness::random();
    let plan = Plan::random(&mut random, providers);
    let ms = u64::try_from(time.as_millis()).expect("this is a small number");
    (Gateway::serving(random, providers, vec![plan], ms), time)
}

#[tokio::test]
async fn who_is_silent_is_given_up() {
    let (mut gateway, _) = impatient(2, 500);
    let key = gateway.key().await;
    gateway.providers[0].always(completion("too late", (1, 1)).behind(&Gate::shut()));
    let (whole, stream) = (gateway.question(), gateway.stream_question());
    let calls = [whole, stream].map(|question| tokio::spawn(key.ask(&question).send()));
    for call in calls {
        let reply = call.await.expect("the call comes to an end");
        reply.expect("the second one answers").status(200).contains("ne");
    }
    until_left(&gateway.providers[0], 2).await;
}

#[tokio::test]
async fn a_stream_may_last_longer_than_its_beginning() {
    let (mut gateway, time) = impatient(1, 500);
    let key = gateway.key().await;
    let answer = begin(&["a"]).then(time.mul_f64(0.6), chunk("b")).then(time.mul_f64(0.6), chunk("c"));
    gateway.provider().always(answer.then(Duration::ZERO, usage_event((1, 3)) + DONE));
    let mut answer = key.open(question_to(&gateway.plan.name, "Spell, please")).await;
    let expected = ["a", "b", "c"].map(|text| Ok(text.to_owned())).to_vec();
    expect("timeout_ms is for the beginning only").eq(all_texts(&mut answer).await, expected);
}

#[tokio::test]
async fn a_whole_answer_that_breaks_off_is_502() {
    let mut gateway = Gateway::with(2, |_| {});
    let (key, question) = (gateway.key().await, gateway.question());
    gateway.providers[0].always(completion("half an answer", (1, 1)).truncate(40));
    let reply = key.ask(&question).send().await;
    shape_of_error("half an answer is none", &reply, 502, "server_error", Some("no_provider"));
    gateway.providers[1].expect_asked("and no reason to ask twice", 0);
    let most = gateway.plan.most(&question, 1, gateway.plan.max_output);
    expect("the provider has worked: all that was reserved is charged").eq(key.numbers().await, (most, 0));
}

#[tokio::test]
async fn a_head_is_a_beginning() {
    let mut gateway = Gateway::with(2, |_| {});
    let (key, gate) = (gateway.key().await, Gate::shut());
    gateway.providers[0].always(begin(&[]).then_behind(&gate, chunk("never")).truncate(0));
    let question = gateway.stream_question();
    let mut answer = key.open(question_to(&gateway.plan.name, "Anybody?")).await;
    gate.open();
    let rest = all_texts(&mut answer).await;
    expect("a stream that breaks off is an error").that(matches!(&rest[..], [Err(_)]), format!("{rest:?}"));
    gateway.providers[1].expect_asked("nobody else is asked", 0);
    let reply = key.ask(&question).try_send().await;
    expect("also for others than that client").that(reply.is_err(), format!("{reply:?}"));
}

#[tokio::test]
async fn a_stream_that_breaks_off_after_its_usage_has_a_price() {
    let mut gateway = Gateway::with(2, |_| {});
    let (key, counts, gate) = (gateway.key().await, gateway.counts(), Gate::shut());
    let sent = chunk("nearly") + &usage_event(counts);
    let answer = Answer::new(200, sent.clone()).header("content-type", "text/event-stream");
    gateway.providers[0].always(answer.then_behind(&gate, "data: [DONE]\n\n").truncate(sent.len()));
    let mut answer = key.open(question_to(&gateway.plan.name, "Done?")).await;
    expect("it begins").eq(next_text(&mut answer).await, Some(Ok("nearly".to_owned())));
    gate.open();
    let rest = all_texts(&mut answer).await;
    expect("it breaks off").that(matches!(&rest[..], [Err(_)]), format!("{rest:?}"));
    key.until_spent("the usage was there", gateway.plan.price(counts)).await;
    gateway.providers[1].expect_asked("nobody else is asked", 0);
}

#[tokio::test]
async fn a_stream_that_breaks_off_before_its_usage_costs_all() {
    let mut gateway = Gateway::start();
    let (key, question) = (gateway.key().await, gateway.stream_question());
    let whole = begin(&["half"]).then(Duration::ZERO, chunk("more"));
    gateway.provider().always(whole.truncate(chunk("half").len() + 5));
    let reply = key.ask(&question).try_send().await;
    expect("it breaks off").that(reply.is_err(), format!("{reply:?}"));
    let most = gateway.plan.most(&question, 1, gateway.plan.max_output);
    key.until_spent("all that was reserved is charged", most).await;
}

#[tokio::test]
async fn when_nobody_is_left_it_is_502() {
    let mut gateway = Gateway::with(3, |_| {});
    let key = gateway.key().await;
    gateway.providers[0].always(refusal(429, "slowly"));
    gateway.providers[1].upstream.refuse();
    gateway.providers[2].always(refusal(401, "who are you?"));
    for question in [gateway.question(), gateway.stream_question()] {
        let reply = key.ask(&question).send().await;
        shape_of_error("nobody answers", &reply, 502, "server_error", Some("no_provider"));
    }
    expect("which costs nothing").eq(key.numbers().await, (0, 0));
    // And it is forgotten: the next call begins with the first one again.
    gateway.providers[0].always(completion("awake", (1, 1)));
    let question = gateway.question();
    key.ok(&question).await.expect("the first one answers").json_at("/choices/0/message/content", "awake");
}
