//! From paths to lines. Nothing here holds more than one line in memory.

use flate2::bufread::MultiGzDecoder;
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};
use walkdir::WalkDir;

/// Longer lines than this are no log lines. Without a limit, a file without a newline would be one line in memory.
const LONGEST_LINE: u64 = 64 * 1024;

/// Bytes asked of the operating system at once.
const BUFFER: usize = 64 * 1024;

/// Calls `each` with every line of `path`: a file, a folder with everything below it, or `-` for standard input.
///
/// # Errors
/// One line for the person who started the program: what could not be read.
pub fn each_line(path: &Path, mut each: impl FnMut(&[u8])) -> Result<(), String> {
    let explain = |path: &Path, error: io::Error| format!("cannot read {}: {error}", path.display());
    if path == Path::new("-") {
        let input = BufReader::with_capacity(BUFFER, io::stdin().lock());
        return cut(input, &mut each).map_err(|error| explain(Path::new("standard input"), error));
    }
    // What was named is read, also when it is a pipe or a link. What was found in a folder has to be a file.
    if !path.is_dir() {
        return open(path).and_then(|input| cut(input, &mut each)).map_err(|error| explain(path, error));
    }
    for entry in WalkDir::new(path) {
        let entry = entry.map_err(|error| format!("cannot read a folder: {error}"))?;
        if entry.file_type().is_file() {
            let file = entry.path();
            open(file).and_then(|input| cut(input, &mut each)).map_err(|error| explain(file, error))?;
        }
    }
    Ok(())
}

/// The content of a file, decompressed when its name ends in `.gz`.
fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    let file = BufReader::with_capacity(BUFFER, File::open(path)?);
    if path.extension().is_some_and(|extension| extension == "gz") {
        // A gzip file may consist of several, one after another, and is then the sum of their contents.
        Ok(Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(file))))
    } else {
        Ok(Box::new(file))
    }
}

/// Calls `each` with every line of `input`. One buffer serves for all of them.
fn cut(mut input: impl BufRead, each: &mut impl FnMut(&[u8])) -> io::Result<()> {
    let mut line = Vec::new();
    while next_line(&mut input, &mut line)? {
        each(&line);
    }
    Ok(())
}

/// Puts the next line into `line`, without its `\n` or `\r\n`, in place of what was there. False at the end of `input`.
fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    // Two bytes more than allowed: enough for the end of the line, or to see that the line is too long.
    let length = input.by_ref().take(LONGEST_LINE + 2).read_until(b'\n', line)?;
    let is_whole = line.ends_with(b"\n");
    if is_whole {
        line.pop();
        if line.ends_with(b"\r") {
            line.pop();
        }
    }
    if line.len() as u64 > LONGEST_LINE {
        if !is_whole {
            input.skip_until(b'\n')?;
        }
        // It still counts as a line, and an empty one is malformed like this one.
        line.clear();
    }
    Ok(length > 0)
}
