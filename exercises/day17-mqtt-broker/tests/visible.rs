//! The tests of day 17 that you can read. One module per checkpoint; each name is a claim about your program.

pub mod support;

mod connect_and_keepalive {
    use super::support::{Broker, Connect, Packet};
    use harness::{expect, random};
    use std::time::{Duration, Instant};

    #[tokio::test]
    async fn a_client_is_accepted_and_gets_answers_to_its_pings() {
        let broker = Broker::start();
        let mut device = broker.resume(Connect::new(random().name()), false).await;
        device.ping().await;
        device.ping().await;
        device.disconnect().await;
        device.expect_closed("after DISCONNECT the broker closes the connection").await;
    }

    #[tokio::test]
    async fn another_protocol_level_is_refused() {
        let (broker, mut random) = (Broker::start(), random());
        let level = u8::try_from(random.between(6..=100)).expect("it is small");
        let mut device = broker.device().await;
        device.send_connect(&Connect::new(random.name()).level(level)).await;
        let refusal = Packet::ConnAck { session_present: false, code: 1 };
        device.expect("another protocol level is refused with return code 1", refusal).await;
        device.expect_closed("after a refusal the broker closes the connection").await;
    }

    #[tokio::test]
    async fn a_silent_client_is_cut_off_after_its_keep_alive() {
        let (broker, mut random) = (Broker::start(), random());
        let started = Instant::now();
        let device = broker.connect(Connect::new(random.name()).keep_alive(1)).await;
        let mut patient = broker.connect(Connect::new(random.name()).keep_alive(600)).await;
        device.expect_cut_off("a client with a keep alive of 1 s that says nothing is cut off").await;
        let silence = started.elapsed();
        expect("a client is not cut off before its keep alive has passed")
            .expected("at least 1 s of silence")
            .that(silence >= Duration::from_secs(1), format!("{} ms", silence.as_millis()));
        patient.ping().await;
    }
}

mod publish_subscribe_qos0 {
    use super::support::Broker;
    use harness::{expect, random};

    #[tokio::test]
    async fn a_message_reaches_every_subscriber_of_its_topic_and_nobody_else() {
        let (broker, mut random) = (Broker::start(), random());
        let (topic, other, payload) = (random.name(), random.name(), random.bytes(40));
        let mut publisher = broker.stranger(&mut random).await;
        let mut subscribers = Vec::new();
        for number in 0..4 {
            let mut subscriber = broker.stranger(&mut random).await;
            subscriber.subscribe(if number == 3 { &other } else { &topic }, 0).await;
            subscribers.push(subscriber);
        }
        publisher.publish(&topic, &payload, 0).await;
        publisher.publish(&other, "end", 0).await;
        for subscriber in &mut subscribers[..3] {
            let publish = subscriber.receive("a subscriber gets the message, byte by byte", &topic, &payload).await;
            expect("a message that is published now comes without the retain flag").eq(publish.retain, false);
        }
        subscribers[3].receive("a subscriber gets only messages of its topics", &other, "end").await;
    }

    #[tokio::test]
    async fn after_unsubscribe_nothing_comes_any_more() {
        let (broker, mut random) = (Broker::start(), random());
        let (first, second) = (random.name(), random.name());
        let mut publisher = broker.stranger(&mut random).await;
        let mut subscriber = broker.stranger(&mut random).await;
        subscriber.subscribe(&first, 0).await;
        subscriber.subscribe(&second, 0).await;
        publisher.publish(&first, "1", 0).await;
        subscriber.receive("a subscriber gets the message", &first, "1").await;
        subscriber.unsubscribe(&first).await;
        publisher.publish(&first, "2", 0).await;
        publisher.publish(&second, "3", 0).await;
        subscriber.receive("UNSUBSCRIBE ends one subscription and leaves the others", &second, "3").await;
    }
}

mod wildcards {
    use super::support::Broker;
    use harness::random;

    #[tokio::test]
    async fn plus_is_one_level_and_hash_is_the_rest() {
        let (broker, mut random) = (Broker::start(), random());
        let root = random.name();
        for (filter, selected, ignored) in [
            ("R/+/light", &["R/hall/light", "R//light"][..], &["R/light", "R/hall/lamp/light", "R/hall/lights"][..]),
            ("R/#", &["R", "R/", "R/hall", "R/hall/light/1"], &["Rx", "/R"]),
            ("R/+", &["R/hall", "R/"], &["R", "R/hall/light"]),
            ("R/hall", &["R/hall"], &["R/Hall", "R/hall/"]),
        ] {
            let filter = filter.replace('R', &root);
            let mut publisher = broker.stranger(&mut random).await;
            let mut subscriber = broker.stranger(&mut random).await;
            subscriber.subscribe(&filter, 0).await;
            subscriber.subscribe("end", 0).await;
            for topic in ignored.iter().chain(selected) {
                publisher.publish(&topic.replace('R', &root), filter.as_bytes(), 0).await;
            }
            publisher.publish("end", "", 0).await;
            for topic in selected {
                let requirement = format!("{filter} selects exactly the topics that it should");
                subscriber.receive(&requirement, &topic.replace('R', &root), filter.as_bytes()).await;
            }
            subscriber.receive("a filter selects nothing else", "end", "").await;
        }
    }

    #[tokio::test]
    async fn a_wildcard_in_front_does_not_select_the_brokers_own_topics() {
        let (broker, mut random) = (Broker::start(), random());
        let mut subscriber = broker.stranger(&mut random).await;
        subscriber.subscribe("#", 0).await;
        subscriber.subscribe("+/broker/version", 0).await;
        let topic = random.name();
        let mut publisher = broker.stranger(&mut random).await;
        publisher.publish(&topic, "end", 0).await;
        let requirement = "topics that begin with $ are not for those who subscribe to # or +/…";
        subscriber.receive(requirement, &topic, "end").await;
    }
}

mod retained {
    use super::support::Broker;
    use harness::{expect, random};

    #[tokio::test]
    async fn a_new_subscriber_gets_the_newest_retained_message() {
        let (broker, mut random) = (Broker::start(), random());
        let (topic, newest) = (random.name(), random.name());
        let mut publisher = broker.stranger(&mut random).await;
        publisher.retain(&topic, "old", 0).await;
        publisher.retain(&topic, &newest, 0).await;
        publisher.publish(&topic, "not retained", 0).await;
        // An acknowledged message behind them: all are with the broker now.
        publisher.publish("elsewhere", "", 1).await;
        let mut subscriber = broker.stranger(&mut random).await;
        subscriber.subscribe(&topic, 0).await;
        let requirement = "a new subscriber gets the newest retained message, with the retain flag";
        let publish = subscriber.receive(requirement, &topic, &newest).await;
        expect(requirement).expected("retain").that(publish.retain, &publish);
        publisher.retain(&topic, "newer", 0).await;
        let publish = subscriber.receive("a subscriber gets what is published now", &topic, "newer").await;
        expect("a subscriber gets a message that is published now without the retain flag")
            .expected("no retain flag, though the publisher set it")
            .that(!publish.retain, &publish);
    }

    #[tokio::test]
    async fn an_empty_message_takes_it_back() {
        let (broker, mut random) = (Broker::start(), random());
        let (removed, kept) = (random.name(), random.name());
        let mut publisher = broker.stranger(&mut random).await;
        publisher.retain(&removed, "x", 1).await;
        publisher.retain(&kept, "y", 1).await;
        publisher.retain(&removed, "", 1).await;
        let mut subscriber = broker.stranger(&mut random).await;
        subscriber.subscribe(&removed, 0).await;
        subscriber.subscribe(&kept, 0).await;
        let requirement = "a retained message with an empty payload removes the older one and is not kept";
        subscriber.receive(requirement, &kept, "y").await;
    }
}

mod qos1_redelivery {
    use super::support::{Broker, Connect};
    use harness::{expect, random};

    #[tokio::test]
    async fn the_quality_is_the_smaller_of_both() {
        let (broker, mut random) = (Broker::start(), random());
        let topic = random.name();
        let mut publisher = broker.stranger(&mut random).await;
        for wanted in [0, 1] {
            let mut subscriber = broker.stranger(&mut random).await;
            subscriber.subscribe(&topic, wanted).await;
            for published in [0, 1] {
                let payload = random.name();
                publisher.publish(&topic, &payload, published).await;
                let publish = subscriber.receive("a subscriber gets the message", &topic, &payload).await;
                expect("a message comes with the smaller of its own QoS and that of the subscription")
                    .expected(format!("QoS {}", wanted.min(published)))
                    .that(publish.qos == wanted.min(published), &publish);
            }
        }
    }

    #[tokio::test]
    async fn what_was_not_acknowledged_comes_again() {
        let (broker, mut random) = (Broker::start(), random());
        let (client, topic) = (random.name(), random.name());
        let mut publisher = broker.stranger(&mut random).await;
        let mut subscriber = broker.resume(Connect::persistent(&client), false).await;
        subscriber.subscribe(&topic, 1).await;
        for payload in ["one", "two", "three"] {
            publisher.publish(&topic, payload, 1).await;
        }
        let first = subscriber.message("a subscriber gets the message").await;
        expect("a first delivery has no dup flag").that(!first.dup, &first);
        subscriber.receive("messages come in the order in which they were published", &topic, "two").await;
        let third = subscriber.message("a subscriber gets the message").await;
        // The answer shows that the PUBACK before it has arrived.
        subscriber.ping().await;
        drop(subscriber);
        let mut subscriber = broker.resume(Connect::persistent(&client), true).await;
        for unacknowledged in [first, third] {
            let requirement = "on the next connection comes again what was not acknowledged, and only that";
            let again = subscriber.receive(requirement, &topic, &unacknowledged.payload).await;
            expect("a second delivery has the dup flag").expected("dup").that(again.dup, &again);
            expect("a second delivery has the packet id of the first").eq(again.id, unacknowledged.id);
        }
    }
}

mod last_will {
    use super::support::{Broker, Connect};
    use harness::random;

    #[tokio::test]
    async fn a_lost_connection_publishes_the_will() {
        let (broker, mut random) = (Broker::start(), random());
        let (topic, will) = (random.name(), random.name());
        let mut watcher = broker.stranger(&mut random).await;
        watcher.subscribe(&topic, 0).await;
        let device = broker.connect(Connect::new(random.name()).will(&topic, &will, 0, false)).await;
        drop(device);
        watcher.receive("when a connection ends without DISCONNECT, the will is published", &topic, &will).await;
    }

    #[tokio::test]
    async fn a_disconnect_drops_the_will() {
        let (broker, mut random) = (Broker::start(), random());
        let (topic, client) = (random.name(), random.name());
        let mut watcher = broker.stranger(&mut random).await;
        watcher.subscribe(&topic, 0).await;
        let mut device = broker.connect(Connect::new(&client).will(&topic, "unwanted", 0, false)).await;
        device.disconnect().await;
        device.expect_closed("after DISCONNECT the broker closes the connection").await;
        let mut publisher = broker.stranger(&mut random).await;
        publisher.publish(&topic, "end", 0).await;
        watcher.receive("a client that said DISCONNECT has no will any more", &topic, "end").await;
    }
}

mod auth_and_acl {
    use super::support::{Broker, Connect, Packet};
    use harness::{expect, random};

    #[tokio::test]
    async fn only_users_with_their_password_come_in() {
        let mut random = random();
        let (password, other) = (random.name(), random.name());
        let broker = Broker::guarded(&[("ann", &password), ("bob", &other)], "user ann\ntopic #\n");
        let mut device = broker.connect(Connect::new(random.name()).user("ann", &password)).await;
        device.ping().await;
        let stranger = Connect::new(random.name());
        for connect in [
            stranger.clone(),
            stranger.clone().user("ann", &other),
            stranger.clone().user("ann", ""),
            stranger.user("eve", &password),
        ] {
            let mut device = broker.device().await;
            device.send_connect(&connect).await;
            let requirement = "without the right name and password a client is refused with return code 5 (or 4)";
            let answer = device.next(requirement).await;
            let refused = matches!(answer, Packet::ConnAck { session_present: false, code: 4 | 5 });
            expect(requirement).request(connect.to_string()).expected("CONNACK, return code 5").that(refused, answer);
            device.expect_closed("after a refusal the broker closes the connection").await;
        }
    }

    #[tokio::test]
    async fn the_rules_say_who_may_read_and_write() {
        let mut random = random();
        let rules = "# who may what\nuser sensor\ntopic write home/+/temperature\n\nuser panel\ntopic read home/#\n\
                     topic readwrite panel/state\ntopic both/+\n";
        let broker = Broker::guarded(&[("sensor", "s"), ("panel", "p")], rules);
        let mut panel = broker.connect(Connect::new(random.name()).user("panel", "p")).await;
        panel.subscribe("#", 1).await;
        let mut sensor = broker.connect(Connect::new(random.name()).user("sensor", "s")).await;
        sensor.subscribe("#", 1).await;
        for topic in ["home/hall/humidity", "home/temperature", "panel/state", "both/x", "home/a/b/temperature"] {
            sensor.publish(topic, "forbidden", 1).await;
        }
        sensor.publish("home/hall/temperature", "21", 1).await;
        let requirement = "what a user may not write is acknowledged and dropped, what they may is forwarded";
        panel.receive(requirement, "home/hall/temperature", "21").await;
        panel.publish("home/hall/temperature", "forbidden", 1).await;
        for topic in ["both/x", "panel/state"] {
            panel.publish(topic, "on", 1).await;
            panel.receive("readwrite, or no word at all, is both", topic, "on").await;
        }
        sensor.ping().await;
        sensor.disconnect().await;
        sensor.expect_closed("after DISCONNECT the broker closes, and a user got nothing that they may not read").await;
        let leaked = sensor.early();
        expect("a user gets nothing that they may not read").eq(leaked, Vec::<String>::new());
    }
}

mod takeover {
    use super::support::{Broker, Connect};
    use harness::random;

    #[tokio::test]
    async fn the_newer_connection_of_a_client_replaces_the_older() {
        let (broker, mut random) = (Broker::start(), random());
        let (client, topic) = (random.name(), random.name());
        let mut older = broker.resume(Connect::persistent(&client), false).await;
        older.subscribe(&topic, 1).await;
        let mut newer = broker.resume(Connect::persistent(&client), true).await;
        older.expect_closed("the older connection of a client is closed when it connects again").await;
        let mut publisher = broker.stranger(&mut random).await;
        publisher.publish(&topic, "x", 1).await;
        newer.receive("the newer connection has the session", &topic, "x").await;
        newer.ping().await;
    }
}

mod malformed_packets {
    use super::support::{Broker, Connect, with_header};
    use harness::random;

    #[tokio::test]
    async fn what_is_no_packet_ends_its_connection_and_no_other() {
        let (broker, mut random) = (Broker::start(), random());
        let mut bystander = broker.stranger(&mut random).await;
        for (what, bytes) in [
            ("a second CONNECT", Connect::new("again").encode()),
            ("a kind that does not exist", vec![0xf0, 0]),
            ("CONNACK, which only brokers send", vec![0x20, 2, 0, 0]),
            ("SUBSCRIBE with other flags than 0010", with_header(0x80, b"\0\x01\0\x01a\0")),
            ("SUBSCRIBE without a filter", with_header(0x82, b"\0\x01")),
            ("PUBLISH of QoS 3", with_header(0x36, b"\0\x01a\0\x01")),
            ("PUBLISH to a topic with a wildcard", with_header(0x30, b"\0\x03a/#x")),
            ("PUBLISH with a topic that is longer than the packet", with_header(0x30, b"\0\x09a")),
            ("a remaining length of five bytes", vec![0x30, 0xff, 0xff, 0xff, 0xff, 0x01]),
        ] {
            let mut device = broker.stranger(&mut random).await;
            device.send(what, bytes).await;
            device.expect_closed(&format!("{what} closes the connection")).await;
            bystander.ping().await;
        }
    }

    #[tokio::test]
    async fn the_first_packet_has_to_be_connect() {
        let broker = Broker::start();
        for (what, bytes) in [("PINGREQ", &b"\xc0\0"[..]), ("a request of HTTP", b"GET / HTTP/1.1\r\n\r\n")] {
            let mut device = broker.device().await;
            device.send(what, bytes).await;
            device.expect_closed("a connection that does not begin with CONNECT is closed").await;
        }
    }
}

mod qos2 {
    use super::support::{Broker, Packet, Publish};
    use harness::{expect, random};

    #[tokio::test]
    async fn a_message_that_comes_twice_is_forwarded_once() {
        let (broker, mut random) = (Broker::start(), random());
        let (topic, payload) = (random.name(), random.name().into_bytes());
        let mut subscriber = broker.stranger(&mut random).await;
        subscriber.subscribe(&topic, 2).await;
        let mut publisher = broker.stranger(&mut random).await;
        let id = u16::try_from(random.between(500..=60_000)).expect("it fits");
        let publish = Publish { topic: topic.clone(), payload, qos: 2, retain: false, dup: false, id };
        for dup in [false, true] {
            publisher.send_publish(&Publish { dup, ..publish.clone() }).await;
            publisher
                .expect("PUBLISH of QoS 2 is answered with PUBREC, also the second time", Packet::PubRec(id))
                .await;
        }
        publisher.acknowledge(Packet::PubRel(id)).await;
        publisher.expect("PUBREL is answered with PUBCOMP", Packet::PubComp(id)).await;
        publisher.publish(&topic, "end", 2).await;
        let received = subscriber.receive("a subscriber gets the message", &topic, &publish.payload).await;
        expect("the subscriber gets it with QoS 2").expected("QoS 2").that(received.qos == 2, &received);
        subscriber.receive("a message that was sent again before PUBREL is not forwarded again", &topic, "end").await;
    }
}

mod persistent_sessions_survive_kill9 {
    use super::support::{Broker, Connect};
    use harness::random;

    #[tokio::test]
    async fn subscriptions_messages_and_retained_messages_survive() {
        let (mut broker, mut random) = (Broker::start(), random());
        let (client, topic, retained) = (random.name(), random.name(), random.name());
        let mut subscriber = broker.resume(Connect::persistent(&client), false).await;
        subscriber.subscribe(&format!("{topic}/#"), 1).await;
        subscriber.disconnect().await;
        subscriber.expect_closed("after DISCONNECT the broker closes the connection").await;
        let mut publisher = broker.stranger(&mut random).await;
        for number in 0..5 {
            publisher.publish(&format!("{topic}/{number}"), format!("message {number}"), 1).await;
        }
        publisher.retain(&retained, "kept", 1).await;
        broker.kill_and_start_again();
        let mut subscriber = broker.resume(Connect::persistent(&client), true).await;
        for number in 0..5 {
            let requirement = "a message that was acknowledged to its publisher before a kill -9 reaches the session";
            subscriber.receive(requirement, &format!("{topic}/{number}"), format!("message {number}")).await;
        }
        subscriber.subscribe(&retained, 0).await;
        subscriber.receive("a retained message survives a kill -9", &retained, "kept").await;
        let mut publisher = broker.stranger(&mut random).await;
        publisher.publish(&topic, "after", 1).await;
        subscriber.receive("a subscription survives a kill -9", &topic, "after").await;
    }
}

mod five_hundred_devices {
    use super::support::{Broker, Connect};
    use harness::random;
    use std::sync::{Arc, Mutex};

    #[tokio::test]
    async fn all_get_a_message_for_all_and_each_its_own() {
        let (broker, mut random) = (Arc::new(Broker::start()), random());
        let names: Arc<Vec<String>> = Arc::new((0..500).map(|_| random.name()).collect());
        let devices = harness_net::together(names.len(), |number| {
            let (broker, names) = (Arc::clone(&broker), Arc::clone(&names));
            async move {
                let mut device = broker.connect(Connect::new(&names[number])).await;
                device.subscribe("all", 0).await;
                device.subscribe(&format!("devices/{}/command", names[number]), 1).await;
                device
            }
        })
        .await;
        let mut publisher = broker.stranger(&mut random).await;
        publisher.publish("all", "wake up", 0).await;
        for name in names.iter() {
            publisher.publish(&format!("devices/{name}/command"), name, 1).await;
        }
        let devices: Vec<_> = devices.into_iter().map(|device| Mutex::new(Some(device))).collect();
        harness_net::together(devices.len(), |number| {
            let device = devices[number].lock().expect("nobody panicked").take();
            let name = names[number].clone();
            async move {
                let mut device = device.expect("each is taken once");
                device.receive("each of 500 devices gets a message for all", "all", "wake up").await;
                let topic = format!("devices/{name}/command");
                device.receive("each of 500 devices gets the message for itself", &topic, &name).await;
                device
            }
        })
        .await;
    }
}
