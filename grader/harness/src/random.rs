//! Seeded random input, so that nothing can be hard-coded and every failure can be repeated.

use std::ops::RangeInclusive;

/// A generator seeded by `HARNESS_SEED`, or by chance. The seed is printed, and shows up with a failure.
pub fn random() -> Random {
    let seed = std::env::var("HARNESS_SEED").ok().and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    eprintln!("random input: HARNESS_SEED={seed} repeats it");
    Random { source: fastrand::Rng::with_seed(seed) }
}

/// Random input in the shapes that tests need.
#[derive(Debug, Clone)]
pub struct Random {
    source: fastrand::Rng,
}

impl Random {
    /// A generator of its own for another task or thread, drawn from this one.
    pub fn fork(&mut self) -> Random {
        Random { source: self.source.fork() }
    }

    /// A whole number within `range`, both ends included.
    pub fn between(&mut self, range: RangeInclusive<i64>) -> i64 {
        self.source.i64(range)
    }

    /// An index below `length`. `length` is at least 1.
    pub fn below(&mut self, length: usize) -> usize {
        self.source.usize(..length)
    }

    /// True once in `n` times on average.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// Four to ten lower-case letters.
    pub fn word(&mut self) -> String {
        let length = self.source.usize(4..=10);
        (0..length).map(|_| self.source.lowercase()).collect()
    }

    /// `count` words with a space between them.
    pub fn words(&mut self, count: usize) -> String {
        (0..count).map(|_| self.word()).collect::<Vec<_>>().join(" ")
    }

    /// A name that no other call returns: a word and sixteen hexadecimal digits.
    pub fn name(&mut self) -> String {
        format!("{}-{:016x}", self.word(), self.source.u64(..))
    }

    /// `count` characters from many scripts, with quotes, emoji and combining marks, without control characters.
    pub fn unicode(&mut self, count: usize) -> String {
        const LETTERS: &[char] = &[
            'a', 'Z', '0', ' ', '"', '\'', '\\', '/', '<', '&', '%', 'ä', 'ß', 'é', 'ñ', 'Ж', 'ו', 'ع', 'ह', '漢',
            '字', '한', '😀', '🦀', '\u{301}', '—', '“',
        ];
        (0..count).map(|_| LETTERS[self.source.usize(..LETTERS.len())]).collect()
    }

    /// `count` bytes of any value.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.source.fill(&mut bytes);
        bytes
    }

    /// One of `items`, which must not be empty.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.source.usize(..items.len())]
    }

    /// Puts `items` into a random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        self.source.shuffle(items);
    }
}
