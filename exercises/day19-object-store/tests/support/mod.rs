//! What the tests of this day share: a server with a bucket, clients for it, and what its XML says.

pub mod sign;

use harness::{Launch, Program, expect};
use harness_net::{Http, Reply};
use md5::{Digest, Md5};
use object_store::{
    ClientOptions,
    aws::{AmazonS3, AmazonS3Builder},
};
use plumbing_objects::Connector;
use serde::{Deserialize, de::DeserializeOwned};
use sign::{Draft, Keys};
use std::{
    net::SocketAddr,
    ops::Deref,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

/// The program, and a client whose methods it lends.
#[derive(Debug)]
pub struct Cloud {
    pub program: Program,
    pub client: Client,
}

/// A client with a bucket of its own, that tasks can have a copy of.
#[derive(Debug, Clone)]
pub struct Client {
    pub http: Http,
    pub address: SocketAddr,
    pub keys: Keys,
    pub bucket: String,
}

impl Deref for Cloud {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Cloud {
    /// A server with one bucket.
    pub async fn start() -> Cloud {
        let keys = keys();
        let launch = Launch::service().env("ACCESS_KEY", &keys.access).env("SECRET_KEY", &keys.secret);
        let program = launch.data_dir().start();
        let address = program.address();
        let client = Client { http: Http::to(&program), address, keys, bucket: fresh_name() };
        client.make_bucket(&client.bucket).await;
        Cloud { program, client }
    }

    /// SIGKILL, and a new start on the same data.
    pub fn kill_and_restart(&mut self) {
        self.program.kill();
        self.program.start_again();
        self.client.http = Http::to(&self.program);
        self.client.address = self.program.address();
    }

    /// All files below the data folder.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        collect(self.program.data_dir(), &mut files);
        files.sort();
        files
    }

    /// The bytes that these files have.
    pub fn room(&self) -> u64 {
        self.files().iter().filter_map(|file| file.symlink_metadata().ok()).map(|metadata| metadata.len()).sum()
    }
}

/// Keys that no program can know, or those of a server that runs already.
fn keys() -> Keys {
    let variable = |name: &str| std::env::var(name).ok().filter(|_| harness::is_running_server());
    Keys {
        access: variable("AWS_ACCESS_KEY_ID").unwrap_or_else(fresh_name),
        secret: variable("AWS_SECRET_ACCESS_KEY").unwrap_or_else(fresh_name),
        region: variable("AWS_REGION").unwrap_or_else(|| "us-east-1".to_owned()),
    }
}

/// A name that no other test and no other run has, so that all of them can share a server. The seed has no say in it.
pub fn fresh_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let (count, now) = (COUNT.fetch_add(1, Ordering::Relaxed), jiff::Timestamp::now().as_microsecond());
    format!("day19-{now:x}-{:x}-{count}", std::process::id())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => collect(&entry.path(), files),
            _ => files.push(entry.path()),
        }
    }
}

impl Client {
    /// The bucket through the client that Rust programs use.
    pub fn store(&self) -> AmazonS3 {
        let builder = AmazonS3Builder::new()
            .with_endpoint(format!("http://{}", self.address))
            .with_bucket_name(&self.bucket)
            .with_region(&self.keys.region)
            .with_access_key_id(&self.keys.access)
            .with_secret_access_key(&self.keys.secret)
            // One DELETE for each object.
            .with_config(object_store::aws::AmazonS3ConfigKey::DisableBulkDelete, "true")
            .with_client_options(ClientOptions::new().with_allow_http(true))
            .with_http_connector(Connector::default());
        builder.build().unwrap_or_else(|error| panic!("object_store cannot be set up: {error}"))
    }

    /// A request about any path, which is not encoded yet.
    pub fn request(&self, method: &str, path: &str) -> Draft {
        Draft::new(&self.http, self.address, &self.keys, method, path)
    }

    /// A request about a key of the bucket.
    pub fn object(&self, method: &str, key: &str) -> Draft {
        self.request(method, &format!("/{}/{key}", self.bucket))
    }

    /// A request about the bucket.
    pub fn of_bucket(&self, method: &str) -> Draft {
        self.request(method, &format!("/{}", self.bucket))
    }

    pub async fn make_bucket(&self, name: &str) {
        let reply = self.request("PUT", &format!("/{name}")).send().await;
        reply.expect("a bucket can be made").status(200);
    }

    pub async fn put(&self, key: &str, body: impl Into<Vec<u8>>) {
        let reply = self.object("PUT", key).body(body).send().await;
        reply.expect(format!("an object can be put under the key {key:?}")).status(200);
    }

    pub async fn get(&self, key: &str) -> Reply {
        self.object("GET", key).send().await
    }

    /// The object has to have this content.
    pub async fn expect_content(&self, requirement: &str, key: &str, content: &[u8]) {
        let reply = self.get(key).await;
        reply.expect(requirement).status(200);
        // Not the content itself: it may be large.
        expect(requirement)
            .request(reply.curl())
            .expected(format!("{} bytes with the MD5 {}", content.len(), md5(content)))
            .that(reply.body == content, format!("{} bytes with the MD5 {}", reply.body.len(), md5(&reply.body)));
    }

    /// A listing, version 2, with these parameters.
    pub async fn list(&self, parameters: &[(&str, &str)]) -> Listing {
        let request = self.of_bucket("GET").query("list-type", "2");
        let reply = parameters.iter().fold(request, |request, (name, value)| request.query(name, value)).send().await;
        reply.expect("a bucket can be listed").status(200).media_type("application/xml");
        parse(&reply)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Listing {
    pub name: String,
    #[serde(default)]
    pub contents: Vec<Entry>,
    #[serde(default)]
    pub common_prefixes: Vec<CommonPrefix>,
    pub is_truncated: bool,
    pub key_count: Option<usize>,
    pub max_keys: usize,
    pub next_continuation_token: Option<String>,
    pub next_marker: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Entry {
    pub key: String,
    pub size: u64,
    pub last_modified: String,
    #[serde(rename = "ETag")]
    pub etag: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CommonPrefix {
    pub prefix: String,
}

impl Listing {
    pub fn keys(&self) -> Vec<String> {
        self.contents.iter().map(|entry| entry.key.clone()).collect()
    }

    pub fn prefixes(&self) -> Vec<String> {
        self.common_prefixes.iter().map(|common| common.prefix.clone()).collect()
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Refusal {
    code: String,
    message: String,
}

/// A document of the program.
#[track_caller]
pub fn parse<T: DeserializeOwned>(reply: &Reply) -> T {
    quick_xml::de::from_str(&reply.text()).unwrap_or_else(|error| {
        expect("the answer is a document of S3").request(reply.curl()).fail(format!("{error}\n{}", reply.describe()))
    })
}

/// The answer has to be a refusal with this status and one of these codes.
#[track_caller]
pub fn expect_refusal(requirement: &str, reply: &Reply, status: u16, codes: &[&str]) {
    reply.expect(requirement).status(status).media_type("application/xml");
    let Refusal { code, message } = parse(reply);
    expect(requirement)
        .request(reply.curl())
        .expected(format!("<Code>{}</Code> and a <Message>", codes.join(" or ")))
        .that(codes.contains(&code.as_str()) && !message.is_empty(), reply.describe());
}

pub fn md5(bytes: &[u8]) -> String {
    sign::hex(&Md5::digest(bytes))
}

/// The ETag of an object that came in one piece.
pub fn etag(content: &[u8]) -> String {
    format!("\"{}\"", md5(content))
}

pub fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Upload {
    pub upload_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Completed {
    #[serde(rename = "ETag")]
    pub etag: String,
    pub key: String,
}

impl Client {
    /// Begins an upload in parts, and returns its id.
    pub async fn begin_upload(&self, key: &str) -> String {
        let reply = self.object("POST", key).query("uploads", "").send().await;
        reply.expect("an upload can be begun").status(200);
        parse::<Upload>(&reply).upload_id
    }

    pub fn part(&self, key: &str, id: &str, number: &str, body: &[u8]) -> Draft {
        self.object("PUT", key).query("partNumber", number).query("uploadId", id).body(body)
    }

    /// Sends a part, and returns its ETag.
    pub async fn put_part(&self, key: &str, id: &str, number: usize, body: &[u8]) -> String {
        let reply = self.part(key, id, &number.to_string(), body).send().await;
        reply.expect("a part can be sent").status(200).header("etag", &etag(body));
        etag(body)
    }

    /// Completes an upload with these parts.
    pub fn complete(&self, key: &str, id: &str, parts: &[(usize, &str)]) -> Draft {
        let part = |(number, etag): &(usize, &str)| {
            let etag = etag.replace('"', "&quot;");
            format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
        };
        let parts: String = parts.iter().map(part).collect();
        let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
        self.object("POST", key).query("uploadId", id).body(body)
    }
}
