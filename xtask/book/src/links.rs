//! Finds links of a finished site that lead nowhere.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};
use walkdir::WalkDir;

/// The dead links of the site in `folder`, each as "page: link". Links to other sites are not followed.
pub fn dead(folder: &Path) -> Result<Vec<String>, String> {
    let mut pages = BTreeMap::new();
    for entry in WalkDir::new(folder).sort_by_file_name().into_iter().flatten() {
        if entry.path().extension().is_some_and(|extension| extension == "html") {
            let text = fs::read_to_string(entry.path());
            let text = text.map_err(|error| format!("cannot read {}: {error}", entry.path().display()))?;
            pages.insert(entry.into_path(), text);
        }
    }
    let ids: BTreeMap<&Path, BTreeSet<&str>> =
        pages.iter().map(|(path, text)| (path.as_path(), values(text, "id").collect())).collect();
    let mut dead = Vec::new();
    // The page for what was not found is shown at any depth, so its links are made for the site's root.
    for (path, text) in pages.iter().filter(|(path, _)| !path.ends_with("404.html")) {
        for link in values(text, "href").chain(values(text, "src")) {
            if !leads_somewhere(folder, path, link, &ids) {
                let page = path.strip_prefix(folder).unwrap_or(path);
                dead.push(format!("{}: {link}", page.display()));
            }
        }
    }
    Ok(dead)
}

fn leads_somewhere(folder: &Path, page: &Path, link: &str, ids: &BTreeMap<&Path, BTreeSet<&str>>) -> bool {
    let is_elsewhere = ["http://", "https://", "mailto:", "data:", "javascript:"].iter().any(|it| link.starts_with(it));
    if is_elsewhere {
        return true;
    }
    let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
    let path = path.split('?').next().unwrap_or_default();
    let target = if path.is_empty() { page.to_owned() } else { joined(page, path) };
    let target = if target.is_dir() { target.join("index.html") } else { target };
    let exists = target.starts_with(folder) && target.is_file();
    exists && (fragment.is_empty() || ids.get(target.as_path()).is_none_or(|ids| ids.contains(fragment)))
}

fn joined(page: &Path, path: &str) -> PathBuf {
    let mut joined = page.parent().unwrap_or(page).to_owned();
    for part in path.split('/') {
        match part {
            ".." => drop(joined.pop()),
            "" | "." => {}
            name => joined.push(name),
        }
    }
    joined
}

/// The values of an attribute. mdBook writes all of them in double quotes.
fn values<'a>(text: &'a str, attribute: &str) -> impl Iterator<Item = &'a str> {
    let start = format!(" {attribute}=\"");
    let in_a_tag = |at: &usize| text[..*at].rfind(['<', '>']).is_some_and(|last| text[last..].starts_with('<'));
    let starts: Vec<_> = text.match_indices(&start).map(|(at, _)| at).filter(in_a_tag).collect();
    starts.into_iter().filter_map(move |at| text[at + start.len()..].split('"').next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dead_links_are_named_and_others_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let page = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        page(
            "a.html",
            r##"<h1 id="top"> <a href="b.html#x"> <a href="#top"> <a href="https://x.org/y"> <img src="no.png"> <code>&lt;a href="/said"&gt;</code>"##,
        );
        page("b.html", r#"<p id="x"> <a href="a.html#nowhere"> <a href="../out.html">"#);
        let found = dead(folder.path()).unwrap();
        assert_eq!(found, ["a.html: no.png", "b.html: a.html#nowhere", "b.html: ../out.html"]);
    }
}
