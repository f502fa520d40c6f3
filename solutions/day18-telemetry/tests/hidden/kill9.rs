use crate::visible::support::{DATABASE, Store};
use harness::expect;
use harness_net::write_until_killed;

#[tokio::test]
async fn a_batch_is_there_as_a_whole_or_not_at_all() {
    let mut store = Store::start().await;
    let client = store.client();
    let acknowledged = write_until_killed(&mut store.program, 3, 9, move |writer, number| {
        let client = client.clone();
        async move {
            let batch = writer * 100_000 + number + 1;
            let lines: String = (0..300).map(|n| format!("air,batch=b{batch},n=n{n} v={batch}i {batch}\n")).collect();
            let call = client.http.post(&format!("/write?db={DATABASE}")).body(lines);
            call.try_send().await.ok().filter(|reply| reply.status == 204).map(|_| batch)
        }
    })
    .await;
    store.start_again();
    let reply = store.ask("SELECT count(v) FROM air GROUP BY batch").await;
    let mut whole = std::collections::BTreeSet::new();
    for series in reply.at("/results/0/series").as_array().into_iter().flatten() {
        let batch = series["tags"]["batch"].as_str().unwrap_or_default();
        let points = series["values"][0][1].as_i64();
        expect(format!("the batch {batch} has all of its points")).request(reply.curl()).eq(points, Some(300));
        whole.extend(batch.trim_start_matches('b').parse::<usize>());
    }
    acknowledged.expect_all_in(&whole);
}

#[tokio::test]
async fn databases_are_there() {
    let mut store = Store::start().await;
    store.change("CREATE DATABASE cellar").await;
    store.program.kill();
    store.start_again();
    let databases: Vec<_> = store.rows("SHOW DATABASES").await.into_iter().flatten().collect();
    expect("both databases").eq(databases, vec!["home".to_owned(), "cellar".to_owned()]);
}
