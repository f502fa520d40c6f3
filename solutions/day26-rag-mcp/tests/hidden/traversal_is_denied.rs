use crate::visible::support::{Library, model::sentence};
use harness::{expect, random, scratch};
use serde_json::json;

#[tokio::test]
async fn the_error_does_not_say_what_is_there() {
    let (library, outside) = (Library::empty(), scratch());
    std::fs::write(outside.path().join("there.md"), "secret").expect("a file can be written");
    library.write(".git/there.md", "secret");
    library.write("there.rs", "secret");
    library.write("folder.md/there.md", "fine");
    let session = library.session().await;
    let folder = outside.path().to_string_lossy().into_owned();
    let up = "../".repeat(30);
    let other = outside.path().file_name().expect("it has a name").to_string_lossy().into_owned();
    let pairs = [
        (format!("{up}{}/there.md", &folder[1..]), format!("{up}{}/gone1.md", &folder[1..])),
        (format!("../{other}/there.md"), format!("../{other}/gone1.md")),
        (format!("{folder}/there.md"), format!("{folder}/gone1.md")),
        (".git/there.md".to_owned(), ".git/gone1.md".to_owned()),
        ("there.rs".to_owned(), "gone1.rs".to_owned()),
        ("folder.md".to_owned(), "gone11.md".to_owned()),
    ];
    for (there, gone) in pairs {
        let mut said = Vec::new();
        for path in [&there, &gone] {
            let answer = session.call("read", &json!({"path": path})).await;
            said.push(answer.refused("what is no document is not read").replace(path.as_str(), "PATH"));
        }
        expect("the error is the same, whatever is or is not there")
            .request(format!("read {there:?}, read {gone:?}"))
            .eq(&said[0], &said[1]);
    }
}

#[tokio::test]
async fn paths_are_taken_as_they_are_written() {
    let (mut random, library) = (random(), Library::empty());
    let secret = random.name();
    let inside = library.docs().join("docs");
    std::fs::create_dir(&inside).expect("a folder can be made");
    library.write("secret.md", &secret);
    library.write("docs/a.md", "fine");
    let mut command = harness::std_command();
    command.arg("--docs").arg(&inside).arg("--data-dir").arg(library.data());
    command.args(["--embeddings-url", &library.model.url()]);
    let session = crate::visible::support::session::Session::begin(command).await;
    let absolute = library.docs().join("secret.md").to_string_lossy().into_owned();
    for path in [
        "../secret.md",
        "a.md/../../secret.md",
        "./../secret.md",
        "..\\secret.md",
        "%2e%2e/secret.md",
        "..%2fsecret.md",
        "../secret.md\0.md",
        "../docs/../secret.md",
        "....//secret.md",
        "~/secret.md",
        "/",
        ".",
        "..",
        "\0",
        absolute.as_str(),
        &format!("file://{absolute}"),
    ] {
        let answer = session.call("read", &json!({"path": path})).await;
        let said = answer.refused("what is no document is not read");
        answer.wanted("nothing of it is told").lacks(&said, &secret);
    }
    let inside = inside.join("a.md").to_string_lossy().into_owned();
    session.call("read", &json!({"path": inside})).await.refused("a path is relative to --docs");
    session.call("read", &json!({"path": "../docs/a.md"})).await.refused("a path stays below --docs");
    expect("a document is read").eq(session.read("a.md").await.as_str(), "fine");
}

#[cfg(unix)]
#[tokio::test]
async fn links_and_pipes_are_no_documents() {
    use std::{os::unix::fs::symlink, process::Command};
    let (mut random, library, outside) = (random(), Library::empty(), scratch());
    let (secret, known) = (sentence(&mut random, 0), sentence(&mut random, 0));
    let secret_file = outside.path().join("secret.md");
    std::fs::write(&secret_file, &secret).expect("a file can be written");
    library.write("known.md", &known);
    symlink(&secret_file, library.docs().join("file.md")).expect("a link can be made");
    symlink(outside.path(), library.docs().join("folder")).expect("a link can be made");
    symlink(library.docs(), library.docs().join("again")).expect("a link can be made");
    library.write(".private/notes.md", &secret);
    library.write("src/main.rs", &secret);
    library.write("NOTES.md.bak", &secret);
    let pipe = library.docs().join("pipe.md");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.is_ok_and(|status| status.success()), "mkfifo makes {}", pipe.display());
    let session = library.session().await;
    expect("only documents are found").eq(session.paths("kitten").await, ["known.md"]);
    expect("what is no document is not embedded").eq(library.model.count(&secret), 0);
    for path in
        ["file.md", "folder/secret.md", "again/known.md", ".private/notes.md", "src/main.rs", "NOTES.md.bak", "pipe.md"]
    {
        let answer = session.call("read", &json!({"path": path})).await;
        let said = answer.refused("what is no document is not read");
        answer.wanted("nothing of it is told").lacks(&said, &secret);
    }
}
