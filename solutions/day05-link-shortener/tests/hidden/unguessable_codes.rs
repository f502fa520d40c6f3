use crate::visible::support::{service, shorten};
use harness::{Program, expect};
use harness_net::{Http, together};
use std::collections::BTreeSet;

/// The codes of links to the same URLs, in the same order, whenever it is called.
async fn codes(http: &Http, count: usize) -> Vec<String> {
    let mut codes = Vec::new();
    for number in 0..count {
        codes.push(shorten(http, &format!("https://example.org/{number}")).await);
    }
    codes
}

fn expect_none_in_common(requirement: &str, first: &[String], second: &[String]) {
    let first: BTreeSet<_> = first.iter().collect();
    let same: Vec<_> = second.iter().filter(|code| first.contains(code)).collect();
    expect(requirement).expected("no code in common").that(same.is_empty(), format!("{same:?}"));
}

#[tokio::test]
async fn another_service_gives_other_codes() {
    let (one, other): ((Program, Http), (Program, Http)) = (service(), service());
    let (first, second) = (codes(&one.1, 20).await, codes(&other.1, 20).await);
    expect_none_in_common("who runs the same program cannot tell the codes of yours", &first, &second);
}

#[tokio::test]
async fn a_restart_does_not_repeat_codes() {
    let (mut program, http) = service();
    let before = codes(&http, 20).await;
    program.terminate();
    program.start_again();
    let after = codes(&Http::to(&program), 20).await;
    expect_none_in_common("codes after a restart are new ones", &before, &after);
}

#[tokio::test]
async fn a_code_has_forty_random_bits() {
    let (_program, http) = service();
    let codes = together(10, |_| {
        let http = http.clone();
        async move { codes(&http, 20).await }
    })
    .await
    .concat();
    let length = codes.iter().map(String::len).min().unwrap_or_default();
    // With 200 codes practically every character that can stand at a place has stood there.
    let at = |place: usize| codes.iter().map(|code| code.as_bytes()[place]).collect::<BTreeSet<_>>().len();
    let bits: f64 = (0..length).map(|place| (at(place) as f64).log2()).sum();
    expect("a code has at least 40 random bits")
        .request("POST /api/links, 200 times")
        .expected("as many different characters at each place as 40 bits need")
        .that(bits > 39.5, format!("{bits:.1} bits, as in {} {} {}", codes[0], codes[1], codes[2]));
}
