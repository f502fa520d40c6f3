//! The state as JSON Resume (<https://jsonresume.org/schema>).

use crate::{
    site::About,
    store::{State, date},
};
use serde_json::Value;

pub fn render(about: &About, state: &State) -> Value {
    let projects: Vec<_> = state
        .passed()
        .map(|day| (&day.title, about.address_of(&day.id), &day.highlights.0, day.passed_ms.map(date)))
        .collect();
    let certificates: Vec<_> =
        state.certificates.iter().map(|certificate| (&certificate.id, date(certificate.issued_ms))).collect();
    let skills: Vec<_> = state.roadmap.done().map(|skill| &skill.id).collect();
    todo!("basics from {:?}, projects {projects:?}, certificates {certificates:?}, skills {skills:?}", about.profile)
}
