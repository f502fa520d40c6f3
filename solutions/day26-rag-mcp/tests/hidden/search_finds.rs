use crate::visible::support::{
    Library,
    model::{LOUD, cosine, mixture, sentence, texts, vector},
};
use harness::{expect, random};
use serde_json::json;

#[tokio::test]
async fn the_length_of_a_vector_means_nothing() {
    let library = Library::empty();
    library.write("quiet.md", "a feline");
    library.write("loud.md", format!("a {LOUD} harbour with one tomcat and two ships: ship, vessel"));
    let session = library.session().await;
    let hits = session.search("kitten").await;
    let paths: Vec<&str> = hits.iter().map(|hit| hit.path.as_str()).collect();
    expect("what points the same way is nearest, however long its vector is")
        .request("search kitten")
        .eq(paths, ["quiet.md", "loud.md"]);
    let loud = session.search(&format!("{LOUD} kitten")).await;
    expect("a score is a cosine, at most 1").that(loud[0].score <= 1.000_1, loud[0].score);
}

#[tokio::test]
async fn no_passage_that_is_left_out_is_nearer() {
    let (mut random, library) = (random(), Library::empty());
    let texts: Vec<String> = (0..70).map(|_| mixture(&mut random)).collect();
    for (number, part) in texts.chunks(9).enumerate() {
        library.write(&format!("{}/{number}.txt", random.word()), part.join("\n\n\n"));
    }
    let session = library.session().await;
    let question = mixture(&mut random);
    for limit in [1, 10, 50] {
        let hits = session.search_with(&json!({"query": question, "limit": limit})).await;
        expect("as many as limit says are found").eq(hits.len(), limit);
        let last = hits[limit - 1].score;
        expect("the best comes first")
            .that(hits.windows(2).all(|pair| pair[0].score >= pair[1].score - 1e-4), format!("{hits:?}"));
        for text in &texts {
            let score = cosine(&vector(&question), &vector(text));
            let is_found = hits.iter().any(|hit| hit.text == *text);
            expect("no passage that is left out has a higher score")
                .request(format!("search {question:?}, limit {limit}: the last has {last}"))
                .that(is_found || score <= last + 1e-3, format!("{text:?} has {score}"));
        }
    }
    expect("ten are found without a limit").eq(session.search(&question).await.len(), 10);
}

#[tokio::test]
async fn long_runs_are_cut_after_twenty_lines() {
    let (mut random, library) = (random(), Library::empty());
    let lines: Vec<String> = (0..47).map(|_| random.words(2)).collect();
    library.write("a.md", format!("\n \t\n{}\n\n\nthe end  \n\n", lines.join("\r\n")));
    let session = library.session().await;
    session.search("kitten").await;
    let rows = session.sql("SELECT first_line, last_line, text FROM passages ORDER BY first_line").await;
    let expected = json!([
        [3, 22, lines[..20].join("\n")],
        [23, 42, lines[20..40].join("\n")],
        [43, 49, lines[40..].join("\n")],
        [52, 52, "the end  "],
    ]);
    expect("passages are runs of lines that are not blank, cut after 20").eq(rows, expected);
}

#[tokio::test]
async fn a_request_has_at_most_64_texts() {
    let (mut random, library) = (random(), Library::empty());
    let passages: Vec<String> = (0..140).map(|number| sentence(&mut random, number % 12)).collect();
    library.write("a.md", passages.join("\n\n"));
    let library = library.with(&["--embeddings-model", "words-2"]);
    let session = library.session().await;
    let first = session.search(&passages[139]).await[0].clone();
    expect("each passage has its own vector").eq(first.text, passages[139].clone());
    for request in library.model.upstream.received() {
        expect("a request has at most 64 texts").that(texts(&request).len() <= 64, texts(&request).len());
        expect("a request names the model").eq(request.json()["model"].clone(), json!("words-2"));
        expect("nobody is asked for a key that is not there").eq(request.header("authorization"), None);
    }
}

#[tokio::test]
async fn the_key_is_sent_and_never_shown() {
    let (mut random, mut library) = (random(), Library::empty());
    let key = random.name();
    library.key = Some(key.clone());
    library.write("a.md", "kitten");
    let session = library.session().await;
    session.search("tomcat").await;
    library.model.fail("ship", 401);
    let failed = session.call("search", &json!({"query": "ship"})).await;
    let said = failed.failed("a server that says no is an error of the call");
    for request in library.model.upstream.received() {
        let expected = format!("Bearer {key}");
        expect("the key is sent").eq(request.header("authorization"), Some(expected.as_str()));
    }
    let (stdout, stderr) = session.end().await;
    for text in [&said, &stdout, &stderr] {
        expect("the key is not shown, not even when the server repeats it").lacks(text, &key);
    }
}

#[tokio::test]
async fn a_failing_embeddings_server_is_an_error_of_the_call() {
    let (mut random, library) = (random(), Library::empty());
    let text = sentence(&mut random, 0);
    library.write("a.md", "tomcat");
    let session = library.session().await;
    session.search("kitten").await;
    library.write("b.md", format!("{text}\n\nsecond"));
    let fails = async |what: &str| {
        let answer = session.call("search", &json!({"query": "kitten"})).await;
        answer.failed(&format!("a search fails when the embeddings server {what}"));
        let rows = session.sql("SELECT path FROM documents").await;
        expect(format!("nothing of a document is stored when the embeddings server {what}"))
            .eq(rows, json!([["a.md"]]));
        library.model.behave();
    };
    library.model.fail(&text, 500);
    fails("answers with 500").await;
    library.model.fail(&text, 429);
    fails("answers with 429").await;
    library.model.say(&text, "<html>");
    fails("answers with a page").await;
    library.model.say(&text, r#"{"data":[]}"#);
    fails("gives no vectors").await;
    library.model.say(&text, r#"{"data":[{"index":0,"embedding":[1,2]}]}"#);
    fails("gives too few vectors").await;
    library.model.say(&text, r#"{"data":[{"index":0,"embedding":[1,2]},{"index":1,"embedding":[]}]}"#);
    fails("gives an empty vector").await;
    library.model.say(&text, r#"{"data":[{"index":0,"embedding":[1,2]},{"index":1,"embedding":[1,2,3]}]}"#);
    fails("gives vectors of different lengths").await;
    expect("the next search works").eq(session.search("kitten").await.len(), 3);
}

/// Nothing in this session needs an answer in time, so that a slow machine makes no difference.
#[tokio::test]
async fn an_embeddings_server_that_does_not_answer_is_not_waited_for() {
    let (mut random, library) = (random(), Library::empty());
    let text = sentence(&mut random, 0);
    library.write("a.md", &text);
    let _gate = library.model.hold(&text);
    let library = library.with(&["--embeddings-ms", "200"]);
    let session = library.session().await;
    let answer = session.call("search", &json!({"query": "kitten"})).await;
    answer.failed("a search fails when the embeddings server does not answer within --embeddings-ms");
    expect("the program works on").eq(session.read("a.md").await, text);
}
