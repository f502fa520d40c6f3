//! The day page: which headings it has, and what its table of checkpoints says.

/// The sections of every page, in their order (`day-contract`: about two screens).
const SECTIONS: [&str; 11] = [
    "By the end you can",
    "Background",
    "The contract",
    "Tasks",
    "Checkpoints",
    "Run it",
    "When it fails",
    "Hints",
    "Check your understanding",
    "Go further",
    "Read more",
];

/// A row of the table under "Checkpoints".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub name: String,
    /// `core`, `robust` or `stretch`.
    pub tier: String,
    pub points: String,
    /// `visible`, `hidden` or `both`.
    pub tests: String,
}

/// The first line that the page of a day must have.
pub fn heading(number: u8, title: &str) -> String {
    format!("# Day {number:02}: {title}")
}

/// What is missing on the page: its heading and its sections, in order.
pub fn faults(page: &str, number: u8, title: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let heading = heading(number, title);
    if page.lines().next() != Some(heading.as_str()) {
        faults.push(format!("the first line is not {heading:?}, as exercise.toml gives the title"));
    }
    let found: Vec<_> = headings(page).filter(|heading| SECTIONS.contains(heading)).collect();
    for section in SECTIONS {
        if !found.contains(&section) {
            faults.push(format!("the section \"## {section}\" is missing"));
        }
    }
    if faults.is_empty() && found != SECTIONS {
        faults.push(format!("the sections stand in another order than {}", SECTIONS.join(", ")));
    }
    if page.contains("FAILURE-OUTPUT") {
        faults.push("\"When it fails\" still has its placeholder instead of a real failure".to_owned());
    }
    faults
}

/// The rows of the table under "## Checkpoints".
pub fn rows(page: &str) -> Vec<Row> {
    let section = page.lines().skip_while(|line| *line != "## Checkpoints").skip(1);
    let table = section.take_while(|line| !line.starts_with("## ")).filter(|line| line.starts_with('|'));
    // The first two lines of a table are its head and the line under it.
    table.skip(2).filter_map(row).collect()
}

fn row(line: &str) -> Option<Row> {
    let mut cells = line.trim().trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`').to_owned());
    Some(Row { name: cells.next()?, tier: cells.next()?, points: cells.next()?, tests: cells.next()? })
}

/// Second-level headings outside code blocks.
fn headings(page: &str) -> impl Iterator<Item = &str> {
    let mut code = false;
    page.lines().filter_map(move |line| {
        if line.starts_with("```") {
            code = !code;
        }
        if code { None } else { line.strip_prefix("## ") }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> String {
        let sections: Vec<_> = SECTIONS.iter().map(|section| format!("## {section}\n\ntext\n")).collect();
        let table = "| Checkpoint | Tier | Points | Tests |\n| --- | --- | --- | --- |\n| `one` | core | 10 | both |\n";
        let page = format!("# Day 07: Seven\n\n{}", sections.join("\n"));
        page.replace("## Checkpoints\n\ntext\n", &format!("## Checkpoints\n\n{table}"))
    }

    #[test]
    fn a_whole_page_has_no_faults() {
        assert_eq!(faults(&page(), 7, "Seven"), Vec::<String>::new());
    }

    #[test]
    fn a_missing_section_and_a_wrong_title_are_named() {
        let faults = faults(&page().replace("## Run it", "## Ran it"), 7, "Eight");
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(faults[0].contains("# Day 07: Eight"));
        assert!(faults[1].contains("## Run it"));
    }

    #[test]
    fn sections_in_another_order_and_headings_in_code_do_not_count() {
        let swapped = page().replace("## Tasks", "## X").replace("## Hints", "## Tasks").replace("## X", "## Hints");
        assert!(faults(&swapped, 7, "Seven")[0].contains("order"));
        let in_code = page().replace("## Tasks\n\ntext", "```\n## Tasks\n```");
        assert!(faults(&in_code, 7, "Seven")[0].contains("## Tasks"));
    }

    #[test]
    fn the_table_is_read() {
        let row = |name: &str, tests: &str| Row {
            name: name.to_owned(),
            tier: "core".to_owned(),
            points: "10".to_owned(),
            tests: tests.to_owned(),
        };
        assert_eq!(rows(&page()), [row("one", "both")]);
        assert_eq!(rows(&page().replace("both |\n", "both |\n| `two` | core | 10 | hidden |\n")).len(), 2);
    }
}
