//! Finds the files, and reads rows from them: one at a time, from where an earlier run has stopped.

use crate::order::{FIELDS, Fault, Reason, Row, Value};
use plumbing::Failure;
use serde_json::value::RawValue;
use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufRead, BufReader, Seek, SeekFrom},
    path::{Path, PathBuf},
};
use walkdir::WalkDir;

/// A file with orders.
#[derive(Debug, Clone)]
pub struct Source {
    pub path: PathBuf,
    /// Its path below the input folder, with `/`: the same wherever that folder is.
    pub name: String,
}

/// How far a file was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    pub bytes: u64,
    pub rows: u64,
}

/// All files below a folder, by name.
///
/// # Errors
/// When a folder cannot be read.
pub fn find(folder: &Path) -> Result<Vec<Source>, Failure> {
    let mut sources = Vec::new();
    for entry in WalkDir::new(folder) {
        let entry = entry.map_err(|error| Failure::new(format!("cannot read the input: {error}")))?;
        if !is_wanted(&entry) {
            continue;
        }
        let parts = entry.path().strip_prefix(folder).unwrap_or(entry.path()).components();
        let names: Option<Vec<_>> = parts.map(|part| part.as_os_str().to_str()).collect();
        let name = names
            .ok_or_else(|| Failure::new(format!("the name {} is not UTF-8; rename it", entry.path().display())))?
            .join("/");
        sources.push(Source { path: entry.into_path(), name });
    }
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(sources)
}

/// Whether this is a file with orders.
fn is_wanted(entry: &walkdir::DirEntry) -> bool {
    todo!("decide by type and name whether {} is to be read", entry.path().display())
}

impl Source {
    /// The rows after `place`.
    ///
    /// # Errors
    /// When the file cannot be read, or ends before that place.
    pub fn open(&self, place: Place) -> Result<Reader, Failure> {
        let file = File::open(&self.path).map_err(|error| self.cannot_read(&error))?;
        let bytes = file.metadata().map_err(|error| self.cannot_read(&error))?.len();
        let format = if bytes == place.bytes {
            Ok(Format::Nothing)
        } else if self.name.ends_with(".csv") {
            Csv::open(file, place).map(Format::Csv)
        } else {
            Ndjson::open(file, place).map(Format::Ndjson)
        };
        let format = format.map_err(|error| self.cannot_read(&error))?;
        Ok(Reader { source: self.clone(), format, place })
    }

    fn cannot_read(&self, error: &io::Error) -> Failure {
        Failure::new(format!("cannot read {}: {error}", self.path.display()))
    }
}

/// Reads one file.
#[derive(Debug)]
pub struct Reader {
    source: Source,
    format: Format,
    place: Place,
}

#[derive(Debug)]
enum Format {
    /// There is nothing to read, any more or at all.
    Nothing,
    Csv(Csv),
    Ndjson(Ndjson),
}

/// A row and its number, or what is wrong with it.
#[derive(Debug)]
pub struct Item {
    pub row: u64,
    pub content: Result<Row, Fault>,
}

impl Reader {
    /// How far the file has been read.
    pub fn place(&self) -> Place {
        self.place
    }

    /// The next row; none at the end of the file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn next_row(&mut self) -> Result<Option<Item>, Failure> {
        let next = match &mut self.format {
            Format::Nothing => return Ok(None),
            Format::Csv(csv) => csv.next_row(),
            Format::Ndjson(ndjson) => ndjson.next_row(),
        };
        match next.map_err(|error| self.source.cannot_read(&error))? {
            Next::Row(content, bytes) => {
                self.place = Place { bytes, rows: self.place.rows + 1 };
                Ok(Some(Item { row: self.place.rows, content }))
            }
            Next::BadHeader(fault, bytes) => {
                self.place.bytes = bytes;
                self.format = Format::Nothing;
                Ok(Some(Item { row: 0, content: Err(fault) }))
            }
            Next::End(bytes) => {
                self.place.bytes = bytes;
                self.format = Format::Nothing;
                Ok(None)
            }
        }
    }
}

/// What came next, and where the file goes on after it.
enum Next {
    Row(Result<Row, Fault>, u64),
    BadHeader(Fault, u64),
    End(u64),
}

#[derive(Debug)]
struct Csv {
    reader: csv::Reader<File>,
    /// The number of columns, and which of them holds each field.
    columns: Result<(usize, [usize; FIELDS.len()]), Fault>,
    bytes_in_all: u64,
    record: csv::ByteRecord,
}

impl Csv {
    fn open(file: File, place: Place) -> io::Result<Csv> {
        let bytes_in_all = file.metadata()?.len();
        // Records with too many or too few fields are ours to judge.
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file);
        let header = csv::StringRecord::from_byte_record(reader.byte_headers()?.clone());
        let columns = match header {
            Ok(header) => columns(&header),
            Err(_) => Err(Fault::of(Reason::NotUtf8, "the header is not UTF-8")),
        };
        if place.bytes > 0 {
            todo!("go on at byte {}", place.bytes);
        }
        Ok(Csv { reader, columns, bytes_in_all, record: csv::ByteRecord::new() })
    }

    fn next_row(&mut self) -> io::Result<Next> {
        let (count, columns) = match &self.columns {
            Ok(columns) => *columns,
            Err(fault) => return Ok(Next::BadHeader(fault.clone(), self.bytes_in_all)),
        };
        let is_there = self.reader.read_byte_record(&mut self.record)?;
        let bytes = self.reader.position().byte();
        if !is_there {
            return Ok(Next::End(bytes));
        }
        let content = self.values(count, columns);
        Ok(Next::Row(content, bytes))
    }

    /// The values of the record that was just read.
    fn values(&self, count: usize, columns: [usize; FIELDS.len()]) -> Result<Row, Fault> {
        let record = &self.record;
        let fields = columns.map(|column| record.get(column));
        todo!("judge {} fields, of which there should be {count}, and make a row of {fields:?}", record.len())
    }
}

/// Which column holds each field.
fn columns(header: &csv::StringRecord) -> Result<(usize, [usize; FIELDS.len()]), Fault> {
    todo!("find each of {FIELDS:?} among {header:?}")
}

#[derive(Debug)]
struct Ndjson {
    input: BufReader<File>,
    bytes: u64,
    line: Vec<u8>,
}

impl Ndjson {
    fn open(mut file: File, place: Place) -> io::Result<Ndjson> {
        file.seek(SeekFrom::Start(place.bytes))?;
        Ok(Ndjson { input: BufReader::new(file), bytes: place.bytes, line: Vec::new() })
    }

    fn next_row(&mut self) -> io::Result<Next> {
        self.line.clear();
        let read = self.input.read_until(b'\n', &mut self.line)?;
        self.bytes += read as u64;
        if read == 0 {
            return Ok(Next::End(self.bytes));
        }
        // Not every line is a row, the first may begin with a mark, and one may be longer than your memory.
        if read > 64 * 1024 {
            return Ok(Next::Row(Err(Fault::of(Reason::TooLong, "the line is too long")), self.bytes));
        }
        Ok(Next::Row(members(&self.line), self.bytes))
    }
}

/// The fields of a JSON object.
fn members(line: &[u8]) -> Result<Row, Fault> {
    let members: HashMap<String, &RawValue> = serde_json::from_slice(line)
        .map_err(|error| Fault::of(Reason::Malformed, format!("this is no JSON object: {error}")))?;
    Ok(FIELDS.map(|field| members.get(field).map_or(Value::Missing, |value| plain(value.get()))))
}

/// A JSON value as text: a number stays as it was written.
fn plain(json: &str) -> Value {
    match json.as_bytes().first() {
        Some(b'"') => serde_json::from_str(json).map_or(Value::Unusable, Value::Text),
        _ => todo!("a value for {json}, which is no string"),
    }
}
