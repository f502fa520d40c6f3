use crate::visible::support::{Chat, texts};
use harness::{expect, random};

#[tokio::test]
async fn a_history_of_any_length() {
    let mut random = random();
    for history in [0, 1, random.between(2..=30) as usize] {
        let chat = Chat::start(&["--history", &history.to_string()]);
        let mut ann = chat.enter_room("ann", "lobby", &mut []).await;
        let count = history + random.below(10);
        for number in 0..count {
            ann.say("lobby", &number.to_string()).await;
            ann.socket.next("who says it hears it").await;
        }
        let kept: Vec<String> = (count - history.min(count)..count).map(|number| number.to_string()).collect();
        let joined = chat.enter("bob").await.join("lobby").await;
        expect(format!("the last {history} of {count} messages")).eq(texts(&joined), kept);
    }
}

#[tokio::test]
async fn ids_go_on_whatever_is_forgotten() {
    let chat = Chat::start(&["--history", "0"]);
    let mut ann = chat.enter_room("ann", "lobby", &mut []).await;
    for id in 1..=5_u64 {
        ann.say("lobby", "x").await;
        let heard = ann.hears_said("who says it hears it", "lobby", "ann", "x").await;
        expect("ids count on").eq(heard["id"].as_u64(), Some(id));
        ann.leave("lobby").await;
        ann.join("lobby").await;
    }
}

#[tokio::test]
async fn each_room_has_its_own() {
    let chat = Chat::start(&["--history", "2"]);
    let mut ann = chat.enter("ann").await;
    for room in ["a", "b", "c"] {
        ann.join(room).await;
        ann.say(room, room).await;
        ann.hears_said("who says it hears it", room, "ann", room).await;
    }
    let mut bob = chat.enter("bob").await;
    for room in ["c", "a", "b"] {
        expect("a room remembers its own messages").eq(texts(&bob.join(room).await), vec![room.to_owned()]);
    }
}

#[tokio::test]
async fn what_is_remembered_is_what_was_heard() {
    let (chat, mut random) = (Chat::start(&[]), random());
    let mut ann = chat.enter_room("ann", "lobby", &mut []).await;
    let mut heard = Vec::new();
    for _ in 0..5 {
        let text = random.unicode(30);
        ann.say("lobby", &text).await;
        heard.push(ann.hears_said("who says it hears it", "lobby", "ann", &text).await);
    }
    let joined = chat.enter("bob").await.join("lobby").await;
    expect("messages in joined are those that were heard").eq(joined["messages"].as_array(), Some(&heard));
}
