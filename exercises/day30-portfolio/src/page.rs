//! The page for people. `html!` knows what is markup; whatever stands in round brackets is text, and escaped.

use crate::{
    site::About,
    store::{Day, State, date},
};
use maud::{DOCTYPE, Markup, html};

/// A file of its own, so that the Content-Security-Policy can forbid all styles in the page.
pub const STYLE: &str = include_str!("style.css");

pub fn render(about: &About, state: &State) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { (about.profile.name) ", thirty backends" }
                link rel="stylesheet" href="/style.css";
            }
            body { (body(about, state)) }
        }
    };
    page.into_string()
}

/// The style knows a `header` with `.label`, `.contact` and `.progress`, an `ol.days` whose elements have a `.number` and perhaps
/// a `.star`, `ul.skills`, and a `footer`.
fn body(about: &About, state: &State) -> Markup {
    let card = |day: &Day| (day.number, day.outcome.as_str(), day.points, day.points_required, day.passed_ms.map(date));
    let cards: Vec<_> = state.days.iter().map(|day| (&day.id, &day.title, card(day))).collect();
    let (next, done): (Vec<_>, Vec<_>) = (state.roadmap.next().collect(), state.roadmap.done().collect());
    todo!("{:?}, {}, {cards:?}; what is next and learnt: {next:?} {done:?}", about.profile, state.progress())
}
