//! The tests of day 25 that you can read. One module per checkpoint; each name is a claim about your program.

pub mod support;

mod unary_chat {
    use super::support::{Gateway, completion, embedding, question_to};
    use async_openai::types::embeddings::CreateEmbeddingRequestArgs;
    use harness::expect;
    use serde_json::json;

    #[tokio::test]
    async fn a_question_is_answered() {
        let mut gateway = Gateway::start();
        let key = gateway.key().await;
        let (question, answer) = (gateway.random.words(5), gateway.random.unicode(40));
        gateway.provider().always(completion(&answer, (7, 3)));
        let request = question_to(&gateway.plan.name, &question);
        let reply = key.client().chat().create(request).await;
        let reply = reply.unwrap_or_else(|error| expect("a question is answered").fail(error));
        expect("the answer is the provider's").eq(reply.choices[0].message.content.as_deref(), Some(answer.as_str()));
        expect("and so is its usage").eq(reply.usage.map(|usage| usage.total_tokens), Some(10));
        let asked = gateway.provider().last();
        expect("the provider is asked at its own path").eq(asked.target.as_str(), "/v1/chat/completions");
        expect("with its own key")
            .eq(asked.header("authorization"), Some(format!("Bearer {}", gateway.provider().key).as_str()));
        expect("and for its own model").eq(&asked.json()["model"], &json!(gateway.plan.targets[0].1));
        expect("the question is the client's").eq(&asked.json()["messages"][0]["content"], &json!(question));
    }

    #[tokio::test]
    async fn a_text_becomes_a_vector() {
        let mut gateway = Gateway::start();
        let key = gateway.key().await;
        gateway.provider().always(embedding(12));
        let request = CreateEmbeddingRequestArgs::default().model(&gateway.plan.name).input("a text").build();
        let request = request.expect("a request has all that it needs");
        let reply = key.client().embeddings().create(request).await;
        let reply = reply.unwrap_or_else(|error| expect("a text becomes a vector").fail(error));
        expect("the vector is the provider's").eq(&reply.data[0].embedding, &[0.25, -0.5, 1.0]);
        let asked = gateway.provider().last();
        expect("the provider is asked at its own path").eq(asked.target.as_str(), "/v1/embeddings");
        expect("for its own model").eq(&asked.json()["model"], &json!(gateway.plan.targets[0].1));
        expect("and for this text").eq(&asked.json()["input"], &json!("a text"));
        expect("a vector costs what its text costs").eq(key.numbers().await, (12 * gateway.plan.input, 0));
    }
}

mod streaming {
    use super::support::{Gateway, all_texts, question_to, stream};
    use harness::expect;
    use serde_json::json;

    #[tokio::test]
    async fn an_answer_comes_in_pieces() {
        let mut gateway = Gateway::start();
        let key = gateway.key().await;
        let texts: Vec<_> = (0..8).map(|_| gateway.random.unicode(5)).collect();
        let pieces: Vec<_> = texts.iter().map(String::as_str).collect();
        gateway.provider().always(stream(&pieces, (3, 8)));
        let mut answer = key.open(question_to(&gateway.plan.name, "Tell me something")).await;
        let expected: Vec<_> = texts.iter().cloned().map(Ok).collect();
        expect("the pieces are the provider's, and there is none without a choice")
            .eq(all_texts(&mut answer).await, expected);
        expect("the provider is asked for a stream").eq(&gateway.provider().last().json()["stream"], &json!(true));
    }

    #[tokio::test]
    async fn it_is_charged_by_the_usage_at_its_end() {
        let mut gateway = Gateway::start();
        let (key, counts) = (gateway.key().await, gateway.counts());
        gateway.provider().always(stream(&["one", "two"], counts));
        let mut answer = key.open(question_to(&gateway.plan.name, "Count to two")).await;
        all_texts(&mut answer).await;
        expect("who has seen the end of a stream sees its price")
            .eq(key.numbers().await, (gateway.plan.price(counts), 0));
        let options = gateway.provider().last().json()["stream_options"].clone();
        expect("every stream is asked for its usage").eq(&options["include_usage"], &json!(true));
    }
}

mod models {
    use super::support::{Gateway, Plan};
    use harness::expect;

    #[tokio::test]
    async fn they_are_listed() {
        let mut random = harness::random();
        let plans: Vec<_> = (0..4).map(|_| Plan::random(&mut random, 1)).collect();
        let names: Vec<_> = plans.iter().map(|plan| plan.name.clone()).collect();
        let mut gateway = Gateway::serving(random, 1, plans, 60_000);
        let key = gateway.key().await;
        let listed = key.client().models().list().await;
        let listed = listed.unwrap_or_else(|error| expect("models are listed").fail(error));
        let listed: Vec<_> = listed.data.into_iter().map(|model| model.id).collect();
        expect("all models of the config are there, in its order").eq(listed, names);
    }
}

mod virtual_keys {
    use super::support::{Gateway, completion, shape_of_error};
    use harness::expect;

    #[tokio::test]
    async fn without_a_key_nobody_is_answered() {
        let mut gateway = Gateway::start();
        let key = gateway.key().await;
        let question = gateway.question();
        key.ok(&question).await;
        let invented = format!("sk-{}", gateway.random.name());
        let wrong = gateway.key_of(key.id.clone(), invented);
        let none = harness_net::Http::to(&gateway.program);
        let unknown = wrong.ask(&question).send().await;
        let missing = none.post("/v1/chat/completions").json(&question).send().await;
        for (which, reply) in [("an unknown key", unknown), ("no key", missing)] {
            shape_of_error(which, &reply, 401, "invalid_request_error", Some("invalid_api_key"));
        }
        gateway.provider().expect_asked("who has no key does not get to a provider", 1);
    }

    #[tokio::test]
    async fn each_pays_for_itself() {
        let mut gateway = Gateway::start();
        let (ada, bob) = (gateway.key().await, gateway.key().await);
        let mut spent = 0;
        for _ in 0..3 {
            let (question, counts) = (gateway.question(), gateway.counts());
            gateway.provider().always(completion("yes", counts));
            ada.ok(&question).await;
            spent += gateway.plan.price(counts);
            expect("a call is charged by its usage, before its answer is there").eq(ada.numbers().await, (spent, 0));
        }
        expect("and nobody else is").eq(bob.numbers().await, (0, 0));
    }

    #[tokio::test]
    async fn a_revoked_one_is_of_no_use() {
        let mut gateway = Gateway::start();
        let (key, other, question) = (gateway.key().await, gateway.key().await, gateway.question());
        key.ok(&question).await;
        let spent = key.numbers().await.0;
        let reply = gateway.admin().delete(&format!("/admin/keys/{}", key.id)).send().await;
        reply.expect("a key can be revoked").status(204);
        let reply = key.ask(&question).send().await;
        let requirement = "from then on it is as good as unknown";
        shape_of_error(requirement, &reply, 401, "invalid_request_error", Some("invalid_api_key"));
        other.ok(&question).await;
        let account = key.account().await;
        account.expect("its numbers stay").json_at("/revoked", true).json_at("/spent", spent);
    }
}

mod first_token_arrives_early {
    use super::support::{Gateway, gated, next_text, question_to};
    use harness::expect;
    use harness_net::Gate;

    #[tokio::test]
    async fn the_first_piece_is_there_while_the_second_is_not_sent() {
        let mut gateway = Gateway::start();
        let key = gateway.key().await;
        let gates = [Gate::shut(), Gate::shut()];
        gates[0].open();
        gateway.provider().always(gated(&["first", "second"], (1, 2), &gates));
        let mut answer = key.open(question_to(&gateway.plan.name, "Which?")).await;
        expect("the first piece arrives").eq(next_text(&mut answer).await, Some(Ok("first".to_owned())));
        gates[1].open();
        expect("and then the second").eq(next_text(&mut answer).await, Some(Ok("second".to_owned())));
    }
}

mod disconnect_cancels_upstream {
    use super::support::{Gateway, gated, until_left};
    use harness::expect;
    use harness_net::Gate;
    use std::time::Duration;

    #[tokio::test]
    async fn who_leaves_a_stream_ends_it() {
        let mut gateway = Gateway::start();
        let key = gateway.key().await;
        let gates = [Gate::shut(), Gate::shut()];
        gates[0].open();
        gateway.provider().always(gated(&["first", "second"], (1, 2), &gates));
        let question = gateway.stream_question();
        let mut answer = key.ask(&question).stream().await.expect("a stream begins");
        let first = harness_net::within("the first piece arrives", Duration::from_secs(10), answer.chunk()).await;
        expect("the first piece is there").that(matches!(first, Ok(Some(_))), "none");
        expect("nobody has left").eq(gateway.provider().upstream.abandoned(), 0);
        drop(answer);
        until_left(gateway.provider(), 1).await;
        let most = gateway.plan.most(&question, 1, gateway.plan.max_output);
        key.until_spent("who leaves before the usage is there pays all that was reserved", most).await;
    }
}

mod budget_race {
    use super::support::{Gateway, SOON, completion, refusal, shape_of_error};
    use harness::expect;
    use harness_net::{Gate, eventually, together};
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn fifty_at_once_do_not_overspend() {
        const COVERED: i64 = 7;
        let mut gateway = Gateway::start();
        let (question, counts, gate) = (gateway.question(), gateway.counts(), Gate::shut());
        let most = gateway.plan.most(&question, 1, gateway.plan.max_output);
        let more = gateway.random.between(0..=most - 1);
        let key = gateway.key_with(most * COVERED + more).await;
        gateway.provider().always(completion("yes", counts).behind(&gate));
        let refused = Arc::<AtomicUsize>::default();
        let calls = tokio::spawn({
            let (key, refused) = (key.clone(), Arc::clone(&refused));
            together(50, move |_| {
                let (call, refused) = (key.ask(&question), Arc::clone(&refused));
                async move {
                    let reply = call.try_send().await.ok()?;
                    refused.fetch_add(usize::from(reply.status == 429), Ordering::SeqCst);
                    Some(reply)
                }
            })
        });
        eventually("each of 50 calls is refused, or gets to a provider", SOON, || async {
            (refused.load(Ordering::SeqCst) + gateway.provider().upstream.count() == 50).then_some(())
        })
        .await;
        let requirement = format!("of 50 calls at once that may cost {most} each, so many begin as the budget covers");
        expect(requirement).expected("7 calls").eq(gateway.provider().upstream.count(), 7);
        expect("what they may cost is reserved").eq(key.numbers().await, (0, most * COVERED));
        gate.open();
        let replies: Vec<_> = calls.await.expect("the calls come to an end").into_iter().flatten().collect();
        expect("these seven are answered").eq(replies.iter().filter(|reply| reply.status == 200).count(), 7);
        for refused in replies.iter().filter(|reply| reply.status != 200) {
            let kind = "insufficient_quota";
            shape_of_error("the others are refused for want of money", refused, 429, kind, Some(kind));
        }
        let spent = COVERED * gateway.plan.price(counts);
        expect("what was answered is charged, and nothing is reserved any more").eq(key.numbers().await, (spent, 0));
    }

    #[tokio::test]
    async fn what_fails_costs_nothing() {
        let mut gateway = Gateway::start();
        let (key, question) = (gateway.key().await, gateway.question());
        for status in [500, 400, 429, 422] {
            gateway.provider().always(refusal(status, "no"));
            let reply = key.ask(&question).send().await;
            expect("a call that fails is not answered with 200").ne(reply.status, 200);
            expect(format!("a call that ends with {status} costs nothing")).eq(key.numbers().await, (0, 0));
        }
    }
}

mod fallback_never_after_first_byte {
    use super::support::{Gateway, all_texts, begin, chunk, completion, next_text, question_to, refusal};
    use harness::expect;
    use harness_net::Gate;

    #[tokio::test]
    async fn another_provider_is_asked_before_it() {
        let mut gateway = Gateway::with(3, |_| {});
        let (key, question, counts) = (gateway.key().await, gateway.question(), gateway.counts());
        gateway.providers[0].upstream.refuse();
        gateway.providers[1].always(refusal(503, "I am tired"));
        gateway.providers[2].always(completion("from the third", counts));
        let reply = key.ok(&question).await;
        reply.expect("the third one answers").json_at("/choices/0/message/content", "from the third");
        gateway.providers[1].expect_asked("the second one was asked once", 1);
        expect("one call is charged").eq(key.numbers().await, (gateway.plan.price(counts), 0));
    }

    #[tokio::test]
    async fn no_other_is_asked_after_it() {
        let mut gateway = Gateway::with(2, |_| {});
        let (key, gate) = (gateway.key().await, Gate::shut());
        let whole = begin(&["half an "]).then_behind(&gate, "data: never");
        gateway.providers[0].always(whole.truncate(chunk("half an ").len()));
        let mut answer = key.open(question_to(&gateway.plan.name, "Tell me something")).await;
        let begun = next_text(&mut answer).await;
        expect("the answer begins").eq(begun, Some(Ok("half an ".to_owned())));
        gate.open();
        let rest = all_texts(&mut answer).await;
        expect("a stream that breaks off is an error for the client, and not an end")
            .that(matches!(&rest[..], [Err(_)]), format!("{rest:?}"));
        gateway.providers[1].expect_asked("no second answer begins in the middle of the first", 0);
    }
}

mod split_utf8 {
    use super::support::{DONE, Gateway, all_texts, begin, chunk, question_to, usage_event};
    use harness::expect;
    use std::time::Duration;

    #[tokio::test]
    async fn every_byte_may_come_alone() {
        let mut gateway = Gateway::start();
        let (key, counts) = (gateway.key().await, gateway.counts());
        let texts = ["Grüezi ".to_owned(), gateway.random.unicode(12), "漢字 🦀".to_owned()];
        let bytes = texts.iter().map(|text| chunk(text)).collect::<String>() + &usage_event(counts) + DONE;
        let answer = bytes.bytes().fold(begin(&[]), |answer, byte| answer.then(Duration::ZERO, vec![byte]));
        gateway.provider().always(answer);
        let mut answer = key.open(question_to(&gateway.plan.name, "Wie bitte?")).await;
        expect("the pieces are whole").eq(all_texts(&mut answer).await, texts.map(Ok).to_vec());
        expect("and the usage is found").eq(key.numbers().await, (gateway.plan.price(counts), 0));
    }
}

mod secrets_not_logged {
    use super::support::{Gateway, SOON, bytes_in, completion, has, refusal};
    use harness::expect;
    use harness_net::eventually;
    use serde_json::json;

    #[tokio::test]
    async fn what_goes_through_stays_nowhere() {
        let mut gateway = Gateway::with(2, |_| {});
        let (key, secret, answer) = (gateway.key().await, gateway.random.name(), gateway.random.name());
        // This is what some providers really say.
        let said = format!("Incorrect API key provided: {}", gateway.providers[0].key);
        gateway.providers[0].always(refusal(401, &said));
        gateway.providers[1].always(completion(&answer, (1, 1)));
        let question = json!({"model": gateway.plan.name, "messages": [{"role": "user", "content": secret}]});
        key.ok(&question).await;
        let name = gateway.providers[0].name.clone();
        eventually("an attempt that fails is a line on stderr with the provider's name", SOON, || async {
            gateway.program.stderr().iter().any(|line| line.contains(&name)).then_some(())
        })
        .await;
        let said = [gateway.program.stderr(), gateway.program.stdout()].concat().join("\n");
        let stored = bytes_in(gateway.program.data_dir());
        let (first, second) = (&gateway.providers[0].key, &gateway.providers[1].key);
        for (what, secret) in [
            ("the client's key", &key.key),
            ("a provider's key", first),
            ("a provider's key", second),
            ("the admin token", &gateway.admin_token),
            ("a question", &secret),
            ("an answer", &answer),
        ] {
            expect(format!("{what} is in no log")).lacks(&said, secret);
            expect(format!("{what} is in no file of the data folder")).that(!has(&stored, secret), "it is there");
        }
    }
}

mod cache_single_flight {
    use super::support::Gateway;
    use harness::expect;
    use serde_json::json;

    #[tokio::test]
    async fn the_same_question_is_asked_once() {
        let mut gateway = Gateway::with(1, |plan| plan.cache_ms = Some(600_000));
        let (key, mut question) = (gateway.key().await, gateway.question());
        question["temperature"] = json!(0);
        let first = key.ok(&question).await;
        first.expect("the first one is a question of its own").no_header("cache-status");
        let spent = key.numbers().await;
        let second = key.ok(&question).await;
        second.expect("the second one gets the same answer").body(&first.body).header("cache-status", "gateway; hit");
        gateway.provider().expect_asked("and the provider is not asked for it", 1);
        expect("it costs nothing").eq(key.numbers().await, spent);
    }
}

mod spend_survives_kill9 {
    use super::support::{Gateway, completion};
    use harness::expect;

    #[tokio::test]
    async fn what_was_charged_stays() {
        let mut gateway = Gateway::start();
        let (mut key, question, counts) = (gateway.key().await, gateway.question(), gateway.counts());
        gateway.provider().always(completion("yes", counts));
        key.ok(&question).await;
        key.ok(&question).await;
        gateway.kill_and_restart(&mut key);
        expect("both calls are in the books").eq(key.numbers().await, (2 * gateway.plan.price(counts), 0));
        key.ok(&question).await;
        expect("and the third one is added").eq(key.numbers().await, (3 * gateway.plan.price(counts), 0));
    }
}
