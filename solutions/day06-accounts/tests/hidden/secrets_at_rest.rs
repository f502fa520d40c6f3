use crate::visible::support::{log_in, person, register, reset_token, service, token};
use harness::{Program, expect, random};
use std::{fs, path::PathBuf};

/// All files of the service but its mails, which carry tokens by their nature.
fn files(program: &Program) -> Vec<PathBuf> {
    let mut folders = vec![program.data_dir().to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            match path.symlink_metadata() {
                Ok(metadata) if metadata.is_dir() && !path.ends_with("outbox") => folders.push(path),
                Ok(metadata) if metadata.is_file() => files.push(path),
                _ => {}
            }
        }
    }
    files
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The text as it is, reversed, and in hexadecimal: what "encrypting" by hand comes to.
fn expect_nowhere(program: &Program, what: &str, secret: &str) {
    let reversed: String = secret.chars().rev().collect();
    for form in [secret.to_owned(), reversed, hex(secret.as_bytes()), hex(secret.as_bytes()).to_uppercase()] {
        for file in files(program) {
            let bytes = fs::read(&file).unwrap_or_default();
            let found = bytes.windows(form.len()).any(|window| window == form.as_bytes());
            expect(format!("{what} is nowhere in the data folder"))
                .that(!found, format!("{form:?} stands in {}", file.display()));
        }
        let said = [program.stderr(), program.stdout()].concat().join("\n");
        expect(format!("{what} is never logged")).that(!said.contains(&form), said);
    }
}

#[tokio::test]
async fn passwords_and_tokens_are_nowhere() {
    let (mut program, http) = service(&[]);
    let mut random = random();
    let (ada, bob) = (person(&mut random), person(&mut random));
    register(&program, &http, &ada).await;
    let session = log_in(&http, &ada).await;
    let resets = reset_token(&program, &http, &ada.0).await;
    let asked = http.post("/accounts").json(&serde_json::json!({"email": bob.0})).send().await;
    asked.expect("accepted").status(202);
    let registers = token(&program, &bob.0, "register");
    // While it runs, and after it has put everything in order.
    for _ in 0..2 {
        expect_nowhere(&program, "the password", &ada.1);
        expect_nowhere(&program, "the session's token", session.trim_start_matches("session="));
        expect_nowhere(&program, "the reset's token", &resets);
        expect_nowhere(&program, "the registration's token", &registers);
        if program.is_running() {
            program.terminate();
        }
    }
}

#[tokio::test]
async fn the_same_password_is_stored_in_two_ways() {
    let (mut program, http) = service(&[]);
    let mut random = random();
    let (ada, (other, _)) = (person(&mut random), person(&mut random));
    register(&program, &http, &ada).await;
    register(&program, &http, &(other, ada.1)).await;
    program.terminate();
    let hashes: Vec<_> = files(&program)
        .iter()
        .flat_map(|file| {
            let text = String::from_utf8_lossy(&fs::read(file).unwrap_or_default()).into_owned();
            let hashes = text.split("$argon2id$").skip(1).map(|rest| rest.chars().take(90).collect::<String>());
            hashes.collect::<Vec<_>>()
        })
        .collect();
    let mut different = hashes.clone();
    different.sort();
    different.dedup();
    expect("argon2id with a salt makes two hashes of one password, in its text form $argon2id$…")
        .that(different.len() >= 2, format!("{hashes:?}"));
}
