use crate::visible::support::{Chat, name};
use harness::{expect, random};
use serde_json::json;
use std::collections::BTreeSet;

#[tokio::test]
async fn members_are_those_who_came_and_did_not_leave() {
    let (chat, mut random) = (Chat::start(&[]), random());
    let mut people = Vec::new();
    for number in 0..8 {
        people.push(chat.enter(&format!("{}-{number}", random.word())).await);
    }
    let mut members = BTreeSet::new();
    let mut observer = chat.enter_room("observer", "lobby", &mut []).await;
    for _ in 0..60 {
        let who = random.below(people.len());
        let person = &mut people[who];
        let mut others_hear = "joined";
        if members.remove(&who) {
            person.leave("lobby").await;
            others_hear = "left";
        } else {
            person.join("lobby").await;
            members.insert(who);
        }
        let user = people[who].name.clone();
        observer.hears_presence("lobby", &user, others_hear).await;
        for other in members.iter().filter(|member| **member != who) {
            people[*other].hears_presence("lobby", &user, others_hear).await;
        }
        let mut names: Vec<_> = members.iter().map(|member| people[*member].name.clone()).collect();
        names.push("observer".to_owned());
        names.sort();
        let joined = observer.join("lobby").await;
        expect("members are those who came and did not leave").eq(&joined["members"], &json!(names));
    }
}

#[tokio::test]
async fn the_end_of_a_connection_leaves_all_rooms() {
    let (chat, mut random) = (Chat::start(&[]), random());
    let rooms: Vec<String> = (0..4).map(|number| format!("{}-{number}", name(&mut random))).collect();
    let mut ann = chat.enter("ann").await;
    for room in &rooms {
        ann.join(room).await;
    }
    let mut bob = chat.enter("bob").await;
    for room in &rooms {
        bob.join(room).await;
        ann.hears_presence(room, "bob", "joined").await;
    }
    bob.socket.close().await;
    let mut left = BTreeSet::new();
    for _ in &rooms {
        let told = ann.hears("all rooms are told", &json!({"type": "presence", "user": "bob", "state": "left"})).await;
        left.insert(told["room"].as_str().unwrap_or_default().to_owned());
    }
    expect("each room is told once").eq(left, rooms.into_iter().collect());
    ann.hears_nothing_else("each room is told once").await;
}

#[tokio::test]
async fn nobody_is_told_of_oneself() {
    let chat = Chat::start(&[]);
    let mut ann = chat.enter_room("ann", "lobby", &mut []).await;
    ann.hears_nothing_else("who joins is answered, and not told as well").await;
    ann.leave("lobby").await;
    ann.hears_nothing_else("who leaves is answered, and not told as well").await;
    ann.send(&json!({"type": "leave", "room": "lobby"})).await;
    ann.hears("nobody leaves twice", &json!({"type": "error", "code": "not_in_room"})).await;
}

#[tokio::test]
async fn who_is_elsewhere_is_not_told() {
    let chat = Chat::start(&[]);
    let mut ann = chat.enter_room("ann", "here", &mut []).await;
    let mut bob = chat.enter_room("bob", "there", &mut []).await;
    bob.leave("there").await;
    ann.hears_nothing_else("what happens in a room is told in that room").await;
}

#[tokio::test]
async fn come_and_go_leaves_nothing_behind() {
    let chat = Chat::start(&[]);
    for _ in 0..30 {
        // Some break off right after the handshake, before they could do anything.
        drop(chat.enter_again("guest").await);
        let mut guest = chat.enter_again("guest").await;
        guest.join("lobby").await;
        drop(guest);
    }
    let mut ann = chat.enter("ann").await;
    let mut last = chat.enter_again("guest").await;
    let joined = last.join("lobby").await;
    expect("who has gone is no member").eq(&joined["members"], &json!(["guest"]));
    ann.hears_nothing_else("who was in no room heard nothing").await;
}
