use crate::visible::support::{
    Gateway, SOON, all_texts, completion, embedding, gated, question_to, refusal, shape_of_error, until_asked,
};
use harness::expect;
use harness_net::{Answer, Gate, eventually, together};
use serde_json::json;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

const QUOTA: &str = "insufficient_quota";

#[tokio::test]
async fn the_last_micro_cent_counts() {
    let mut gateway = Gateway::start();
    let (question, counts) = (gateway.question(), gateway.counts());
    let most = gateway.plan.most(&question, 1, gateway.plan.max_output);
    gateway.provider().always(completion("yes", counts));
    let poor = gateway.key_with(most - 1).await;
    let reply = poor.ask(&question).send().await;
    shape_of_error("one micro-cent is missing", &reply, 429, QUOTA, Some(QUOTA));
    expect("who is refused owes nothing").eq(poor.numbers().await, (0, 0));
    let price = gateway.plan.price(counts);
    let key = gateway.key_with(most + price).await;
    key.ok(&question).await;
    key.ok(&question).await;
    let reply = key.ask(&question).send().await;
    shape_of_error("what is spent is spent", &reply, 429, QUOTA, Some(QUOTA));
    expect("two calls are charged").eq(key.numbers().await, (2 * price, 0));
    gateway.provider().expect_asked("and were made", 2);
}

#[tokio::test]
async fn what_is_reserved_is_what_the_page_says() {
    let mut gateway = Gateway::start();
    let key = gateway.key().await;
    let (small, large) = (gateway.random.between(1..=100), gateway.random.between(101..=300));
    let changes = [
        (json!({}), 1, gateway.plan.max_output),
        (json!({"max_tokens": small}), 1, small),
        (json!({"max_completion_tokens": large, "max_tokens": small}), 1, large),
        (json!({"max_completion_tokens": small, "max_tokens": large, "n": 3}), 3, large),
        (json!({"n": 128}), 128, gateway.plan.max_output),
    ];
    for (number, (change, choices, limit)) in changes.into_iter().enumerate() {
        let mut question = gateway.question();
        question["messages"][0]["content"] = json!(gateway.random.unicode(50));
        for (name, value) in change.as_object().into_iter().flatten() {
            question[name] = value.clone();
        }
        let gate = Gate::shut();
        gateway.provider().always(completion("yes", (0, 0)).behind(&gate));
        let call = tokio::spawn(key.ask(&question).send());
        until_asked(gateway.provider(), number + 1).await;
        let most = gateway.plan.most(&question, choices, limit);
        expect(format!("the most that {question} can cost is reserved")).eq(key.numbers().await, (0, most));
        gate.open();
        call.await.expect("the call comes to an end");
    }
}

#[tokio::test]
async fn a_vector_reserves_its_text() {
    let mut gateway = Gateway::start();
    let request = json!({"model": gateway.plan.name, "input": [gateway.random.unicode(30), "x"]});
    let most = gateway.plan.prompt(&request);
    let poor = gateway.key_with(most - 1).await;
    let reply = poor.post("/v1/embeddings", &request).send().await;
    shape_of_error("one micro-cent is missing", &reply, 429, QUOTA, Some(QUOTA));
    let key = gateway.key_with(most).await;
    gateway.provider().always(embedding(1));
    key.post("/v1/embeddings", &request).send().await.expect("it is enough").status(200);
    expect("a vector costs what its text costs").eq(key.numbers().await, (gateway.plan.input, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_do_not_overspend() {
    let mut gateway = Gateway::start();
    let (question, counts) = (gateway.stream_question(), gateway.counts());
    let covered = gateway.random.between(2..=9);
    let most = gateway.plan.most(&question, 1, gateway.plan.max_output);
    let key = gateway.key_with(most * covered + most - 1).await;
    let gates = [Gate::shut(), Gate::shut()];
    gateway.provider().always(gated(&["yes"], counts, &gates));
    gates[0].open();
    let refused = Arc::<AtomicUsize>::default();
    let calls = tokio::spawn({
        let (key, refused) = (key.clone(), Arc::clone(&refused));
        together(50, move |_| {
            let (call, refused) = (key.ask(&question), Arc::clone(&refused));
            async move {
                let reply = call.try_send().await.ok()?;
                Some(refused.fetch_add(usize::from(reply.status == 429), Ordering::SeqCst))
            }
        })
    });
    eventually("each of 50 calls is refused, or gets to a provider", SOON, || async {
        (refused.load(Ordering::SeqCst) + gateway.provider().upstream.count() == 50).then_some(())
    })
    .await;
    let begun = i64::try_from(gateway.provider().upstream.count()).expect("there are 50 at most");
    expect("a stream holds its reservation until its end").eq(begun, covered);
    expect("nothing is charged yet").eq(key.numbers().await, (0, most * covered));
    gates[1].open();
    calls.await.expect("the calls come to an end");
    expect("all streams are charged").eq(key.numbers().await, (covered * gateway.plan.price(counts), 0));
}

#[tokio::test]
async fn one_budget_is_no_other() {
    let mut gateway = Gateway::start();
    let (question, gate) = (gateway.question(), Gate::shut());
    let most = gateway.plan.most(&question, 1, gateway.plan.max_output);
    let (ada, bob) = (gateway.key_with(most).await, gateway.key_with(most).await);
    gateway.provider().always(completion("yes", (1, 1)).behind(&gate));
    let call = tokio::spawn(ada.ask(&question).send());
    until_asked(gateway.provider(), 1).await;
    let reply = ada.ask(&question).send().await;
    shape_of_error("all of it is reserved", &reply, 429, QUOTA, Some(QUOTA));
    let other = tokio::spawn(bob.ask(&question).send());
    until_asked(gateway.provider(), 2).await;
    gate.open();
    for call in [call, other] {
        call.await.expect("the call comes to an end").expect("both are answered").status(200);
    }
}

#[tokio::test]
async fn a_failure_gives_the_reservation_back() {
    let mut gateway = Gateway::start();
    let question = gateway.question();
    let most = gateway.plan.most(&question, 1, gateway.plan.max_output);
    let key = gateway.key_with(most).await;
    for (status, expected) in [(500, 502), (401, 502), (429, 502), (302, 502), (400, 400), (413, 413), (422, 422)] {
        gateway.provider().always(refusal(status, "no"));
        let reply = key.ask(&question).send().await;
        reply.expect(format!("{status} of the only provider, with all of the budget free again")).status(expected);
        expect("it costs nothing").eq(key.numbers().await, (0, 0));
    }
    gateway.providers[0].upstream.refuse();
    for stream in [false, true] {
        let mut question = question.clone();
        question["stream"] = json!(stream);
        let poor = gateway.key_with(gateway.plan.most(&question, 1, gateway.plan.max_output)).await;
        for _ in 0..2 {
            let reply = poor.ask(&question).send().await;
            shape_of_error("nobody is there", &reply, 502, "server_error", Some("no_provider"));
        }
        expect("it costs nothing").eq(poor.numbers().await, (0, 0));
    }
}

#[tokio::test]
async fn what_the_provider_counts_is_charged() {
    let mut gateway = Gateway::start();
    let question = gateway.question();
    let most = gateway.plan.most(&question, 1, gateway.plan.max_output);
    // It has counted more than anybody could expect.
    let counts = (1_000_000, 1_000_000);
    let key = gateway.key_with(most).await;
    gateway.provider().always(completion("yes", counts));
    key.ok(&question).await;
    expect("also when that is more than was reserved").eq(key.numbers().await, (gateway.plan.price(counts), 0));
    let reply = key.ask(&question).send().await;
    shape_of_error("then there is nothing left", &reply, 429, QUOTA, Some(QUOTA));
}

#[tokio::test]
async fn without_a_usage_all_is_charged() {
    let mut gateway = Gateway::start();
    let (key, mut spent) = (gateway.key().await, 0);
    for body in ["{\"choices\":[]}", "{\"choices\":[],\"usage\":null}", "{\"usage\":{\"total_tokens\":1}}", "hello"] {
        let question = gateway.question();
        gateway.provider().always(Answer::new(200, body).header("content-type", "application/json"));
        key.ok(&question).await.expect("the answer stays as it is").body(body);
        spent += gateway.plan.most(&question, 1, gateway.plan.max_output);
        expect("nobody knows the price").eq(key.numbers().await, (spent, 0));
    }
}

#[tokio::test]
async fn the_client_that_people_use_understands_the_refusal() {
    let mut gateway = Gateway::start();
    let key = gateway.key_with(0).await;
    let refused = key.client().chat().create(question_to(&gateway.plan.name, "hello")).await;
    let error = refused.err().map(|error| error.to_string()).unwrap_or_default();
    expect("it says why").contains(&error, QUOTA);
    let rich = gateway.key().await;
    let mut answer = rich.open(question_to(&gateway.plan.name, "hello")).await;
    expect("another key is answered").eq(all_texts(&mut answer).await.len(), 2);
}
