//! The tests of day 11 that you can read. One module per checkpoint; each name is a claim about your program.

pub mod support;

mod join_and_broadcast {
    use super::support::{Chat, name};
    use harness::{expect, random};
    use serde_json::json;

    #[tokio::test]
    async fn everybody_in_the_room_hears_what_is_said() {
        let (chat, mut random) = (Chat::start(&[]), random());
        let (room, text) = (name(&mut random), random.unicode(20));
        let mut ann = chat.enter_room("ann", &room, &mut []).await;
        let mut bob = chat.enter_room("bob", &room, &mut [&mut ann]).await;
        let mut cleo = chat.enter_room("cleo", &room, &mut [&mut ann, &mut bob]).await;
        bob.say(&room, &text).await;
        for person in [&mut ann, &mut bob, &mut cleo] {
            let requirement = "everybody in the room hears a message, and who says it, too";
            let message = person.hears_said(requirement, &room, "bob", &text).await;
            expect("the first message of a room has the id 1").eq(message["id"].as_u64(), Some(1));
            let at = message["at"].as_str().unwrap_or_default();
            expect("at is a time").that(at.parse::<jiff::Timestamp>().is_ok(), at);
        }
    }

    #[tokio::test]
    async fn nobody_else_hears_it() {
        let chat = Chat::start(&[]);
        let mut ann = chat.enter_room("ann", "here", &mut []).await;
        let mut bob = chat.enter_room("bob", "there", &mut []).await;
        let mut cleo = chat.enter("cleo").await;
        ann.say("here", "psst").await;
        ann.hears_said("who says it hears it", "here", "ann", "psst").await;
        bob.hears_nothing_else("a message stays in its room").await;
        cleo.hears_nothing_else("who is in no room hears nothing").await;
    }

    #[tokio::test]
    async fn a_name_is_taken_while_somebody_has_it() {
        let chat = Chat::start(&[]);
        let ann = chat.enter("ann").await;
        let second = chat.try_enter("ann").await.map(|_| ());
        expect("a second ann is refused with 409").eq(second.map_err(|refused| refused.status), Err(409));
        ann.socket.close().await;
        chat.enter_again("ann").await.join("lobby").await;
    }

    #[tokio::test]
    async fn a_direct_message_reaches_both() {
        let chat = Chat::start(&[]);
        let mut ann = chat.enter("ann").await;
        let mut bob = chat.enter("bob").await;
        let mut cleo = chat.enter("cleo").await;
        ann.direct("bob", "lunch?").await;
        let wanted = json!({"type": "direct", "from": "ann", "to": "bob", "text": "lunch?"});
        bob.hears("a direct message reaches the one it is for", &wanted).await;
        ann.hears("and the one who sent it", &wanted).await;
        cleo.hears_nothing_else("and nobody else").await;
    }
}

mod history_on_join {
    use super::support::{Chat, texts};
    use harness::{expect, random};

    #[tokio::test]
    async fn who_joins_reads_what_was_said() {
        let (chat, mut random) = (Chat::start(&["--history", "5"]), random());
        let said: Vec<String> = (0..8).map(|_| random.words(3)).collect();
        let mut ann = chat.enter_room("ann", "lobby", &mut []).await;
        for (number, text) in said.iter().enumerate() {
            ann.say("lobby", text).await;
            ann.hears_said("who says it hears it", "lobby", "ann", text).await;
            if number == 2 {
                let joined = chat.enter("early").await.join("lobby").await;
                expect("all that was said so far").eq(texts(&joined), said[..3].to_vec());
                ann.hears_presence("lobby", "early", "joined").await;
                ann.hears_presence("lobby", "early", "left").await;
            }
        }
        let joined = chat.enter("late").await.join("lobby").await;
        expect("the last five messages, the oldest first").eq(texts(&joined), said[3..].to_vec());
        let first = &joined["messages"][0];
        expect("as everybody heard them").eq((first["id"].as_u64(), first["from"].as_str()), (Some(4), Some("ann")));
    }

    #[tokio::test]
    async fn a_room_remembers_when_everybody_has_left() {
        let chat = Chat::start(&[]);
        let mut ann = chat.enter_room("ann", "lobby", &mut []).await;
        ann.say("lobby", "remember me").await;
        ann.hears_said("who says it hears it", "lobby", "ann", "remember me").await;
        ann.leave("lobby").await;
        let joined = ann.join("lobby").await;
        expect("what was said is still there").eq(texts(&joined), vec!["remember me"]);
    }
}

mod presence {
    use super::support::Chat;
    use harness::expect;
    use serde_json::json;

    #[tokio::test]
    async fn who_joins_learns_who_is_there() {
        let chat = Chat::start(&[]);
        let mut zoe = chat.enter("zoe").await;
        let alone = zoe.join("lobby").await;
        expect("the first one is alone").eq(&alone["members"], &json!(["zoe"]));
        let mut bob = chat.enter("bob").await;
        let both = bob.join("lobby").await;
        expect("members are in alphabetical order").eq(&both["members"], &json!(["bob", "zoe"]));
        zoe.hears_presence("lobby", "bob", "joined").await;
    }

    #[tokio::test]
    async fn who_leaves_is_gone() {
        let chat = Chat::start(&[]);
        let mut ann = chat.enter_room("ann", "lobby", &mut []).await;
        let mut bob = chat.enter_room("bob", "lobby", &mut [&mut ann]).await;
        bob.leave("lobby").await;
        ann.hears_presence("lobby", "bob", "left").await;
        ann.say("lobby", "are you there?").await;
        ann.hears_said("who says it hears it", "lobby", "ann", "are you there?").await;
        bob.hears_nothing_else("who has left a room hears nothing of it").await;
        bob.say("lobby", "no").await;
        bob.hears("who is not in a room cannot speak there", &json!({"type": "error", "code": "not_in_room"})).await;
    }

    #[tokio::test]
    async fn a_connection_that_breaks_leaves_its_rooms() {
        let chat = Chat::start(&[]);
        let mut ann = chat.enter_room("ann", "lobby", &mut []).await;
        let bob = chat.enter_room("bob", "lobby", &mut [&mut ann]).await;
        // Without a close frame.
        drop(bob);
        ann.hears_presence("lobby", "bob", "left").await;
    }
}

mod order_is_the_same_for_all {
    use super::support::Chat;
    use harness::expect;
    use harness_net::within;
    use std::time::Duration;

    #[tokio::test]
    async fn two_who_talk_at_once_are_heard_in_one_order() {
        let chat = Chat::start(&[]);
        let mut ann = chat.enter_room("ann", "lobby", &mut []).await;
        let mut bob = chat.enter_room("bob", "lobby", &mut [&mut ann]).await;
        for number in 0..30 {
            let text = number.to_string();
            futures_util::join!(ann.say("lobby", &text), bob.say("lobby", &text));
        }
        let mut heard = [Vec::new(), Vec::new()];
        for (person, heard) in [&mut ann, &mut bob].into_iter().zip(&mut heard) {
            for _ in 0..60 {
                let next = person.socket.next("everybody hears all messages");
                let message = within("everybody hears all messages", Duration::from_secs(10), next).await;
                heard.push((message["id"].as_u64(), message["from"].to_string(), message["text"].to_string()));
            }
        }
        let [ann, bob] = heard;
        let ids: Vec<_> = ann.iter().filter_map(|(id, ..)| *id).collect();
        expect("ids count from 1, without a gap").eq(ids, (1..=60).collect::<Vec<u64>>());
        expect("both hear the same in the same order").eq(ann, bob);
    }
}

mod slow_reader_does_not_block_others {
    use super::support::Chat;
    use harness::expect;

    #[tokio::test]
    async fn one_who_does_not_read_is_left_behind() {
        let chat = Chat::start(&["--queue", "16"]);
        let mut ann = chat.enter_room("ann", "lobby", &mut []).await;
        let mut bob = chat.enter_room("bob", "lobby", &mut [&mut ann]).await;
        let _sleeper = chat.enter_room("sleeper", "lobby", &mut [&mut ann, &mut bob]).await;
        let text = "z".repeat(3900);
        // More than any operating system keeps for somebody who does not read.
        for _ in 0..8000 {
            ann.say("lobby", &text).await;
            let heard = ann.socket.next("the others go on talking").await;
            expect("everybody else hears everything").eq(&bob.socket.next("the others hear everything").await, &heard);
            if heard["state"] == "left" {
                return expect("it is the sleeper who is gone").eq(heard["user"].as_str(), Some("sleeper"));
            }
        }
        expect("a client that does not read is cut off").fail("after 31 MB it is still a member");
    }
}

mod malformed_frames_close_1003_1007 {
    use super::support::Chat;
    use harness_net::websocket::{self, masked};
    use serde_json::json;

    #[tokio::test]
    async fn binary_is_1003() {
        let chat = Chat::start(&[]);
        let mut ann = chat.enter("ann").await;
        ann.socket.send_message(websocket::binary(b"{}")).await;
        ann.socket.expect_close("a binary message ends the connection", 1003).await;
    }

    #[tokio::test]
    async fn what_is_not_json_is_1007() {
        let chat = Chat::start(&[]);
        let mut ann = chat.enter("ann").await;
        ann.socket.send_message(websocket::text("hello?")).await;
        ann.socket.expect_close("text that is not JSON ends the connection", 1007).await;
        let mut socket = websocket::raw(chat.program.address(), "/ws?name=bob").await;
        socket.send(masked(0x81, b"{\"type\": \"\xff\"}")).await;
        websocket::expect_close("text that is not UTF-8 ends the connection", &mut socket, 1007).await;
    }

    #[tokio::test]
    async fn what_cannot_be_done_is_an_error_and_no_end() {
        let chat = Chat::start(&[]);
        let mut ann = chat.enter("ann").await;
        for request in [
            json!({"type": "sing"}),
            json!({"type": "join"}),
            json!({"type": "join", "room": "no spaces, please"}),
            json!({"type": "direct", "to": "ann", "text": ""}),
            json!([]),
        ] {
            ann.send(&request).await;
            let requirement = format!("{request} is refused, and the connection goes on");
            ann.hears(&requirement, &json!({"type": "error", "code": "invalid"})).await;
        }
        ann.direct("nobody", "hello?").await;
        ann.hears("nobody has that name", &json!({"type": "error", "code": "no_such_user"})).await;
        ann.join("lobby").await;
    }
}

mod ping_timeout {
    use super::support::Chat;
    use harness_net::websocket;

    #[tokio::test]
    async fn who_does_not_answer_pings_is_gone() {
        let chat = Chat::start(&["--ping-ms", "100"]);
        let mut socket = websocket::raw(chat.program.address(), "/ws?name=dead").await;
        let mut pings = 0;
        // It never answers.
        while let Some((first, _)) = websocket::frame(&mut socket).await {
            pings += usize::from(first == 0x89);
        }
        harness::expect("a client is pinged before it is given up").that(pings >= 1, pings);
        chat.enter_again("dead").await;
    }

    #[tokio::test]
    async fn who_answers_stays() {
        let chat = Chat::start(&["--ping-ms", "100"]);
        let mut socket = websocket::raw(chat.program.address(), "/ws?name=quiet").await;
        for _ in 0..8 {
            let ping = websocket::frame(&mut socket).await;
            let Some((0x89, payload)) = ping else {
                harness::expect("a client that answers pings is pinged again").fail(format!("{ping:?}"));
            };
            // A pong carries what the ping carried.
            socket.send(websocket::masked(0x8a, &payload)).await;
        }
    }
}

mod graceful_close_1001 {
    use super::support::Chat;

    #[tokio::test(flavor = "multi_thread")]
    async fn sigterm_says_goodbye_to_everybody() {
        let mut chat = Chat::start(&[]);
        let mut ann = chat.enter_room("ann", "lobby", &mut []).await;
        let bob = chat.enter("bob").await;
        let waiting = tokio::spawn(async move {
            for mut person in [bob] {
                person.socket.expect_close("SIGTERM closes connections with 1001, going away", 1001).await;
            }
            ann.socket.expect_close("SIGTERM closes connections with 1001, going away", 1001).await;
        });
        chat.program.terminate();
        if let Err(failed) = waiting.await {
            std::panic::resume_unwind(failed.into_panic());
        }
    }
}

mod resume_from_last_seen {
    use super::support::{Chat, texts};
    use harness::{expect, random};

    #[tokio::test]
    async fn only_what_was_missed_comes_again() {
        let chat = Chat::start(&["--history", "20"]);
        let mut ann = chat.enter_room("ann", "lobby", &mut []).await;
        let mut said = Vec::new();
        let mut random = random();
        for _ in 0..10 {
            let text = random.words(2);
            ann.say("lobby", &text).await;
            ann.hears_said("who says it hears it", "lobby", "ann", &text).await;
            said.push(text);
        }
        let seen = random.below(10);
        let mut bob = chat.enter("bob").await;
        let joined = bob.resume("lobby", seen as u64).await;
        expect("what was said after the last message seen").eq(texts(&joined), said[seen..].to_vec());
        expect("and nothing is missed").eq(joined["missed"].as_bool(), Some(false));
    }
}

mod thousand_sockets {
    use super::support::Chat;
    use harness::allow_open_files;

    #[tokio::test]
    async fn a_thousand_people_talk_in_forty_rooms() {
        // Each connection is a file, here and in the program, which inherits the limit.
        allow_open_files(4096);
        let chat = Chat::start(&[]);
        let mut rooms = Vec::new();
        for number in 0..40 {
            let room = format!("room-{number}");
            let mut people = Vec::new();
            for guest in 0..25 {
                let mut there: Vec<_> = people.iter_mut().collect();
                let person = chat.enter_room(&format!("guest-{number}-{guest}"), &room, &mut there).await;
                people.push(person);
            }
            rooms.push((room, people));
        }
        for (room, people) in &mut rooms {
            people[0].say(room, "hello, world").await;
        }
        for (room, people) in &mut rooms {
            let speaker = people[0].name.clone();
            for person in people {
                person.hears_said("all of a thousand people hear their room", room, &speaker, "hello, world").await;
            }
        }
    }
}
