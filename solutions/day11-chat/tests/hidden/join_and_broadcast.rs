use crate::visible::support::{Chat, name};
use harness::{expect, random};
use harness_net::Http;
use serde_json::json;

#[tokio::test]
async fn names_have_limits() {
    let chat = Chat::start(&[]);
    for name in ["", "two words", "zoë", "a/b", "a\nb", &"x".repeat(33)] {
        let refused = chat.try_enter(name).await.map(|_| ());
        expect(format!("the name {name:?} is refused with 422"))
            .eq(refused.map_err(|refused| refused.status), Err(422));
    }
    for name in ["x", "Under_score-9", &"x".repeat(32)] {
        chat.enter(name).await;
    }
}

#[tokio::test]
async fn what_is_no_handshake_is_told_what_to_speak() {
    let chat = Chat::start(&[]);
    let http = Http::to(&chat.program);
    let reply = http.get("/ws?name=ann").send().await;
    reply.expect("a plain request is told to upgrade").problem(426);
    reply.expect("and to what").header("upgrade", "websocket");
    http.get("/").send().await.expect("an unknown path").problem(404);
    http.post("/ws?name=ann").send().await.expect("a wrong method").problem(405);
    // None of them has taken the name.
    chat.enter("ann").await;
}

#[tokio::test]
async fn a_name_without_a_query_is_422() {
    let chat = Chat::start(&[]);
    let refused = harness_net::WebSocket::try_open(chat.program.address(), "/ws").await.map(|_| ());
    expect("a handshake without a name is refused with 422").eq(refused.map_err(|refused| refused.status), Err(422));
}

#[tokio::test]
async fn one_can_be_in_many_rooms() {
    let (chat, mut random) = (Chat::start(&[]), random());
    let rooms: Vec<String> = (0..5).map(|number| format!("{}-{number}", name(&mut random))).collect();
    let mut ann = chat.enter("ann").await;
    for room in &rooms {
        ann.join(room).await;
    }
    for (number, room) in rooms.iter().enumerate() {
        let mut guest = chat.enter_room(&format!("guest-{number}"), room, &mut [&mut ann]).await;
        guest.say(room, room).await;
        ann.hears_said("who is in many rooms hears all of them", room, &guest.name, room).await;
        let heard = guest.hears_said("who says it hears it", room, &guest.name.clone(), room).await;
        expect("each room counts for itself").eq(heard["id"].as_u64(), Some(1));
        guest.leave(room).await;
        ann.hears_presence(room, &guest.name, "left").await;
    }
}

#[tokio::test]
async fn any_text_arrives_as_it_was() {
    let (chat, mut random) = (Chat::start(&[]), random());
    let mut ann = chat.enter_room("ann", "lobby", &mut []).await;
    let mut bob = chat.enter_room("bob", "lobby", &mut [&mut ann]).await;
    let longest = random.unicode(4000);
    for text in ["\"quoted\" \\ \u{0}\n\t", " ", "<b>&amp;</b>", "\u{1f980}", &longest] {
        bob.say("lobby", text).await;
        ann.hears_said("any text arrives as it was", "lobby", "bob", text).await;
        bob.hears_said("any text arrives as it was", "lobby", "bob", text).await;
    }
    let too_long = format!("{longest}x");
    for text in ["", &too_long] {
        bob.say("lobby", text).await;
        bob.hears("a text has 1 to 4000 characters", &json!({"type": "error", "code": "invalid"})).await;
    }
    ann.hears_nothing_else("what was refused is heard by nobody").await;
}

#[tokio::test]
async fn a_direct_message_to_oneself_comes_once() {
    let chat = Chat::start(&[]);
    let mut ann = chat.enter("ann").await;
    ann.direct("ann", "buy milk").await;
    ann.hears("it comes", &json!({"type": "direct", "from": "ann", "to": "ann", "text": "buy milk"})).await;
    ann.hears_nothing_else("and comes once").await;
}

#[tokio::test]
async fn to_join_again_is_no_news_for_the_others() {
    let chat = Chat::start(&[]);
    let mut ann = chat.enter_room("ann", "lobby", &mut []).await;
    let mut bob = chat.enter_room("bob", "lobby", &mut [&mut ann]).await;
    let again = bob.join("lobby").await;
    expect("who joins again learns who is there").eq(&again["members"], &json!(["ann", "bob"]));
    ann.hears_nothing_else("nobody has come").await;
    ann.say("lobby", "one").await;
    bob.hears_said("a member is in a room once", "lobby", "ann", "one").await;
    bob.hears_nothing_else("and hears everything once").await;
}

#[tokio::test]
async fn the_same_name_from_fifty_is_taken_once() {
    let chat = Chat::start(&[]);
    let address = chat.program.address();
    let entered = harness_net::together(50, move |_| async move {
        // The connection is kept until all have tried.
        harness_net::WebSocket::try_open(address, "/ws?name=ann").await.map_err(|refused| refused.status)
    })
    .await;
    let accepted = entered.iter().filter(|outcome| outcome.is_ok()).count();
    expect("one of fifty gets the name").eq(accepted, 1);
    let refused = entered.iter().filter(|outcome| matches!(outcome, Err(409))).count();
    expect("the others get 409").eq(refused, 49);
}
