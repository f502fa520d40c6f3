use crate::visible::support::{city, city_of, expect_source, front, path, sunny};
use harness::{expect, random};
use harness_net::{Answer, Gate, Socket, eventually};
use std::time::Duration;

#[tokio::test]
async fn a_client_that_leaves_takes_nothing_from_the_others() {
    let front = front(&[]);
    let mut random = random();
    let (city, gate) = (city(&mut random), Gate::shut());
    let held = gate.clone();
    front.upstream.change(move |received| sunny(received).behind(&held));
    let request = format!("GET {} HTTP/1.1\r\nhost: x\r\n\r\n", path(&city));
    let mut first = Socket::connect(front.program.address()).await;
    first.send(request.as_bytes()).await;
    front.until_called(1).await;
    let second = tokio::spawn(front.http.get(&path(&city)).send());
    drop(first);
    // The program has to notice that the first is gone; it answers others meanwhile.
    for _ in 0..20 {
        front.http.get("/nothing").send().await.expect("others are answered").status(404);
    }
    gate.open();
    match second.await {
        Ok(reply) => reply.expect("who still waits is answered").status(200).json_at("/city", city.as_str()),
        Err(error) => expect("who still waits is answered").fail(error),
    };
    expect("by the call that the first had caused").eq((front.calls(&city), front.upstream.abandoned()), (1, 0));
}

#[tokio::test]
async fn a_slow_city_does_not_hold_up_another() {
    let front = front(&[]);
    let mut random = random();
    let (slow, quick, gate) = (city(&mut random), city(&mut random), Gate::shut());
    let (name, held) = (slow.clone(), gate.clone());
    front.upstream.change(
        move |received| {
            if city_of(received) == name { sunny(received).behind(&held) } else { sunny(received) }
        },
    );
    let waiting = tokio::spawn(front.http.get(&path(&slow)).send());
    front.until_called(1).await;
    front.read(&quick).await;
    expect("the slow one still waits").that(!waiting.is_finished(), "it has an answer");
    gate.open();
    expect("and is answered at last").eq(waiting.await.map(|reply| reply.status).ok(), Some(200));
}

#[tokio::test]
async fn a_failure_is_shared_and_then_forgotten() {
    let front = front(&["--breaker-failures", "1000"]);
    let mut random = random();
    let (city, gate) = (city(&mut random), Gate::shut());
    front.upstream.next(Answer::new(500, "boom").behind(&gate));
    let first = tokio::spawn(front.http.get(&path(&city)).send());
    front.until_called(1).await;
    let others: Vec<_> = (0..10).map(|_| tokio::spawn(front.http.get(&path(&city)).send())).collect();
    // Nothing tells from outside that all ten wait, but whoever does not share asks, and is answered at once.
    let settled = others.iter().filter(|other| other.is_finished()).count();
    gate.open();
    expect("the first is told of the failure").eq(first.await.map(|reply| reply.status).ok(), Some(502));
    for other in others {
        let status = other.await.map(|reply| reply.status).unwrap_or_default();
        // One that came after the failure may have caused a call of its own.
        expect("the others get the failure or a later success").that(status == 502 || status == 200, status);
    }
    let calls = front.calls(&city);
    expect("the failure was shared")
        .expected("at most 2 calls")
        .that(calls <= 2, format!("{calls} calls, {settled} answers at once"));
    eventually("the failure is not remembered", Duration::from_secs(10), || async {
        (front.get(&city).await.status == 200).then_some(())
    })
    .await;
    expect_source("the weather is", &front.read(&city).await, "hit");
}
