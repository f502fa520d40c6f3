use crate::visible::support::Library;
use harness::{expect, random};
use serde_json::json;

#[tokio::test]
async fn at_most_400_lines_come_at_a_time() {
    let (mut random, library) = (random(), Library::empty());
    let lines: Vec<String> = (0..1003).map(|_| random.unicode(5).trim().to_owned()).collect();
    library.write("long.txt", lines.join("\n"));
    let session = library.session().await;
    let mut read = Vec::new();
    while read.len() < lines.len() {
        let first = read.len() + 1;
        let answer = session.call("read", &json!({"path": "long.txt", "first_line": first})).await;
        let value = answer.value();
        let last = usize::try_from(value["last_line"].as_u64().unwrap_or_default()).expect("a small number");
        answer.wanted("400 lines come at a time, or what is left").eq(last, lines.len().min(first + 399));
        answer.wanted("lines is how many the document has").eq(value["lines"].clone(), json!(1003));
        let text = value["text"].as_str().unwrap_or_default().to_owned();
        answer.wanted("the text has the lines that are named").eq(text, lines[first - 1..last].join("\n"));
        read.extend_from_slice(&lines[first - 1..last]);
    }
    let more = session.call("read", &json!({"path": "long.txt", "first_line": 2, "last_line": 900})).await.value();
    expect("last_line does not change that").eq(more["last_line"].clone(), json!(401));
}

#[tokio::test]
async fn lines_may_end_in_two_ways_and_may_not_be_there() {
    let library = Library::empty();
    library.write("a.md", "one\r\n\r\nthree\r\n");
    library.write("empty.md", "");
    let session = library.session().await;
    expect("lines have \\n between them").eq(session.read("a.md").await.as_str(), "one\n\nthree");
    for (path, first) in [("a.md", 4), ("a.md", 1_000_000_000), ("empty.md", 1)] {
        let answer = session.call("read", &json!({"path": path, "first_line": first})).await;
        answer.wanted("lines that are not there are an empty text").eq(answer.value()["text"].clone(), json!(""));
    }
    let last = session.call("read", &json!({"path": "a.md", "first_line": 3, "last_line": 99})).await.value();
    expect("as many lines come as there are").eq((&last["text"], &last["last_line"]), (&json!("three"), &json!(3)));
}

#[tokio::test]
async fn what_is_in_the_folder_now_is_read() {
    let (mut random, library) = (random(), Library::empty());
    let (name, text) = (format!("{} ü.md", random.name()), random.unicode(30));
    library.write(&name, "before");
    let session = library.session().await;
    expect("a document is read").eq(session.read(&name).await.as_str(), "before");
    library.write(&name, &text);
    expect("a document is read as it is now").eq(session.read(&name).await, text);
    library.remove(&name);
    session.call("read", &json!({"path": name})).await.failed("a document that has gone is an error of the call");
}
