use crate::visible::support::Chat;
use harness::expect;
use serde_json::Value;

const WRITERS: u64 = 6;
const EACH: u64 = 40;

fn id(message: &Value) -> u64 {
    message["id"].as_u64().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn six_who_talk_at_once_are_heard_in_one_order() {
    let chat = Chat::start(&["--queue", "1000"]);
    let mut listeners = Vec::new();
    for number in 0..3 {
        let mut there: Vec<_> = listeners.iter_mut().collect();
        let listener = chat.enter_room(&format!("listener-{number}"), "lobby", &mut there).await;
        listeners.push(listener);
    }
    let mut writers = Vec::new();
    for number in 0..WRITERS {
        let mut there: Vec<_> = listeners.iter_mut().chain(&mut writers).collect();
        let writer = chat.enter_room(&format!("writer-{number}"), "lobby", &mut there).await;
        writers.push(writer);
    }
    let writing: Vec<_> = writers
        .into_iter()
        .map(|mut writer| {
            tokio::spawn(async move {
                for number in 0..EACH {
                    writer.say("lobby", &number.to_string()).await;
                }
                hear_all(&mut writer).await
            })
        })
        .collect();
    let mut heard = Vec::new();
    for listener in &mut listeners {
        heard.push(hear_all(listener).await);
    }
    for writer in writing {
        heard.push(writer.await.expect("a writer hears everything, too"));
    }
    for other in &heard[1..] {
        let differs = heard[0].iter().zip(other).find(|(one, other)| one != other);
        expect("everybody hears the same in the same order").that(differs.is_none(), format!("{differs:?}"));
    }
    for writer in 0..WRITERS {
        let name = format!("writer-{writer}");
        let own = heard[0].iter().filter(|message| message["from"] == name.as_str());
        let texts: Vec<_> = own.map(|message| message["text"].as_str().unwrap_or_default().to_owned()).collect();
        let wanted: Vec<String> = (0..EACH).map(|number| number.to_string()).collect();
        expect("each one's messages keep their order").eq(texts, wanted);
    }
}

/// All messages, whose ids count from 1.
async fn hear_all(person: &mut crate::visible::support::Person) -> Vec<Value> {
    let mut heard = Vec::new();
    for wanted in 1..=WRITERS * EACH {
        let message = person.socket.next("everybody hears all messages").await;
        if id(&message) != wanted {
            let expected = format!("the message with the id {wanted}");
            person.socket.fail("everybody hears all messages in order", &expected, &message);
        }
        heard.push(message);
    }
    heard
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_joins_in_the_middle_misses_nothing_and_hears_nothing_twice() {
    let chat = Chat::start(&["--history", "10000", "--queue", "10000"]);
    let mut ann = chat.enter_room("ann", "lobby", &mut []).await;
    let talking = tokio::spawn(async move {
        for number in 0..400 {
            ann.say("lobby", &number.to_string()).await;
        }
        ann
    });
    for number in 0..8 {
        let mut guest = chat.enter(&format!("guest-{number}")).await;
        let joined = guest.join("lobby").await;
        let mut ids: Vec<u64> = joined["messages"].as_array().into_iter().flatten().map(id).collect();
        while ids.len() < 400 {
            let next = guest.socket.next("who joins hears what follows").await;
            if next["type"] == "message" {
                ids.push(id(&next));
            }
        }
        let gap = ids.iter().zip(1..).find(|(id, wanted)| **id != *wanted);
        expect("history and what follows fit together without a gap").that(gap.is_none(), format!("{gap:?}"));
    }
    talking.await.expect("ann could say everything");
}
