//! The state as JSON Resume (<https://jsonresume.org/schema>).

use crate::{
    site::About,
    store::{State, date},
};
use serde_json::{Value, json};

pub fn render(about: &About, state: &State) -> Value {
    let projects = state.passed().map(|day| {
        let mut project = json!({
            "name": day.title,
            "url": about.address_of(&day.id),
            "highlights": day.highlights.0,
        });
        // Dates have no time here. A day that passes has passed at some time, so there is one.
        if let Some(passed_ms) = day.passed_ms {
            project["endDate"] = date(passed_ms).into();
        }
        project
    });
    let certificates = state.certificates.iter().map(|certificate| {
        json!({
            "name": "Thirty Backends",
            "date": date(certificate.issued_ms),
            "issuer": about.base_url,
            "url": format!("{}/certificate/{}", about.base_url, certificate.id),
        })
    });
    json!({
        "$schema": "https://raw.githubusercontent.com/jsonresume/resume-schema/v1.0.0/schema.json",
        "basics": about.profile,
        "projects": projects.collect::<Vec<_>>(),
        "certificates": certificates.collect::<Vec<_>>(),
        "skills": state.roadmap.done().map(|skill| json!({"name": skill.id})).collect::<Vec<_>>(),
    })
}
