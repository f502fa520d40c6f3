//! Files by path, written as a folder or as a .zip.

use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::{Cursor, Write},
    path::Path,
};
use zip::{ZipWriter, write::SimpleFileOptions};

/// Files by relative path, with `/` between its parts. Paths come from `submission::read`, which refuses those that lead out of a
/// submission, and from names that `roster::file_name` has made; whatever they are, what is not plain is not written.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Bundle(BTreeMap<String, Vec<u8>>);

impl Bundle {
    pub fn add(&mut self, path: String, bytes: Vec<u8>) {
        self.0.insert(path, bytes);
    }

    /// A .zip where the name says so, else a folder.
    pub fn write(&self, path: &Path) -> Result<(), String> {
        if let Some(odd) = self.0.keys().find(|path| !is_plain(path)) {
            return Err(format!("{odd:?} would not stay in the bundle; nothing was written"));
        }
        if is_zip(path) { self.write_zip(path) } else { self.write_folder(path) }
    }

    /// Writes a folder, which has to be new or empty: what is there is not mixed with it, and no link in it is followed.
    fn write_folder(&self, folder: &Path) -> Result<(), String> {
        let named = |error: std::io::Error| format!("cannot write {}: {error}", folder.display());
        fs::create_dir_all(folder).map_err(named)?;
        if fs::read_dir(folder).map_err(named)?.next().is_some() {
            return Err(format!("{} is not empty; name a folder that does not exist yet", folder.display()));
        }
        for (path, bytes) in &self.0 {
            let target = folder.join(path);
            if let Some(parent) = target.parent() {
                fs::create_dir_all(parent).map_err(named)?;
            }
            let file = OpenOptions::new().write(true).create_new(true).open(&target);
            file.and_then(|mut file| file.write_all(bytes))
                .map_err(|error| format!("cannot write {}: {error}", target.display()))?;
        }
        Ok(())
    }

    fn write_zip(&self, path: &Path) -> Result<(), String> {
        grader::store::write(path, &self.zipped().map_err(|error| format!("{}: {error}", path.display()))?)
            .map_err(|error| error.to_string())
    }

    /// The bytes of a .zip, the same ones for the same files.
    pub fn zipped(&self) -> Result<Vec<u8>, zip::result::ZipError> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (path, bytes) in &self.0 {
            zip.start_file(path.as_str(), SimpleFileOptions::default().unix_permissions(0o644))?;
            zip.write_all(bytes)?;
        }
        Ok(zip.finish()?.into_inner())
    }

    #[cfg(test)]
    pub fn files(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.0
    }
}

pub fn is_zip(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip"))
}

fn is_plain(path: &str) -> bool {
    !path.contains(['\\', ':', '\0']) && path.split('/').all(|part| !["", ".", ".."].contains(&part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_written_outside_or_over_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        for odd in ["../out.rs", "a/../../out.rs", "/out.rs", "a//b", "c:x", "a\\..\\b", ""] {
            let mut bundle = Bundle::default();
            bundle.add(odd.to_owned(), Vec::new());
            for target in ["bundle", "bundle.zip"] {
                assert!(bundle.write(&folder.path().join(target)).is_err(), "{odd}");
            }
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

        let mut bundle = Bundle::default();
        bundle.add("a/b.rs".to_owned(), b"one".to_vec());
        let target = folder.path().join("bundle");
        bundle.write(&target).unwrap();
        assert_eq!(fs::read(target.join("a/b.rs")).unwrap(), b"one");
        assert!(bundle.write(&target).unwrap_err().contains("not empty"));
    }
}
