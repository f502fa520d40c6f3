use crate::visible::support::{create, draft, path, service};
use harness::{expect, random};

#[tokio::test]
async fn allow_is_complete_for_every_path() {
    let (_program, http) = service();
    let note = path(&create(&http, &draft(&mut random())).await);
    for (path, methods) in [("/notes", &["GET", "POST"][..]), (&note, &["GET", "PUT", "DELETE"])] {
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
            if methods.contains(&method) {
                continue;
            }
            let reply = http.call(method, path).send().await;
            reply.expect("a method that a path does not take is 405").problem(405);
            let allow: Vec<_> = reply.header("allow").unwrap_or_default().split(',').map(str::trim).collect();
            for taken in methods {
                expect(format!("Allow of {path} lists {taken}"))
                    .request(reply.curl())
                    .that(allow.contains(taken), reply.describe());
            }
            expect("Allow lists nothing that the path refuses")
                .request(reply.curl())
                .that(!allow.contains(&method), reply.describe());
        }
    }
    http.get(&note).send().await.expect("a refused method did nothing").status(200);
}

#[tokio::test]
async fn json_with_parameters_is_json() {
    let (_program, http) = service();
    for media_type in ["application/json; charset=utf-8", "application/json;charset=UTF-8", "Application/JSON"] {
        let call = http.post("/notes").header("content-type", media_type).body("{\"title\": \"x\"}");
        call.send().await.expect("parameters and case make no difference to a media type").status(201);
    }
}

#[tokio::test]
async fn a_body_that_is_not_declared_is_415() {
    let (_program, http) = service();
    let note = path(&create(&http, &draft(&mut random())).await);
    for call in [http.post("/notes"), http.put(&note)] {
        let bare = call.clone().body("{\"title\": \"x\"}").send().await;
        bare.expect("a body without a Content-Type is 415").problem(415);
        let form = call.form(&[("title", "x")]).send().await;
        form.expect("a form is 415").problem(415);
    }
}
