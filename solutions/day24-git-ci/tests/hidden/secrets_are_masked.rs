use crate::visible::support::{Server, pipeline};
use harness::{Launch, expect, random};

/// Everything below the data folder that is not the repository.
fn stored(server: &Server) -> Vec<u8> {
    let mut bytes = Vec::new();
    for name in ["logs", "ci.db", "ci.db-wal"] {
        let path = server.program.data_dir().join(name);
        let files = std::fs::read_dir(&path).map(|all| all.flatten().map(|entry| entry.path()).collect());
        for file in files.unwrap_or_else(|_| vec![path]) {
            bytes.extend(std::fs::read(file).unwrap_or_default());
        }
    }
    bytes
}

#[tokio::test]
async fn a_secret_that_is_printed_in_pieces_is_masked() {
    let secret = format!("{}-{}", random().word(), random().word());
    let server = Server::with_secrets(&format!("KEY = \"{secret}\"\n"));
    let work = server.repository("tools").await;
    let (head, tail) = secret.split_at(3);
    let run = format!("printf 'a {head}'; sleep 0.05; printf '{tail}'; sleep 0.05; echo ' z'; echo \"$KEY\" >&2");
    work.push_file(".ci.toml", &pipeline(&[("pieces", &run)])).await;
    let id = server.newest("tools").await;
    server.until(id, "passed").await;
    expect("what counts is the line").eq(server.log(id).await, "==> pieces\na *** z\n***\n".to_owned());
    let bytes = stored(&server);
    let is_there = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
    expect("the secret is nowhere in logs or database").eq(is_there, false);
}

#[tokio::test]
async fn a_secret_at_the_cut_of_a_long_line_is_masked() {
    let secret = "cut-in-the-middle-0123456789";
    let server = Server::with_secrets(&format!("KEY = \"{secret}\"\n"));
    let work = server.repository("tools").await;
    let before = 16 * 1024 - 10;
    let run = format!("head -c {before} /dev/zero | tr '\\0' x; echo \"$KEY and more\"");
    work.push_file(".ci.toml", &pipeline(&[("long", &run)])).await;
    let id = server.newest("tools").await;
    server.until(id, "passed").await;
    let log = server.log(id).await;
    let line = log.lines().nth(1).unwrap_or_default();
    let tail = &line[before.min(line.len())..];
    expect("the part of a secret that fits into a line is masked, too").that(tail.starts_with("***"), tail);
}

#[tokio::test]
async fn of_two_secrets_one_may_begin_with_the_other() {
    let server = Server::with_secrets("SHORT = \"abcdef\"\nLONG = \"abcdef-and-more\"\n");
    let work = server.repository("tools").await;
    work.push_file(".ci.toml", &pipeline(&[("both", "echo \"$LONG $SHORT\"")])).await;
    let id = server.newest("tools").await;
    server.until(id, "passed").await;
    expect("nothing of the longer one is left").eq(server.log(id).await, "==> both\n*** ***\n".to_owned());
}

#[test]
fn a_file_of_secrets_that_is_none_is_refused_without_quoting_it() {
    for text in ["KEY = \"abc\"\n", "KEY\nmy-secret-value", "lower = \"long enough\"\n", "KEY = 5\n"] {
        let folder = harness::scratch();
        let file = folder.path().join("secrets.toml");
        std::fs::write(&file, text).expect("the test can write its own file");
        let ended = Launch::service().env("CI_TOKEN", "x").data_dir().arg("--secrets").arg(&file).run_to_end();
        expect("these are no secrets").request(text).eq(ended.code, Some(1));
        expect("the line names the file").contains(&ended.stderr, "secrets.toml");
        expect("and quotes nothing of it").lacks(&ended.stderr, "my-secret-value");
    }
}
