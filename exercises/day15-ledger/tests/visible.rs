//! The tests of day 15 that you can read. One module per checkpoint; each name is a claim about your program.

pub mod support;

mod transfers_balance {
    use super::support::{Ledger, moving, new_key};
    use serde_json::json;

    #[tokio::test]
    async fn what_one_account_gives_another_gets() {
        let ledger = Ledger::start();
        ledger.accounts(&["alice", "bob"], 10_000).await;
        let body = json!({"description": "rent", "entries": [
            {"account": "bob", "amount": 2_550},
            {"account": "alice", "amount": -2_550},
        ]});
        let reply = ledger.post_transfer(&new_key(), &body).await;
        let entries = json!([{"account": "alice", "amount": -2550}, {"account": "bob", "amount": 2550}]);
        reply
            .expect("a transfer, with its entries by account")
            .status(201)
            .json_at("/description", "rent")
            .json_at("/entries", entries);
        let again = ledger.http.get(&format!("/transfers/{}", reply.number_at("/id"))).send().await;
        again.expect("it can be read").status(200).json(&reply.json());
        ledger.show("alice").await.expect("alice gave").json_at("/balance", 7_450).json_at("/available", 7_450);
        ledger.show("bob").await.expect("bob got").json_at("/balance", 12_550);
        ledger
            .show("bank")
            .await
            .expect("all money came from there")
            .json_at("/balance", -20_000)
            .json_at("/available", json!(null));
    }

    #[tokio::test]
    async fn entries_that_do_not_add_up_are_refused() {
        let ledger = Ledger::start();
        ledger.accounts(&["alice", "bob"], 1_000).await;
        let entries = |amounts: &[(&str, i64)]| {
            let entries: Vec<_> =
                amounts.iter().map(|(account, amount)| json!({"account": account, "amount": amount})).collect();
            json!({"entries": entries})
        };
        for body in [
            entries(&[("alice", -100), ("bob", 99)]),
            entries(&[("alice", -100)]),
            entries(&[]),
            entries(&[("alice", -100), ("alice", 100)]),
        ] {
            let reply = ledger.post_transfer(&new_key(), &body).await;
            reply
                .expect("entries from 2 to 20, each account once, that add up to 0")
                .problem(422)
                .json_at("/field", "entries");
        }
        let reply = ledger.post_transfer(&new_key(), &entries(&[("alice", 0), ("bob", 0)])).await;
        reply.expect("an amount is not 0").problem(422).json_at("/field", "amount");
        let reply = ledger.post_transfer(&new_key(), &moving("alice", "nobody", 1)).await;
        reply.expect("there is no such account").problem(422).json_at("/account", "nobody");
        ledger.show("alice").await.expect("nothing has moved").json_at("/balance", 1_000);
    }

    #[tokio::test]
    async fn an_account_does_not_give_what_it_does_not_have() {
        let ledger = Ledger::start();
        ledger.accounts(&["alice", "bob"], 500).await;
        let reply = ledger.post_transfer(&new_key(), &moving("alice", "bob", 501)).await;
        reply.expect("501 of 500").problem(409).json_at("/account", "alice");
        ledger.transfer("alice", "bob", 500).await;
        ledger.show("alice").await.expect("down to nothing is allowed").json_at("/balance", 0);
        ledger.account_with(&json!({"id": "credit:carol", "currency": "EUR", "min_balance": -300})).await;
        ledger.transfer("credit:carol", "bob", 300).await;
        let reply = ledger.post_transfer(&new_key(), &moving("credit:carol", "bob", 1)).await;
        reply.expect("an account may owe as much as it was given").problem(409);
    }
}

mod history {
    use super::support::Ledger;
    use serde_json::json;

    #[tokio::test]
    async fn each_line_has_the_balance_after_it() {
        let ledger = Ledger::start();
        ledger.accounts(&["alice", "bob"], 0).await;
        let first = ledger.transfer("bank", "alice", 1_000).await;
        let second = ledger.transfer("alice", "bob", 300).await;
        let third = ledger.transfer("bob", "alice", 50).await;
        let reply = ledger.history("alice", "").await;
        let lines = reply.at("/entries");
        let seen: Vec<_> = lines.as_array().into_iter().flatten().collect();
        let seen: Vec<_> = seen
            .iter()
            .map(|line| json!([line["number"], line["transfer"], line["amount"], line["balance"]]))
            .collect();
        let expected = json!([[3, third, 50, 750], [2, second, -300, 700], [1, first, 1000, 1000]]);
        harness::expect("the newest line first").request(reply.curl()).eq(json!(seen), expected);
        reply.expect("there is no more").json_at("/next", json!(null));
    }

    #[tokio::test]
    async fn a_long_history_comes_in_pages() {
        let ledger = Ledger::start();
        ledger.accounts(&["alice"], 0).await;
        for number in 1..=7 {
            ledger.transfer("bank", "alice", number).await;
        }
        let mut numbers = Vec::new();
        let mut query = "?limit=3".to_owned();
        for _ in 0..3 {
            let page = ledger.history("alice", &query).await;
            numbers.extend(page.at("/entries").as_array().into_iter().flatten().map(|line| line["number"].clone()));
            // What is added meanwhile moves nothing.
            ledger.transfer("bank", "alice", 100).await;
            query = format!("?limit=3&before={}", page.at("/next"));
        }
        harness::expect("every line once").eq(json!(numbers), json!([7, 6, 5, 4, 3, 2, 1]));
    }
}

mod idempotency {
    use super::support::{Ledger, moving};
    use harness::expect;

    #[tokio::test]
    async fn the_same_key_is_the_same_transfer() {
        let mut ledger = Ledger::start();
        ledger.accounts(&["alice", "bob"], 1_000).await;
        let first = ledger.try_transfer("order-7", "alice", "bob", 100).await;
        let again = ledger.try_transfer("order-7", "alice", "bob", 100).await;
        again.expect("the same answer").status(201).json(&first.json());
        ledger.kill_and_restart();
        let again = ledger.try_transfer("order-7", "alice", "bob", 100).await;
        again.expect("also after a restart").status(201).json(&first.json());
        expect("and it was done once").eq(ledger.balance("alice").await, 900);
    }

    #[tokio::test]
    async fn twenty_at_once_are_one() {
        let ledger = Ledger::start();
        ledger.accounts(&["alice", "bob"], 1_000).await;
        let replies =
            ledger.together(20, |client, _| async move { client.try_transfer("k", "alice", "bob", 10).await }).await;
        for reply in &replies {
            reply.expect("all get the same transfer").status(201).json(&replies[0].json());
        }
        expect("done once").eq(ledger.balance("alice").await, 990);
    }

    #[tokio::test]
    async fn a_key_stands_for_one_request() {
        let ledger = Ledger::start();
        ledger.accounts(&["alice", "bob"], 1_000).await;
        ledger.try_transfer("k", "alice", "bob", 10).await.expect("a first").status(201);
        ledger.try_transfer("k", "alice", "bob", 11).await.expect("another amount").problem(422);
        ledger.try_transfer("k", "bob", "bank", 10).await.expect("other accounts").problem(422);
        let reply = ledger.http.post("/transfers").json(&moving("alice", "bob", 1)).send().await;
        reply.expect("without a key").problem(400);
        expect("only the first was done").eq(ledger.balance("alice").await, 990);
    }
}

mod no_overdraft_under_race {
    use super::support::{Ledger, count, expect_statuses, new_key};
    use harness::expect;

    #[tokio::test]
    async fn two_hundred_want_what_is_there_once() {
        let ledger = Ledger::start();
        ledger.accounts(&["alice", "bob"], 0).await;
        ledger.transfer("bank", "alice", 7_000).await;
        let replies = ledger
            .together(200, |client, _| async move { client.try_transfer(&new_key(), "alice", "bob", 100).await })
            .await;
        expect_statuses("money, or a no", &replies, &[201, 409]);
        expect("70 times 100 are there").eq(count(&replies, 201), 70);
        expect("nothing is left").eq((ledger.balance("alice").await, ledger.balance("bob").await), (0, 7_000));
    }

    #[tokio::test]
    async fn transfers_in_both_directions_do_not_wait_for_each_other() {
        let ledger = Ledger::start();
        ledger.accounts(&["alice", "bob", "carol"], 100_000).await;
        let replies = ledger
            .together(120, |client, number| async move {
                let accounts = ["alice", "bob", "carol"];
                let (from, to) = (accounts[number % 3], accounts[(number + 1 + number / 3 % 2) % 3]);
                client.try_transfer(&new_key(), from, to, 1 + number as i64).await
            })
            .await;
        expect_statuses("everybody has enough", &replies, &[201]);
        let mut sum = 0;
        for id in ["alice", "bob", "carol"] {
            sum += ledger.balance(id).await;
        }
        expect("the sum stays").eq(sum, 300_000);
    }
}

mod append_only_is_enforced_by_the_database {
    use super::support::{Client, Ledger};
    use harness_net::Reply;

    async fn refuse(client: &Client, id: i64) -> Reply {
        client.http.call("DELETE", &format!("/transfers/{id}")).send().await
    }

    #[tokio::test]
    async fn there_is_no_way_to_take_a_transfer_back() {
        let ledger = Ledger::start();
        ledger.accounts(&["alice"], 1_000).await;
        let id = ledger.transfer("alice", "bank", 100).await;
        refuse(&ledger.client, id).await.expect("history stays").problem(405);
        let reply = ledger.http.put(&format!("/transfers/{id}")).json(&serde_json::json!({})).send().await;
        reply.expect("as it is").problem(405);
        // A mistake is put right by another transfer, and both stay.
        ledger.transfer("bank", "alice", 100).await;
        ledger
            .history("alice", "")
            .await
            .expect("three lines")
            .json_at("/entries/0/balance", 1_000)
            .json_at("/entries/2/number", 1);
    }
}

mod balance_as_of {
    use super::support::Ledger;
    use harness::expect;

    #[tokio::test]
    async fn the_past_stays_as_it_was() {
        let ledger = Ledger::start();
        ledger.accounts(&["alice"], 0).await;
        let mut moments = Vec::new();
        for amount in [500, 20, 3] {
            let id = ledger.transfer("bank", "alice", amount).await;
            let at = ledger.http.get(&format!("/transfers/{id}")).send().await.text_at("/at");
            moments.push((at, ledger.balance("alice").await));
        }
        expect("nothing at the beginning of time").eq(ledger.balance_at("alice", "1970-01-01T00:00:00Z").await, 0);
        for (at, balance) in &moments {
            expect("with what happened at that moment")
                .request(at.as_str())
                .eq(ledger.balance_at("alice", at).await, *balance);
        }
        expect("everything in the future").eq(ledger.balance_at("alice", "2999-01-01T00:00:00Z").await, 523);
        for at in ["", "?at=", "?at=yesterday", "?at=2026-13-01T00:00:00Z"] {
            let reply = ledger.http.get(&format!("/accounts/alice/balance{at}")).send().await;
            reply.expect("this is no time").problem(422).json_at("/field", "at");
        }
        ledger.http.get("/accounts/nobody/balance?at=2026-01-01T00:00:00Z").send().await.expect("nobody").problem(404);
    }
}

mod database_restart_is_survived {
    use super::support::Ledger;
    use harness::{Postgres, expect};
    use harness_net::eventually;
    use std::time::Duration;

    #[tokio::test]
    async fn requests_get_503_while_the_database_is_away_and_are_served_afterwards() {
        let mut ledger = Ledger::on(Postgres::start_private(), &["--database-timeout-ms", "500"]);
        ledger.accounts(&["alice", "bob"], 1_000).await;
        ledger.transfer("alice", "bob", 100).await;
        ledger.postgres.stop();
        let reply = ledger.try_transfer("during", "alice", "bob", 100).await;
        reply.expect("the database is away").problem(503);
        ledger.http.get("/accounts/alice").send().await.expect("for reading, too").problem(503);
        ledger.postgres.start_again();
        eventually("the ledger works again", Duration::from_secs(10), || async {
            let reply = ledger.try_transfer("during", "alice", "bob", 100).await;
            (reply.status == 201).then_some(())
        })
        .await;
        expect("what was acknowledged is there, and what was asked for twice is done once")
            .eq(ledger.balance("alice").await, 800);
        expect("it is the same program").that(ledger.program.is_running(), "it has ended");
    }
}

mod holds_capture_release {
    use super::support::{Ledger, new_key};
    use harness::expect;
    use serde_json::json;

    #[tokio::test]
    async fn what_is_held_cannot_be_spent_and_can_be_captured() {
        let ledger = Ledger::start();
        ledger.accounts(&["alice", "shop"], 1_000).await;
        let hold = ledger.hold("alice", 700).await;
        ledger
            .show("alice")
            .await
            .expect("it is there, and promised")
            .json_at("/balance", 1_000)
            .json_at("/held", 700)
            .json_at("/available", 300);
        let reply = ledger.try_transfer(&new_key(), "alice", "shop", 301).await;
        reply.expect("more than what is free").problem(409);
        let reply = ledger.capture(hold, &json!({"to": "shop", "amount": 650})).await;
        reply.expect("a part is captured").status(200).json_at("/status", "captured");
        ledger.show("alice").await.expect("the rest is free").json_at("/balance", 350).json_at("/held", 0);
        expect("the shop has it").eq(ledger.balance("shop").await, 1_650);
        ledger.capture(hold, &json!({"to": "shop"})).await.expect("once").problem(409);
    }

    #[tokio::test]
    async fn what_is_released_is_free_again() {
        let ledger = Ledger::start();
        ledger.accounts(&["alice"], 1_000).await;
        let hold = ledger.hold("alice", 1_000).await;
        ledger.try_hold(&new_key(), "alice", 1).await.expect("nothing is free").problem(409);
        ledger.release(hold).await.expect("released").status(200).json_at("/status", "released");
        ledger.release(hold).await.expect("once").problem(409);
        ledger.show("alice").await.expect("as before").json_at("/available", 1_000).json_at("/held", 0);
    }
}

mod hledger_parity {
    use super::support::{Ledger, new_key};
    use harness::expect;
    use serde_json::json;

    #[tokio::test]
    async fn the_journal_has_every_transfer_in_hledgers_words() {
        let ledger = Ledger::start();
        ledger.accounts(&["assets:alice", "income"], 0).await;
        let body = json!({"description": "salary; with a bonus", "entries": [
            {"account": "bank", "amount": -123_405},
            {"account": "assets:alice", "amount": 123_405},
        ]});
        let reply = ledger.post_transfer(&new_key(), &body).await;
        let day = reply.text_at("/at")[..10].to_owned();
        ledger.transfer("assets:alice", "income", 5).await;
        let expected = format!(
            "{day} (1) salary, with a bonus\n    assets:alice  1234.05 EUR\n    bank  -1234.05 EUR\n\n\
             {day} (2) \n    assets:alice  -0.05 EUR\n    income  0.05 EUR\n"
        );
        expect("two transfers").eq(ledger.journal().await, expected);
    }
}
