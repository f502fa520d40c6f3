//! Programs that the tests of the course are held against, by `check`, `mutants` and `soak`.
//!
//! ```text
//! ready                    variants              pipeline
//! solutions and tests,     changed solutions,    tries the programs that are built
//! built                    built in rounds       while the next ones are compiled
//! ```

mod change;
mod pipeline;
mod ready;
mod tests;
mod variants;

pub use change::Change;
pub use pipeline::{Made, Pipeline};
pub use ready::{Ready, aside, solutions};
pub use tests::{is_no, results, up_to_first_failure};
pub use variants::{NoProgram, Order, Variants};
