//! The part of the JSON Resume schema that a portfolio of this kind can break.

use harness::expect;
use harness_net::Reply;
use serde_json::{Value, json};

/// Written after version 1.0.0 of the specification. There, too, unknown members are forbidden at the top only.
fn schema() -> Value {
    let text = json!({"type": "string"});
    let texts = json!({"type": "array", "items": {"type": "string"}});
    let uri = json!({"type": "string", "format": "uri"});
    let date = json!({"$ref": "#/definitions/iso8601"});
    let list = |properties: Value| json!({"type": "array", "items": {"type": "object", "properties": properties}});
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "additionalProperties": false,
        "definitions": {
            "iso8601": {
                "type": "string",
                "pattern": "^([1-2][0-9]{3}-[0-1][0-9]-[0-3][0-9]|[1-2][0-9]{3}-[0-1][0-9]|[1-2][0-9]{3})$",
            },
        },
        "properties": {
            "$schema": uri,
            "basics": {
                "type": "object",
                "properties": {
                    "name": text, "label": text, "image": text, "phone": text, "url": uri, "summary": text,
                    "email": {"type": "string", "format": "email"},
                    "location": {"type": "object"},
                    "profiles": list(json!({"network": text, "username": text, "url": uri})),
                },
            },
            "work": list(json!({})),
            "volunteer": list(json!({})),
            "education": list(json!({})),
            "awards": list(json!({})),
            "certificates": list(json!({"name": text, "date": date, "url": uri, "issuer": text})),
            "publications": list(json!({})),
            "skills": list(json!({"name": text, "level": text, "keywords": texts})),
            "languages": list(json!({})),
            "interests": list(json!({})),
            "references": list(json!({})),
            "projects": list(json!({
                "name": text, "description": text, "highlights": texts, "keywords": texts, "startDate": date, "endDate": date,
                "url": uri, "roles": texts, "entity": text, "type": text,
            })),
            "meta": {"type": "object", "properties": {"canonical": uri, "version": text, "lastModified": text}},
        },
    })
}

#[track_caller]
pub fn expect_valid(reply: &Reply) {
    let validator = jsonschema::options().should_validate_formats(true).build(&schema());
    let validator = validator.unwrap_or_else(|error| panic!("the schema of the tests: {error}"));
    let resume = reply.json();
    let errors: Vec<_> =
        validator.iter_errors(&resume).map(|error| format!("{}: {error}", error.instance_path())).collect();
    expect("the resume is valid after the schema of JSON Resume")
        .request(reply.curl())
        .expected("no errors")
        .that(errors.is_empty(), format!("{}\n{resume:#}", errors.join("\n")));
}
