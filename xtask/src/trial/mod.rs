//! Programs that the tests of the course are held against, by `check`, `mutants` and `soak`.

mod ready;

pub use ready::{Ready, solutions};
