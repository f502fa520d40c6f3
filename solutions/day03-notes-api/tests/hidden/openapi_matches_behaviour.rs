use crate::visible::support::{create, draft, path, post, service};
use harness::{expect, random};
use harness_net::{Call, Reply};
use serde_json::{Value, json};

/// The description that the program serves, as the judge of its responses.
struct Description(Value);

impl Description {
    /// Follows `$ref` (`#/components/…`) until something else comes.
    fn resolve<'a>(&'a self, mut value: &'a Value) -> &'a Value {
        while let Some(target) = value["$ref"].as_str() {
            let found = target.strip_prefix('#').and_then(|pointer| self.0.pointer(pointer));
            value = found.unwrap_or_else(|| expect("every $ref leads somewhere").fail(target));
        }
        value
    }

    /// What is said about this reply to `method` on `template`. A template's parameter may have any name.
    fn check(&self, method: &str, template: &str, reply: &Reply) {
        let paths = self.0["paths"].as_object();
        let same = |path: &str| match (path.split_once('{'), template.split_once('{')) {
            (Some((ours, _)), Some((theirs, _))) => ours == theirs,
            _ => path == template,
        };
        let path = paths.and_then(|paths| paths.iter().find(|(path, _)| same(path))).map(|(_, item)| item);
        let operation = path.map_or(&Value::Null, |item| &self.resolve(item)[method]);
        let status = reply.status.to_string();
        let responses = &operation["responses"];
        let response = [status.as_str(), &format!("{}XX", &status[..1]), "default"]
            .into_iter()
            .find_map(|key| responses.get(key))
            .map(|response| self.resolve(response));
        let Some(response) = response else {
            expect(format!("status {status} of {method} {template} is described"))
                .request(reply.curl())
                .expected(format!("an entry {status:?} among its responses"))
                .fail(responses)
        };
        let Some(content) = response["content"].as_object() else {
            return expect("a response that is described without content has none")
                .request(reply.curl())
                .that(reply.body.is_empty(), reply.describe());
        };
        let media_type = reply.header("content-type").unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        let Some(media) = content.get(media_type) else {
            expect(format!("the media type of status {status} is described"))
                .request(reply.curl())
                .expected(format!("one of {:?}", content.keys().collect::<Vec<_>>()))
                .fail(media_type)
        };
        self.validate(&media["schema"], reply);
    }

    fn validate(&self, schema: &Value, reply: &Reply) {
        expect("a body is described by a schema").request(reply.curl()).that(schema.is_object(), schema);
        // The schema refers to its siblings, so they have to be in the same document.
        let document = json!({"allOf": [schema], "components": self.0["components"]});
        let validator = jsonschema::validator_for(&document)
            .unwrap_or_else(|error| expect("the schemas are JSON Schema").fail(error));
        let faults: Vec<_> =
            validator.iter_errors(&reply.json()).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
        expect("the body is as the description says")
            .request(reply.curl())
            .expected(format!("a body that is valid under {schema}"))
            .that(faults.is_empty(), format!("{}\n\n{}", faults.join("\n"), reply.describe()));
    }
}

#[tokio::test]
async fn every_response_is_as_described() {
    let (_program, http) = service();
    let mut random = random();
    let document = http.get("/openapi.json").send().await;
    document.expect("the description is served").status(200);
    let description = Description(document.json());
    let note = path(&create(&http, &draft(&mut random)).await);
    create(&http, &draft(&mut random)).await;
    let (one, invalid) = ("/notes/{id}", json!({"title": ""}));
    let malformed = |call: Call| call.header("content-type", "application/json").body("{");
    let steps = [
        ("post", "/notes", post(&http, &draft(&mut random))),
        ("post", "/notes", post(&http, &invalid)),
        ("post", "/notes", malformed(http.post("/notes"))),
        ("post", "/notes", http.post("/notes").body("x")),
        ("get", "/notes", http.get("/notes")),
        ("get", "/notes", http.get("/notes?limit=1")),
        ("get", "/notes", http.get("/notes?limit=0")),
        ("get", one, http.get(&note)),
        ("get", one, http.get(&note).header("if-none-match", "*")),
        ("get", one, http.get("/notes/4711")),
        ("put", one, http.put(&note).json(&draft(&mut random))),
        ("put", one, http.put(&note).json(&invalid)),
        ("put", one, malformed(http.put(&note))),
        ("put", one, http.put(&note).body("x")),
        ("put", one, http.put("/notes/4711").json(&draft(&mut random))),
        ("put", one, http.put(&note).header("if-match", "\"old\"").json(&draft(&mut random))),
        ("delete", one, http.delete(&note).header("if-match", "\"old\"")),
        ("delete", one, http.delete(&note)),
        ("delete", one, http.delete(&note)),
    ];
    for (method, template, call) in steps {
        description.check(method, template, &call.send().await);
    }
}

#[tokio::test]
async fn the_description_can_only_be_read() {
    let (_program, http) = service();
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        let reply = http.call(method, "/openapi.json").send().await;
        reply.expect("a method that a path does not take is 405").problem(405);
        let allow = reply.header("allow").unwrap_or_default();
        expect("Allow lists what the path takes").request(reply.curl()).contains(allow, "GET");
        expect("and not what it refuses").request(reply.curl()).that(!allow.contains(method), allow);
    }
}

#[tokio::test]
async fn the_schemas_say_something() {
    let (_program, http) = service();
    let description = Description(http.get("/openapi.json").send().await.json());
    let schema = description.0["paths"]["/notes"]["post"]["responses"]
        .get("201")
        .map_or(&Value::Null, |response| &description.resolve(response)["content"]["application/json"]["schema"]);
    let document = json!({"allOf": [schema], "components": description.0["components"]});
    let validator =
        jsonschema::validator_for(&document).unwrap_or_else(|error| expect("the schemas are JSON Schema").fail(error));
    let right = json!({"id": 1, "title": "x", "body": "", "tags": [],
                       "created_at": "2026-01-31T08:15:00Z", "updated_at": "2026-01-31T08:15:00Z"});
    expect("a note is valid under the schema of a created note").that(validator.is_valid(&right), schema);
    for wrong in [json!({}), json!({"id": "1"}), json!([]), json!({"title": 3})] {
        expect(format!("{wrong} is not valid under the schema of a created note"))
            .that(!validator.is_valid(&wrong), schema);
    }
}
