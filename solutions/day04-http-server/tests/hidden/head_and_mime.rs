use crate::visible::support::{Site, Wire, get, request, text};
use harness::random;

#[tokio::test]
async fn every_extension_of_the_table() {
    let mut random = random();
    let site = Site::empty();
    let (_program, http) = site.serve();
    for (extension, media_types) in [
        ("html", &["text/html"][..]),
        ("htm", &["text/html"]),
        ("css", &["text/css"]),
        ("js", &["text/javascript", "application/javascript"]),
        ("json", &["application/json"]),
        ("txt", &["text/plain"]),
        ("png", &["image/png"]),
        ("jpg", &["image/jpeg"]),
        ("jpeg", &["image/jpeg"]),
        ("gif", &["image/gif"]),
        ("svg", &["image/svg+xml"]),
        ("pdf", &["application/pdf"]),
        ("unheard-of", &["application/octet-stream"]),
        ("PNG", &["image/png"]),
        ("Html", &["text/html"]),
        ("html.png", &["image/png"]),
    ] {
        let name = format!("{}.{extension}", random.name());
        site.file(&name, "x");
        let reply = http.get(&format!("/{name}")).send().await;
        let sent = reply.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().to_owned();
        harness::expect(format!("what is sent for .{extension}"))
            .request(reply.curl())
            .expected(format!("Content-Type: {}", media_types.join(" or ")))
            .that(media_types.contains(&sent.as_str()), reply.describe());
    }
}

#[tokio::test]
async fn no_extension_is_octet_stream() {
    let site = Site::empty();
    site.file("html", "x");
    site.file("some.html/README", "x");
    let (_program, http) = site.serve();
    for path in ["/html", "/some.html/README"] {
        let reply = http.get(path).send().await;
        reply.expect("a file without an extension").status(200).media_type("application/octet-stream");
    }
}

#[tokio::test]
async fn head_has_no_body_whatever_the_status() {
    let (site, content) = (Site::empty(), text(&mut random()));
    site.file("one.txt", &content);
    site.file("folder/index.html", "x");
    site.large_file("large.bin", 5_000_000);
    let (program, _) = site.serve();
    let mut wire = Wire::open(&program).await;
    for (target, status) in [("/missing", 404), ("/large.bin", 200), ("/folder", 301), ("/folder/", 200)] {
        wire.send(request("HEAD", target, &[])).await;
        let head = wire.head().await;
        head.has_status("HEAD has the status of GET", &[status]);
        wire.ask(get("/one.txt")).await.is_file("the next response begins right after the head", &content);
        let get = Wire::open(&program).await.ask(get(target)).await;
        for name in ["content-type", "content-length"] {
            head.expect("HEAD has the headers of GET")
                .expected(get.describe())
                .that(head.header(name) == get.header(name), head.describe());
        }
    }
}
