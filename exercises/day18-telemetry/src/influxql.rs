//! InfluxQL: from text to statements. Only the part that the page lists; everything else is an error that says where.

use crate::time;
use std::fmt;

#[derive(Debug, Clone, PartialEq)]
pub enum Statement {
    CreateDatabase(String),
    ShowDatabases,
    ShowMeasurements,
    /// A duration of none is for ever.
    CreatePolicy {
        name: String,
        database: String,
        duration: Option<i64>,
        is_default: bool,
    },
    Select(Select),
    /// It can be read, but makes no sense, for this reason.
    Senseless(String),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Select {
    /// Empty for `*`.
    pub columns: Vec<Column>,
    pub into: Option<Source>,
    pub from: Source,
    /// The first and the last time that is asked for.
    pub first: Option<i64>,
    pub last: Option<i64>,
    pub tags: Vec<Condition>,
    pub group_by: GroupBy,
    /// The length of the intervals of `GROUP BY time()`.
    pub interval: Option<i64>,
    pub fill: Fill,
    pub descending: bool,
    pub limit: Option<usize>,
    pub offset: usize,
}

/// A measurement, and where it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    pub policy: Option<String>,
    pub measurement: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub function: Option<Function>,
    /// A field, or without a function also a tag.
    pub name: String,
    pub alias: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    Count,
    First,
    Last,
    Max,
    Mean,
    Min,
    Sum,
}

impl Function {
    const ALL: [(&'static str, Function); 7] = [
        ("count", Function::Count),
        ("first", Function::First),
        ("last", Function::Last),
        ("max", Function::Max),
        ("mean", Function::Mean),
        ("min", Function::Min),
        ("sum", Function::Sum),
    ];

    pub fn name(self) -> &'static str {
        Function::ALL.iter().find(|(_, function)| *function == self).map_or("", |(name, _)| name)
    }

    fn named(name: &str) -> Option<Function> {
        Function::ALL.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, function)| *function)
    }
}

/// A tag has this value, or has not. A tag that is absent has the value "".
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    pub tag: String,
    pub equal: bool,
    pub value: String,
}

#[derive(Debug, Clone, PartialEq)]
pub enum GroupBy {
    Tags(Vec<String>),
    AllTags,
}

/// What stands in an interval without values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fill {
    Null,
    /// Nothing: the row is left out.
    None,
    Previous,
    Number(f64),
}

/// Reads statements with a semicolon between them.
///
/// # Errors
/// What was found, and what was expected instead.
pub fn parse(text: &str, now: i64) -> Result<Vec<Statement>, String> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, now, senseless: None };
    let mut statements = Vec::new();
    while *parser.peek() != Token::End {
        if parser.symbol(";") {
            continue;
        }
        let statement = parser.statement()?;
        statements.push(parser.senseless.take().map_or(statement, Statement::Senseless));
        if *parser.peek() != Token::End && !parser.symbol(";") {
            return parser.unexpected("; or the end");
        }
    }
    Ok(statements)
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    /// A keyword, or a name without quotes.
    Word(String),
    /// A name in double quotes.
    Name(String),
    /// A text in single quotes.
    Text(String),
    Number(String),
    Duration(i64),
    Symbol(&'static str),
    End,
}

impl fmt::Display for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Token::Word(text) | Token::Name(text) | Token::Text(text) | Token::Number(text) => {
                formatter.write_str(text)
            }
            Token::Duration(length) => write!(formatter, "{length}ns"),
            Token::Symbol(symbol) => formatter.write_str(symbol),
            Token::End => formatter.write_str("EOF"),
        }
    }
}

/// Longer symbols first.
const SYMBOLS: [&str; 15] = ["!=", "<>", ">=", "<=", "=", ">", "<", "(", ")", ",", ";", ".", "*", "+", "-"];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '"' | '\'' => {
                let (content, length) = quoted(rest, first)?;
                (if first == '"' { Token::Name(content) } else { Token::Text(content) }, length)
            }
            '0'..='9' => number(rest)?,
            _ if first.is_alphabetic() || first == '_' => {
                let length = rest.find(|next: char| !next.is_alphanumeric() && next != '_').unwrap_or(rest.len());
                (Token::Word(rest[..length].to_owned()), length)
            }
            _ => match SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
                Some(symbol) => (Token::Symbol(symbol), symbol.len()),
                None => return Err(format!("error parsing query: found {first}, which is not understood here")),
            },
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    tokens.push(Token::End);
    Ok(tokens)
}

/// A name or a text in quotes, and how long it is with them.
fn quoted(text: &str, quote: char) -> Result<(String, usize), String> {
    let mut content = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some((_, escaped)) if escaped == quote || escaped == '\\' => content.push(escaped),
                Some((_, other)) => content.extend(['\\', other]),
                None => break,
            },
            _ if character == quote => return Ok((content, at + 1)),
            _ => content.push(character),
        }
    }
    Err(format!("error parsing query: {text} has no end"))
}

/// `1.5`, or a duration such as `20s` or `1h30m`.
fn number(text: &str) -> Result<(Token, usize), String> {
    let part = |text: &str, matches: fn(char) -> bool| text.find(|next| !matches(next)).unwrap_or(text.len());
    let digits = part(text, |next| next.is_ascii_digit() || next == '.');
    let (mut at, mut duration) = (0, 0_i64);
    loop {
        let amount = part(&text[at..], |next| next.is_ascii_digit());
        let unit = part(&text[at + amount..], char::is_alphabetic);
        if amount == 0 || unit == 0 {
            break;
        }
        let (amount, unit) = (&text[at..at + amount], &text[at + amount..at + amount + unit]);
        let length = time::duration_unit(unit).zip(amount.parse().ok());
        let length = length.and_then(|(unit, amount): (i64, i64)| unit.checked_mul(amount)?.checked_add(duration));
        duration = length.ok_or("error parsing query: invalid duration")?;
        at += amount.len() + unit.len();
    }
    Ok(if at > 0 { (Token::Duration(duration), at) } else { (Token::Number(text[..digits].to_owned()), digits) })
}

/// Words that are no names unless they stand in quotes.
const RESERVED: [&str; 14] = [
    "as", "asc", "by", "create", "desc", "from", "group", "into", "limit", "offset", "order", "select", "show", "where",
];

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    now: i64,
    /// Why the statement that is being read makes no sense.
    senseless: Option<String>,
}

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).unwrap_or(&Token::End)
    }

    fn unexpected<T>(&self, expected: &str) -> Result<T, String> {
        Err(format!("error parsing query: found {}, expected {expected}", self.peek()))
    }

    /// Takes this word, if it is the next one.
    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Token::Word(next) if next.eq_ignore_ascii_case(word));
        self.at += usize::from(found);
        found
    }

    fn symbol(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Token::Symbol(next) if *next == symbol);
        self.at += usize::from(found);
        found
    }

    /// Takes these words and symbols.
    fn expect(&mut self, all: &str) -> Result<(), String> {
        for one in all.split(' ') {
            if !self.word(one) && !self.symbol(one) {
                return self.unexpected(one);
            }
        }
        Ok(())
    }

    fn name(&mut self) -> Result<String, String> {
        match self.peek().clone() {
            Token::Word(word) if !RESERVED.contains(&word.to_lowercase().as_str()) => {
                self.at += 1;
                Ok(word)
            }
            Token::Name(name) => {
                self.at += 1;
                Ok(name)
            }
            _ => self.unexpected("identifier"),
        }
    }

    fn duration(&mut self) -> Result<i64, String> {
        let Token::Duration(length) = *self.peek() else { return self.unexpected("duration") };
        self.at += 1;
        Ok(length)
    }

    fn number<T: std::str::FromStr>(&mut self) -> Result<T, String> {
        let sign = if self.symbol("-") { "-" } else { "" };
        let Token::Number(number) = self.peek() else { return self.unexpected("number") };
        let Ok(number) = format!("{sign}{number}").parse() else { return self.unexpected("number") };
        self.at += 1;
        Ok(number)
    }

    fn statement(&mut self) -> Result<Statement, String> {
        if self.word("select") {
            return self.select().map(Statement::Select);
        }
        if self.word("show") {
            return match (self.word("databases"), self.word("measurements")) {
                (true, _) => Ok(Statement::ShowDatabases),
                (_, true) => Ok(Statement::ShowMeasurements),
                _ => self.unexpected("DATABASES, MEASUREMENTS"),
            };
        }
        if self.word("create") {
            if self.word("database") {
                return self.name().map(Statement::CreateDatabase);
            }
            self.expect("retention policy")?;
            let name = self.name()?;
            self.expect("on")?;
            let database = self.name()?;
            self.expect("duration")?;
            let duration = if self.word("inf") { None } else { Some(self.duration()?) };
            self.expect("replication")?;
            let _copies: u32 = self.number()?;
            return Ok(Statement::CreatePolicy { name, database, duration, is_default: self.word("default") });
        }
        self.unexpected("SELECT, SHOW, CREATE")
    }

    fn select(&mut self) -> Result<Select, String> {
        let columns = if self.symbol("*") { Vec::new() } else { self.list(Parser::column)? };
        let into = if self.word("into") { Some(self.source()?) } else { None };
        self.expect("from")?;
        let mut select = Select {
            columns,
            into,
            from: self.source()?,
            first: None,
            last: None,
            tags: Vec::new(),
            group_by: GroupBy::Tags(Vec::new()),
            interval: None,
            fill: Fill::Null,
            descending: false,
            limit: None,
            offset: 0,
        };
        if self.word("where") {
            self.condition(&mut select)?;
            while self.word("and") {
                self.condition(&mut select)?;
            }
        }
        if self.word("group") {
            self.expect("by")?;
            self.dimension(&mut select)?;
            while self.symbol(",") {
                self.dimension(&mut select)?;
            }
        }
        if self.word("fill") {
            self.expect("(")?;
            select.fill = self.fill()?;
            self.expect(")")?;
        }
        if self.word("order") {
            self.expect("by time")?;
            select.descending = self.word("desc");
            self.word("asc");
        }
        if self.word("limit") {
            select.limit = Some(self.number()?);
        }
        if self.word("offset") {
            select.offset = self.number()?;
        }
        self.check(&select);
        Ok(select)
    }

    fn list<T>(&mut self, one: fn(&mut Parser) -> Result<T, String>) -> Result<Vec<T>, String> {
        let mut list = vec![one(self)?];
        while self.symbol(",") {
            list.push(one(self)?);
        }
        Ok(list)
    }

    fn column(&mut self) -> Result<Column, String> {
        let (mut name, mut function) = (self.name()?, None);
        if self.symbol("(") {
            function = Function::named(&name);
            if function.is_none() {
                self.senseless.get_or_insert(format!("undefined function {name}()"));
            }
            name = self.name()?;
            self.expect(")")?;
        }
        let alias = if self.word("as") { Some(self.name()?) } else { None };
        Ok(Column { function, name, alias })
    }

    fn source(&mut self) -> Result<Source, String> {
        let name = self.name()?;
        if self.symbol(".") {
            return Ok(Source { policy: Some(name), measurement: self.name()? });
        }
        Ok(Source { policy: None, measurement: name })
    }

    fn condition(&mut self, select: &mut Select) -> Result<(), String> {
        let is_time = matches!(self.peek(), Token::Word(word) if word.eq_ignore_ascii_case("time"));
        let tag = self.name()?;
        let Token::Symbol(operator) = *self.peek() else { return self.unexpected("operator") };
        self.at += 1;
        if !is_time {
            let equal = match operator {
                "=" => true,
                "!=" | "<>" => false,
                _ => return self.unexpected("= or !="),
            };
            let Token::Text(value) = self.peek().clone() else { return self.unexpected("string") };
            self.at += 1;
            select.tags.push(Condition { tag, equal, value });
            return Ok(());
        }
        let time = self.instant()?;
        let (first, last) = match operator {
            "=" => (Some(time), Some(time)),
            ">=" => (Some(time), None),
            ">" => (Some(time.saturating_add(1)), None),
            "<=" => (None, Some(time)),
            "<" => (None, Some(time.saturating_sub(1))),
            _ => return self.unexpected("another operator"),
        };
        select.first = select.first.max(first);
        select.last = match (select.last, last) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        Ok(())
    }

    /// `'2026-01-01T00:00:00Z'`, `1700000000000000000`, `1700000000s`, `now() - 1h`.
    fn instant(&mut self) -> Result<i64, String> {
        if let Token::Text(text) = self.peek() {
            let Some(time) = time::from_text(text) else { return self.unexpected("a time as 2026-01-31T12:00:00Z") };
            self.at += 1;
            return Ok(time);
        }
        if self.word("now") {
            self.expect("( )")?;
            return Ok(match (self.symbol("-"), self.symbol("+")) {
                (true, _) => self.now.saturating_sub(self.duration()?),
                (_, true) => self.now.saturating_add(self.duration()?),
                _ => self.now,
            });
        }
        let sign = if self.symbol("-") { -1 } else { 1 };
        let length = if let Token::Duration(_) = self.peek() { self.duration()? } else { self.number()? };
        Ok(sign * length)
    }

    fn dimension(&mut self, select: &mut Select) -> Result<(), String> {
        if self.symbol("*") {
            select.group_by = GroupBy::AllTags;
            return Ok(());
        }
        let tag = self.name()?;
        if tag.eq_ignore_ascii_case("time") && self.symbol("(") {
            select.interval = Some(self.duration()?).filter(|length| *length > 0);
            return self.expect(")");
        }
        if let GroupBy::Tags(tags) = &mut select.group_by {
            tags.push(tag);
        }
        Ok(())
    }

    fn fill(&mut self) -> Result<Fill, String> {
        let words = [("null", Fill::Null), ("none", Fill::None), ("previous", Fill::Previous)];
        match words.into_iter().find(|(word, _)| self.word(word)) {
            Some((_, fill)) => Ok(fill),
            None => self.number().map(Fill::Number),
        }
    }

    fn check(&mut self, select: &Select) {
        let aggregates = select.columns.iter().filter(|column| column.function.is_some()).count();
        let why = if aggregates == 0 && select.interval.is_some() {
            "GROUP BY requires at least one aggregate function"
        } else if aggregates > 0 && aggregates < select.columns.len() {
            "mixing aggregate and non-aggregate queries is not supported"
        } else {
            return;
        };
        self.senseless.get_or_insert(why.to_owned());
    }
}
