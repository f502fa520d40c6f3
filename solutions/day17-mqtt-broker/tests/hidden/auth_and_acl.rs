use crate::visible::support::{Broker, Connect, guarded, user_line, write};
use harness::{Launch, expect, random, scratch};

#[tokio::test]
async fn retained_messages_are_under_the_rules_too() {
    let mut random = random();
    let rules = "user writer\ntopic write #\nuser reader\ntopic read open/#\ntopic read end\n";
    let broker = Broker::guarded(&[("writer", "w"), ("reader", "r")], rules);
    let mut writer = broker.connect(Connect::new(random.name()).user("writer", "w")).await;
    writer.retain("secret/x", "hidden", 1).await;
    writer.retain("open/x", "for all", 1).await;
    let mut reader = broker.connect(Connect::new(random.name()).user("reader", "r")).await;
    reader.subscribe("secret/x", 1).await;
    reader.subscribe("#", 1).await;
    reader.receive("of the retained messages come those that the user may read", "open/x", "for all").await;
    // Write access to # is no read access, and it does not reach topics with a dollar.
    writer.subscribe("#", 1).await;
    writer.publish("end", "", 1).await;
    reader.receive("and no other", "end", "").await;
    writer.ping().await;
    expect("a user who may only write gets nothing").eq(writer.early(), Vec::<String>::new());
}

#[tokio::test]
async fn a_will_needs_the_right_to_write() {
    let mut random = random();
    let rules = "user device\ntopic write up/#\nuser watcher\ntopic #\n";
    let broker = Broker::guarded(&[("device", "d"), ("watcher", "w")], rules);
    let mut watcher = broker.connect(Connect::new(random.name()).user("watcher", "w")).await;
    watcher.subscribe("#", 1).await;
    for (topic, will) in [("down/x", "forbidden"), ("up/x", "allowed")] {
        let connect = Connect::new(random.name()).user("device", "d").will(topic, will, 1, false);
        let mut device = broker.connect(connect).await;
        device.send("bytes that are no packet", [0xf0, 0]).await;
        device.expect_closed("what is no packet closes the connection").await;
    }
    watcher.receive("a will is published only where its client may write", "up/x", "allowed").await;
}

#[tokio::test]
async fn messages_that_wait_are_under_the_rules_too() {
    let mut random = random();
    let rules = "user writer\ntopic #\nuser reader\ntopic read open/+\n";
    let broker = Broker::guarded(&[("writer", "w"), ("reader", "r")], rules);
    let connect = Connect::persistent(random.name()).user("reader", "r");
    let mut reader = broker.resume(connect.clone(), false).await;
    reader.subscribe("#", 1).await;
    reader.disconnect().await;
    reader.expect_closed("after DISCONNECT the broker closes the connection").await;
    let mut writer = broker.connect(Connect::new(random.name()).user("writer", "w")).await;
    writer.publish("secret/x", "hidden", 1).await;
    writer.publish("open/x", "for all", 1).await;
    let mut reader = broker.resume(connect, true).await;
    reader.receive("only what a user may read waits for them", "open/x", "for all").await;
}

#[tokio::test]
async fn passwords_are_compared_whole_and_never_printed() {
    let mut random = random();
    let password = random.unicode(30) + &random.name();
    let broker = Broker::guarded(&[("ann", &password)], "user ann\ntopic #\n");
    let cut: String = password.chars().take(20).collect();
    for wrong in [cut, password.clone() + "x", password.to_uppercase() + "!"] {
        let mut device = broker.device().await;
        device.send_connect(&Connect::new(random.name()).user("ann", &wrong)).await;
        let refused = device.next("a wrong password is refused").await.to_string();
        let codes = ["return code 4", "return code 5"];
        expect("a wrong password is refused with return code 5 (or 4)")
            .expected("CONNACK, return code 5")
            .that(codes.iter().any(|code| refused.ends_with(code)), refused);
    }
    broker.connect(Connect::new(random.name()).user("ann", &password)).await.ping().await;
    expect("no password is in the log").lacks(&broker.program.stderr().join("\n"), &password);
}

#[test]
fn files_that_make_no_sense_are_not_guessed_at() {
    let good = user_line("ann", "a");
    let folders: Vec<_> = (0..4).map(|_| scratch()).collect();
    let folder = &folders[0];
    let users = |name: &str, text: &str| Launch::service().data_dir().arg("--users").arg(write(folder, name, text));
    let acl = |place: usize, text: &str| guarded(&folders[place], &[("ann", "a")], text);
    for (what, launch, words) in [
        ("a user without a hash", users("u1", "ann\n"), &["line 1"][..]),
        ("a password in plain text", users("u2", &format!("{good}bob:secret\n")), &["line 2"]),
        (
            "users that are not there",
            Launch::service().data_dir().args(["--users", "/nowhere/users"]),
            &["/nowhere/users"],
        ),
        ("an unknown word in the rules", acl(1, "user ann\n\ntopics read #\n"), &["line 3"]),
        ("a rule that belongs to nobody", acl(2, "topic read #\n"), &["line 1"]),
        ("a rule with a filter that is none", acl(3, "user ann\ntopic read a/#/b\n"), &["line 2"]),
    ] {
        let ended = launch.run_to_end();
        expect(format!("{what}: the program ends with exit status 1")).eq(ended.code, Some(1));
        for word in words {
            expect(format!("{what}: standard error says where")).contains(&ended.stderr, word);
        }
        expect("a message does not repeat a password").lacks(&ended.stderr, "secret");
    }
}
