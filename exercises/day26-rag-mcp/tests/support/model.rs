//! An embeddings server whose vectors are made of words, so that a test knows what is near to what.
//!
//! Words of one topic mean the same, others of the vocabulary something else. All other words mean nothing to it. That two
//! texts never get quite the same vector is due to a small part that is made of their letters.

use harness::Random;
use harness_net::{Answer, Gate, Received, Upstream, eventually};
use serde_json::json;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// A row is a topic.
pub const TOPICS: [[&str; 4]; 12] = [
    ["kitten", "feline", "tomcat", "purring"],
    ["harbour", "ship", "vessel", "anchor"],
    ["bread", "loaf", "bakery", "dough"],
    ["violin", "sonata", "orchestra", "melody"],
    ["volcano", "lava", "eruption", "crater"],
    ["invoice", "payment", "ledger", "debt"],
    ["snow", "glacier", "icicle", "frost"],
    ["garden", "tulip", "seedling", "blossom"],
    ["comet", "telescope", "orbit", "galaxy"],
    ["judge", "verdict", "court", "lawsuit"],
    ["bicycle", "pedal", "saddle", "cycling"],
    ["desert", "dune", "camel", "oasis"],
];
/// A text with this word gets a vector fifty times as long, in the same direction.
pub const LOUD: &str = "loud";

/// What is the same for every text, and what is made of its letters.
const COMMON: f32 = 0.3;
const LETTERS: f32 = 0.02;
const EXTRA: usize = 4;

/// The vector of a text.
pub fn vector(text: &str) -> Vec<f32> {
    let mut vector = vec![0.0; TOPICS.len()];
    let mut is_loud = false;
    for word in text.split(|letter: char| !letter.is_alphanumeric()) {
        let word = word.to_lowercase();
        is_loud |= word == LOUD;
        if let Some(topic) = TOPICS.iter().position(|topic| topic.contains(&word.as_str())) {
            vector[topic] += 1.0;
        }
    }
    vector.push(COMMON);
    let mut hash: u32 = 2_166_136_261;
    for byte in text.bytes() {
        hash = (hash ^ u32::from(byte)).wrapping_mul(16_777_619);
    }
    vector.extend(hash.to_le_bytes().iter().take(EXTRA).map(|byte| LETTERS * f32::from(*byte) / 255.0));
    // Lengths differ, and mean nothing.
    let length = if is_loud { 50.0 } else { 1.0 + f32::from(hash.to_be_bytes()[0]) / 255.0 };
    vector.iter_mut().for_each(|number| *number *= length);
    vector
}

/// The cosine of two vectors.
pub fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    product(a, b) / (product(a, a).sqrt() * product(b, b).sqrt())
}

/// A sentence about a topic: one of its words, and some that mean nothing.
pub fn sentence(random: &mut Random, topic: usize) -> String {
    format!("{} {} {}", random.name(), random.pick(&TOPICS[topic]), random.words(3))
}

/// A text that is about several things.
pub fn mixture(random: &mut Random) -> String {
    let mut text = random.name();
    for _ in 0..=random.below(7) {
        let topic = random.below(TOPICS.len());
        text = format!("{text} {}", random.pick(&TOPICS[topic]));
    }
    text
}

/// How requests that contain a certain word are answered.
type Rules = Arc<Mutex<Vec<(String, Rule)>>>;

#[derive(Debug, Clone)]
enum Rule {
    Held(Gate),
    HeldAfter(usize, Gate),
    Status(u16),
    Body(String),
}

/// The server.
#[derive(Debug)]
pub struct Model {
    pub upstream: Upstream,
    rules: Rules,
}

impl Model {
    pub fn start() -> Model {
        let rules = Rules::default();
        let own = Arc::clone(&rules);
        let upstream = Upstream::start(move |request| answer(request, &mut lock(&own)));
        Model { upstream, rules }
    }

    /// For `--embeddings-url`.
    pub fn url(&self) -> String {
        format!("{}/v1", self.upstream.url())
    }

    /// Holds answers to requests in which a text has this word, until the gate is opened.
    pub fn hold(&self, word: &str) -> Gate {
        let gate = Gate::shut();
        self.rule(word, Rule::Held(gate.clone()));
        gate
    }

    /// Answers `count` more requests, and holds all that come then.
    pub fn hold_after(&self, count: usize) -> Gate {
        let gate = Gate::shut();
        self.rule("", Rule::HeldAfter(count, gate.clone()));
        gate
    }

    /// Answers such requests with this status.
    pub fn fail(&self, word: &str, status: u16) {
        self.rule(word, Rule::Status(status));
    }

    /// Answers such requests with this body.
    pub fn say(&self, word: &str, body: &str) {
        self.rule(word, Rule::Body(body.to_owned()));
    }

    fn rule(&self, word: &str, rule: Rule) {
        lock(&self.rules).push((word.to_owned(), rule));
    }

    /// From now on everything is answered well.
    pub fn behave(&self) {
        lock(&self.rules).clear();
    }

    /// How often each text has been embedded so far.
    pub fn embedded(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for text in self.upstream.received().iter().flat_map(texts) {
            *counts.entry(text).or_default() += 1;
        }
        counts
    }

    /// How often a text with this word has been embedded so far.
    pub fn count(&self, word: &str) -> usize {
        self.embedded().iter().filter(|(text, _)| text.contains(word)).map(|(_, count)| count).sum()
    }

    /// Waits until it is asked for a text with this word.
    pub async fn asked_for(&self, word: &str) {
        let requirement = format!("the embeddings server is asked for {word:?}");
        eventually(&requirement, Duration::from_secs(10), || async { (self.count(word) > 0).then_some(()) }).await;
    }
}

/// The texts of a request.
pub fn texts(request: &Received) -> Vec<String> {
    // A single text may be sent as such.
    match &request.json()["input"] {
        serde_json::Value::String(text) => vec![text.clone()],
        input => serde_json::from_value(input.clone()).unwrap_or_default(),
    }
}

fn answer(request: &Received, rules: &mut [(String, Rule)]) -> Answer {
    let texts = texts(request);
    if request.method != "POST" || request.target != "/v1/embeddings" || texts.is_empty() {
        return Answer::json(400, &json!({"error": {"message": "no such request"}}));
    }
    let items = texts
        .iter()
        .enumerate()
        .map(|(index, text)| json!({"object": "embedding", "index": index, "embedding": vector(text)}));
    // In another order, which is allowed.
    let data: Vec<_> = items.rev().collect();
    let usage = json!({"prompt_tokens": 1, "total_tokens": 1});
    let body = json!({"object": "list", "data": data, "model": request.json()["model"], "usage": usage});
    match rules.iter_mut().find(|(word, _)| texts.iter().any(|text| text.contains(word.as_str()))) {
        None => Answer::json(200, &body),
        Some((_, Rule::HeldAfter(count @ 1.., _))) => {
            *count -= 1;
            Answer::json(200, &body)
        }
        Some((_, Rule::Held(gate) | Rule::HeldAfter(_, gate))) => Answer::json(200, &body).behind(gate),
        // Some servers repeat the key that they do not like.
        Some((_, Rule::Status(status))) => {
            let key = request.header("authorization").unwrap_or_default();
            Answer::json(*status, &json!({"error": {"message": format!("not with {key}")}}))
        }
        Some((_, Rule::Body(body))) => Answer::new(200, body.as_str()).header("content-type", "application/json"),
    }
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
