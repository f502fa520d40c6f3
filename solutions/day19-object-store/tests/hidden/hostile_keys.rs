use crate::visible::support::{Cloud, expect_refusal, fresh_name};
use harness::{expect, random};

#[tokio::test]
async fn long_keys_and_odd_ones() {
    let cloud = Cloud::start().await;
    let mut random = random();
    let keys = [
        "x".repeat(1024),
        "ü".repeat(512),
        vec!["deep"; 204].join("/"),
        "'; DROP TABLE objects; --".to_owned(),
        "%2e%2e%2f".to_owned(),
        "100%".to_owned(),
        " ".to_owned(),
        random.unicode(30).trim().to_owned() + "!",
        "A".to_owned(),
        "a".to_owned(),
        "a.".to_owned(),
    ];
    for key in &keys {
        cloud.put(key, key.as_str()).await;
    }
    for key in &keys {
        cloud.expect_content(&format!("the object {key:?}"), key, key.as_bytes()).await;
    }
    let mut sorted = keys.to_vec();
    sorted.sort();
    expect("all are listed").eq(cloud.list(&[]).await.keys(), sorted);
    let reply = cloud.object("PUT", &"x".repeat(1025)).send().await;
    expect_refusal("a key has at most 1024 bytes", &reply, 400, &["KeyTooLongError"]);
}

#[tokio::test]
async fn a_key_leads_into_no_other_bucket() {
    let cloud = Cloud::start().await;
    let other = fresh_name();
    cloud.make_bucket(&other).await;
    let reply = cloud.request("PUT", &format!("/{other}/secret")).body("theirs").send().await;
    reply.expect("an object in another bucket").status(200);
    for key in [format!("../{other}/secret"), format!("x/../../{other}/secret"), format!("/{other}/secret")] {
        let (status, _) = cloud.object("GET", &key).sign().send_raw().await;
        expect(format!("{key:?} is a key like any other, and not there")).eq(status, 404);
        let (status, _) = cloud.object("DELETE", &key).sign().send_raw().await;
        expect("to delete what is not there is no error").eq(status, 204);
    }
    let reply = cloud.request("GET", &format!("/{other}/secret")).send().await;
    reply.expect("the object in the other bucket is as it was").status(200).body("theirs");
}

#[tokio::test]
async fn no_file_has_the_name_of_a_key() {
    let cloud = Cloud::start().await;
    let above = cloud.program.data_dir().join("..");
    let word = fresh_name();
    let before = cloud.files().len();
    for key in [word.clone(), format!("../{word}"), format!("../../{word}"), format!("folder/{word}")] {
        let (status, _) = cloud.object("PUT", &key).body("x").sign().send_raw().await;
        expect("it can be put").eq(status, 200);
    }
    expect("the contents are below the data folder").that(cloud.files().len() >= before, "they are not");
    let found: Vec<_> = cloud.files().into_iter().filter(|file| file.to_string_lossy().contains(&word)).collect();
    expect("no file below the data folder is named after a key").eq(found, Vec::<std::path::PathBuf>::new());
    for folder in ["", ".."] {
        let file = above.join(folder).join(&word);
        expect("and none above it").that(!file.exists(), file.display());
    }
}
