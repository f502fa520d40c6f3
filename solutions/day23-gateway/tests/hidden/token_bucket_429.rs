use super::support::{Gateway, SOON, asked, named, to};
use harness::{expect, random};
use harness_net::{Http, eventually, together};

fn limited(burst: usize, rest: &str) -> String {
    format!("{rest}[limit]\nper_minute = 1\nburst = {burst}\n")
}

#[tokio::test]
async fn connections_share_the_bucket_of_their_client() {
    let burst = random().below(20) + 5;
    let upstream = named("ada");
    let gateway = Gateway::start(&(limited(burst, "") + &to([upstream.address()])));
    let address = gateway.address();
    let statuses = together(burst + 25, |_| async move { Http::at(address).get("/").send().await.status }).await;
    let passed = statuses.iter().filter(|status| **status == 200).count();
    expect(format!("of {} at once, {burst} pass", burst + 25)).that(passed == burst, format!("{statuses:?}"));
    expect("and reach the upstream").eq(asked(&upstream).len(), burst);
}

#[tokio::test]
async fn each_client_has_a_bucket() {
    let upstream = named("ada");
    let gateway = Gateway::start(&(limited(2, "trusted = [\"127.0.0.0/8\"]\n") + &to([upstream.address()])));
    for client in ["203.0.113.7", "203.0.113.8", "2001:db8::7"] {
        let mut statuses = Vec::new();
        for _ in 0..3 {
            statuses.push(gateway.http.get("/").header("x-forwarded-for", client).send().await.status);
        }
        expect(format!("{client} has two tokens")).eq(statuses, vec![200, 200, 429]);
    }
}

#[tokio::test]
async fn who_comes_late_waits_less() {
    let upstream = named("ada");
    let gateway = Gateway::start(&format!("[limit]\nper_minute = 6\nburst = 1\n{}", to([upstream.address()])));
    gateway.get("/").await.expect("there is a token").status(200);
    let reply = gateway.get("/").await;
    let seconds = reply.header("retry-after").and_then(|text| text.parse::<u32>().ok());
    expect("six a minute is one in ten seconds")
        .expected("Retry-After: seconds from 1 to 10")
        .that(reply.status == 429 && seconds.is_some_and(|seconds| (1..=10).contains(&seconds)), reply.describe());
}

#[tokio::test]
async fn a_reload_fills_no_bucket() {
    let upstream = named("ada");
    let config = limited(3, "trusted = [\"127.0.0.0/8\"]\n") + &to([upstream.address()]);
    let mut gateway = Gateway::start(&config);
    for _ in 0..3 {
        gateway.get("/").await.expect("there are three tokens").status(200);
    }
    let new = named("ada");
    gateway.reload(&config.replace(&upstream.address().to_string(), &new.address().to_string()));
    // Each question comes from another client, so that none is refused.
    let mut random = random();
    let addresses: Vec<_> = (0..10_000).map(|_| format!("203.0.{}.{}", random.below(256), random.below(256))).collect();
    let mut clients = addresses.iter();
    eventually("requests go to the new upstream after SIGHUP", SOON, || {
        let client = clients.next().map_or("203.1.1.1", String::as_str);
        let call = gateway.http.get("/").header("x-forwarded-for", client).header("connection", "close").try_send();
        async {
            let _ = call.await;
            (new.count() > 0).then_some(())
        }
    })
    .await;
    gateway.get("/").await.expect("the bucket is as empty as before").problem(429);
}
