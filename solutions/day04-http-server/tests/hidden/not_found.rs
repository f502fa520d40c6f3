use crate::visible::support::{Site, Wire, get, request};
use harness::{expect, random};

#[tokio::test]
async fn a_file_is_no_folder() {
    let site = Site::empty();
    site.file("file.txt", "x");
    let (_program, http) = site.serve();
    for path in ["/file.txt/", "/file.txt/x", "/file.txt/index.html", "/file.txt/x/y/z/"] {
        http.get(path).send().await.expect("there is nothing below a file").status(404);
    }
}

#[tokio::test]
async fn a_folder_without_index_is_not_listed() {
    let mut random = random();
    let (site, name) = (Site::empty(), random.name());
    site.file(&format!("private/{name}.txt"), "x");
    std::fs::create_dir_all(site.root().join("odd/index.html")).expect("a folder can be made");
    let (_program, http) = site.serve();
    let reply = http.get("/private/").send().await;
    reply.expect("a folder without index.html is 403 or 404").status_in(&[403, 404]);
    expect("the names of files are nobody's business").request(reply.curl()).lacks(&reply.text(), &name);
    http.get("/odd/").send().await.expect("an index.html that is a folder is no page").status_in(&[301, 403, 404]);
}

#[tokio::test]
async fn hopeless_names_are_404() {
    let (program, _) = Site::empty().serve();
    for target in [format!("/{}", "a".repeat(3000)), "/a/".repeat(500) + "x", format!("/{}", "%20".repeat(300))] {
        let answer = Wire::open(&program).await.ask(get(&target)).await;
        answer.has_status("a name that no file can have is 404", &[404]);
    }
}

#[tokio::test]
async fn allow_lists_get_and_head() {
    let site = Site::empty();
    site.file("there.txt", "x");
    let (_program, http) = site.serve();
    let reply = http.delete("/there.txt").send().await;
    let allow = reply.header("allow").unwrap_or_default();
    let mut methods: Vec<_> = allow.split(',').map(str::trim).collect();
    methods.sort_unstable();
    expect("405 names the methods that are allowed").request(reply.curl()).eq(methods, ["GET", "HEAD"]);
}

#[tokio::test]
async fn methods_that_nobody_knows() {
    let site = Site::empty();
    site.file("there.txt", "content");
    let (program, _) = site.serve();
    for method in ["BREW", "OPTIONS", "TRACE", "GETS"] {
        let answer = Wire::open(&program).await.ask(request(method, "/there.txt", &[])).await;
        answer.has_status("only GET and HEAD are allowed", &[405, 501]);
    }
    let answer = Wire::open(&program).await.ask(request("get", "/there.txt", &[])).await;
    answer.has_status("methods are case-sensitive", &[400, 405, 501]);
}
