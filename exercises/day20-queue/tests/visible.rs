//! The tests of day 20 that you can read. One module per checkpoint; each name is a claim about your program.

pub mod support;

mod send_receive_delete {
    use super::support::{Sqs, body, expect_refused, id};
    use harness::expect;
    use serde_json::json;

    #[tokio::test]
    async fn a_message_goes_round() {
        let mut sqs = Sqs::start();
        let queue = sqs.queue().await;
        let reply = queue.ok("SendMessage", json!({"MessageBody": "pick up the parcel"})).await;
        reply.expect("answers are AWS JSON 1.0").media_type("application/x-amz-json-1.0");
        let sent = reply.text_at("/MessageId");
        let message = queue.one("what was sent is received", 30).await;
        expect("it is the same message").eq((id(&message), body(&message)), (&*sent, "pick up the parcel"));
        queue.delete(&message).await;
        expect("nothing is left").eq(queue.counts().await, ["0", "0", "0"].map(str::to_owned));
        queue.nothing("what was deleted is not received").await;
    }

    #[tokio::test]
    async fn queues_are_found_by_name() {
        let mut sqs = Sqs::start();
        let name = sqs.random.name();
        let queue = sqs.named_queue(&name, json!({})).await;
        expect("the URL ends with the name").that(queue.url.ends_with(&format!("/{name}")), &queue.url);
        let again = sqs.named_queue(&name, json!({})).await;
        expect("to create a queue again is fine, and gives the same URL").eq(&again.url, &queue.url);
        let reply = sqs.ok("GetQueueUrl", &json!({"QueueName": name})).await;
        reply.expect("a name leads to the URL").json_at("/QueueUrl", queue.url.as_str());
        sqs.queue().await;
        let reply = sqs.ok("ListQueues", &json!({"QueueNamePrefix": name[..name.len() - 1]})).await;
        reply.expect("the queues whose names begin so").json_at("/QueueUrls", json!([queue.url]));
        queue.ok("DeleteQueue", json!({})).await;
        let reply = queue.call("SendMessage", json!({"MessageBody": "hello"})).await;
        expect_refused("a queue that was deleted is gone", &reply, "QueueDoesNotExist");
    }
}

mod visibility {
    use super::support::{LONG, Sqs, handle, id, receive_count};
    use harness::expect;
    use std::time::{Duration, Instant};

    #[tokio::test]
    async fn who_has_a_message_has_it_alone() {
        let mut sqs = Sqs::start();
        let queue = sqs.queue().await;
        queue.send("for one of you").await;
        queue.one("the message comes", LONG).await;
        for _ in 0..3 {
            queue.nothing("nobody else gets it meanwhile").await;
        }
        expect("it is in flight").eq(queue.counts().await, ["0", "1", "0"].map(str::to_owned));
    }

    #[tokio::test]
    async fn it_comes_back_when_its_time_is_up() {
        let mut sqs = Sqs::start();
        let queue = sqs.queue().await;
        queue.send("again and again").await;
        let begin = Instant::now();
        let first = queue.one("the message comes", 3).await;
        let second = queue.one("it comes again", LONG).await;
        expect("not before its time was up, 3 seconds of 100 ms")
            .that(begin.elapsed() >= Duration::from_millis(300), format!("after {:?}", begin.elapsed()));
        expect("it is the same message").eq(id(&second), id(&first));
        expect("with another handle").ne(handle(&second), handle(&first));
        expect("both receives are counted").eq((receive_count(&first), receive_count(&second)), ("1", "2"));
    }

    #[tokio::test]
    async fn its_time_can_be_changed() {
        let mut sqs = Sqs::start();
        let queue = sqs.queue().await;
        queue.send("later").await;
        let message = queue.one("the message comes", LONG).await;
        queue.nothing("it is invisible").await;
        queue.give_back(&message).await;
        queue.one("a timeout of 0 makes it visible now", LONG).await;
    }
}

mod body_md5 {
    use super::support::{LONG, Sqs, md5, md5_of_attributes, text};
    use harness::expect;
    use serde_json::json;

    #[tokio::test]
    async fn of_the_body() {
        let mut sqs = Sqs::start();
        let queue = sqs.queue().await;
        for body in ["hello".to_owned(), sqs.random.unicode(200)] {
            let reply = queue.ok("SendMessage", json!({"MessageBody": body})).await;
            reply.expect("the MD5 of the UTF-8 bytes").json_at("/MD5OfMessageBody", md5(body.as_bytes()));
            let message = queue.one("the message comes", LONG).await;
            expect("the same when it is received").eq(text(&message, "/MD5OfBody"), md5(body.as_bytes()));
            expect("because the body is the same").eq(text(&message, "/Body"), body);
        }
    }

    #[tokio::test]
    async fn of_the_attributes() {
        let mut sqs = Sqs::start();
        let queue = sqs.queue().await;
        let attributes = json!({
            "tries": {"DataType": "Number", "StringValue": "3"},
            "city": {"DataType": "String", "StringValue": "Zürich"},
            "seal": {"DataType": "Binary", "BinaryValue": "AP8Q"},
        });
        let sum = md5_of_attributes(&attributes);
        let reply = queue.ok("SendMessage", json!({"MessageBody": "x", "MessageAttributes": attributes})).await;
        reply.expect("the MD5 of all attributes").json_at("/MD5OfMessageAttributes", sum.as_str());
        let wanted = json!({"MessageAttributeNames": ["All"], "WaitTimeSeconds": 20});
        let reply = queue.ok("ReceiveMessage", wanted).await;
        reply
            .expect("attributes come with the message, when they are asked for")
            .json_at("/Messages/0/MessageAttributes", attributes)
            .json_at("/Messages/0/MD5OfMessageAttributes", sum);
    }
}

mod long_poll_wakes_at_once {
    use super::support::{LONG, Queue, Sqs, body};
    use harness::expect;
    use harness_net::within;
    use serde_json::json;
    use std::time::{Duration, Instant};

    /// Waits for a message, and sends it on, so many times.
    async fn pass_on(from: Queue, to: Queue, times: usize) {
        for _ in 0..times {
            let message = from.one("a receive that waits gets what is sent meanwhile", LONG).await;
            to.send(body(&message)).await;
        }
    }

    #[tokio::test]
    async fn a_message_goes_to_and_fro_a_hundred_times() {
        let mut sqs = Sqs::with_long_seconds();
        let (here, there) = (sqs.queue().await, sqs.queue().await);
        here.send("ball").await;
        let players = async {
            let other = tokio::spawn(pass_on(there.clone(), here.clone(), 50));
            pass_on(here, there, 50).await;
            other.await
        };
        let requirement = "who waits is woken by the message, and does not look for it now and then";
        within(requirement, Duration::from_secs(10), players).await.expect("the other player has played");
    }

    #[tokio::test]
    async fn a_wait_in_vain_ends() {
        let mut sqs = Sqs::start();
        let queue = sqs.queue().await;
        let begin = Instant::now();
        let messages = queue.receive(json!({"WaitTimeSeconds": 3})).await;
        expect("there is nothing").eq(messages.len(), 0);
        expect("said after the whole wait, 3 seconds of 100 ms")
            .that(begin.elapsed() >= Duration::from_millis(300), format!("after {:?}", begin.elapsed()));
    }
}

mod eight_consumers_no_loss {
    use super::support::{LONG, Sqs, body};
    use harness::expect;
    use harness_net::within;
    use serde_json::json;
    use std::{collections::BTreeSet, time::Duration};

    #[tokio::test]
    async fn each_message_goes_to_one_of_eight() {
        let mut sqs = Sqs::start();
        let queue = sqs.queue().await;
        let bodies: BTreeSet<_> = (0..120).map(|_| sqs.random.name()).collect();
        for body in &bodies {
            queue.send(body).await;
        }
        let received = harness_net::together(8, |_| {
            let queue = queue.clone();
            async move {
                let mut received = Vec::new();
                loop {
                    let messages = queue.receive(json!({"MaxNumberOfMessages": 2, "VisibilityTimeout": LONG})).await;
                    if messages.is_empty() && queue.counts().await[0] == "0" {
                        return received;
                    }
                    for message in &messages {
                        received.push(body(message).to_owned());
                        queue.delete(message).await;
                    }
                }
            }
        });
        let received = within("all messages are received in the end", Duration::from_secs(20), received).await.concat();
        expect("no message is received twice").eq(received.len(), received.iter().collect::<BTreeSet<_>>().len());
        expect("and none is lost").eq(received.into_iter().collect::<BTreeSet<_>>(), bodies);
    }
}

mod dead_letter {
    use super::support::{LONG, Sqs, body, id};
    use harness::expect;
    use serde_json::json;

    #[tokio::test]
    async fn what_is_received_in_vain_is_put_aside() {
        let mut sqs = Sqs::start();
        let dead_letters = sqs.queue().await;
        let arn = dead_letters.attribute("QueueArn").await;
        let policy = json!({"deadLetterTargetArn": arn, "maxReceiveCount": 2}).to_string();
        let queue = sqs.queue_with(json!({"RedrivePolicy": policy})).await;
        let sent = queue.send("nobody can read this").await;
        for _ in 0..2 {
            let message = queue.one("it is received as often as the policy says", LONG).await;
            queue.give_back(&message).await;
        }
        queue.nothing("and not once more").await;
        let message = dead_letters.one("after that it is with the dead letters", LONG).await;
        expect("it is the same message").eq((id(&message), body(&message)), (&*sent, "nobody can read this"));
        expect("the queue is empty").eq(queue.counts().await, ["0", "0", "0"].map(str::to_owned));
    }
}

mod stale_receipt_handle {
    use super::support::{LONG, Sqs, expect_refused};
    use serde_json::json;

    #[tokio::test]
    async fn who_was_too_slow_cannot_delete() {
        let mut sqs = Sqs::start();
        let queue = sqs.queue().await;
        queue.send("take your time").await;
        let slow = queue.one("the message comes", 1).await;
        let quick = queue.one("it comes again", LONG).await;
        queue.delete(&slow).await;
        let reply = queue.change_visibility(&quick, 0).await;
        reply.expect("the old handle deletes nothing, so who is quick still has the message").status(200);
        let message = queue.one("and can give it back", LONG).await;
        queue.delete(&message).await;
        queue.delete(&message).await;
        queue.nothing("the newest one deletes, and twice is fine").await;
    }

    #[tokio::test]
    async fn nonsense_is_no_handle() {
        let mut sqs = Sqs::start();
        let queue = sqs.queue().await;
        for handle in ["nonsense", "-"] {
            let reply = queue.call("DeleteMessage", json!({"ReceiptHandle": handle})).await;
            expect_refused("this is no handle", &reply, "ReceiptHandleIsInvalid");
        }
    }
}

mod kill9 {
    use super::support::{LONG, Sqs, body};
    use harness::expect;
    use std::collections::BTreeSet;

    #[tokio::test]
    async fn everything_is_where_it_was() {
        let mut sqs = Sqs::start();
        let mut queue = sqs.queue().await;
        let bodies: Vec<_> = (0..6).map(|_| sqs.random.name()).collect();
        for body in &bodies {
            queue.send(body).await;
        }
        let mut taken = Vec::new();
        for _ in 0..4 {
            taken.push(queue.one("a message comes", LONG).await);
        }
        for message in &taken[..2] {
            queue.delete(message).await;
        }
        sqs.kill_and_restart(&mut queue);
        expect("two are visible, and two in flight").eq(queue.counts().await, ["2", "2", "0"].map(str::to_owned));
        let rest: BTreeSet<_> = queue.receive_now().await.iter().map(|message| body(message).to_owned()).collect();
        let gone: BTreeSet<_> = taken.iter().map(|message| body(message).to_owned()).collect();
        let expected: BTreeSet<_> = bodies.into_iter().filter(|body| !gone.contains(body)).collect();
        expect("what was in flight before a kill -9 still is, and what was deleted stays so").eq(rest, expected);
        for message in &taken[2..] {
            queue.delete(message).await;
        }
        expect("handles from before the kill are good").eq(&*queue.counts().await[1], "2");
    }
}

mod fifo_and_deduplication {
    use super::support::{LONG, Sqs, body};
    use harness::expect;
    use serde_json::json;

    #[tokio::test]
    async fn a_group_stands_still_while_one_of_it_is_in_flight() {
        let mut sqs = Sqs::start();
        let queue = sqs.fifo(json!({})).await;
        for (group, body) in [("a", "a1"), ("a", "a2"), ("b", "b1"), ("a", "a3")] {
            queue.send_to(group, body, body).await;
        }
        let a1 = queue.one("the first of a comes first", LONG).await;
        expect("the first of a").eq(body(&a1), "a1");
        let b1 = queue.one("b does not wait for a", LONG).await;
        expect("while a1 is in flight, a stands still").eq(body(&b1), "b1");
        queue.nothing("and b has no more").await;
        queue.give_back(&a1).await;
        let a1 = queue.one("a1 comes again", LONG).await;
        expect("what was given back is not overtaken").eq(body(&a1), "a1");
        queue.delete(&a1).await;
        let rest = queue.receive_now().await;
        let rest: Vec<_> = rest.iter().map(body).collect();
        expect("when a1 is done, the rest of a comes, in order").eq(rest, ["a2", "a3"]);
    }

    #[tokio::test]
    async fn what_is_sent_again_is_the_same_message() {
        let mut sqs = Sqs::start();
        let queue = sqs.fifo(json!({})).await;
        let first = queue.send_to("g", "order-1", "pay 5").await;
        let again = queue.send_to("g", "order-1", "pay 5").await;
        expect("the same MessageDeduplicationId is the same message").eq(again, first);
        queue.send_to("g", "order-2", "pay 5").await;
        let bodies = queue.receive_now().await;
        expect("two messages were stored").eq(bodies.len(), 2);
    }
}

mod batch_partial_failure {
    use super::support::{Sqs, body, expect_refused, handle, md5, text};
    use harness::expect;
    use serde_json::json;
    use std::collections::BTreeSet;

    #[tokio::test]
    async fn one_bad_entry_fails_alone() {
        let mut sqs = Sqs::start();
        let queue = sqs.queue().await;
        let entries = json!([
            {"Id": "first", "MessageBody": "one"},
            {"Id": "second", "MessageBody": "a bell\u{7}"},
            {"Id": "third", "MessageBody": "three"},
        ]);
        let reply = queue.ok("SendMessageBatch", json!({"Entries": entries})).await;
        reply
            .expect("two are sent, and the one with a control character is not")
            .json_at("/Successful/0/Id", "first")
            .json_at("/Successful/0/MD5OfMessageBody", md5(b"one"))
            .json_at("/Successful/1/Id", "third")
            .json_at("/Failed/0/Id", "second")
            .json_at("/Failed/0/SenderFault", true);
        let code = text(&reply.json(), "/Failed/0/Code").to_owned();
        expect("it says why").contains(&code, "InvalidMessageContents");

        let messages = queue.receive_now().await;
        let bodies: BTreeSet<_> = messages.iter().map(body).collect();
        expect("both have come").eq(bodies, BTreeSet::from(["one", "three"]));
        let entries = json!([
            {"Id": "x", "ReceiptHandle": handle(&messages[0])},
            {"Id": "y", "ReceiptHandle": "nonsense"},
            {"Id": "z", "ReceiptHandle": handle(&messages[1])},
        ]);
        let reply = queue.ok("DeleteMessageBatch", json!({"Entries": entries})).await;
        reply
            .expect("two are deleted, and nonsense is not")
            .json_at("/Successful", json!([{"Id": "x"}, {"Id": "z"}]))
            .json_at("/Failed/0/Id", "y");
        expect("nothing is left").eq(queue.counts().await, ["0", "0", "0"].map(str::to_owned));
    }

    #[tokio::test]
    async fn a_batch_that_is_none_is_refused() {
        let mut sqs = Sqs::start();
        let queue = sqs.queue().await;
        let reply = queue.call("SendMessageBatch", json!({"Entries": []})).await;
        expect_refused("a batch has an entry", &reply, "EmptyBatchRequest");
        let twice = json!([{"Id": "a", "MessageBody": "x"}, {"Id": "a", "MessageBody": "y"}]);
        let reply = queue.call("SendMessageBatch", json!({"Entries": twice})).await;
        expect_refused("Ids are different", &reply, "BatchEntryIdsNotDistinct");
        queue.nothing("and nothing is sent").await;
    }
}
