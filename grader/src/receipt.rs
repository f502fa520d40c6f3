//! What a report was made from and under which conditions, so that anybody can make it again.

use crate::containment::{Limits, SandboxTier};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fs, io, path::Path};

/// The conditions of a whole report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conditions {
    /// The commit of the course, with `-modified` when files of it were changed, or `unknown`.
    pub course: String,
    /// What `rustc --version` says, or nothing for a program that was not compiled.
    pub toolchain: String,
    /// How the programs were contained.
    pub sandbox_tier: SandboxTier,
    /// What a test could use; none when nothing was limited.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub limits: Option<Limits>,
    /// By how many percent deadlines were stretched: 100 for not at all.
    pub deadlines_percent: u32,
    /// Whether only visible tests were there, as in a hand-out.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub visible_only: bool,
}

impl Default for Conditions {
    fn default() -> Conditions {
        Conditions {
            course: "unknown".to_owned(),
            toolchain: String::new(),
            sandbox_tier: SandboxTier::ProcessGroup,
            limits: None,
            deadlines_percent: 100,
            visible_only: false,
        }
    }
}

/// What a day was graded from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// SHA-256 of each submitted file that counts, by path within the exercise.
    pub files: BTreeMap<String, String>,
    /// SHA-256 of each test executable.
    pub tests: BTreeMap<String, String>,
}

/// SHA-256 in lower case hexadecimal.
pub fn hash(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

/// The hash of a file.
///
/// # Errors
/// When it cannot be read.
pub fn hash_of_file(path: &Path) -> io::Result<String> {
    let mut digest = Sha256::new();
    io::copy(&mut fs::File::open(path)?, &mut Writer(&mut digest))?;
    Ok(HEXLOWER.encode(&digest.finalize()))
}

struct Writer<'a>(&'a mut Sha256);

impl io::Write for Writer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_and_its_bytes_have_the_same_hash() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "abc").unwrap();
        // The example of FIPS 180-2, appendix B.1.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!((hash(b"abc").as_str(), hash_of_file(file.path()).unwrap().as_str()), (expected, expected));
    }
}
