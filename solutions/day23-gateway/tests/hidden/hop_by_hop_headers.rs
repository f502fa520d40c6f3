use super::support::{Gateway, Raw, named, response, to};
use harness::{expect, random};
use harness_net::Socket;

#[tokio::test]
async fn connection_is_a_list_in_any_case_on_any_number_of_lines() {
    let mut random = random();
    let names: Vec<_> = (0..4).map(|_| format!("X-{}", random.name())).collect();
    let upstream = named("up");
    let gateway = Gateway::start(&to([upstream.address()]));
    let mut socket = Socket::connect(gateway.address()).await;
    let headers: String = names.iter().map(|name| format!("{}: 1\r\n", name.to_uppercase())).collect();
    let head = format!(
        "GET / HTTP/1.1\r\nHost: shop\r\nCONNECTION: {},{} ,\r\nconnection: Keep-Alive, {}\r\n{headers}\r\n",
        names[0], names[1], names[2]
    );
    socket.send(&head).await;
    response(&mut socket).await;
    let request = &upstream.received()[0];
    for name in &names[..3] {
        expect(format!("{name} does not reach the upstream")).request(&head).eq(request.header(name), None);
    }
    expect("what is not named does").request(&head).eq(request.header(&names[3]), Some("1"));
}

#[tokio::test]
async fn connection_cannot_take_away_what_the_gateway_says() {
    let upstream = named("up");
    let gateway = Gateway::start(&to([upstream.address()]));
    let mut socket = Socket::connect(gateway.address()).await;
    let head = "GET / HTTP/1.1\r\nHost: shop\r\nConnection: X-Forwarded-For, Host, X-Forwarded-Proto, Via\r\n\r\n";
    socket.send(head).await;
    response(&mut socket).await;
    let request = &upstream.received()[0];
    for (name, value) in
        [("x-forwarded-for", "127.0.0.1"), ("x-forwarded-proto", "http"), ("host", "shop"), ("via", "1.1 gateway")]
    {
        expect(format!("{name} is there all the same")).request(head).eq(request.header(name), Some(value));
    }
}

#[tokio::test]
async fn a_response_names_its_own() {
    let upstream = Raw::start().await;
    let gateway = Gateway::start(&to([upstream.address()]));
    let call = tokio::spawn(gateway.http.get("/").send());
    let mut conversation = upstream.accept().await;
    conversation.head().await;
    let head = "HTTP/1.1 200 OK\r\nConnection: x-one\r\nConnection: close, X-Two\r\nX-One: 1\r\nX-Two: 2\r\n\
         Keep-Alive: timeout=77\r\nProxy-Connection: x\r\nX-Stays: yes\r\nContent-Length: 2\r\n\r\nok";
    conversation.send(head).await;
    let reply = call.await.expect("the request is answered");
    for name in ["x-one", "x-two", "proxy-connection"] {
        reply.expect("what concerns the upstream's connection").no_header(name);
    }
    let kept = reply.header("keep-alive").unwrap_or_default();
    expect("the upstream's Keep-Alive is not the client's").lacks(kept, "77");
    reply.expect("the rest stays").header("x-stays", "yes").body("ok");
}

#[tokio::test]
async fn via_tells_the_way() {
    let upstream = named("up");
    let gateway = Gateway::start(&to([upstream.address()]));
    gateway.http.get("/").header("via", "1.0 fred").send().await.expect("it is answered").status(200);
    let lines: Vec<_> = upstream.received()[0].headers.get_all("via").iter().cloned().collect();
    let via = lines.iter().map(|line| line.to_str().unwrap_or_default()).collect::<Vec<_>>().join(", ");
    expect("the gateway comes after those before it").eq(via, "1.0 fred, 1.1 gateway".to_owned());
}

#[tokio::test]
async fn bodies_are_framed_for_each_connection() {
    let upstream = named("up");
    let gateway = Gateway::start(&to([upstream.address()]));
    let mut socket = Socket::connect(gateway.address()).await;
    let head = "POST / HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n";
    socket.send(format!("{head}5\r\nhello\r\n")).await;
    socket.send("6\r\n world\r\n0\r\n\r\n").await;
    expect("a chunked request is answered").contains(&response(&mut socket).await, "200");
    let body = String::from_utf8_lossy(&upstream.received()[0].body).into_owned();
    expect("the upstream gets the body without the chunks").eq(body, "hello world".to_owned());
}
