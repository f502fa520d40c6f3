//! Topic names and topic filters [4.7].

/// Whether a message can be published to this topic: not empty, and without wildcards.
pub fn is_name(topic: &str) -> bool {
    !topic.is_empty() && !topic.contains(['+', '#'])
}

/// Whether this is a filter: each wildcard has a level to itself, and `#` is the last level.
pub fn is_filter(filter: &str) -> bool {
    let mut levels = filter.split('/').rev();
    let last = levels.next().unwrap_or_default();
    let fits = |level: &str| level == "+" || !level.contains(['+', '#']);
    !filter.is_empty() && (last == "#" || fits(last)) && levels.all(fits)
}

/// Whether `filter` selects `topic`. Both are valid.
pub fn matches(filter: &str, topic: &str) -> bool {
    // Topics with a dollar are the server's own; who wants everything does not want those [4.7.2].
    if topic.starts_with('$') && filter.starts_with(['+', '#']) {
        return false;
    }
    let mut levels = topic.split('/');
    for part in filter.split('/') {
        match (part, levels.next()) {
            // Also without a level left: `a/#` selects `a`, too.
            ("#", _) => return true,
            ("+", Some(_)) => {}
            (part, Some(level)) if part == level => {}
            _ => return false,
        }
    }
    levels.next().is_none()
}
