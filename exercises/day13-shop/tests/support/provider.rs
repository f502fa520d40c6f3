//! A payment provider: it acts once for each key, and has faults when a test wants them.

use harness_net::{Answer, Gate, Received, Upstream};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};

/// What goes wrong with one request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Acts, and the answer never comes.
    ActsAndIsSilent,
    /// Acts, and the connection breaks within the answer.
    ActsAndBreaks,
    /// Acts, and says that something went wrong.
    ActsAndSays(u16),
    /// Does nothing, and says that something went wrong.
    Says(u16),
    /// Acts, and answers when the gate opens.
    ActsBehind(Gate),
    /// Acts when it is asked, and answers something that is no charge.
    ActsAndMumbles,
}

/// What was charged and given back.
#[derive(Debug, Clone, Default)]
pub struct Charges {
    pub count: usize,
    pub total: i64,
    pub refunds: usize,
    /// The order of each charge.
    pub orders: BTreeMap<String, String>,
}

#[derive(Debug, Default)]
struct State {
    /// The answer of each key.
    answers: HashMap<String, (u16, Value)>,
    faults: VecDeque<Fault>,
    charges: Charges,
}

#[derive(Debug)]
pub struct Provider {
    upstream: Upstream,
    state: Arc<Mutex<State>>,
    /// Never opened: what is behind it stays there.
    _shut: Gate,
}

impl Provider {
    pub fn start() -> Provider {
        let state = Arc::new(Mutex::new(State::default()));
        let shut = Gate::shut();
        let (book, never) = (Arc::clone(&state), shut.clone());
        let upstream = Upstream::start(move |received| lock(&book).answer(received, &never));
        Provider { upstream, state, _shut: shut }
    }

    pub fn url(&self) -> String {
        self.upstream.url()
    }

    /// The next requests have these faults, one each.
    pub fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        lock(&self.state).faults.extend(faults);
    }

    pub fn charges(&self) -> Charges {
        lock(&self.state).charges.clone()
    }

    /// How many requests have come.
    pub fn requests(&self) -> Vec<Received> {
        self.upstream.received()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().expect("nothing panics while it holds this lock")
}

impl State {
    fn answer(&mut self, received: &Received, never: &Gate) -> Answer {
        let fault = self.faults.pop_front();
        if let Some(Fault::Says(status)) = fault {
            return Answer::new(status, "something went wrong");
        }
        let (status, body) = self.act(received);
        let answer = Answer::json(status, &body);
        match fault {
            None | Some(Fault::Says(_)) => answer,
            Some(Fault::ActsAndIsSilent) => answer.behind(never),
            Some(Fault::ActsAndBreaks) => answer.truncate(5),
            Some(Fault::ActsAndSays(status)) => Answer::new(status, "something went wrong"),
            Some(Fault::ActsBehind(gate)) => answer.behind(&gate),
            Some(Fault::ActsAndMumbles) => Answer::new(200, "{\"id\":"),
        }
    }

    /// The same key gets the same answer, and nothing happens again.
    fn act(&mut self, received: &Received) -> (u16, Value) {
        let Some(key) = received.header("idempotency-key").map(str::to_owned) else {
            // Without a key each request is a new intention.
            return self.act_once(received);
        };
        if let Some(answer) = self.answers.get(&key) {
            return answer.clone();
        }
        let answer = self.act_once(received);
        self.answers.insert(key, answer.clone());
        answer
    }

    fn act_once(&mut self, received: &Received) -> (u16, Value) {
        let body = received.json();
        if received.target.ends_with("/refunds") {
            self.charges.refunds += 1;
            return (200, json!({"charge": body["charge"], "status": "refunded"}));
        }
        if body["token"] == "tok_declined" {
            return (402, json!({"error": "declined"}));
        }
        self.charges.count += 1;
        self.charges.total += body["amount"].as_i64().unwrap_or_default();
        let id = format!("ch_{}", self.charges.count);
        let order = body["order"].as_str().unwrap_or_default().to_owned();
        self.charges.orders.insert(id.clone(), order);
        (200, json!({"id": id, "status": "succeeded"}))
    }
}
