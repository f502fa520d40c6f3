//! Lays out what mdBook reads: the pages where they stand in the course, so that links between them hold, a summary that
//! gives them an order, and copies of the files that they link to.

use crate::roadmap;
use grader::{catalog::Catalog, exercise::title_of_week};
use pulldown_cmark::{Event, Parser, Tag};
use std::{
    fs,
    path::{Component, Path, PathBuf},
};
use walkdir::WalkDir;

/// Writes the sources of the book into `folder`.
pub fn collect(catalog: &Catalog, folder: &Path) -> Result<(), String> {
    let mut summary = String::from("# Summary\n\n[Thirty Backends](index.md)\n[Roadmap](roadmap.md)\n");
    let mut pages = vec![PathBuf::from("README.md")];
    let docs = docs(catalog.root())?;
    pages.extend(docs.iter().map(|(page, _)| page.clone()));
    // A hand-out is for learners and has no page for contributors.
    let has_contributing = catalog.root().join("CONTRIBUTING.md").is_file();
    if has_contributing {
        pages.push(PathBuf::from("CONTRIBUTING.md"));
    }
    let mut week = 0;
    for exercise in catalog.exercises() {
        if exercise.metadata.week != week {
            week = exercise.metadata.week;
            summary.push_str(&format!("\n# {}\n\n", title_of_week(week)));
        }
        let page = Path::new("exercises").join(&exercise.id).join("README.md");
        summary.push_str(&format!(
            "- [Day {:02}: {}](exercises/{}/index.md)\n",
            exercise.number, exercise.metadata.title, exercise.id
        ));
        pages.push(page);
    }
    if has_contributing {
        summary.push_str("\n---\n\n[Contributing](CONTRIBUTING.md)\n");
    }
    for (page, title) in &docs {
        summary.push_str(&format!("\n[{title}]({})\n", named_in_book(page).display()));
    }
    write(&folder.join("SUMMARY.md"), &summary)?;
    write(&folder.join("roadmap.md"), &roadmap::page(catalog.exercises()))?;
    for page in &pages {
        let text = read(&catalog.root().join(page))?;
        let text = place(catalog.root(), folder, page, &text, &pages)?;
        write(&folder.join(named_in_book(page)), &text)?;
    }
    Ok(())
}

/// The pages below `docs` with their titles, in order of their names. A hand-out has none.
fn docs(root: &Path) -> Result<Vec<(PathBuf, String)>, String> {
    let mut docs = Vec::new();
    for entry in WalkDir::new(root.join("docs")).sort_by_file_name().into_iter().flatten() {
        let Ok(page) = entry.path().strip_prefix(root) else { continue };
        if is_markdown(page) {
            let text = read(entry.path())?;
            docs.push((page.to_owned(), text.lines().next().unwrap_or_default().trim_start_matches("# ").to_owned()));
        }
    }
    Ok(docs)
}

fn is_markdown(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "md")
}

/// A web server shows `index.html` for a folder, as a code host shows `README.md`.
fn named_in_book(page: &Path) -> PathBuf {
    if page.ends_with("README.md") { page.with_file_name("index.md") } else { page.to_owned() }
}

/// The text of a page for the book. A file that it links to comes along. What a web site cannot show, a folder or Markdown
/// that is no page of the book, loses its link and keeps its words.
fn place(root: &Path, folder: &Path, page: &Path, text: &str, pages: &[PathBuf]) -> Result<String, String> {
    let parent = page.parent().unwrap_or(Path::new(""));
    let mut placed = text.to_owned();
    for target in targets(text) {
        let path = target.split('#').next().unwrap_or_default();
        if path.is_empty() || path.contains("://") || path.starts_with("mailto:") {
            continue;
        }
        let inside = plain(&parent.join(path)).ok_or_else(|| format!("{}: {target} leads outside", page.display()))?;
        if pages.contains(&inside) {
            placed =
                placed.replace(&format!("]({target})"), &format!("]({})", target.replace("README.md", "index.md")));
            continue;
        }
        let source = root.join(&inside);
        if source.is_dir() || is_markdown(&inside) {
            placed = unlinked(&placed, &target);
        } else {
            let copy = folder.join(&inside);
            make_parent(&copy)?;
            fs::copy(&source, &copy).map_err(|error| format!("{}: {target}: {error}", page.display()))?;
        }
    }
    Ok(placed)
}

/// Where the links of a page lead.
fn targets(text: &str) -> Vec<String> {
    let events = Parser::new(text);
    let targets = events.filter_map(|event| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => Some(dest_url.into_string()),
        _ => None,
    });
    targets.collect()
}

/// `[words](target)` becomes `words`.
fn unlinked(text: &str, target: &str) -> String {
    let end = format!("]({target})");
    let Some((before, after)) = text.split_once(&end) else { return text.to_owned() };
    match before.rsplit_once('[') {
        Some((start, words)) => format!("{start}{words}{after}"),
        None => text.to_owned(),
    }
}

/// Without `..`; none when it leads out of the course.
fn plain(path: &Path) -> Option<PathBuf> {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => plain.push(name),
            Component::ParentDir if plain.pop() => {}
            Component::CurDir => {}
            _ => return None,
        }
    }
    Some(plain)
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    make_parent(path)?;
    fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

fn make_parent(path: &Path) -> Result<(), String> {
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent).map_err(|error| format!("cannot make {}: {error}", parent.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_but_not_in_code() {
        assert_eq!(targets("[a](b.md#c), `[d](e)` and ![f](g.png)\n\n```\n[h](i)\n```\n"), ["b.md#c", "g.png"]);
    }

    #[test]
    fn a_link_to_a_folder_keeps_its_words() {
        assert_eq!(unlinked("see [z](q) and [the corpus](x/y).", "x/y"), "see [z](q) and the corpus.");
    }

    #[test]
    fn paths_cannot_leave_the_course() {
        assert_eq!(plain(Path::new("exercises/day01/../day02/./README.md")), Some("exercises/day02/README.md".into()));
        assert_eq!(plain(Path::new("../x")), None);
        assert_eq!(plain(Path::new("/etc/passwd")), None);
    }
}
