//! How totals are distributed, as a drawing and in words.

use super::super::{
    gather::Class,
    statistics::{histogram, quartiles},
};
use crate::export::cells::points;
use std::fmt::Write;

const BINS: usize = 20;
/// Units of the drawing.
const WIDTH: usize = 640;
const HEIGHT: usize = 180;
/// Below the bars, for the scale.
const SCALE: usize = 24;

/// The totals of everybody with a submission and a verdict.
pub fn totals(page: &mut String, class: &Class) {
    let with_submission = class.rows.iter().filter(|row| row.has_submission);
    let totals: Vec<f64> = with_submission.filter_map(|row| row.total).collect();
    page.push_str("<h2>Totals</h2>\n");
    let Some([least, lower, median, upper, greatest]) = quartiles(&totals) else {
        page.push_str("<p>Nobody has a total yet.</p>\n");
        return;
    };
    let most = f64::from(class.points_required).max(greatest);
    let counts = histogram(&totals, most, BINS);
    let [least, lower, median, upper, greatest] =
        [least, lower, median, upper, greatest].map(|value| points(Some(value.round())));
    let left_out = class.rows.len() - totals.len();
    let _ = writeln!(
        page,
        "<figure>\n{}<figcaption>Of {} learners the lowest has {least} points, the median is {median}, half of them lie between \
         {lower} and {upper}, and the highest has {greatest}; everything required is worth {}. {left_out} without a submission or \
         without a verdict are not in it.</figcaption>\n</figure>",
        drawing(&counts, most),
        totals.len(),
        class.points_required,
    );
}

fn drawing(counts: &[usize], most: f64) -> String {
    let tallest = counts.iter().copied().max().unwrap_or(0).max(1);
    let width = WIDTH / counts.len();
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"How many learners have how many points; the figures are below\">\n",
        HEIGHT + SCALE
    );
    for (place, count) in counts.iter().enumerate() {
        // The number stands above its bar.
        let height = count * (HEIGHT - 20) / tallest;
        let (x, y) = (place * width, HEIGHT - height);
        let part = most / counts.len() as f64;
        let (from, to) = (part * place as f64, part * (place + 1) as f64);
        let _ = write!(
            svg,
            "<rect x=\"{}\" y=\"{y}\" width=\"{}\" height=\"{height}\"><title>{from:.0} to {to:.0}: {count}</title></rect>",
            x + 1,
            width - 2,
        );
        if *count > 0 {
            let _ = write!(svg, "<text x=\"{}\" y=\"{}\">{count}</text>", x + width / 2, y - 5);
        }
        svg.push('\n');
    }
    for (share, anchor) in [(0, "start"), (1, "middle"), (2, "end")] {
        let value = most * f64::from(share) / 2.0;
        let x = WIDTH / 2 * share as usize;
        let _ = writeln!(
            svg,
            "<text x=\"{x}\" y=\"{}\" style=\"text-anchor:{anchor}\">{value:.0}</text>",
            HEIGHT + SCALE - 6
        );
    }
    svg.push_str("</svg>\n");
    svg
}
