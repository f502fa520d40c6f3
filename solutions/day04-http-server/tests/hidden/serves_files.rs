use crate::visible::support::{Site, Wire, get, text};
use harness::{Launch, expect, random};

#[tokio::test]
async fn names_are_percent_decoded_once() {
    let mut random = random();
    let site = Site::empty();
    let (program, _) = site.serve();
    for (name, target) in [
        ("two words.txt", "/two%20words.txt"),
        ("größe.txt", "/gr%C3%B6%c3%9fe.txt"),
        ("100%.txt", "/%31%30%30%25.txt"),
        ("a+b.txt", "/a+b.txt"),
        ("%41.txt", "/%2541.txt"),
        ("what?#.txt", "/what%3F%23.txt"),
        ("deep/er/two words.txt", "/deep/er/two%20words.txt"),
    ] {
        let content = text(&mut random);
        site.file(name, &content);
        let answer = Wire::open(&program).await.ask(get(target)).await;
        answer.is_file(&format!("{target} is the file named {name:?}"), &content);
    }
}

#[tokio::test]
async fn the_query_is_not_part_of_the_name() {
    let mut random = random();
    let (site, content) = (Site::empty(), text(&mut random));
    site.file("app.js", &content);
    site.file("index.html", "start");
    let (_program, http) = site.serve();
    for query in ["", "v=1", "a=/../b?c", "%zz"] {
        http.get(&format!("/app.js?{query}"))
            .send()
            .await
            .expect("what follows ? is ignored")
            .status(200)
            .body(&content);
    }
    http.get("/?utm=1").send().await.expect("what follows ? is ignored").status(200).body("start");
}

#[tokio::test]
async fn a_folder_without_its_slash_is_redirected() {
    let mut random = random();
    let (site, name) = (Site::empty(), random.name());
    site.file(&format!("deep/{name}/index.html"), "x");
    let (program, http) = site.serve();
    let reply = http.get(&format!("/deep/{name}")).send().await;
    reply.expect("a folder without its slash is 301").status(301);
    let location = reply.header("location").unwrap_or("(none)");
    let path = location.strip_prefix(http.base()).unwrap_or(location);
    expect("Location is the folder with its slash").request(reply.curl()).eq(path, format!("/deep/{name}/").as_str());
    // In a browser, `Location: //name/` leads to the host called name.
    let answer = Wire::open(&program).await.ask(get("//deep")).await;
    let location = answer.header("location").unwrap_or_default();
    answer.expect("a redirect never leads to another host").that(!location.starts_with("//"), answer.describe());
}

#[tokio::test]
async fn empty_and_large_files() {
    let mut random = random();
    let site = Site::empty();
    let large = random.bytes(3_000_000 + random.clone().below(100_000));
    site.file("empty.txt", "");
    site.file("large.bin", &large);
    let (program, _) = site.serve();
    let mut wire = Wire::open(&program).await;
    wire.ask(get("/empty.txt")).await.is_file("an empty file is sent as such", "");
    wire.ask(get("/large.bin")).await.is_file("a large file is sent whole", &large);
    wire.ask(get("/empty.txt")).await.is_file("then the next request is answered", "");
}

#[tokio::test]
async fn a_changed_file_is_served_as_it_is_now() {
    let mut random = random();
    let site = Site::empty();
    let (_program, http) = site.serve();
    http.get("/news.txt").send().await.expect("the file is not there yet").status(404);
    for _ in 0..3 {
        let content = text(&mut random);
        site.file("news.txt", &content);
        http.get("/news.txt").send().await.expect("the file is sent as it is now").status(200).body(&content);
    }
}

#[tokio::test]
async fn a_whole_url_as_target_is_understood() {
    let (site, content) = (Site::empty(), text(&mut random()));
    site.file("folder/one.txt", &content);
    let (program, _) = site.serve();
    let answer = Wire::open(&program).await.ask(get("http://files.test/folder/one.txt?x=1")).await;
    answer.is_file("a target may be a whole URL (RFC 9112, section 3.2.2)", &content);
}

#[test]
fn a_root_that_is_no_folder_ends_the_program() {
    let site = Site::empty();
    let file = site.file("file.txt", "x");
    for root in [site.root().join("missing"), file] {
        let ended = Launch::service().arg("--root").arg(&root).run_to_end();
        expect("without a folder to serve, the program ends with 1").eq(ended.code, Some(1));
        expect("it says why on standard error").that(!ended.stderr.trim().is_empty(), ended.stderr);
    }
}
