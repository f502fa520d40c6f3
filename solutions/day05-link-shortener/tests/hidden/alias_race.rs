use crate::visible::support::{alias, existing, follow_to, post, service, url};
use harness::{Random, expect, random};
use harness_net::{Http, Reply, together};
use serde_json::json;

/// Lets `claims[i]` be claimed by all at the same time, and returns the replies in that order.
async fn race(http: &Http, random: &mut Random, claims: &[String]) -> Vec<(String, Reply)> {
    let urls: Vec<_> = claims.iter().map(|_| url(random)).collect();
    let replies = together(claims.len(), |number| {
        let call = post(http, &json!({"url": urls[number], "alias": claims[number]}));
        async move { call.send().await }
    });
    urls.clone().into_iter().zip(replies.await).collect()
}

#[tokio::test]
async fn every_race_has_one_winner() {
    let (_program, http) = service();
    let mut random = random();
    for _ in 0..5 {
        let claims = vec![alias(&mut random); 50];
        let replies = race(&http, &mut random, &claims).await;
        let winners: Vec<_> = replies.iter().filter(|(_, reply)| reply.status == 201).collect();
        expect("of 50 who want the same alias at the same time one gets it").eq(winners.len(), 1);
        for (_, reply) in replies.iter().filter(|(_, reply)| reply.status != 201) {
            reply.expect("the others are told that it is taken").problem(409);
        }
        follow_to(&http, &claims[0], &winners[0].0).await;
    }
}

#[tokio::test]
async fn races_for_different_aliases_do_not_disturb_one_another() {
    let (_program, http) = service();
    let mut random = random();
    let aliases: Vec<_> = (0..10).map(|_| alias(&mut random)).collect();
    let mut claims: Vec<_> = aliases.iter().flat_map(|alias| vec![alias.clone(); 10]).collect();
    random.shuffle(&mut claims);
    let replies = race(&http, &mut random, &claims).await;
    for alias in &aliases {
        let of_this = claims.iter().zip(&replies).filter(|(claim, _)| *claim == alias);
        let winners: Vec<_> = of_this.filter(|(_, (_, reply))| reply.status == 201).map(|(_, (url, _))| url).collect();
        expect("each alias has one winner").request(format!("10 claims of {alias}")).eq(winners.len(), 1);
        follow_to(&http, alias, winners[0]).await;
    }
    expect("all aliases are taken").eq(existing(&http, &aliases).await.len(), 10);
}
