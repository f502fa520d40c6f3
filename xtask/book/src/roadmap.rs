//! The roadmap: all days by week as a diagram, and by theme as a table.

use grader::exercise::{Exercise, title_of_week};
use std::{collections::BTreeMap, fmt::Write};

/// Size of a day's box and the space around it, in the diagram's units.
const WIDTH: usize = 150;
const HEIGHT: usize = 58;
const GAP: usize = 12;
/// A week's title stands above its days.
const TITLE: usize = 26;

/// The page.
pub fn page(exercises: &[Exercise]) -> String {
    let mut page =
        String::from("# Roadmap\n\nOne box is one day. Days build on skills, never on another day's code.\n\n");
    page.push_str(&diagram(exercises));
    page.push_str("\n## By theme\n\n| Theme | Days |\n| --- | --- |\n");
    let mut themes: BTreeMap<&str, Vec<&Exercise>> = BTreeMap::new();
    for exercise in exercises {
        for theme in &exercise.metadata.themes {
            themes.entry(theme).or_default().push(exercise);
        }
    }
    for (theme, days) in themes {
        let days =
            days.iter().map(|day| format!("[{:02} {}](exercises/{}/index.md)", day.number, day.metadata.title, day.id));
        let _ = writeln!(page, "| {theme} | {} |", days.collect::<Vec<_>>().join(", "));
    }
    page
}

fn diagram(exercises: &[Exercise]) -> String {
    let mut weeks: BTreeMap<u8, Vec<&Exercise>> = BTreeMap::new();
    for exercise in exercises {
        weeks.entry(exercise.metadata.week).or_default().push(exercise);
    }
    let columns = weeks.values().map(Vec::len).max().unwrap_or(0);
    let row = TITLE + HEIGHT + GAP;
    let (width, height) = (columns * (WIDTH + GAP) + GAP, weeks.len() * row + GAP);
    // Without empty lines: Markdown would end the block there.
    let mut svg = format!(
        "<svg viewBox=\"0 0 {width} {height}\" role=\"group\" aria-label=\"All days by week\" \
         style=\"max-width:100%;height:auto\" font-family=\"inherit\" fill=\"currentColor\">\n"
    );
    for (place, (week, days)) in weeks.iter().enumerate() {
        let top = GAP + place * row;
        let _ = writeln!(
            svg,
            "<text x=\"{GAP}\" y=\"{}\" font-size=\"15\">{}</text>",
            top + 16,
            escape(&title_of_week(*week))
        );
        for (column, day) in days.iter().enumerate() {
            svg.push_str(&day_box(day, GAP + column * (WIDTH + GAP), top + TITLE));
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn day_box(day: &Exercise, x: usize, y: usize) -> String {
    let title = escape(&day.metadata.title);
    let themes = escape(&day.metadata.themes.join(", "));
    format!(
        "<a href=\"exercises/{}/index.html\"><title>{themes}</title><rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
         rx=\"8\" fill=\"none\" stroke=\"currentColor\"/><text x=\"{}\" y=\"{}\" font-size=\"13\">Day {:02}</text>\
         <text x=\"{}\" y=\"{}\" font-size=\"16\" font-weight=\"600\">{title}</text></a>\n",
        day.id,
        x + 12,
        y + 22,
        day.number,
        x + 12,
        y + 44,
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
