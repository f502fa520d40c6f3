//! Tests with the tools that people use for S3. The grader runs them; they are skipped where the tools are not installed.

#[path = "../../../exercises/day19-object-store/tests/support/mod.rs"]
pub mod support;

use harness::{expect, random, require_tool};
use std::{
    path::{Path, PathBuf},
    process::Command,
};
use support::{Cloud, fresh_name};
use tempfile::TempDir;

/// A tool that knows the server, and nothing of the person who runs this.
struct Tool {
    executable: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(&'static str, String)>,
    folder: TempDir,
}

impl Tool {
    fn aws(cloud: &Cloud) -> Tool {
        let executable = require_tool("aws", "awscli");
        let folder = harness::private();
        let config = folder.path().join("config");
        let text = "[default]\ns3 =\n  addressing_style = path\n  signature_version = s3v4\n  \
                    multipart_threshold = 6MB\n  multipart_chunksize = 5MB\n";
        std::fs::write(&config, text).expect("a scratch folder takes a file");
        let nothing = folder.path().join("none").display().to_string();
        let environment = vec![
            ("AWS_ACCESS_KEY_ID", cloud.keys.access.clone()),
            ("AWS_SECRET_ACCESS_KEY", cloud.keys.secret.clone()),
            ("AWS_DEFAULT_REGION", cloud.keys.region.clone()),
            ("AWS_CONFIG_FILE", config.display().to_string()),
            ("AWS_SHARED_CREDENTIALS_FILE", nothing),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWS_PAGER", String::new()),
        ];
        let arguments = vec!["--endpoint-url".to_owned(), format!("http://{}", cloud.address)];
        Tool { executable, arguments, environment, folder }
    }

    fn s3cmd(cloud: &Cloud) -> Tool {
        let executable = require_tool("s3cmd", "s3cmd");
        let folder = harness::private();
        let config = folder.path().join("s3cfg");
        let text = format!(
            "[default]\naccess_key = {}\nsecret_key = {}\nhost_base = {address}\nhost_bucket = {address}\nuse_https = False\n",
            cloud.keys.access,
            cloud.keys.secret,
            address = cloud.address
        );
        std::fs::write(&config, text).expect("a scratch folder takes a file");
        let arguments = vec!["--config".to_owned(), config.display().to_string(), "--no-progress".to_owned()];
        Tool { executable, arguments, environment: Vec::new(), folder }
    }

    /// A file with this content.
    fn file(&self, name: &str, content: &[u8]) -> String {
        let file = self.folder.path().join(name);
        std::fs::write(&file, content).expect("a scratch folder takes a file");
        file.display().to_string()
    }

    /// The standard output of the tool, which has to be content.
    fn run(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(&self.executable);
        command.args(&self.arguments).args(arguments).current_dir(self.folder.path());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
            command.env_remove(name);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value))).env("HOME", self.folder.path());
        let output = command.output().expect("a tool that is installed can be started");
        let said = String::from_utf8_lossy(&output.stderr);
        expect("the tool is content")
            .request(format!("{} {}", self.executable.display(), arguments.join(" ")))
            .expected("exit status 0")
            .that(output.status.success(), format!("{}: {said}", output.status));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn expect_file(&self, requirement: &str, file: &Path, content: &[u8]) {
        let bytes = std::fs::read(file).unwrap_or_default();
        expect(requirement).that(bytes == content, format!("{} bytes", bytes.len()));
    }
}

mod put_get_delete {
    use super::{Cloud, Tool, expect, fresh_name, random};

    const KEY: &str = "a b/<ü>+%20.txt";

    #[tokio::test]
    async fn aws_puts_gets_and_removes() {
        let cloud = Cloud::start().await;
        let (tool, bucket, content) = (Tool::aws(&cloud), fresh_name(), random().bytes(1000));
        tool.run(&["s3", "mb", &format!("s3://{bucket}")]);
        let url = format!("s3://{bucket}/{KEY}");
        tool.run(&["s3", "cp", &tool.file("photo", &content), &url]);
        tool.run(&["s3", "cp", &url, "back"]);
        tool.expect_file("aws gets what it has put", &tool.folder.path().join("back"), &content);
        tool.run(&["s3", "rm", &url]);
        tool.run(&["s3", "rb", &format!("s3://{bucket}")]);
        expect("the bucket is gone").lacks(&tool.run(&["s3", "ls"]), &bucket);
    }

    #[tokio::test]
    async fn s3cmd_puts_gets_and_deletes() {
        let cloud = Cloud::start().await;
        let (tool, bucket, content) = (Tool::s3cmd(&cloud), fresh_name(), random().bytes(1000));
        tool.run(&["mb", &format!("s3://{bucket}")]);
        let url = format!("s3://{bucket}/{KEY}");
        tool.run(&["put", &tool.file("photo", &content), &url]);
        tool.run(&["get", &url, "back"]);
        tool.expect_file("s3cmd gets what it has put", &tool.folder.path().join("back"), &content);
        tool.run(&["del", &url]);
        tool.run(&["rb", &format!("s3://{bucket}")]);
    }
}

mod list_prefix_delimiter {
    use super::{Cloud, Tool, expect};

    #[tokio::test]
    async fn aws_lists() {
        let cloud = Cloud::start().await;
        for key in ["a/<1>", "a/2", "b"] {
            cloud.put(key, "x").await;
        }
        let tool = Tool::aws(&cloud);
        let url = format!("s3://{}", cloud.bucket);
        let folder = tool.run(&["s3", "ls", &url]);
        expect("aws s3 ls shows a folder").contains(&folder, "PRE a/");
        expect("and nothing in it").lacks(&folder, "<1>");
        expect("aws s3 ls --recursive shows all").contains(&tool.run(&["s3", "ls", "--recursive", &url]), "a/<1>");
        let query = ["--query", "Contents[].Key", "--output", "text"];
        // Two pages, which aws puts together.
        let listed = tool
            .run(&[&["s3api", "list-objects-v2", "--bucket", &cloud.bucket, "--page-size", "2"][..], &query].concat());
        expect("aws s3api list-objects-v2 pages")
            .eq(listed.split_whitespace().collect::<Vec<_>>(), vec!["a/2", "a/<1>", "b"]);
    }

    #[tokio::test]
    async fn s3cmd_lists() {
        let cloud = Cloud::start().await;
        for key in ["a/<1>", "b"] {
            cloud.put(key, "x").await;
        }
        let tool = Tool::s3cmd(&cloud);
        let url = format!("s3://{}", cloud.bucket);
        expect("s3cmd ls shows a folder").contains(&tool.run(&["ls", &url]), &format!("DIR  {url}/a/"));
        expect("s3cmd ls -r shows all").contains(&tool.run(&["ls", "-r", &url]), &format!("{url}/a/<1>"));
    }
}

mod multipart {
    use super::{Cloud, Tool, random};

    #[tokio::test]
    async fn aws_uploads_in_parts() {
        let cloud = Cloud::start().await;
        let (tool, content) = (Tool::aws(&cloud), random().bytes(7_000_000));
        let url = format!("s3://{}/film", cloud.bucket);
        tool.run(&["s3", "cp", "--no-progress", &tool.file("film", &content), &url]);
        cloud.expect_content("aws s3 cp of a large file", "film", &content).await;
        tool.run(&["s3", "cp", "--no-progress", &url, "back"]);
        tool.expect_file("and back, in ranges", &tool.folder.path().join("back"), &content);
        let reply = cloud.object("HEAD", "film").send().await;
        let etag = reply.header("etag").unwrap_or_default();
        harness::expect("it came in two parts").contains(etag, "-2\"");
    }

    #[tokio::test]
    async fn s3cmd_uploads_in_parts() {
        let cloud = Cloud::start().await;
        let (tool, content) = (Tool::s3cmd(&cloud), random().bytes(7_000_000));
        let url = format!("s3://{}/film", cloud.bucket);
        tool.run(&["put", "--multipart-chunk-size-mb=5", &tool.file("film", &content), &url]);
        cloud.expect_content("s3cmd put of a large file", "film", &content).await;
        tool.run(&["get", &url, "back"]);
        tool.expect_file("and back", &tool.folder.path().join("back"), &content);
    }
}

mod presigned {
    use super::{Cloud, Tool};

    #[tokio::test]
    async fn aws_presigns() {
        let cloud = Cloud::start().await;
        cloud.put("a b/ü+.txt", "mine").await;
        let url = Tool::aws(&cloud).run(&["s3", "presign", &format!("s3://{}/a b/ü+.txt", cloud.bucket)]);
        let target = url.trim().trim_start_matches(cloud.http.base());
        cloud.http.get(target).send().await.expect("a URL of aws s3 presign").status(200).body("mine");
    }
}
