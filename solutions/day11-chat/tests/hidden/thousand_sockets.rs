use crate::visible::support::Chat;
use harness::{allow_open_files, expect};
use serde_json::json;

#[tokio::test]
async fn a_thousand_who_go_leave_nothing_behind() {
    allow_open_files(4096);
    let chat = Chat::start(&["--queue", "2048"]);
    let mut people = Vec::new();
    for number in 0..1000 {
        people.push(chat.enter(&format!("guest-{number}")).await);
    }
    let mut ann = chat.enter_room("ann", "lobby", &mut []).await;
    for person in people.iter_mut().step_by(10) {
        person.join("lobby").await;
        ann.hears_presence("lobby", &person.name, "joined").await;
    }
    drop(people);
    for _ in 0..100 {
        ann.hears("all who go are told", &json!({"type": "presence", "state": "left"})).await;
    }
    let joined = ann.join("lobby").await;
    expect("nobody else is left").eq(&joined["members"], &json!(["ann"]));
    for number in [0, 7, 999] {
        chat.enter_again(&format!("guest-{number}")).await;
    }
}
