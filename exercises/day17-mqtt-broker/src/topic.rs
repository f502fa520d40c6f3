//! Topic names and topic filters [4.7].

/// Whether a message can be published to this topic: not empty, and without wildcards.
pub fn is_name(topic: &str) -> bool {
    todo!("is {topic:?} something to publish to?")
}

/// Whether this is a filter: each wildcard has a level to itself, and `#` is the last level.
pub fn is_filter(filter: &str) -> bool {
    todo!("are the wildcards in {filter:?} where they may be?")
}

/// Whether `filter` selects `topic`. Both are valid.
pub fn matches(filter: &str, topic: &str) -> bool {
    todo!("walk along the levels of {filter:?} and {topic:?}")
}
