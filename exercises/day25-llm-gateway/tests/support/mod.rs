//! What the tests of this day share: a gateway with its config, providers that answer as a test tells them, and clients.

mod provider;

pub use provider::{
    DONE, Provider, begin, chunk, completion, embedding, event, gated, refusal, shape_of_error, stream, usage,
    usage_event,
};

use async_openai::{
    Client,
    config::OpenAIConfig,
    types::chat::{
        ChatCompletionRequestMessage, ChatCompletionRequestUserMessage, ChatCompletionResponseStream,
        CreateChatCompletionRequest, CreateChatCompletionRequestArgs,
    },
};
use futures_util::StreamExt;
use harness::{Launch, Program, Random, expect, read_written};
use harness_net::{Call, Http, Reply, eventually, eventually_ok, within};
use serde_json::{Value, json};
use std::{path::Path, time::Duration};
use tempfile::TempDir;

/// How long a test waits for what should be a matter of milliseconds.
pub const SOON: Duration = Duration::from_secs(10);

/// A budget that no test uses up.
pub const PLENTY: i64 = 1_000_000_000_000;

/// A model of the config.
#[derive(Debug, Clone)]
pub struct Plan {
    pub name: String,
    pub input: i64,
    pub output: i64,
    pub max_output: i64,
    pub cache_ms: Option<u64>,
    /// Which of the providers, and the name of the model there.
    pub targets: Vec<(usize, String)>,
}

impl Plan {
    /// A model at random prices, with so many targets, each at another provider.
    pub fn random(random: &mut Random, targets: usize) -> Plan {
        Plan {
            name: random.name(),
            input: random.between(1..=50),
            output: random.between(51..=200),
            max_output: random.between(300..=3000),
            cache_ms: None,
            targets: (0..targets).map(|provider| (provider, random.name())).collect(),
        }
    }

    /// What a call costs by its usage.
    pub fn price(&self, (prompt, completion): (u32, u32)) -> i64 {
        i64::from(prompt) * self.input + i64::from(completion) * self.output
    }

    /// What a chat with this body reserves, when its answers have no more than `limit` tokens each.
    pub fn most(&self, body: &Value, choices: i64, limit: i64) -> i64 {
        self.prompt(body) + choices * limit * self.output
    }

    /// The part of it that is for the prompt: all of it for embeddings.
    pub fn prompt(&self, body: &Value) -> i64 {
        i64::try_from(body.to_string().len()).expect("a body is not that long") * self.input
    }
}

/// A gateway with its providers.
#[derive(Debug)]
pub struct Gateway {
    pub program: Program,
    pub providers: Vec<Provider>,
    /// The first model.
    pub plan: Plan,
    pub random: Random,
    pub admin_token: String,
    /// Holds the config.
    _folder: TempDir,
}

/// A key of the gateway's, and clients that use it. Tasks can have a copy.
#[derive(Debug, Clone)]
pub struct Key {
    pub id: String,
    pub key: String,
    pub http: Http,
    admin: Http,
    base: String,
}

impl Gateway {
    /// A gateway with one provider, and a model there.
    pub fn start() -> Gateway {
        Gateway::with(1, |_| {})
    }

    /// A gateway with so many providers, and a model that has them all as its targets, in their order.
    pub fn with(providers: usize, change: impl FnOnce(&mut Plan)) -> Gateway {
        let mut random = harness::random();
        let mut plan = Plan::random(&mut random, providers);
        change(&mut plan);
        Gateway::serving(random, providers, vec![plan], 60_000)
    }

    /// A gateway with so many providers, these models, and a time that a provider may take to begin.
    pub fn serving(mut random: Random, providers: usize, plans: Vec<Plan>, timeout_ms: u64) -> Gateway {
        let providers: Vec<_> = (0..providers).map(|_| Provider::start(&mut random)).collect();
        let mut config = format!("timeout_ms = {timeout_ms}\n");
        let mut launch = Launch::service().data_dir();
        for (number, provider) in providers.iter().enumerate() {
            let (name, url) = (&provider.name, provider.upstream.url());
            config +=
                &format!("\n[[provider]]\nname = {name:?}\nbase_url = \"{url}/v1\"\nkey_env = \"KEY_{number}\"\n");
            launch = launch.env(format!("KEY_{number}"), &provider.key);
        }
        for plan in &plans {
            let Plan { name, input, output, max_output, cache_ms, targets } = plan;
            let targets: Vec<_> = targets
                .iter()
                .map(|(provider, model)| format!("{{ provider = {:?}, model = {model:?} }}", providers[*provider].name))
                .collect();
            config += &format!(
                "\n[[model]]\nname = {name:?}\ninput = {input}\noutput = {output}\nmax_output = {max_output}\n\
                 targets = [{}]\n",
                targets.join(", ")
            );
            if let Some(cache_ms) = cache_ms {
                config += &format!("cache_ms = {cache_ms}\n");
            }
        }
        let folder = harness::scratch();
        let file = folder.path().join("llm.toml");
        std::fs::write(&file, config).expect("a file can be written to a fresh folder");
        let admin_token = random.name();
        let program = launch.arg("--config").arg(file).env("ADMIN_TOKEN", &admin_token).start();
        let plan = plans.into_iter().next().expect("a gateway has a model");
        Gateway { program, providers, plan, random, admin_token, _folder: folder }
    }

    /// The first provider.
    pub fn provider(&self) -> &Provider {
        &self.providers[0]
    }

    pub fn admin(&self) -> Http {
        Http::to(&self.program).always("authorization", &format!("Bearer {}", self.admin_token))
    }

    /// A new key with a budget that is never used up.
    pub async fn key(&mut self) -> Key {
        self.key_with(PLENTY).await
    }

    /// A new key with this budget.
    pub async fn key_with(&mut self, budget: i64) -> Key {
        let request = json!({"name": self.random.word(), "budget": budget});
        let reply = self.admin().post("/admin/keys").json(&request).send().await;
        reply.expect("a key can be made").status(201);
        self.key_of(reply.text_at("/id"), reply.text_at("/key"))
    }

    /// Clients of a key, at the address that the program has now.
    pub fn key_of(&self, id: String, key: String) -> Key {
        let http = Http::to(&self.program).always("authorization", &format!("Bearer {key}"));
        Key { id, key, base: http.base().to_owned(), http, admin: self.admin() }
    }

    /// SIGKILL, and a new start on the same data.
    pub fn kill_and_restart(&mut self, key: &mut Key) {
        self.program.kill();
        self.program.start_again();
        *key = self.key_of(key.id.clone(), key.key.clone());
    }

    /// A question for the first model.
    pub fn question(&mut self) -> Value {
        json!({"model": self.plan.name, "messages": [{"role": "user", "content": self.random.words(6)}]})
    }

    /// The same that wants its answer as a stream.
    pub fn stream_question(&mut self) -> Value {
        let mut question = self.question();
        question["stream"] = true.into();
        question
    }

    /// Tokens of a prompt and of an answer.
    pub fn counts(&mut self) -> (u32, u32) {
        let mut number = || u32::try_from(self.random.between(1..=250)).expect("this is a small number");
        (number(), number())
    }
}

impl Key {
    /// The client that people use.
    pub fn client(&self) -> Client<OpenAIConfig> {
        let config = OpenAIConfig::new().with_api_base(format!("{}/v1", self.base)).with_api_key(&self.key);
        let http = reqwest::Client::builder().no_proxy().build().expect("an HTTP client can be made");
        Client::build(http, config)
    }

    /// A stream of the client that people use.
    pub async fn open(&self, request: CreateChatCompletionRequest) -> ChatCompletionResponseStream {
        let client = self.client();
        let opening = within("a stream begins", SOON, client.chat().create_stream(request)).await;
        opening.unwrap_or_else(|error| expect("a stream begins").fail(error))
    }

    /// A chat about to be sent.
    pub fn ask(&self, body: &Value) -> Call {
        self.post("/v1/chat/completions", body)
    }

    pub fn post(&self, path: &str, body: &Value) -> Call {
        self.http.post(path).header("content-type", "application/json").body(body.to_string())
    }

    /// A chat that has to succeed.
    pub async fn ok(&self, body: &Value) -> Reply {
        let reply = self.ask(body).send().await;
        reply.expect("the call succeeds").status(200);
        reply
    }

    /// What the administrator sees.
    pub async fn account(&self) -> Reply {
        let reply = self.admin.get(&format!("/admin/keys/{}", self.id)).send().await;
        reply.expect("the administrator can look at a key").status(200);
        reply
    }

    /// What is spent and what is reserved, now.
    pub async fn numbers(&self) -> (i64, i64) {
        let account = self.account().await;
        (account.number_at("/spent"), account.number_at("/reserved"))
    }

    /// Waits until so much is spent and nothing reserved.
    pub async fn until_spent(&self, requirement: &str, spent: i64) {
        eventually_ok(requirement, SOON, || async {
            let numbers = self.numbers().await;
            if numbers == (spent, 0) {
                return Ok(());
            }
            Err(format!("spent {} and reserved {}, where {spent} and 0 are right", numbers.0, numbers.1))
        })
        .await;
    }
}

/// A question as the client that people use sends it.
pub fn question_to(model: &str, content: &str) -> CreateChatCompletionRequest {
    let message = ChatCompletionRequestMessage::User(ChatCompletionRequestUserMessage::from(content));
    let mut request = CreateChatCompletionRequestArgs::default();
    request.model(model).messages([message]).build().expect("a request has all that it needs")
}

/// The text of the next event, which has to come soon; none at the end. An error is a text, too.
pub async fn next_text(stream: &mut ChatCompletionResponseStream) -> Option<Result<String, String>> {
    let next = within("the stream goes on", SOON, stream.next()).await?;
    Some(match next {
        Ok(chunk) => Ok(chunk.choices.iter().filter_map(|choice| choice.delta.content.as_deref()).collect()),
        Err(error) => Err(error.to_string()),
    })
}

/// The texts of all events; the last one of a stream that breaks off is an error.
pub async fn all_texts(stream: &mut ChatCompletionResponseStream) -> Vec<Result<String, String>> {
    let mut texts = Vec::new();
    while let Some(text) = next_text(stream).await {
        texts.push(text);
    }
    texts
}

/// Waits until so many requests have arrived at a provider.
pub async fn until_asked(provider: &Provider, count: usize) {
    eventually(&format!("{count} requests arrive at the provider"), SOON, || async {
        (provider.upstream.count() >= count).then_some(())
    })
    .await;
}

/// Waits until so many answers of a provider were given up.
pub async fn until_left(provider: &Provider, count: usize) {
    eventually("when a client leaves, the gateway leaves the provider", SOON, || async {
        (provider.upstream.abandoned() >= count).then_some(())
    })
    .await;
}

/// Everything that is in the files of a folder.
pub fn bytes_in(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => bytes.extend(bytes_in(&entry.path())),
            _ => bytes.extend(read_written(entry.path())),
        }
    }
    bytes
}

/// Whether `part` is somewhere in `bytes`.
pub fn has(bytes: &[u8], part: &str) -> bool {
    bytes.windows(part.len()).any(|window| window == part.as_bytes())
}
