//! What the tests of this day share: a portfolio with a random owner, and reports that are variations of a real one.

mod certificate;
mod markup;
mod reports;
mod resume;

pub use certificate::{Parts, claims_checked, hmac_sha256, new_key, signed, twin_of};
pub use markup::{Element, Elements};
pub use reports::{a_day, a_report, real_report, with};

use feed_rs::model::Feed;
use harness::{Launch, Program, Random, expect, random, scratch};
use harness_net::{Call, Http, Reply};
use serde_json::{Value, json};
use std::net::TcpListener;
use tempfile::TempDir;

/// Everything that is a function of the state.
pub const DOCUMENTS: [&str; 5] = ["/", "/badge.svg", "/resume.json", "/feed.atom", "/next"];

/// A running portfolio, and what its owner knows.
#[derive(Debug)]
pub struct Portfolio {
    pub program: Program,
    pub owner: Owner,
    pub random: Random,
    /// The profile's file, which goes with the portfolio.
    _folder: TempDir,
}

/// Tasks can have a copy of it.
#[derive(Debug, Clone)]
pub struct Owner {
    pub http: Http,
    pub base_url: String,
    pub profile: Value,
    pub token: String,
}

impl std::ops::Deref for Portfolio {
    type Target = Owner;

    fn deref(&self) -> &Owner {
        &self.owner
    }
}

/// A profile with all members, each a random text.
pub fn a_profile(random: &mut Random) -> Value {
    json!({
        "name": random.name(),
        "label": random.words(3),
        "summary": random.words(8),
        "email": format!("{}@mail.example", random.word()),
        "url": format!("https://{}.example/~{}", random.word(), random.word()),
    })
}

/// A launch of the program for this profile, which is put into the folder.
pub fn launch(folder: &TempDir, profile: &Value, token: &str, base_url: &str) -> Launch {
    let file = folder.path().join("profile.json");
    std::fs::write(&file, profile.to_string()).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    Launch::service().arg("--profile").arg(file).args(["--token", token, "--base-url", base_url])
}

impl Portfolio {
    pub fn start() -> Portfolio {
        let mut random = random();
        let profile = a_profile(&mut random);
        Portfolio::launch(random, profile, |launch| launch)
    }

    /// With a profile of one's own.
    pub fn of(profile: Value) -> Portfolio {
        Portfolio::launch(random(), profile, |launch| launch)
    }

    /// With a listening socket that the test keeps, as a supervisor does.
    pub fn supervised(listener: TcpListener) -> Portfolio {
        let mut random = random();
        let profile = a_profile(&mut random);
        Portfolio::launch(random, profile, |launch| launch.arg("--inherit").listener_on_stdin(listener))
    }

    fn launch(mut random: Random, profile: Value, change: impl FnOnce(Launch) -> Launch) -> Portfolio {
        let folder = scratch();
        // Letters and digits, as a token is usually written.
        let token = format!("{}{}", random.name(), random.name());
        let base_url = format!("https://{}.example", random.name());
        let program = change(launch(&folder, &profile, &token, &base_url)).data_dir().start();
        let http = Http::to(&program);
        Portfolio { program, owner: Owner { http, base_url, profile, token }, random, _folder: folder }
    }

    /// SIGKILL, and a new start on the same data.
    pub fn kill_and_restart(&mut self) {
        self.program.kill();
        self.program.start_again();
        self.owner.http = Http::to(&self.program);
    }

    /// A report of these days. It is another one each time, as the reports of two runs are.
    pub fn report(&mut self, days: &[Value]) -> Value {
        a_report(&mut self.random, days)
    }

    pub fn day(&mut self, number: u8, outcome: &str) -> Value {
        a_day(&mut self.random, number, outcome)
    }

    /// Publishes a new report of these days.
    pub async fn publish(&mut self, days: &[Value]) -> Reply {
        let report = self.report(days);
        let reply = self.owner.post(&report).await;
        reply.expect("a new report is taken").status(201);
        reply
    }
}

impl Owner {
    /// With the token.
    pub fn authorized(&self, call: Call) -> Call {
        call.header("authorization", format!("Bearer {}", self.token))
    }

    pub async fn post(&self, report: &Value) -> Reply {
        self.authorized(self.http.post("/reports").json(report)).send().await
    }

    pub async fn get(&self, path: &str) -> Reply {
        let reply = self.http.get(path).send().await;
        reply.expect(format!("{path} is there")).status(200);
        reply
    }

    pub async fn page(&self) -> Elements {
        Elements::of_html(&self.get("/").await)
    }

    pub async fn badge(&self) -> Elements {
        Elements::of_xml(&self.get("/badge.svg").await)
    }

    /// What the page says about this day, which has to be there.
    pub async fn shown(&self, day: &Value) -> Element {
        let id = day["id"].as_str().unwrap_or_default();
        self.page().await.with_id(id).clone()
    }

    /// The page shows the day with this outcome, its title and its points.
    pub async fn expect_shown(&self, requirement: &str, day: &Value, outcome: &str) {
        let shown = self.shown(day).await;
        expect(requirement).request("the element of the day on /").eq(shown.attribute("data-outcome"), Some(outcome));
        let title = day["title"].as_str().unwrap_or_default();
        expect(requirement).request("the element of the day on /").contains(&shown.text, title);
        let points = format!("{} / {}", day["points"], day["points_required"]);
        expect(requirement).request("the element of the day on /").contains(&shown.text, &points);
    }

    /// As many days pass, says the badge.
    pub async fn expect_progress(&self, requirement: &str, passed: usize) {
        let texts: Vec<_> = self.badge().await.named("text").map(|element| element.text.clone()).collect();
        let wanted = format!("{passed} of 30 days");
        expect(requirement)
            .request("the <text> elements of /badge.svg")
            .expected(&wanted)
            .that(texts.iter().any(|text| has_count(text, &wanted)), format!("{texts:?}"));
    }

    /// The resume, which has to be valid.
    pub async fn resume(&self) -> Value {
        let reply = self.get("/resume.json").await;
        reply.expect("a resume is JSON").media_type("application/json");
        resume::expect_valid(&reply);
        reply.json()
    }

    /// The feed, as a feed reader understands it.
    pub async fn feed(&self) -> Feed {
        let reply = self.get("/feed.atom").await;
        reply.expect("a feed is Atom").media_type("application/atom+xml");
        Elements::of_xml(&reply);
        let wanted = expect("a feed reader can read the feed").request(reply.curl());
        feed_rs::parser::parse(&*reply.body)
            .unwrap_or_else(|error| wanted.fail(format!("{error}\n{}", reply.describe())))
    }

    /// A new certificate: its id and itself.
    pub async fn certify(&self) -> (String, String) {
        let reply = self.authorized(self.http.post("/certificate")).send().await;
        reply.expect("what passes is certified").status(201);
        let id = reply.text_at("/id");
        reply.expect("Location says where it is").header("location", &format!("/certificate/{id}"));
        (id, reply.text_at("/certificate"))
    }

    pub async fn revoke(&self, id: &str) {
        let reply = self.authorized(self.http.delete(&format!("/certificate/{id}"))).send().await;
        reply.expect("a certificate is revoked").status(204);
    }

    pub async fn verify(&self, certificate: impl Into<Vec<u8>>) -> Reply {
        let reply = self.http.post("/certificate/verify").body(certificate).send().await;
        reply.expect("everybody may ask about a certificate").status(200);
        reply
    }

    pub async fn expect_valid(&self, requirement: &str, certificate: &str) {
        self.verify(certificate).await.expect(requirement).json_at("/valid", true);
    }

    pub async fn expect_not_valid(&self, requirement: &str, certificate: impl Into<Vec<u8>>) {
        let reply = self.verify(certificate).await;
        reply.expect(requirement).json_at("/valid", false);
        let reason = reply.text_at("/reason");
        expect("a reason is given").request(reply.curl()).ne(reason.as_str(), "");
        let claims = reply.json()["claims"].clone();
        expect("what is not valid has no claims").request(reply.curl()).eq(claims, Value::Null);
    }

    /// The bodies and tags of all documents.
    pub async fn documents(&self) -> Vec<(String, Option<String>)> {
        let mut all = Vec::new();
        for path in DOCUMENTS {
            let reply = self.get(path).await;
            all.push((reply.text(), reply.header("etag").map(str::to_owned)));
        }
        all
    }

    /// Nothing of what is published has changed since.
    pub async fn expect_unchanged(&self, requirement: &str, before: &[(String, Option<String>)]) {
        let after = self.documents().await;
        for ((path, before), after) in DOCUMENTS.iter().zip(before).zip(&after) {
            expect(requirement).request(format!("GET {path}, before and after")).eq(after, before);
        }
    }
}

/// Whether a text says `2 of 30 days`, and not `12 of 30 days`.
pub fn has_count(text: &str, count: &str) -> bool {
    text.match_indices(count).any(|(start, _)| !text[..start].ends_with(|letter: char| letter.is_ascii_digit()))
}

/// The values of a member, in the order of the array.
pub fn each(array: &Value, member: &str) -> Vec<Value> {
    array.as_array().into_iter().flatten().map(|item| item[member].clone()).collect()
}
