use crate::visible::support::{Gateway, completion, gated, next_text, question_to, shape_of_error, until_asked};
use harness::{Acknowledged, expect};
use harness_net::{Gate, write_until_killed};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_in_flight_is_charged_in_full_and_once() {
    let mut gateway = Gateway::start();
    let (mut key, question, counts) = (gateway.key().await, gateway.question(), gateway.counts());
    let mut other = gateway.key().await;
    gateway.provider().always(completion("yes", counts));
    key.ok(&question).await;
    let gate = Gate::shut();
    gateway.provider().always(completion("never", counts).behind(&gate));
    let calls: Vec<_> = (0..3).map(|_| tokio::spawn(key.ask(&question).try_send())).collect();
    until_asked(gateway.provider(), 4).await;
    let most = gateway.plan.most(&question, 1, gateway.plan.max_output);
    expect("three calls are in flight").eq(key.numbers().await, (gateway.plan.price(counts), 3 * most));
    let spent = gateway.plan.price(counts) + 3 * most;
    for start in ["at the next start", "and not again at the one after"] {
        gateway.kill_and_restart(&mut key);
        expect(format!("what was reserved is charged {start}")).eq(key.numbers().await, (spent, 0));
    }
    other = gateway.key_of(other.id, other.key);
    expect("nobody else is charged").eq(other.numbers().await, (0, 0));
    for call in calls {
        call.abort();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_in_flight_is_as_well() {
    let mut gateway = Gateway::start();
    let question = gateway.stream_question();
    let most = gateway.plan.most(&question, 1, gateway.plan.max_output);
    let mut key = gateway.key_with(most * 2 - 1).await;
    let gates = [Gate::shut(), Gate::shut()];
    gates[0].open();
    gateway.provider().always(gated(&["one", "two"], (1, 2), &gates));
    let mut answer = key.ask(&question).stream().await.expect("a stream begins");
    expect("it begins").that(matches!(answer.chunk().await, Ok(Some(_))), "it does not");
    gateway.kill_and_restart(&mut key);
    expect("nobody knows what it has cost").eq(key.numbers().await, (most, 0));
    let reply = key.ask(&question).send().await;
    shape_of_error("and the budget knows of it", &reply, 429, "insufficient_quota", Some("insufficient_quota"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_an_answer_has_paid_for_it() {
    let mut gateway = Gateway::start();
    let (mut key, counts, question) = (gateway.key().await, gateway.counts(), gateway.question());
    gateway.provider().always(completion("yes", counts));
    let (client, asked) = (key.clone(), question.clone());
    let answered: Acknowledged<(usize, usize)> =
        write_until_killed(&mut gateway.program, 4, 40, move |writer, number| {
            let call = client.ask(&asked);
            async move { call.try_send().await.ok().filter(|reply| reply.status == 200).map(|_| (writer, number)) }
        })
        .await;
    gateway.kill_and_restart(&mut key);
    let (price, most) = (gateway.plan.price(counts), gateway.plan.most(&question, 1, gateway.plan.max_output));
    let answered = i64::try_from(answered.items().len()).expect("there are not that many");
    let (spent, reserved) = key.numbers().await;
    // Each of the four may have been cut off in one call, before or after that was charged.
    let explained = (0..=4).any(|full| (0..=4 - full).any(|done| spent == (answered + done) * price + full * most));
    expect(format!("{answered} answers at {price}, and up to four more calls at {price} or at {most}"))
        .that(explained && reserved == 0, format!("{spent} spent and {reserved} reserved"));
}

#[tokio::test]
async fn keys_stay_as_they_were() {
    let mut gateway = Gateway::start();
    let (mut good, bad, question) = (gateway.key().await, gateway.key().await, gateway.question());
    gateway.admin().delete(&format!("/admin/keys/{}", bad.id)).send().await.expect("it is revoked").status(204);
    gateway.kill_and_restart(&mut good);
    good.ok(&question).await;
    let bad = gateway.key_of(bad.id, bad.key);
    let reply = bad.ask(&question).send().await;
    let requirement = "a revoked key stays revoked";
    shape_of_error(requirement, &reply, 401, "invalid_request_error", Some("invalid_api_key"));
    let mut answer = good.open(question_to(&gateway.plan.name, "Are you well?")).await;
    expect("streams as well").eq(next_text(&mut answer).await, Some(Ok("fi".to_owned())));
}
