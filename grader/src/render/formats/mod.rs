//! A report in the formats of other tools, each a pure function of the report.
//!
//! | module | for |
//! | --- | --- |
//! | `junit` | Jenkins, GitLab and every other reader of JUnit XML |
//! | `ctrf` | tools that read the Common Test Report Format |
//! | `gradescope` | Gradescope's `results.json` |
//! | `exercism` | Exercism's test runner interface, version 3 |
//! | `classroom` | the result of a GitHub Classroom grader |
//! | `github` | a log with annotations for GitHub Actions |
//! | `markdown` | feedback for one learner, and the summary of a GitHub Actions step |
//!
//! JUnit and CTRF are for the course and hold everything. The others are read by learners: of a hidden test they show
//! the claim, and not the message, which tells its input.

mod classroom;
mod ctrf;
mod exercism;
mod feedback;
mod github;
mod gradescope;
mod junit;
mod markdown;

pub use classroom::classroom;
pub use ctrf::ctrf;
pub use exercism::exercism;
pub use github::github;
pub use gradescope::gradescope;
pub use junit::junit;
pub use markdown::markdown;

/// JSON with a line feed at its end.
fn lines(value: &impl serde::Serialize) -> String {
    // Strings and numbers are all that is in these values.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}
