//! What this program does, in one sentence.

fn main() {}
