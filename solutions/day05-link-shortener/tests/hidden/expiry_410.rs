use crate::visible::support::{alias, clicks, code, create, follow, follow_to, post, service, stats, url};
use harness::{expect, random};
use harness_net::{Http, Reply, eventually};
use serde_json::json;
use std::time::{Duration, Instant};

/// Follows a link until that is refused. Returns the refusal and how many redirects came before it.
async fn end_of(http: &Http, code: &str) -> (Reply, i64) {
    let redirects = std::cell::Cell::new(0);
    let refusal = eventually("a link ends when its time has come", Duration::from_secs(5), || async {
        let reply = follow(http, code).await;
        if reply.status == 302 {
            redirects.set(redirects.get() + 1);
            return None;
        }
        Some(reply)
    })
    .await;
    (refusal, redirects.get())
}

#[tokio::test]
async fn a_link_does_not_end_before_its_time() {
    let (_program, http) = service();
    let mut random = random();
    let lifetime = random.between(100..=300);
    let begin = Instant::now();
    let link = create(&http, &json!({"url": url(&mut random), "expires_in_ms": lifetime})).await;
    let (refusal, redirects) = end_of(&http, &code(&link)).await;
    // Created after `begin` and refused before now, so it lived at most this long. Clocks differ by a little.
    let lived = begin.elapsed() + Duration::from_millis(5);
    refusal.expect("an expired link is 410").problem(410);
    expect(format!("a link with expires_in_ms {lifetime} lives that long"))
        .request(refusal.curl())
        .that(lived.as_millis() >= lifetime.unsigned_abs().into(), format!("410 after {lived:?}"));
    expect("only redirects are clicks").request(refusal.curl()).eq(clicks(&http, &code(&link)).await, redirects);
}

#[tokio::test]
async fn expires_at_is_created_at_and_the_lifetime() {
    let (_program, http) = service();
    let mut random = random();
    for lifetime in [1, random.between(1000..=86_400_000), 31_536_000_000] {
        let reply = post(&http, &json!({"url": url(&mut random), "expires_in_ms": lifetime})).send().await;
        reply.expect("a lifetime may be from a millisecond to a year").status(201);
        let time = |pointer: &str| -> jiff::Timestamp {
            let text = reply.text_at(pointer);
            text.parse().unwrap_or_else(|_| expect("times are RFC 3339").request(reply.curl()).fail(&text))
        };
        let between = time("/expires_at").as_millisecond() - time("/created_at").as_millisecond();
        expect("expires_at is created_at and expires_in_ms").request(reply.curl()).that(
            (between - lifetime).abs() <= 1000,
            format!("{between} ms between them; a second more or less is accepted"),
        );
    }
}

#[tokio::test]
async fn an_expired_link_keeps_its_alias_and_its_statistics() {
    let (_program, http) = service();
    let mut random = random();
    let (alias, url) = (alias(&mut random), url(&mut random));
    create(&http, &json!({"url": url, "alias": alias, "expires_in_ms": 1})).await;
    let (_, redirects) = end_of(&http, &alias).await;
    let again = post(&http, &json!({"url": url, "alias": alias})).send().await;
    again.expect("a code is never given to a second link").problem(409);
    follow(&http, &alias).await.expect("the link is still expired").problem(410);
    let stats = stats(&http, &alias).await;
    stats.expect("its statistics can be read").status(200).json_at("/clicks", redirects).json_at("/url", url);
}

#[tokio::test]
async fn an_expiry_outlives_a_restart() {
    let (mut program, http) = service();
    let mut random = random();
    let url = url(&mut random);
    let brief = code(&create(&http, &json!({"url": url, "expires_in_ms": 40})).await);
    let lasting = code(&create(&http, &json!({"url": url, "expires_in_ms": 3_600_000})).await);
    program.terminate();
    program.start_again();
    let http = Http::to(&program);
    end_of(&http, &brief).await.0.expect("it ends also after a restart").problem(410);
    follow_to(&http, &lasting, &url).await;
}
