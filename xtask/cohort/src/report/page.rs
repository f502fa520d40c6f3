//! The page: one file that asks nothing of a network, opens from a disk, and is readable without scripts.

mod chart;

use super::gather::{Cell, Checkpoint, Class, Failure, Row};
use data_encoding::{BASE64, HEXLOWER};
use grader::{
    receipt,
    render::{STYLE, escape},
};
use std::fmt::Write;

const OWN_STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// How many groups of failures the page shows.
const FAILURES: usize = 200;
/// How many characters of an example.
const EXAMPLE: usize = 4000;

/// The page.
pub fn page(class: &Class) -> String {
    let mut page = String::new();
    let title = "Thirty Backends: cohort";
    // Only this script runs, whatever a name or a message may bring, and nothing is loaded.
    let digest = HEXLOWER.decode(receipt::hash(SCRIPT.as_bytes()).as_bytes()).unwrap_or_default();
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
         script-src 'sha256-{}'\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n<link rel=\"icon\" href=\"data:,\">\n\
         <style>\n{STYLE}{OWN_STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{title}</h1>\n",
        BASE64.encode(&digest),
    );
    head(&mut page, class);
    page.push_str("</header>\n<main>\n");
    learners(&mut page, class);
    reasons(&mut page, class);
    chart::totals(&mut page, class);
    checkpoints(&mut page, class);
    steadiness(&mut page, class);
    failures(&mut page, class);
    let _ = write!(page, "</main>\n<script>{SCRIPT}</script>\n</body>\n</html>\n");
    page
}

fn head(page: &mut String, class: &Class) {
    let figures = [
        (class.rows.len(), "learners"),
        (class.rows.iter().filter(|row| row.has_submission).count(), "with a submission"),
        (class.rows.iter().filter(|row| is_open(row)).count(), "with a verdict open"),
        (class.days.len(), "days"),
    ];
    page.push_str("<dl class=\"totals\">\n");
    for (figure, name) in figures {
        let _ = writeln!(page, "<div><dt>{name}</dt><dd>{figure}</dd></div>");
    }
    page.push_str("</dl>\n<p class=\"tier\">");
    if class.is_anonymous {
        page.push_str("Names are left out. ");
    }
    if let Some(due) = &class.due {
        let _ = write!(page, "Due {}; totals are less what lateness costs. ", escape(due));
    }
    let graded_by = [class.course.as_str(), class.toolchain.as_str()].into_iter().filter(|part| !part.is_empty());
    let _ = writeln!(page, "Graded by course {}.</p>", escape(&graded_by.collect::<Vec<_>>().join(", ")));
}

/// Whether something of a learner has no verdict through no fault of theirs.
fn is_open(row: &Row) -> bool {
    row.cells.contains(&Cell::Open)
}

fn learners(page: &mut String, class: &Class) {
    page.push_str(
        "<h2 id=\"learners-title\">Learners</h2>\n<form class=\"filter\" hidden>\n<label>Find <input type=\"search\" name=\"find\" \
         autocomplete=\"off\"></label>\n<label>Show <select name=\"show\"><option value=\"\">everybody</option>\
         <option value=\"open\">with a verdict open</option><option value=\"none\">without a submission</option>\
         <option value=\"late\">late</option></select></label>\n<output aria-live=\"polite\"></output>\n</form>\n\
         <p class=\"tier\">Points of each day; <span class=\"star\">★</span> every checkpoint, <span class=\"good\">✓</span> passes, \
         <span class=\"bad\">✗</span> does not compile or is not taken, – not handed in, ? not graded, for a reason below. \
         The heads of columns sort.</p>\n\
         <div class=\"wide tall\" role=\"region\" aria-labelledby=\"learners-title\" tabindex=\"0\">\n\
         <table class=\"sortable\" id=\"learners\">\n",
    );
    // Columns of fixed widths are laid out much faster.
    let _ = write!(page, "<colgroup>{}</colgroup>\n<thead><tr>", "<col>".repeat(class.days.len() + 3));
    page.push_str(
        "<th scope=\"col\"><button type=\"button\">Learner</button></th>\
         <th scope=\"col\"><button type=\"button\">Total</button></th><th scope=\"col\"><button type=\"button\">Days</button></th>",
    );
    for day in &class.days {
        let _ = write!(
            page,
            "<th scope=\"col\"><button type=\"button\" title=\"{1}\">{0}<span class=\"away\"> {1}</span></button></th>",
            escape(&day.number),
            escape(&day.title),
        );
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for row in &class.rows {
        learner(page, row);
    }
    page.push_str("</tbody>\n</table>\n</div>\n");
}

fn learner(page: &mut String, row: &Row) {
    let flags = [(is_open(row), "open"), (!row.has_submission, "none"), (row.is_late, "late")];
    let flags: Vec<_> = flags.iter().filter(|(holds, _)| *holds).map(|(_, name)| *name).collect();
    let _ = write!(page, "<tr data-is=\"{}\"><th scope=\"row\"><bdi>{}</bdi>", flags.join(" "), escape(&row.name));
    if !row.id.is_empty() {
        let _ = write!(page, " <bdi class=\"id\">{}</bdi>", escape(&row.id));
    }
    if row.is_late {
        page.push_str(" <span class=\"id\">late</span>");
    }
    let _ = write!(page, "</th><td>{}</td><td>{}</td>", total(row.total), row.days_passed);
    for cell in &row.cells {
        page.push_str(&match cell {
            Cell::Star(points) => format!("<td class=\"star\">{points} ★</td>"),
            Cell::Passed(points) => format!("<td class=\"good\">{points} ✓</td>"),
            Cell::Failed(points) => format!("<td>{points}</td>"),
            Cell::DoesNotCompile | Cell::Refused => "<td class=\"bad\">0 ✗</td>".to_owned(),
            Cell::NotHandedIn => "<td>–</td>".to_owned(),
            Cell::Open => "<td>?</td>".to_owned(),
        });
    }
    page.push_str("</tr>\n");
}

fn total(points: Option<f64>) -> String {
    points.map_or_else(|| "?".to_owned(), |points| crate::export::cells::points(Some(points)))
}

/// Everybody without a verdict, by reason: most share one.
fn reasons(page: &mut String, class: &Class) {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for row in &class.rows {
        for (day, reason) in &row.reasons {
            let reason = day.as_ref().map_or_else(|| reason.clone(), |day| format!("{day}: {reason}"));
            match groups.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, names)) => names.push(&row.name),
                None => groups.push((reason, vec![&row.name])),
            }
        }
    }
    if groups.is_empty() {
        return;
    }
    groups.sort_by_key(|(_, names)| std::cmp::Reverse(names.len()));
    let _ = writeln!(page, "<h2>Without a verdict</h2>\n<details>\n<summary>Reasons: {}</summary>\n<ul>", groups.len());
    for (reason, names) in groups {
        let names: Vec<_> = names.iter().map(|name| format!("<bdi>{}</bdi>", escape(name))).collect();
        let _ = writeln!(page, "<li>{}: {}</li>", names.join(", "), escape(&reason));
    }
    page.push_str("</ul>\n</details>\n");
}

fn checkpoints(page: &mut String, class: &Class) {
    page.push_str(
        "<h2 id=\"checkpoints-title\">Checkpoints</h2>\n<p>Of the learners who handed the day in. <b>Separation</b> is the \
         point-biserial correlation of passing the checkpoint with the rest score, which is the learner's points without those of \
         the checkpoint: near 1 the strong pass it and the weak do not, near 0 it says nothing about anybody, and below 0 the \
         test is likely to be at fault.</p>\n\
         <div class=\"wide tall\" role=\"region\" aria-labelledby=\"checkpoints-title\" tabindex=\"0\">\n<table class=\"sortable\">\n\
         <thead><tr>",
    );
    for name in ["Day", "Checkpoint", "Tier", "Passes", "Of", "Separation", "Remark"] {
        let _ = write!(page, "<th scope=\"col\"><button type=\"button\">{name}</button></th>");
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for checkpoint in &class.checkpoints {
        self::checkpoint(page, checkpoint);
    }
    page.push_str("</tbody>\n</table>\n</div>\n");
}

fn checkpoint(page: &mut String, checkpoint: &Checkpoint) {
    let share = (100 * checkpoint.passed + checkpoint.judged / 2).checked_div(checkpoint.judged).unwrap_or(0);
    let separation = checkpoint.separation.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"));
    let _ = writeln!(
        page,
        "<tr><td class=\"text\">{}</td><th scope=\"row\"><code title=\"{}\">{}</code></th><td class=\"text\">{}</td>\
         <td class=\"share\" style=\"--share:{share}%\">{share} %</td><td>{}</td><td>{separation}</td><td class=\"text\">{}</td></tr>",
        escape(&checkpoint.day),
        escape(&checkpoint.summary),
        escape(&checkpoint.name),
        checkpoint.tier,
        checkpoint.judged,
        checkpoint.remark(),
    );
}

fn steadiness(page: &mut String, class: &Class) {
    let steadiness = &class.steadiness;
    let _ = writeln!(
        page,
        "<h2>Verdicts that are not steady</h2>\n<p>Looked at: days of which the same files were graded more than once by the same \
         tests under the same conditions, here and in {} earlier gradings that <code>regrade</code> put aside. There are {}. A \
         verdict that is known is not made again, so most repeats are not in the reports.</p>",
        steadiness.folders, steadiness.repeated,
    );
    if steadiness.unsteady.is_empty() {
        let words = if steadiness.repeated == 0 { "Nothing can be said." } else { "All verdicts were the same." };
        let _ = writeln!(page, "<p>{words}</p>");
        return;
    }
    page.push_str("<ul>\n");
    for unsteady in &steadiness.unsteady {
        let verdicts: Vec<_> = unsteady.verdicts.iter().map(|(word, count)| format!("{word} {count} times")).collect();
        let _ = writeln!(
            page,
            "<li>{} <code>{}</code>: {}, on {} submissions</li>",
            escape(&unsteady.day),
            escape(&unsteady.checkpoint),
            verdicts.join(", "),
            unsteady.submissions,
        );
    }
    page.push_str("</ul>\n");
}

fn failures(page: &mut String, class: &Class) {
    let shown = class.failures.len().min(FAILURES);
    let _ = writeln!(
        page,
        "<h2>Failures</h2>\n<p>Messages that differ only in numbers, ids, ports and paths are one. {shown} of {} kinds, the most \
         frequent first.</p>\n<ol class=\"failures\">",
        class.failures.len(),
    );
    for failure in &class.failures[..shown] {
        self::failure(page, failure);
    }
    page.push_str("</ol>\n");
}

fn failure(page: &mut String, failure: &Failure) {
    let example: String = failure.example.trim_end().chars().take(EXAMPLE).collect();
    let cut = if example.len() < failure.example.trim_end().len() { "…" } else { "" };
    let (checkpoint, claim) = match failure.checkpoint.as_str() {
        "" => ("", "does not compile".to_owned()),
        name => (name, escape(&failure.claim)),
    };
    let _ = writeln!(
        page,
        "<li><details><summary><b>{}</b> × {} <code>{}</code> {claim}<br><span class=\"tier\">{}</span></summary>\
         <pre tabindex=\"0\">{}{cut}</pre></details></li>",
        failure.count,
        escape(&failure.day),
        escape(checkpoint),
        escape(&failure.form),
        escape(&example),
    );
}
