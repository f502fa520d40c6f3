//! What mdBook's own theme leaves out for people who use a keyboard or a screen reader.

use std::{fs, path::Path};
use walkdir::WalkDir;

/// Start of a tag in mdBook's pages, and the same with what is missing.
const ADDITIONS: [(&str, &str); 4] = [
    // What scrolls sideways can be reached by keyboard.
    ("<pre><code ", "<pre><code tabindex=\"0\" "),
    ("<pre><code>", "<pre><code tabindex=\"0\">"),
    ("<div class=\"table-wrapper\">", "<div class=\"table-wrapper\" tabindex=\"0\">"),
    ("<div id=\"mdbook-menu-bar\" ", "<div id=\"mdbook-menu-bar\" role=\"banner\" "),
];

/// The switch of the table of contents is a label, which no key reaches; it becomes a button.
const LABEL: &str = "<label id=\"mdbook-sidebar-toggle\" class=\"icon-button\" for=\"mdbook-sidebar-toggle-anchor\"";
const BUTTON: &str = "<button id=\"mdbook-sidebar-toggle\" class=\"icon-button\" type=\"button\" \
                      onclick=\"document.getElementById('mdbook-sidebar-toggle-anchor').click()\"";

/// Adds it to every page of the site.
pub fn complete(site: &Path) -> Result<(), String> {
    for entry in WalkDir::new(site).into_iter().flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == "html") {
            let fault = |error: std::io::Error| format!("{}: {error}", path.display());
            let text = fs::read_to_string(path).map_err(fault)?;
            fs::write(path, completed(text)).map_err(fault)?;
        }
    }
    Ok(())
}

fn completed(text: String) -> String {
    let text = ADDITIONS.iter().fold(text, |text, (start, whole)| text.replace(start, whole));
    match text.split_once(LABEL) {
        Some((before, after)) => format!("{before}{BUTTON}{}", after.replacen("</label>", "</button>", 1)),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_of_the_contents_is_a_button() {
        let page = completed(format!("<p>{LABEL} title=\"t\">x</label><label>y</label>"));
        assert_eq!(page, format!("<p>{BUTTON} title=\"t\">x</button><label>y</label>"));
    }

    #[test]
    fn what_scrolls_can_be_reached_by_keyboard() {
        assert_eq!(completed("<pre><code class=\"x\">".to_owned()), "<pre><code tabindex=\"0\" class=\"x\">");
    }
}
