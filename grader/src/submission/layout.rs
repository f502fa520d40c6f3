//! Where in a submission the exercises are. Learning platforms wrap folders around it, learners leave folders away.

/// Finds the prefix below which each exercise's folder stands, `""` or ending in `/`.
///
/// In this order: `…/exercises/day03-notes-api/…` as in a checkout; `…/day03-notes-api/…` when somebody packed the days
/// only; and, when a single day is asked for, `…/src/…` when somebody packed the inside of that day. The shallowest
/// place wins, so that a copy inside a day cannot take its place.
pub(super) fn root<'a>(paths: impl Iterator<Item = &'a str> + Clone, ids: &[&str], wanted: &[&str]) -> Option<Root> {
    let checkout = shallowest(paths.clone(), |parts, at| {
        parts[at] == "exercises" && parts.get(at + 1).is_some_and(|part| ids.contains(part)) && parts.len() > at + 2
    });
    if let Some(prefix) = checkout {
        return Some(Root::Days(format!("{prefix}exercises/")));
    }
    // A folder of reference solutions has the same names.
    let days = shallowest(paths.clone(), |parts, at| {
        ids.contains(&parts[at]) && parts.len() > at + 1 && !parts[..at].contains(&"solutions")
    });
    if let Some(prefix) = days {
        return Some(Root::Days(prefix));
    }
    let [only] = wanted else { return None };
    let prefix = shallowest(paths, |parts, at| parts[at] == "src" && parts.len() > at + 1)?;
    Some(Root::Inside { prefix, day: (*only).to_owned() })
}

/// The place of the exercises in a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Root {
    /// Below this prefix are folders named after exercises.
    Days(String),
    /// Below this prefix is the inside of this exercise, the only one that was asked for.
    Inside { prefix: String, day: String },
}

impl Root {
    /// The exercise that a path belongs to and its path within that exercise.
    pub(super) fn locate<'a>(&'a self, path: &'a str, ids: &[&str]) -> Option<(&'a str, &'a str)> {
        match self {
            Root::Days(prefix) => {
                let (day, inside) = path.strip_prefix(prefix.as_str())?.split_once('/')?;
                ids.contains(&day).then_some((day, inside))
            }
            Root::Inside { prefix, day } => Some((day, path.strip_prefix(prefix.as_str())?)),
        }
    }

    /// The path that this would be in a checkout of the course, for the comparison with the course's own file.
    pub(super) fn in_course(&self, path: &str) -> String {
        match self {
            Root::Days(prefix) => {
                // Below the checkout's own root a file keeps its path.
                let checkout = prefix.strip_suffix("exercises/");
                match (path.strip_prefix(prefix.as_str()), checkout.and_then(|checkout| path.strip_prefix(checkout))) {
                    (Some(inside), _) => format!("exercises/{inside}"),
                    (None, Some(inside)) => inside.to_owned(),
                    (None, None) => path.to_owned(),
                }
            }
            Root::Inside { prefix, day } => match path.strip_prefix(prefix.as_str()) {
                Some(inside) => format!("exercises/{day}/{inside}"),
                None => path.to_owned(),
            },
        }
    }
}

/// The shortest prefix (`""` or ending in `/`) after which `found` holds for the parts of some path.
fn shallowest<'a>(paths: impl Iterator<Item = &'a str>, found: impl Fn(&[&str], usize) -> bool) -> Option<String> {
    let prefixes = paths.filter_map(|path| {
        let parts: Vec<_> = path.split('/').collect();
        let at = (0..parts.len()).find(|at| found(&parts, *at))?;
        Some((at, parts[..at].iter().map(|part| format!("{part}/")).collect::<String>()))
    });
    // Between two of the same depth, the first in the alphabet: the result must not depend on the archive's order.
    prefixes.min().map(|(_, prefix)| prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: [&str; 2] = ["day01-a", "day02-b"];

    fn find(paths: &[&str], wanted: &[&str]) -> Option<Root> {
        root(paths.iter().copied(), &IDS, wanted)
    }

    fn inside(prefix: &str) -> Root {
        Root::Inside { prefix: prefix.to_owned(), day: "day01-a".to_owned() }
    }

    #[test]
    fn a_checkout_is_found_below_wrapping_folders() {
        let days = |prefix: &str| Some(Root::Days(prefix.to_owned()));
        assert_eq!(find(&["exercises/day01-a/src/main.rs"], &IDS), days("exercises/"));
        assert_eq!(find(&["x/README.md", "x/y/exercises/day02-b/src/main.rs"], &IDS), days("x/y/exercises/"));
        assert_eq!(find(&["solutions/day01-a/src/main.rs", "exercises/day01-a/src/main.rs"], &IDS), days("exercises/"));
    }

    #[test]
    fn days_alone_and_the_inside_of_one_day_are_found() {
        assert_eq!(find(&["mine/day01-a/src/main.rs"], &IDS), Some(Root::Days("mine/".to_owned())));
        assert_eq!(find(&["mine/src/main.rs"], &IDS[..1]), Some(inside("mine/")));
        assert_eq!(find(&["mine/src/main.rs"], &IDS), None);
        assert_eq!(find(&["solutions/day01-a/src/main.rs"], &IDS), None);
    }

    #[test]
    fn a_copy_deeper_down_does_not_win() {
        let paths = ["exercises/day01-a/src/exercises/day01-a/src/main.rs", "exercises/day01-a/src/main.rs"];
        assert_eq!(find(&paths, &IDS), Some(Root::Days("exercises/".to_owned())));
    }

    #[test]
    fn paths_are_located_and_compared_with_the_course() {
        let root = Root::Days("x/exercises/".to_owned());
        assert_eq!(root.locate("x/exercises/day01-a/src/main.rs", &IDS), Some(("day01-a", "src/main.rs")));
        assert_eq!(root.locate("x/exercises/day09-z/src/main.rs", &IDS), None);
        assert_eq!(root.in_course("x/exercises/day01-a/Cargo.toml"), "exercises/day01-a/Cargo.toml");
        assert_eq!(root.in_course("x/.cargo/config.toml"), ".cargo/config.toml");
        let inside = inside("m/");
        assert_eq!(inside.locate("m/src/main.rs", &IDS[..1]), Some(("day01-a", "src/main.rs")));
        assert_eq!(inside.in_course("m/Cargo.toml"), "exercises/day01-a/Cargo.toml");
    }
}
