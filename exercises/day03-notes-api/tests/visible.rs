//! The tests of day 3 that you can read. One module per checkpoint; each name is a claim about your program.

pub mod support;

mod create_and_read {
    use super::support::{create, draft, path, post, service};
    use harness::{expect, random};

    #[tokio::test]
    async fn a_posted_note_comes_back_with_id_and_times() {
        let (_program, http) = service();
        let draft = draft(&mut random());
        let reply = post(&http, &draft).send().await;
        reply.expect("POST /notes answers 201 and the note").status(201).media_type("application/json");
        for field in ["title", "body", "tags"] {
            let requirement = format!("the note has the {field} that was sent");
            reply.expect(requirement).json_at(&format!("/{field}"), draft[field].clone());
        }
        expect("the id is positive").request(reply.curl()).that(reply.number_at("/id") > 0, reply.describe());
        for field in ["created_at", "updated_at"] {
            let time = reply.text_at(&format!("/{field}"));
            expect(format!("{field} is a time in UTC (RFC 3339)"))
                .expected("something like 2026-01-31T08:15:00Z")
                .that(time.contains('T') && time.ends_with('Z'), &time);
        }
    }

    #[tokio::test]
    async fn location_leads_to_the_note() {
        let (_program, http) = service();
        let created = post(&http, &draft(&mut random())).send().await;
        let location = created.header("location").unwrap_or("(none)");
        expect("Location is the path of the note")
            .request(created.curl())
            .eq(location, format!("/notes/{}", created.number_at("/id")).as_str());
        let read = http.get(location).send().await;
        read.expect("GET on that path returns the note").status(200).json(&created.json());
    }

    #[tokio::test]
    async fn an_id_that_was_never_given_is_404() {
        let (_program, http) = service();
        let note = create(&http, &draft(&mut random())).await;
        let elsewhere = format!("{}0", path(&note));
        http.get(&elsewhere).send().await.expect("an unknown note is 404").status(404);
    }
}

mod update_and_delete {
    use super::support::{create, draft, path, service};
    use harness::random;

    #[tokio::test]
    async fn put_replaces_title_body_and_tags() {
        let (_program, http) = service();
        let mut random = random();
        let path = path(&create(&http, &draft(&mut random)).await);
        let new = draft(&mut random);
        let replaced = http.put(&path).json(&new).send().await;
        replaced.expect("PUT answers 200 and the note").status(200).json_at("/title", new["title"].clone());
        let read = http.get(&path).send().await;
        read.expect("the new note is read back").status(200).json(&replaced.json());
        read.expect("the tags are the new ones").json_at("/tags", new["tags"].clone());
    }

    #[tokio::test]
    async fn delete_is_204_and_the_note_is_gone() {
        let (_program, http) = service();
        let mut random = random();
        let (gone, stays) = (create(&http, &draft(&mut random)).await, create(&http, &draft(&mut random)).await);
        let reply = http.delete(&path(&gone)).send().await;
        reply.expect("DELETE answers 204 without a body").status(204).body("");
        http.get(&path(&gone)).send().await.expect("a deleted note is 404").status(404);
        http.delete(&path(&gone)).send().await.expect("it cannot be deleted again").status(404);
        http.get(&path(&stays)).send().await.expect("the other note is still there").status(200);
    }
}

mod list_and_filter {
    use super::support::{create, create_many, draft, id, list, service};
    use harness::{expect, random};
    use serde_json::json;

    #[tokio::test]
    async fn the_newest_note_comes_first() {
        let (_program, http) = service();
        let (none, next) = list(&http, "").await;
        expect("the list of a new service is empty").that(none.is_empty() && next.is_none(), format!("{none:?}"));
        let mut ids = create_many(&http, &mut random(), 3).await;
        ids.reverse();
        let (listed, next) = list(&http, "").await;
        expect("GET /notes lists all notes, newest first").request("GET /notes").eq(listed, ids);
        expect("next is null when nothing follows").eq(next, None);
    }

    #[tokio::test]
    async fn tag_selects_notes() {
        let (_program, http) = service();
        let mut random = random();
        let tag = random.name();
        let mut tagged = draft(&mut random);
        tagged["tags"] = json!(["first", tag]);
        create(&http, &draft(&mut random)).await;
        let tagged = id(&create(&http, &tagged).await);
        create(&http, &draft(&mut random)).await;
        let (ids, _) = list(&http, &format!("?tag={tag}")).await;
        expect("?tag= lists the notes that have this tag").request(format!("GET /notes?tag={tag}")).eq(ids, [tagged]);
    }
}

mod problem_json {
    use super::support::service;
    use serde_json::json;

    #[tokio::test]
    async fn unknown_paths_and_notes_are_problems() {
        let (_program, http) = service();
        for path in ["/nothing/here", "/notes/999999"] {
            http.get(path).send().await.expect("an error is a problem document").problem(404);
        }
    }

    #[tokio::test]
    async fn a_blank_title_is_422_and_named() {
        let (_program, http) = service();
        let reply = http.post("/notes").json(&json!({"title": "  "})).send().await;
        reply.expect("a blank title is invalid").problem(422);
        reply.expect("the detail names the field").contains("title");
    }

    #[tokio::test]
    async fn broken_json_is_400() {
        let (_program, http) = service();
        let reply = http.post("/notes").header("content-type", "application/json").body("{\"title\": ").send().await;
        reply.expect("JSON that cannot be parsed is 400").problem(400);
    }
}

mod method_and_media_type {
    use super::support::service;
    use harness::expect;

    #[tokio::test]
    async fn another_method_is_405_with_allow() {
        let (_program, http) = service();
        let reply = http.patch("/notes").send().await;
        reply.expect("a method that a path does not take is 405").problem(405);
        let allow = reply.header("allow").unwrap_or_default();
        for method in ["GET", "POST"] {
            expect("Allow lists what the path takes").request(reply.curl()).contains(allow, method);
        }
    }

    #[tokio::test]
    async fn text_is_415() {
        let (_program, http) = service();
        let reply = http.post("/notes").header("content-type", "text/plain").body("{\"title\": \"x\"}").send().await;
        reply.expect("a body that is not declared as JSON is 415").problem(415);
    }
}

mod body_limit {
    use super::support::{padded, service};
    use harness::expect;
    use harness_net::{Socket, status_of};

    #[tokio::test]
    async fn one_byte_too_many_is_413() {
        let (program, http) = service();
        let mut socket = Socket::connect(program.address()).await;
        let head = "POST /notes HTTP/1.1\r\nHost: notes\r\nConnection: close\r\nContent-Type: application/json\r\n";
        let body = padded(65537);
        socket.send(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len())).await;
        let reply = socket.expect_closed("the service answers and closes, as Connection: close asks").await;
        expect("a body of 65537 bytes is too large")
            .request(format!("{}Content-Length: 65537", head.replace("\r\n", "\n")))
            .expected("status 413")
            .that(status_of(&reply) == Some(413), String::from_utf8_lossy(&reply));
        http.get("/notes").send().await.expect("the service goes on").status(200);
    }
}

mod cursor_paging_under_inserts {
    use super::support::{create_many, list, page_after, service};
    use harness::{expect, random};

    #[tokio::test]
    async fn pages_follow_one_another() {
        let (_program, http) = service();
        let mut ids = create_many(&http, &mut random(), 5).await;
        ids.reverse();
        let (first, next) = list(&http, "?limit=2").await;
        expect("a page has as many notes as limit says").request("GET /notes?limit=2").eq(&first, &ids[..2]);
        let Some(next) = next else {
            expect("next is a text when notes follow").request("GET /notes?limit=2").fail("null")
        };
        let (second, _) = list(&http, &page_after(&next, 10)).await;
        expect("?after=NEXT lists what follows").eq(&second, &ids[2..]);
    }
}

mod etag_and_if_match {
    use super::support::{draft, path, post, service};
    use harness::{expect, random};

    #[tokio::test]
    async fn a_note_that_did_not_change_is_304() {
        let (_program, http) = service();
        let created = post(&http, &draft(&mut random())).send().await;
        let path = path(&created.json());
        let read = http.get(&path).send().await;
        let Some(etag) = read.header("etag") else {
            expect("a note has an ETag").request(read.curl()).fail(read.describe())
        };
        created.expect("POST returns the same ETag").header("etag", etag);
        let again = http.get(&path).header("if-none-match", etag).send().await;
        again.expect("If-None-Match with the current ETag is 304 without a body").status(304).body("");
    }

    #[tokio::test]
    async fn a_change_to_an_older_version_is_412() {
        let (_program, http) = service();
        let mut random = random();
        let created = post(&http, &draft(&mut random)).send().await;
        let path = path(&created.json());
        let old = created.header("etag").unwrap_or("(none)");
        let first = http.put(&path).header("if-match", old).json(&draft(&mut random)).send().await;
        first.expect("the version is current: the change is made").status(200);
        let second = http.put(&path).header("if-match", old).json(&draft(&mut random)).send().await;
        second.expect("the version is old by now: the change is refused").problem(412);
        http.get(&path).send().await.expect("the first change stays").json(&first.json());
    }
}

mod openapi_matches_behaviour {
    use super::support::service;
    use harness::expect;

    #[tokio::test]
    async fn every_operation_is_described() {
        let (_program, http) = service();
        let reply = http.get("/openapi.json").send().await;
        reply.expect("the program serves its description").status(200).media_type("application/json");
        let version = reply.text_at("/openapi");
        expect("it is OpenAPI 3.1").that(version.starts_with("3.1."), version);
        let paths = reply.at("/paths");
        let operation = |template: &str, method: &str| paths[template][method].is_object();
        let note = paths.as_object().and_then(|paths| paths.keys().find(|path| path.starts_with("/notes/{")));
        let note = note.map_or("/notes/{id}", String::as_str);
        for (template, method) in
            [("/notes", "get"), ("/notes", "post"), (note, "get"), (note, "put"), (note, "delete")]
        {
            expect(format!("{method} {template} is described"))
                .request(reply.curl())
                .that(operation(template, method), "it is not there");
        }
    }
}
