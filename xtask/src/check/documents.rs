//! The written word of the course: each link leads somewhere, and each `cargo xtask` command is one.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};
use walkdir::WalkDir;

/// Marks a folder that can be made again, as cargo's `target`: <https://bford.info/cachedir/>.
const CACHE: &str = "CACHEDIR.TAG";
/// Texts with placeholders, from which documents are made.
const TEMPLATES: [&str; 2] = ["xtask/src/new_day", "xtask/handout/src/pages"];
/// What a command's line in a code block begins with, after variables that are set for it.
const COMMAND: [&str; 2] = ["cargo", "xtask"];

/// What was looked at, and what is wrong.
#[derive(Debug, Default)]
pub struct Documents {
    pub pages: usize,
    pub links: usize,
    pub commands: usize,
    /// Each with the page and its line.
    pub faults: Vec<String>,
}

/// Looks at every Markdown file of the course at `root`. `is_command` says what is wrong with the words after `cargo xtask`.
pub fn look(root: &Path, is_command: impl Fn(&[String]) -> Result<(), String>) -> Result<Documents, String> {
    let mut documents = Documents::default();
    for path in pages(root)? {
        let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        let text = fs::read_to_string(&path).map_err(|error| format!("cannot read {shown}: {error}"))?;
        documents.pages += 1;
        for (number, line) in prose(&text) {
            for target in targets(&line) {
                documents.links += 1;
                if let Some(fault) = link_fault(&path, &text, target) {
                    documents.faults.push(format!("{shown}:{number}: {fault}"));
                }
            }
        }
        for (number, line) in code(&text) {
            let Some(words) = command(&line) else { continue };
            documents.commands += 1;
            if let Err(fault) = is_command(&words) {
                documents.faults.push(format!("{shown}:{number}: cargo xtask {}: {fault}", words.join(" ")));
            }
        }
    }
    Ok(documents)
}

/// The Markdown files below `root` that people read, in order.
fn pages(root: &Path) -> Result<Vec<PathBuf>, String> {
    let is_wanted = |entry: &walkdir::DirEntry| {
        let is_template = TEMPLATES.iter().any(|folder| entry.path() == root.join(folder));
        !(is_template || entry.file_name() == ".git" || entry.path().join(CACHE).exists())
    };
    let mut pages = Vec::new();
    for entry in WalkDir::new(root).sort_by_file_name().into_iter().filter_entry(is_wanted) {
        let entry = entry.map_err(|error| format!("the course cannot be read: {error}"))?;
        if entry.file_type().is_file() && entry.path().extension().is_some_and(|extension| extension == "md") {
            pages.push(entry.into_path());
        }
    }
    Ok(pages)
}

/// The numbered lines outside code blocks, without what stands in backquotes.
fn prose(text: &str) -> impl Iterator<Item = (usize, String)> {
    lines(text).filter(|(_, _, is_code)| !is_code).map(|(number, line, _)| {
        let outside: Vec<_> = line.split('`').step_by(2).collect();
        (number, outside.concat())
    })
}

/// The numbered lines of code blocks; one that ends with a backslash goes on in the next.
fn code(text: &str) -> Vec<(usize, String)> {
    let mut joined: Vec<(usize, String)> = Vec::new();
    for (number, line, _) in lines(text).filter(|(_, _, is_code)| *is_code) {
        match joined.last_mut() {
            Some((_, before)) if before.ends_with('\\') => {
                before.pop();
                before.push_str(line);
            }
            _ => joined.push((number, line.to_owned())),
        }
    }
    joined
}

/// Each line with its number, and whether it is in a code block. The fences themselves are in none.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str, bool)> {
    let mut is_code = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        (!is_fence).then_some((index + 1, line, is_code))
    })
}

/// Where the links of a line lead: `](target)`.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
}

/// Why a link leads nowhere. Other sites are not visited: whether they are there is no property of the course.
fn link_fault(page: &Path, text: &str, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, fragment) = target.split_once('#').unwrap_or((target, ""));
    let file = if path.is_empty() { page.to_owned() } else { page.with_file_name("").join(path) };
    if !file.exists() {
        return Some(format!("the link to {target} leads nowhere"));
    }
    if fragment.is_empty() {
        return None;
    }
    let there = if path.is_empty() { text.to_owned() } else { fs::read_to_string(&file).unwrap_or_default() };
    (!anchors(&there).contains(fragment)).then(|| format!("the link to {target} leads to no heading"))
}

/// The names under which code hosts find the headings of a page.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = lines(text).filter(|(_, line, is_code)| !is_code && line.starts_with('#'));
    headings.map(|(_, line, _)| anchor(line.trim_start_matches('#').trim())).collect()
}

fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// What follows `cargo xtask` in a line of a code block, up to what the shell takes for itself; none when the line runs
/// something else.
fn command(line: &str) -> Option<Vec<String>> {
    let line = line.trim_start().trim_start_matches("$ ");
    let before_comment = line.split(" # ").next()?;
    // What is no line of a shell, a diagram or output, has quotes that do not end.
    let words = shell_words::split(before_comment).ok()?;
    let start = words.windows(2).position(|pair| pair == COMMAND)?;
    let is_set = |word: &String| word.split_once('=').is_some_and(|(name, _)| !name.contains('/'));
    let is_first = |words: &[String]| words.iter().rev().take_while(|word| *word != "|").all(is_set);
    if !is_first(&words[..start]) {
        return None;
    }
    let own = words[start + 2..].iter().take_while(|word| !is_shell(word));
    Some(own.cloned().collect())
}

/// Whether a word ends a command or redirects it.
fn is_shell(word: &str) -> bool {
    let word = word.trim_start_matches(|c: char| c.is_ascii_digit());
    word.starts_with(['|', '>', '<', '&', ';'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_files_and_headings_are_followed() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("README.md", "# One\n\n[a](docs.md) [b](docs.md#two-and-a-half) [c](#one) [d](https://example.com/x)\n");
        write("docs.md", "## Two `and` a half!\n\n`[e](gone.md)`\n\n```\n[f](gone.md)\n# Not one\n```\n");
        let sound = look(folder.path(), |_| Ok(())).unwrap();
        assert_eq!((sound.pages, sound.links, sound.faults), (2, 4, Vec::new()));

        write("docs.md", "## Two\n\n[g](gone.md), [h](README.md#not-one)\n");
        let faults = look(folder.path(), |_| Ok(())).unwrap().faults;
        let expected = [
            "README.md:3: the link to docs.md#two-and-a-half leads to no heading",
            "docs.md:3: the link to gone.md leads nowhere",
            "docs.md:3: the link to README.md#not-one leads to no heading",
        ];
        assert_eq!(faults, expected);
    }

    #[test]
    fn what_can_be_made_again_and_templates_are_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["target/a.md", "xtask/src/new_day/b.md", ".git/c.md", "docs/d.md"] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "[x](gone)").unwrap();
        }
        fs::write(folder.path().join("target").join(CACHE), "").unwrap();
        assert_eq!(look(folder.path(), |_| Ok(())).unwrap().faults, ["docs/d.md:1: the link to gone leads nowhere"]);
    }

    #[test]
    fn commands_are_found_as_a_shell_would_run_them() {
        let found = |line: &str| command(line).map(|words| words.join(" "));
        assert_eq!(found("cargo xtask grade 3").as_deref(), Some("grade 3"));
        assert_eq!(found("$ A=1 B=2 cargo xtask peers 19 > out 2>&1").as_deref(), Some("peers 19"));
        assert_eq!(found("gzip -c x | cargo xtask run 2 -- a - | wc -l").as_deref(), Some("run 2 -- a -"));
        assert_eq!(found("cargo xtask    # where you are").as_deref(), Some(""));
        assert_eq!(found("echo cargo xtask grade"), None);
        assert_eq!(found("cargo test -p day01"), None);
        let text = "```console\ncargo xtask run 1 -- \\\n    list\n```\n";
        assert_eq!(code(text), [(2, "cargo xtask run 1 --     list".to_owned())]);
    }

    #[test]
    fn a_command_that_does_not_exist_is_told_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.md"), "text\n\n```console\ncargo xtask mark 3\n```\n").unwrap();
        let documents = look(folder.path(), |words| Err(format!("no {}", words[0]))).unwrap();
        assert_eq!((documents.commands, documents.faults), (1, vec!["a.md:4: cargo xtask mark 3: no mark".to_owned()]));
    }
}
