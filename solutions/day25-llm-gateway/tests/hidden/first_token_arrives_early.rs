use crate::visible::support::{Gateway, SOON, chunk, gated, next_text, question_to};
use harness::expect;
use harness_net::{Answer, Gate, within};
use std::time::Duration;

#[tokio::test]
async fn so_does_each_that_follows() {
    let mut gateway = Gateway::start();
    let key = gateway.key().await;
    let texts: Vec<_> = (0..6).map(|_| gateway.random.word()).collect();
    let pieces: Vec<_> = texts.iter().map(String::as_str).collect();
    let gates: Vec<_> = (0..7).map(|_| Gate::shut()).collect();
    gateway.provider().always(gated(&pieces, (1, 6), &gates));
    let mut answer = key.open(question_to(&gateway.plan.name, "Slowly, please")).await;
    for (gate, text) in gates.iter().zip(texts) {
        gate.open();
        let requirement = "each piece arrives before the next one is sent";
        expect(requirement).eq(next_text(&mut answer).await, Some(Ok(text)));
    }
    gates[6].open();
    expect("and the end at the end").eq(next_text(&mut answer).await, None);
}

#[tokio::test]
async fn the_response_begins_before_the_first_event() {
    let mut gateway = Gateway::start();
    let key = gateway.key().await;
    let gates = [Gate::shut(), Gate::shut()];
    gateway.provider().always(gated(&["late"], (1, 1), &gates));
    let mut answer = key.open(question_to(&gateway.plan.name, "Are you there?")).await;
    gates[0].open();
    expect("then the first piece comes").eq(next_text(&mut answer).await, Some(Ok("late".to_owned())));
}

#[tokio::test]
async fn half_of_the_next_one_does_not_hold_it_up() {
    let mut gateway = Gateway::start();
    let (key, question) = (gateway.key().await, gateway.stream_question());
    let (gate, next) = (Gate::shut(), chunk("second"));
    let (half, rest) = next.split_at(next.len() / 2);
    let first = chunk("first");
    let answer = Answer::new(200, format!("{first}{half}")).header("content-type", "text/event-stream");
    gateway.provider().always(answer.then_behind(&gate, rest).then(Duration::ZERO, "data: [DONE]\n\n"));
    let mut answer = key.ask(&question).stream().await.expect("a stream begins");
    let mut seen = Vec::new();
    while seen.len() < first.len() {
        let piece = within("an event goes on when it is complete", SOON, answer.chunk()).await;
        seen.extend(piece.ok().flatten().expect("the stream goes on"));
    }
    expect("the event is whole").that(seen.starts_with(first.as_bytes()), String::from_utf8_lossy(&seen));
    gate.open();
    while let Some(piece) = within("the rest comes", SOON, answer.chunk()).await.expect("the stream goes on") {
        seen.extend(piece);
    }
    expect("and so is all of it")
        .eq(String::from_utf8_lossy(&seen).into_owned(), format!("{first}{next}data: [DONE]\n\n"));
}

#[tokio::test]
async fn signs_of_life_go_on_as_well() {
    let mut gateway = Gateway::start();
    let (key, question, gate) = (gateway.key().await, gateway.stream_question(), Gate::shut());
    let answer = Answer::new(200, ": still thinking\n\n").header("content-type", "text/event-stream");
    gateway.provider().always(answer.then_behind(&gate, "data: [DONE]\n\n"));
    let mut answer = key.ask(&question).stream().await.expect("a stream begins");
    let piece = within("a comment goes on at once", SOON, answer.chunk()).await;
    expect("it stays as it is").eq(piece.ok().flatten().as_deref(), Some(": still thinking\n\n".as_bytes()));
}
