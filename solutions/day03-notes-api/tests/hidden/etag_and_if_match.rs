use crate::visible::support::{draft, path, post, service};
use harness::{expect, random};
use harness_net::{Reply, together};

fn etag(reply: &Reply) -> String {
    reply
        .header("etag")
        .unwrap_or_else(|| expect("a note has an ETag").request(reply.curl()).fail(reply.describe()))
        .to_owned()
}

#[tokio::test]
async fn every_change_gives_a_new_etag() {
    let (_program, http) = service();
    let mut random = random();
    let created = post(&http, &draft(&mut random)).send().await;
    let path = path(&created.json());
    let mut seen = vec![etag(&created)];
    for _ in 0..5 {
        let replaced = http.put(&path).json(&draft(&mut random)).send().await;
        let new = etag(&replaced);
        expect("a changed note has an ETag that it never had").that(!seen.contains(&new), &new);
        http.get(&path).send().await.expect("GET has the ETag of the last PUT").header("etag", &new);
        let old = seen.last().cloned().unwrap_or_default();
        let read = http.get(&path).header("if-none-match", &old).send().await;
        read.expect("for an old version the whole note comes").status(200).json(&replaced.json());
        seen.push(new);
    }
}

#[tokio::test]
async fn one_of_twenty_changes_to_a_version_is_made() {
    let (_program, http) = service();
    let mut random = random();
    for _ in 0..5 {
        let created = post(&http, &draft(&mut random)).send().await;
        let (path, etag) = (path(&created.json()), etag(&created));
        let drafts: Vec<_> = (0..20).map(|_| draft(&mut random)).collect();
        let replies = together(20, |number| {
            let call = http.put(&path).header("if-match", &etag).json(&drafts[number]);
            async move { call.send().await.status }
        })
        .await;
        let made = replies.iter().filter(|status| **status == 200).count();
        let refused = replies.iter().filter(|status| **status == 412).count();
        expect("of 20 changes to the same version one is made and 19 are 412").eq((made, refused), (1, 19));
    }
}

#[tokio::test]
async fn conditions_follow_the_specification() {
    let (_program, http) = service();
    let mut random = random();
    let created = post(&http, &draft(&mut random)).send().await;
    let (path, tag) = (path(&created.json()), etag(&created));
    let unchanged = [tag.clone(), "*".to_owned(), format!("\"zzz\", {tag}"), format!("W/{tag}")];
    for value in unchanged {
        let reply = http.get(&path).header("if-none-match", &value).send().await;
        reply.expect("If-None-Match with the version, a list with it, its weak form or * is 304").status(304);
    }
    let mut put = |value: String| http.put(&path).header("if-match", &value).json(&draft(&mut random)).send();
    put("\"zzz\"".to_owned()).await.expect("If-Match with another version is 412").problem(412);
    let listed = put(format!("\"zzz\", {tag}")).await;
    listed.expect("If-Match with a list that has the version is met").status(200);
    let any = put("*".to_owned()).await;
    any.expect("If-Match: * is met by any version").status(200);
    put(format!("W/{}", etag(&any))).await.expect("a weak tag never meets If-Match").problem(412);
}

#[tokio::test]
async fn delete_takes_conditions() {
    let (_program, http) = service();
    let mut random = random();
    let created = post(&http, &draft(&mut random)).send().await;
    let path = path(&created.json());
    let old = etag(&created);
    let new = etag(&http.put(&path).json(&draft(&mut random)).send().await);
    let refused = http.delete(&path).header("if-match", &old).send().await;
    refused.expect("a note that has changed is not deleted").problem(412);
    http.delete(&path).header("if-match", &new).send().await.expect("the current version is deleted").status(204);
}
