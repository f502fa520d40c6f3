//! Finds the files, and reads rows from them: one at a time, from where an earlier run has stopped.

use crate::order::{FIELDS, Fault, Reason, Row, Value};
use plumbing::Failure;
use serde_json::value::RawValue;
use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};
use walkdir::WalkDir;

/// The longest line of NDJSON, without its end.
const LINE_BYTES: u64 = 64 * 1024;
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

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
        let is_wanted = entry.path().extension().is_some_and(|end| end == "csv" || end == "ndjson");
        if !entry.file_type().is_file() || !is_wanted {
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

impl Source {
    /// The rows after `place`.
    ///
    /// # Errors
    /// When the file cannot be read, or ends before that place.
    pub fn open(&self, place: Place) -> Result<Reader, Failure> {
        let file = File::open(&self.path).map_err(|error| self.cannot_read(&error))?;
        let bytes = file.metadata().map_err(|error| self.cannot_read(&error))?.len();
        if bytes < place.bytes {
            return Err(Failure::new(format!(
                "{} is shorter than what was read of it already; give the new content a new name",
                self.path.display()
            )));
        }
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
            let mut position = csv::Position::new();
            position.set_byte(place.bytes);
            reader.seek(position)?;
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
        let record = &self.record;
        let content = if record.len() != count {
            Err(Fault::of(Reason::Malformed, format!("there are {} fields, and the header has {count}", record.len())))
        } else if record.iter().any(|field| str::from_utf8(field).is_err()) {
            Err(Fault::of(Reason::NotUtf8, "this row is not UTF-8"))
        } else {
            Ok(columns.map(|column| match record.get(column) {
                Some(field) => Value::Text(String::from_utf8_lossy(field).into_owned()),
                None => Value::Missing,
            }))
        };
        Ok(Next::Row(content, bytes))
    }
}

/// Which column holds each field.
fn columns(header: &csv::StringRecord) -> Result<(usize, [usize; FIELDS.len()]), Fault> {
    let mut columns = [0; FIELDS.len()];
    for (column, field) in columns.iter_mut().zip(FIELDS) {
        *column = header.iter().position(|name| name.trim() == field).ok_or_else(|| Fault::missing(field))?;
    }
    Ok((header.len(), columns))
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
        loop {
            self.line.clear();
            let is_first = self.bytes == 0;
            // One byte more for the end of the line: if that is not there, the line is too long.
            let mut read = self.input.by_ref().take(LINE_BYTES + 1).read_until(b'\n', &mut self.line)?;
            let is_complete = self.line.ends_with(b"\n") || read as u64 <= LINE_BYTES;
            if !is_complete {
                read += self.input.skip_until(b'\n')?;
            }
            self.bytes += read as u64;
            if read == 0 {
                return Ok(Next::End(self.bytes));
            }
            let mut line = self.line.trim_ascii();
            if is_first {
                line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
            }
            if !is_complete {
                let detail = format!("the line has more than {LINE_BYTES} bytes");
                return Ok(Next::Row(Err(Fault::of(Reason::TooLong, detail)), self.bytes));
            }
            if !line.is_empty() {
                return Ok(Next::Row(members(line), self.bytes));
            }
        }
    }
}

/// The fields of a JSON object.
fn members(line: &[u8]) -> Result<Row, Fault> {
    let line = str::from_utf8(line).map_err(|_| Fault::of(Reason::NotUtf8, "this row is not UTF-8"))?;
    let members: HashMap<String, &RawValue> = serde_json::from_str(line)
        .map_err(|error| Fault::of(Reason::Malformed, format!("this is no JSON object: {error}")))?;
    Ok(FIELDS.map(|field| members.get(field).map_or(Value::Missing, |value| plain(value.get()))))
}

/// A JSON value as text: a number stays as it was written.
fn plain(json: &str) -> Value {
    match json.as_bytes().first() {
        Some(b'"') => serde_json::from_str(json).map_or(Value::Unusable, Value::Text),
        Some(b'-' | b'0'..=b'9') => Value::Text(json.to_owned()),
        Some(b'n') => Value::Missing,
        _ => Value::Unusable,
    }
}
