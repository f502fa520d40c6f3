use crate::visible::support::{alias, create, existing, follow_to, post, post_bulk, service, url};
use harness::{Random, expect, random};
use harness_net::{Http, together, write_until_killed};
use serde_json::{Value, json};

fn drafts(random: &mut Random, aliases: &[String]) -> Vec<Value> {
    aliases.iter().map(|alias| json!({"url": url(random), "alias": alias})).collect()
}

fn aliases(random: &mut Random, count: usize) -> Vec<String> {
    (0..count).map(|_| alias(random)).collect()
}

async fn expect_nothing_of(http: &Http, aliases: &[String], curl: &str) {
    expect("a refused bulk leaves nothing").request(curl).eq(existing(http, aliases).await, Vec::<String>::new());
}

#[tokio::test]
async fn one_invalid_entry_is_422_named_and_none_is_made() {
    let (_program, http) = service();
    let mut random = random();
    for (member, value) in
        [("url", json!("javascript:alert(1)")), ("url", json!(http.base())), ("expires_in_ms", json!(0))]
    {
        let names = aliases(&mut random, 6);
        let mut drafts = drafts(&mut random, &names);
        let place = random.below(6);
        drafts[place][member] = value;
        let reply = post_bulk(&http, &drafts).send().await;
        reply.expect("one invalid entry makes the bulk invalid").problem(422);
        reply.expect("the detail names entry and member").contains(&format!("links[{place}].{member}"));
        expect_nothing_of(&http, &names, reply.curl()).await;
    }
}

#[tokio::test]
async fn the_same_alias_twice_is_409_and_none_is_made() {
    let (_program, http) = service();
    let mut random = random();
    let mut names = aliases(&mut random, 6);
    names[5] = names[random.below(5)].clone();
    let reply = post_bulk(&http, &drafts(&mut random, &names)).send().await;
    reply.expect("an alias can be taken once").problem(409);
    expect_nothing_of(&http, &names, reply.curl()).await;
}

#[tokio::test]
async fn a_hundred_are_taken_and_a_hundred_and_one_are_not() {
    let (_program, http) = service();
    let mut random = random();
    let names = aliases(&mut random, 100);
    let long = format!("https://example.org/{}", "x".repeat(2028));
    let full: Vec<_> = names.iter().map(|alias| json!({"url": long, "alias": alias})).collect();
    let reply = post_bulk(&http, &full).send().await;
    reply.expect("a bulk may have 100 entries with 2048 characters").status(201);
    expect("all were made").eq(existing(&http, &names).await.len(), 100);
    let more = aliases(&mut random, 101);
    let reply = post_bulk(&http, &drafts(&mut random, &more)).send().await;
    reply.expect("101 entries are too many").problem(422).contains("links");
    expect_nothing_of(&http, &more[..5], reply.curl()).await;
    post_bulk(&http, &[]).send().await.expect("no entry is too few").problem(422);
}

#[tokio::test]
async fn aliases_expiries_and_random_codes_can_be_mixed() {
    let (_program, http) = service();
    let mut random = random();
    let (name, urls) = (alias(&mut random), [url(&mut random), url(&mut random), url(&mut random)]);
    let mixed = [
        json!({"url": urls[0], "alias": name}),
        json!({"url": urls[1]}),
        json!({"url": urls[2], "expires_in_ms": 60_000}),
    ];
    let reply = post_bulk(&http, &mixed).send().await;
    reply.expect("each entry is a draft of its own").status(201).json_at("/links/0/code", name.as_str());
    expect("the third one expires").request(reply.curl()).that(reply.at("/links/2/expires_at").is_string(), "never");
    for (index, url) in urls.iter().enumerate() {
        follow_to(&http, &reply.text_at(&format!("/links/{index}/code")), url).await;
    }
}

#[tokio::test]
async fn of_twenty_bulks_that_share_an_alias_one_is_made_whole() {
    let (_program, http) = service();
    let mut random = random();
    for _ in 0..3 {
        let contested = alias(&mut random);
        let bulks: Vec<_> = (0..20)
            .map(|_| {
                let mut names = aliases(&mut random, 8);
                names.push(contested.clone());
                names
            })
            .collect();
        let bodies: Vec<_> = bulks.iter().map(|names| drafts(&mut random, names)).collect();
        let replies = together(20, |number| {
            let call = post_bulk(&http, &bodies[number]);
            async move { call.send().await }
        })
        .await;
        let winners = replies.iter().filter(|reply| reply.status == 201).count();
        expect("of bulks that share an alias one is made").request(replies[0].curl()).eq(winners, 1);
        for (names, reply) in bulks.iter().zip(&replies) {
            if reply.status == 201 {
                expect("it is made whole").request(reply.curl()).eq(existing(&http, names).await.len(), 9);
            } else {
                reply.expect("the others are 409").problem(409);
                expect_nothing_of(&http, &names[..8], reply.curl()).await;
            }
        }
    }
}

#[tokio::test]
async fn single_links_go_on_after_a_refused_bulk() {
    let (_program, http) = service();
    let mut random = random();
    let names = aliases(&mut random, 3);
    create(&http, &json!({"url": url(&mut random), "alias": names[2]})).await;
    for _ in 0..5 {
        post_bulk(&http, &drafts(&mut random, &names)).send().await.expect("an alias is taken").problem(409);
    }
    let reply = post(&http, &json!({"url": url(&mut random), "alias": names[0]})).send().await;
    reply.expect("an alias of a refused bulk is free").status(201);
}

#[tokio::test]
async fn a_kill_leaves_whole_bulks() {
    const SIZE: usize = 20;
    let (mut program, http) = service();
    let names = |writer: usize, number: usize| -> Vec<String> {
        (0..SIZE).map(|entry| format!("bulk-{writer}-{number}-{entry}")).collect()
    };
    let acknowledged = write_until_killed(&mut program, 4, 12, move |writer, number| {
        let drafts: Vec<_> =
            names(writer, number).iter().map(|alias| json!({"url": "https://example.org/", "alias": alias})).collect();
        let call = post_bulk(&http, &drafts);
        async move { call.try_send().await.ok().filter(|reply| reply.status == 201).map(|_| (writer, number)) }
    })
    .await;
    program.start_again();
    let http = Http::to(&program);
    let mut whole = std::collections::BTreeSet::new();
    for writer in 0..4 {
        let answered = acknowledged.items().iter().filter(|(of, _)| *of == writer).count();
        // The one after those that were answered may have been on its way.
        for number in 0..=answered {
            let there = existing(&http, &names(writer, number)).await.len();
            expect("a kill -9 leaves all links of a bulk, or none")
                .request(format!("POST /api/links/bulk with {SIZE} links"))
                .expected(format!("0 or {SIZE}"))
                .that(there == 0 || there == SIZE, there);
            if there == SIZE {
                whole.insert((writer, number));
            }
        }
    }
    acknowledged.expect_all_in(&whole);
}
