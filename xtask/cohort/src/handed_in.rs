//! What a learner handed in, read from where the roster says it is.

use crate::roster::{Learner, Place};
use grader::{catalog::Catalog, error::GradeError, exercise::Exercise, grade::Submission, submission};
use std::path::Path;

/// Reads a learner's submission: the inner error is for the learner, the outer one the machine's. Of a Git repository the last
/// commit before `due` counts.
pub fn read(
    catalog: &Catalog,
    exercises: &[&Exercise],
    learner: &Learner,
    submissions: &Path,
    due: Option<&str>,
) -> Result<Result<Submission, String>, String> {
    let (source, at) = match learner.place(submissions) {
        Place::Missing(why) => return Ok(Err(why)),
        Place::File(path) => (path.to_string_lossy().into_owned(), None),
        Place::Git(url) => (url, due),
    };
    match submission::read(catalog, exercises, &source, at) {
        Ok(submission) => Ok(Ok(submission)),
        // For the learner, who knows nothing of the folders of this machine.
        Err(GradeError::Submission(why)) => Ok(Err(why.replace(&format!("{}/", submissions.display()), ""))),
        Err(error) => Err(error.to_string()),
    }
}
