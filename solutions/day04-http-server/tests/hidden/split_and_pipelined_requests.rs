use crate::visible::support::{Site, Wire, get, request, text};
use harness::random;

#[tokio::test]
async fn the_first_request_is_answered_before_the_second_is_complete() {
    let (site, content) = (Site::empty(), text(&mut random()));
    site.file("one.txt", &content);
    let (program, _) = site.serve();
    let mut wire = Wire::open(&program).await;
    let request = get("/one.txt");
    for cut in [1, 20, request.len() - 3, request.len() - 1] {
        wire.send([&request, &request[..cut]].concat()).await;
        wire.answer().await.is_file("a complete request is answered whatever follows it", &content);
        wire.send(&request[cut..]).await;
        wire.answer().await.is_file("the second request is answered when it is complete", &content);
    }
}

#[tokio::test]
async fn a_conversation_cut_anywhere() {
    let mut random = random();
    let site = Site::empty();
    let contents: Vec<_> = (0..4).map(|_| text(&mut random)).collect();
    for (number, content) in contents.iter().enumerate() {
        site.file(&format!("{number}.txt"), content);
    }
    let (program, http) = site.serve();
    let plan: Vec<_> = (0..30).map(|_| (random.below(6), random.one_in(3))).collect();
    let method = |head: bool| if head { "HEAD" } else { "GET" };
    let conversation: String =
        plan.iter().map(|(number, head)| request(method(*head), &format!("/{number}.txt"), &["Accept: */*"])).collect();
    let mut wire = Wire::open(&program).await;
    let mut rest = conversation.as_bytes();
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.len().min(1 + random.below(200)));
        wire.send(piece).await;
        // Once another client has been answered, the program has most likely read the piece.
        http.get("/0.txt").send().await.expect("another client is served meanwhile").status(200);
        rest = after;
    }
    for (number, head) in plan {
        let answer = if head { wire.head().await } else { wire.answer().await };
        match contents.get(number) {
            Some(_) if head => answer.has_status("each request gets its own response, in order", &[200]),
            Some(content) => answer.is_file("each request gets its own response, in order", content),
            None => answer.has_status("each request gets its own response, in order", &[404]),
        };
    }
}

#[tokio::test]
async fn byte_by_byte() {
    let (site, content) = (Site::empty(), text(&mut random()));
    site.file("one.txt", &content);
    let (program, _) = site.serve();
    let mut wire = Wire::open(&program).await;
    for byte in get("/one.txt").bytes().chain(get("/one.txt").bytes()) {
        wire.send([byte]).await;
        tokio::task::yield_now().await;
    }
    for _ in 0..2 {
        wire.answer().await.is_file("a request is answered however its bytes arrive", &content);
    }
}

#[tokio::test]
async fn empty_lines_before_a_request_are_skipped() {
    let (site, content) = (Site::empty(), text(&mut random()));
    site.file("one.txt", &content);
    let (program, _) = site.serve();
    let mut wire = Wire::open(&program).await;
    for lines in ["\r\n", "\r\n\r\n"] {
        let answer = wire.ask(lines.to_owned() + &get("/one.txt")).await;
        answer.is_file("empty lines before a request are skipped (RFC 9112, section 2.2)", &content);
    }
}
