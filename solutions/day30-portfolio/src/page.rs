//! The page for people. `html!` knows what is markup; whatever stands in round brackets is text, and escaped.

use crate::{
    reports::Outcome,
    roadmap::Skill,
    site::About,
    store::{Day, State, date},
};
use maud::{DOCTYPE, Markup, html};

/// A file of its own, so that the Content-Security-Policy can forbid all styles in the page.
pub const STYLE: &str = include_str!("style.css");

pub fn render(about: &About, state: &State) -> String {
    let profile = &about.profile;
    let passed = state.passed().count();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (profile.name) ", thirty backends" }
                link rel="stylesheet" href="/style.css";
                link rel="alternate" type="application/atom+xml" href="/feed.atom";
            }
            body {
                header {
                    h1 { (profile.name) }
                    @if let Some(label) = &profile.label { p.label { (label) } }
                    @if let Some(summary) = &profile.summary { p { (summary) } }
                    p.contact {
                        @if let Some(url) = &profile.url { a rel="me" href=(url) { (url) } " " }
                        @if let Some(email) = &profile.email { a href={ "mailto:" (email) } { (email) } }
                    }
                    p.progress {
                        progress max="30" value=(passed) {}
                        " " (state.progress())
                    }
                }
                main {
                    h2 { "What I have built" }
                    ol.days { @for day in &state.days { (card(day)) } }
                    @if !state.roadmap.skills().is_empty() { (roadmap(state)) }
                }
                footer {
                    a href="/resume.json" { "Resume" } " "
                    a href="/feed.atom" { "Feed" } " "
                    a href="/badge.svg" { "Badge" } " "
                    @if !state.certificates.is_empty() { a href="/certificate" { "Certificate" } }
                }
            }
        }
    };
    page.into_string()
}

fn card(day: &Day) -> Markup {
    html! {
        li id=(day.id) data-outcome=(day.outcome.as_str()) {
            span.number { (day.number) }
            h3 { (day.title) @if day.outcome == Outcome::Star { " " span.star role="img" aria-label="with a star" { "★" } } }
            p {
                span.points { (day.points) " / " (day.points_required) }
                @match (day.outcome.is_pass(), day.passed_ms) {
                    (true, Some(passed_ms)) => { " since " (date(passed_ms)) },
                    (true, None) => {},
                    (false, _) => { " not yet" },
                }
            }
        }
    }
}

fn roadmap(state: &State) -> Markup {
    html! {
        section {
            h2 { "What comes next" }
            ul.skills { @for skill in state.roadmap.next() { li { (skill.id) } } }
        }
        section {
            h2 { "What I have learnt" }
            ul.skills { @for skill in state.roadmap.done() { li { (learnt(skill)) } } }
        }
    }
}

fn learnt(skill: &Skill) -> Markup {
    html! {
        @match &skill.evidence {
            Some(evidence) => a href=(evidence) { (skill.id) },
            None => (skill.id),
        }
    }
}
