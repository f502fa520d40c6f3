use crate::visible::support::{Chat, texts};
use harness::{expect, random};

#[tokio::test]
async fn what_is_forgotten_is_said_to_be_missed() {
    let chat = Chat::start(&["--history", "4"]);
    let mut ann = chat.enter_room("ann", "lobby", &mut []).await;
    for number in 1..=10 {
        ann.say("lobby", &number.to_string()).await;
        ann.socket.next("who says it hears it").await;
    }
    // 7, 8, 9 and 10 are remembered.
    for (after, kept, missed) in
        [(0, 4, true), (5, 4, true), (6, 4, false), (7, 3, false), (10, 0, false), (11, 4, true)]
    {
        let joined = ann.resume("lobby", after).await;
        let wanted: Vec<String> = (11 - kept..=10).map(|number| number.to_string()).collect();
        expect(format!("what comes after {after}")).eq(texts(&joined), wanted);
        expect(format!("whether something after {after} is forgotten")).eq(joined["missed"].as_bool(), Some(missed));
    }
    let joined = ann.join("lobby").await;
    expect("without `after` nothing is missed").eq(joined["missed"].as_bool(), Some(false));
}

#[tokio::test]
async fn a_restart_is_noticed() {
    let mut chat = Chat::start(&[]);
    let mut ann = chat.enter_room("ann", "lobby", &mut []).await;
    for _ in 0..5 {
        ann.say("lobby", "before").await;
        ann.socket.next("who says it hears it").await;
    }
    chat.program.kill();
    chat.program.start_again();
    let mut bob = chat.enter_room("bob", "lobby", &mut []).await;
    bob.say("lobby", "after").await;
    bob.socket.next("who says it hears it").await;
    let joined = chat.enter("ann").await.resume("lobby", 5).await;
    expect("an id from before the restart is from the future").eq(texts(&joined), vec!["after"]);
    expect("and something is missed").eq(joined["missed"].as_bool(), Some(true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_comes_back_has_everything_once() {
    let chat = Chat::start(&["--history", "10000"]);
    let mut ann = chat.enter_room("ann", "lobby", &mut []).await;
    let talking = tokio::spawn(async move {
        for number in 1..=300_u64 {
            ann.say("lobby", &number.to_string()).await;
            while ann.socket.next("who says it hears it").await["type"] != "message" {}
        }
        ann
    });
    let (mut random, mut seen) = (random(), Vec::new());
    while seen.len() < 300 {
        let mut bob = chat.enter_again("bob").await;
        let joined = bob.resume("lobby", seen.len() as u64).await;
        seen.extend(texts(&joined));
        // Then it hears some more, and its connection breaks.
        for _ in 0..random.below(20) {
            if seen.len() == 300 {
                break;
            }
            let next = bob.socket.next("who is in the room hears what is said").await;
            if next["type"] == "message" {
                seen.push(next["text"].as_str().unwrap_or_default().to_owned());
            }
        }
    }
    let wanted: Vec<String> = (1..=300).map(|number: u64| number.to_string()).collect();
    expect("everything is seen once and in order").eq(seen, wanted);
    talking.await.expect("ann could say everything");
}
