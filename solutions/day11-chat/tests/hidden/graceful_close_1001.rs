use crate::visible::support::Chat;
use harness::expect;
use harness_net::websocket;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_are_told_and_one_who_is_deaf_delays_nothing() {
    let mut chat = Chat::start(&[]);
    let mut people = Vec::new();
    for number in 0..50 {
        people.push(chat.enter(&format!("guest-{number}")).await);
    }
    // It neither reads nor answers, and keeps its side open.
    let _deaf = websocket::raw(chat.program.address(), "/ws?name=deaf").await;
    let waiting = tokio::spawn(async move {
        let mut codes = Vec::new();
        for person in &mut people {
            codes.push(person.socket.rest("SIGTERM ends all connections").await.1);
        }
        codes
    });
    chat.program.terminate();
    let codes = waiting.await.expect("all connections end");
    expect("each of fifty hears 1001, going away").eq(codes, vec![Some(1001); 50]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_room_ends_in_order() {
    let mut chat = Chat::start(&[]);
    let mut people = Vec::new();
    for number in 0..20 {
        let mut there: Vec<_> = people.iter_mut().collect();
        let person = chat.enter_room(&format!("guest-{number}"), "lobby", &mut there).await;
        people.push(person);
    }
    people[0].say("lobby", "last words").await;
    for person in &mut people {
        person.hears_said("everybody hears a message", "lobby", "guest-0", "last words").await;
    }
    let waiting = tokio::spawn(async move {
        for person in &mut people {
            person.socket.expect_close("SIGTERM closes connections with 1001", 1001).await;
        }
    });
    chat.program.terminate();
    waiting.await.expect("all connections end with 1001");
}
