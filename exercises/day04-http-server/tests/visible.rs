//! The tests of day 4 that you can read. One module per checkpoint; each name is a claim about your program.

pub mod support;

mod serves_files {
    use super::support::{Site, text};
    use harness::random;

    #[tokio::test]
    async fn a_file_is_sent_byte_for_byte() {
        let mut random = random();
        let (site, name, bytes) = (Site::empty(), random.name(), random.bytes(3000));
        site.file(&format!("{name}.bin"), &bytes);
        site.file(&format!("some/where/{name}.txt"), "another file");
        let (_program, http) = site.serve();
        let reply = http.get(&format!("/{name}.bin")).send().await;
        reply.expect("a file is sent as it is").status(200).header("content-length", "3000").body(&bytes);
        let reply = http.get(&format!("/some/where/{name}.txt")).send().await;
        reply.expect("a file in a folder is sent as it is").status(200).body("another file");
    }

    #[tokio::test]
    async fn a_folder_is_its_index_html() {
        let mut random = random();
        let (site, page, inner) = (Site::empty(), text(&mut random), text(&mut random));
        site.file("index.html", &page);
        site.file("shop/index.html", &inner);
        let (_program, http) = site.serve();
        http.get("/").send().await.expect("/ is the index.html of the root").status(200).body(&page);
        http.get("/shop/").send().await.expect("/shop/ is /shop/index.html").status(200).body(&inner);
    }
}

mod head_and_mime {
    use super::support::{Site, Wire, request, text};
    use harness::random;

    #[tokio::test]
    async fn the_media_type_follows_the_extension() {
        let site = Site::empty();
        let types =
            [("a.html", "text/html"), ("b.css", "text/css"), ("c.png", "image/png"), ("d.json", "application/json")];
        for (name, _) in types {
            site.file(name, "x");
        }
        let (_program, http) = site.serve();
        for (name, media_type) in types {
            let reply = http.get(&format!("/{name}")).send().await;
            reply.expect(format!("{name} is sent as {media_type}")).status(200).media_type(media_type);
        }
    }

    #[tokio::test]
    async fn head_is_get_without_the_body() {
        let (site, content) = (Site::empty(), text(&mut random()));
        site.file("page.html", &content);
        let (program, http) = site.serve();
        let mut wire = Wire::open(&program).await;
        wire.send(request("HEAD", "/page.html", &["Connection: close"])).await;
        let head = wire.head().await;
        head.has_status("HEAD has the status of GET", &[200]);
        head.has_header("HEAD announces the length of the file", "Content-Length", &content.len().to_string());
        let rest = wire.closed("after Connection: close the program closes the connection").await;
        head.expect("no body follows the response to HEAD").that(rest.is_empty(), super::support::show(&rest));
        let reply = http.get("/page.html").send().await;
        reply.expect("GET sends the body").status(200).body(&content);
        head.expect("HEAD has the Content-Type of GET").eq(head.header("content-type"), reply.header("content-type"));
    }
}

mod not_found {
    use super::support::{Site, text};
    use harness::random;

    #[tokio::test]
    async fn what_is_not_there_is_404() {
        let mut random = random();
        let site = Site::empty();
        site.file("there.txt", text(&mut random));
        let (_program, http) = site.serve();
        for path in [format!("/{}", random.name()), "/there".into(), "/there.txt.bak".into(), "/no/such/folder/".into()]
        {
            http.get(&path).send().await.expect("a path that leads to nothing is 404").status(404);
        }
        http.get("/there.txt").send().await.expect("after that, files are served as before").status(200);
    }

    #[tokio::test]
    async fn other_methods_are_405() {
        let site = Site::empty();
        let path = site.file("there.txt", "stays");
        let (_program, http) = site.serve();
        for method in ["POST", "PUT", "DELETE", "PATCH"] {
            http.call(method, "/there.txt").send().await.expect("only GET and HEAD are allowed").status(405);
        }
        harness::expect("the file is as before").eq(std::fs::read_to_string(path).ok().as_deref(), Some("stays"));
    }
}

mod keep_alive {
    use super::support::{Site, Wire, get, request, text};
    use harness::random;

    #[tokio::test]
    async fn one_connection_serves_many_requests() {
        let mut random = random();
        let (site, one, two) = (Site::empty(), text(&mut random), text(&mut random));
        site.file("one.txt", &one);
        site.file("two.txt", &two);
        let (program, _) = site.serve();
        let mut wire = Wire::open(&program).await;
        wire.ask(get("/one.txt")).await.is_file("the first request is answered", &one);
        wire.ask(get("/two.txt")).await.is_file("the second request on the same connection is answered", &two);
        wire.ask(get("/none.txt")).await.has_status("a missing file is 404", &[404]);
        wire.ask(get("/one.txt")).await.is_file("the connection survives a 404", &one);
    }

    #[tokio::test]
    async fn connection_close_is_honoured() {
        let (site, content) = (Site::empty(), text(&mut random()));
        site.file("one.txt", &content);
        let (program, _) = site.serve();
        let mut wire = Wire::open(&program).await;
        let answer = wire.ask(request("GET", "/one.txt", &["Connection: close"])).await;
        answer.is_file("the request is answered", &content);
        answer.has_header("the response says that it is the last", "Connection", "close");
        let rest = wire.closed("after Connection: close the program closes the connection").await;
        answer.expect("nothing follows the response").that(rest.is_empty(), super::support::show(&rest));
    }
}

mod split_and_pipelined_requests {
    use super::support::{Site, Wire, get, text};
    use harness::random;

    #[tokio::test]
    async fn a_request_may_arrive_in_pieces() {
        let (site, content) = (Site::empty(), text(&mut random()));
        site.file("one.txt", &content);
        let (program, http) = site.serve();
        let mut wire = Wire::open(&program).await;
        for piece in ["GE", "T /one.t", "xt HTTP/1.1\r", "\nHost: fil", "es.test\r\n\r", "\n"] {
            wire.send(piece).await;
            // Once another client has been answered, the program has most likely read the piece.
            http.get("/one.txt").send().await.expect("another client is served meanwhile").status(200);
        }
        wire.answer().await.is_file("a request is answered however its bytes arrive", &content);
    }

    #[tokio::test]
    async fn requests_that_arrive_together_are_answered_in_order() {
        let mut random = random();
        let site = Site::empty();
        let contents: Vec<_> = (0..10).map(|_| text(&mut random)).collect();
        for (number, content) in contents.iter().enumerate() {
            site.file(&format!("{number}.txt"), content);
        }
        let (program, _) = site.serve();
        let mut wire = Wire::open(&program).await;
        wire.send((0..10).map(|number| get(&format!("/{number}.txt"))).collect::<String>()).await;
        for content in &contents {
            wire.answer().await.is_file("ten requests in one piece get ten responses in their order", content);
        }
    }
}

pub mod malformed_is_400 {
    use super::support::{Site, Wire, get};

    /// Sends `head` and then a request that is fine. The answer has to be 400, and the last one.
    pub async fn refused(program: &harness::Program, head: &[u8], allowed: &[u16]) {
        let mut wire = Wire::open(program).await;
        let answer = wire.ask([head, get("/there.txt").as_bytes()].concat()).await;
        answer.has_status("a request that cannot be understood is refused", allowed);
        answer.has_header("nobody knows where the next request would begin", "Connection", "close");
        let rest = wire.closed("after a refused request the connection is closed").await;
        answer.expect("nothing more is answered on this connection").that(rest.is_empty(), super::support::show(&rest));
    }

    #[tokio::test]
    async fn what_is_no_request_line() {
        let site = Site::empty();
        site.file("there.txt", "x");
        let (program, http) = site.serve();
        for line in ["hello", "GET /there.txt HTTP/1.1 and more", "GET there.txt HTTP/1.1", "GET /there.txt HTTQ/1.1"] {
            refused(&program, format!("{line}\r\nHost: files.test\r\n\r\n").as_bytes(), &[400]).await;
        }
        http.get("/there.txt").send().await.expect("other clients are served as before").status(200);
    }

    #[tokio::test]
    async fn a_request_without_host() {
        let site = Site::empty();
        site.file("there.txt", "x");
        let (program, _) = site.serve();
        refused(&program, b"GET /there.txt HTTP/1.1\r\nAccept: */*\r\n\r\n", &[400]).await;
    }

    #[tokio::test]
    async fn a_body_with_two_lengths() {
        let site = Site::empty();
        site.file("there.txt", "x");
        let (program, _) = site.serve();
        let head = "POST /there.txt HTTP/1.1\r\nHost: files.test\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n";
        refused(&program, head.as_bytes(), &[400]).await;
    }
}

pub mod header_limits_431 {
    use super::support::{Site, Wire, request};

    /// A request whose head has exactly `size` bytes.
    pub fn head_of(size: usize) -> String {
        let padding = size - request("GET", "/there.txt", &["Padding: "]).len();
        request("GET", "/there.txt", &[&format!("Padding: {}", "x".repeat(padding))])
    }

    #[tokio::test]
    async fn a_head_of_16_kib_is_accepted() {
        let site = Site::empty();
        site.file("there.txt", "here");
        let (program, _) = site.serve();
        for size in [8 * 1024, 16 * 1024] {
            let answer = Wire::open(&program).await.ask(head_of(size)).await;
            answer.is_file("a head of up to 16 KiB is accepted", "here");
        }
    }

    #[tokio::test]
    async fn a_head_of_more_than_32_kib_is_431() {
        let site = Site::empty();
        site.file("there.txt", "here");
        let (program, http) = site.serve();
        let mut wire = Wire::open(&program).await;
        let answer = wire.ask(head_of(33 * 1024)).await;
        answer.has_status("a head of more than 32 KiB is refused", &[431]);
        wire.closed("after a refused request the connection is closed").await;
        http.get("/there.txt").send().await.expect("other clients are served as before").status(200);
    }
}

pub mod traversal_and_symlinks {
    use super::support::{Site, Wire, get};
    use harness::{Program, random};

    /// Nothing of what stands beside the site may come back for `target`.
    pub async fn nothing_leaks(program: &Program, target: &str, secret: &str) {
        let answer = Wire::open(program).await.ask(get(target)).await;
        let body = String::from_utf8_lossy(&answer.body);
        answer.expect("no path leads out of the root").lacks(&body, secret);
        answer.has_status("a path that would lead out of the root is refused", &[400, 403, 404]);
    }

    #[tokio::test]
    async fn dots_do_not_lead_out() {
        let (site, secret) = (Site::empty(), random().name());
        site.file_beside("secret.txt", &secret);
        site.file("folder/page.html", "x");
        let (program, _) = site.serve();
        for target in
            ["/../secret.txt", "/folder/../../secret.txt", "/%2e%2e/secret.txt", "/folder/%2E%2e/.%2e/secret.txt"]
        {
            nothing_leaks(&program, target, &secret).await;
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn symbolic_links_do_not_lead_out() {
        let (site, secret) = (Site::empty(), random().name());
        let outside = site.file_beside("secret.txt", &secret);
        std::os::unix::fs::symlink(&outside, site.root().join("link.txt")).expect("a link can be made");
        std::os::unix::fs::symlink(site.beside(""), site.root().join("up")).expect("a link can be made");
        let (program, _) = site.serve();
        nothing_leaks(&program, "/link.txt", &secret).await;
        nothing_leaks(&program, "/up/secret.txt", &secret).await;
    }
}

mod slow_clients_do_not_block {
    use super::support::{Site, Wire, allow_many_sockets, get, text};
    use harness::{expect, random};

    #[tokio::test]
    async fn five_hundred_half_requests_hold_up_nobody() {
        allow_many_sockets();
        let (site, content) = (Site::empty(), text(&mut random()));
        site.file("one.txt", &content);
        let program = site.launch().args(["--header-timeout-ms", "60000"]).start();
        let http = harness_net::Http::to(&program);
        let request = get("/one.txt");
        let (half, rest) = request.split_at(request.len() / 2);
        let mut wires = Vec::new();
        for _ in 0..500 {
            let mut wire = Wire::open(&program).await;
            wire.send(half).await;
            wires.push(wire);
        }
        let reply = http.get("/one.txt").send().await;
        reply.expect("500 clients that are not done do not hold up another one").status(200).body(&content);
        for wire in &mut wires {
            wire.send(rest).await;
        }
        for wire in &mut wires {
            wire.answer().await.is_file("each of the 500 is answered when it is done", &content);
        }
    }

    #[tokio::test]
    async fn a_head_that_never_ends_is_given_up() {
        let site = Site::empty();
        site.file("one.txt", "x");
        let program = site.launch().args(["--header-timeout-ms", "200"]).start();
        let mut wire = Wire::open(&program).await;
        wire.send("GET /one.txt HTTP/1.1\r\nHost: fil").await;
        let bytes = wire.closed("a client that does not finish its head in time loses its connection").await;
        let said = String::from_utf8_lossy(&bytes);
        let fits = said.is_empty() || said.starts_with("HTTP/1.1 408 ");
        expect("it hears 408 or nothing").expected("HTTP/1.1 408 …, or nothing").that(fits, &said);
    }
}

mod conditional_304 {
    use super::support::{Site, text};
    use harness::random;

    #[tokio::test]
    async fn what_the_client_has_is_not_sent_again() {
        let (site, content) = (Site::empty(), text(&mut random()));
        site.file("page.html", &content);
        let (_program, http) = site.serve();
        let first = http.get("/page.html").send().await;
        first.expect("the file is sent").status(200).body(&content);
        for (answer, question) in [("etag", "if-none-match"), ("last-modified", "if-modified-since")] {
            let Some(value) = first.header(answer) else {
                harness::expect(format!("a file is sent with {answer}")).request(first.curl()).fail(first.describe())
            };
            let again = http.get("/page.html").header(question, value).send().await;
            again.expect(format!("{question} with the value of {answer} is 304")).status(304).body("");
        }
        let other = http.get("/page.html").header("if-none-match", "\"of another file\"").send().await;
        other.expect("another tag does not match").status(200).body(&content);
    }
}

mod ranges_206_416 {
    use super::support::Site;
    use harness::random;

    #[tokio::test]
    async fn a_part_of_a_file_is_206() {
        let (site, bytes) = (Site::empty(), random().bytes(1000));
        site.file("a.bin", &bytes);
        let (_program, http) = site.serve();
        for (range, part, content_range) in [
            ("bytes=0-99", &bytes[..100], "bytes 0-99/1000"),
            ("bytes=990-", &bytes[990..], "bytes 990-999/1000"),
            ("bytes=-5", &bytes[995..], "bytes 995-999/1000"),
        ] {
            let reply = http.get("/a.bin").header("range", range).send().await;
            reply
                .expect(format!("{range} of 1000 bytes"))
                .status(206)
                .header("content-range", content_range)
                .body(part);
        }
    }

    #[tokio::test]
    async fn a_range_behind_the_end_is_416() {
        let site = Site::empty();
        site.file("a.bin", "0123456789");
        let (_program, http) = site.serve();
        let reply = http.get("/a.bin").header("range", "bytes=10-").send().await;
        reply.expect("a file of 10 bytes has no byte 10").status(416).header("content-range", "bytes */10");
    }
}
