//! Reads an accounts file. The rows stay in the page's memory: they are never part of a plan, a link or a report.

use std::collections::{HashMap, HashSet};

use plan::MOST_COLUMNS;

/// A parsed file: the first line names the columns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CsvTable {
    pub file: String,
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CsvError {
    #[error("the file is empty; its first line must name the columns, like email,password")]
    Empty,
    #[error("the file has a line of column names and no accounts below it")]
    NoRows,
    #[error("column {0} has no name in the first line")]
    UnnamedColumn(usize),
    #[error("the first line names {0} columns, at most {MOST_COLUMNS} are read")]
    TooManyColumns(usize),
    #[error("the first line names the column `{0}` twice")]
    DoubleColumn(String),
    #[error("line {line} has {found} values, the first line names {expected} columns")]
    WrongWidth { line: usize, found: usize, expected: usize },
    #[error(
        "line {0} holds U+FFFD, the sign for what could not be decoded: the file was read in a wrong encoding, save it as UTF-8"
    )]
    Garbled(usize),
    #[error("line {0} opens a quote that is never closed")]
    OpenQuote(usize),
    #[error("line {0} goes on after a closing quote; write a quote inside quotes twice")]
    AfterQuote(usize),
}

/// One record and the line, from 1, it begins on.
struct Record {
    line: usize,
    values: Vec<String>,
}

impl CsvTable {
    /// Parses RFC 4180 text. Commas, semicolons and tabs are understood; whichever the first line has most of, or a line `sep=;` before
    /// it names, as spreadsheets write it. What they leave behind the last column and below the last row is empty, and no value.
    pub fn parse(file: &str, text: &str) -> Result<Self, CsvError> {
        let text = text.trim_start_matches('\u{feff}');
        if let Some(at) = text.find('\u{fffd}') {
            return Err(CsvError::Garbled(text[..at].matches('\n').count() + 1));
        }
        let mut records = Records::new(text);
        let mut columns = records.next().ok_or(CsvError::Empty)??.values;
        trim_end(&mut columns, 0);
        let columns = named(columns)?;
        let mut rows = Vec::new();
        for record in records {
            let Record { line, mut values } = record?;
            trim_end(&mut values, columns.len());
            if values.len() != columns.len() {
                return Err(CsvError::WrongWidth { line, found: values.len(), expected: columns.len() });
            }
            rows.push(values);
        }
        if rows.is_empty() { Err(CsvError::NoRows) } else { Ok(Self { file: file.to_owned(), columns, rows }) }
    }

    /// All rows, reduced to the named columns in that order. A column that the file lacks is left out.
    pub fn select(&self, columns: &[String]) -> Vec<Vec<String>> {
        let known: HashMap<&str, usize> = self.columns.iter().map(String::as_str).zip(0..).collect();
        let places: Vec<usize> = columns.iter().filter_map(|name| known.get(name.as_str()).copied()).collect();
        self.rows.iter().map(|row| places.iter().map(|&place| row[place].clone()).collect()).collect()
    }
}

/// Takes empty values from the end, as long as there are more than `least`.
fn trim_end(values: &mut Vec<String>, least: usize) {
    while values.len() > least && values.last().is_some_and(|value| value.trim().is_empty()) {
        values.pop();
    }
}

/// The separator that a line like `sep=;` names; quotes around the line do not count.
fn named_separator(line: &str) -> Option<char> {
    let line = line.trim_matches([' ', '"', '\r']);
    let (name, mut named) = line.get(..4).zip(line.get(4..)).map(|(name, rest)| (name, rest.chars()))?;
    let separator = named.next().filter(|_| name.eq_ignore_ascii_case("sep="))?;
    named.next().is_none().then_some(separator)
}

fn separator(text: &str) -> char {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |separator: char| first.matches(separator).count();
    // The comma comes last because `max_by_key` keeps the last of equals.
    ['\t', ';', ','].into_iter().max_by_key(|separator| count(*separator)).unwrap_or(',')
}

/// Checks what the first line says.
fn named(columns: Vec<String>) -> Result<Vec<String>, CsvError> {
    if columns.len() > MOST_COLUMNS {
        return Err(CsvError::TooManyColumns(columns.len()));
    }
    let columns: Vec<String> = columns.iter().map(|name| name.trim().to_owned()).collect();
    let mut known = HashSet::new();
    for (at, name) in columns.iter().enumerate() {
        if name.is_empty() {
            return Err(CsvError::UnnamedColumn(at + 1));
        }
        if !known.insert(name) {
            return Err(CsvError::DoubleColumn(name.clone()));
        }
    }
    Ok(columns)
}

/// The records of a text, one after the other: who sees that the first is wrong does not read the others.
struct Records<'a> {
    characters: std::iter::Peekable<std::str::Chars<'a>>,
    separator: char,
    line: usize,
}

impl<'a> Records<'a> {
    fn new(text: &'a str) -> Self {
        let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
        match named_separator(first) {
            Some(separator) => Self { characters: rest.chars().peekable(), separator, line: 2 },
            None => Self { characters: text.chars().peekable(), separator: separator(text), line: 1 },
        }
    }

    fn read(&mut self) -> Result<Record, CsvError> {
        let line = self.line;
        let mut values = Vec::new();
        loop {
            let (value, newlines) = value(&mut self.characters, self.separator, self.line)?;
            self.line += newlines;
            values.push(value);
            match self.characters.next() {
                Some(c) if c == self.separator => {}
                Some('\r') => {
                    self.characters.next_if_eq(&'\n');
                    break;
                }
                _ => break,
            }
        }
        self.line += 1;
        Ok(Record { line, values })
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Record, CsvError>;

    /// Lines without any value are none.
    fn next(&mut self) -> Option<Self::Item> {
        while self.characters.peek().is_some() {
            match self.read() {
                Ok(record) if record.values.iter().all(|value| value.trim().is_empty()) => {}
                read => return Some(read),
            }
        }
        None
    }
}

/// One value, up to and without the separator or line end behind it, and the line ends inside its quotes.
fn value(
    characters: &mut std::iter::Peekable<std::str::Chars<'_>>,
    separator: char,
    line: usize,
) -> Result<(String, usize), CsvError> {
    let ends = |c: &char| *c == separator || *c == '\n' || *c == '\r';
    let mut value = String::new();
    if characters.next_if_eq(&'"').is_none() {
        while let Some(c) = characters.next_if(|c| !ends(c)) {
            value.push(c);
        }
        return Ok((value, 0));
    }
    loop {
        match characters.next() {
            None => return Err(CsvError::OpenQuote(line)),
            Some('"') if characters.next_if_eq(&'"').is_some() => value.push('"'),
            Some('"') => break,
            Some(c) => value.push(c),
        }
    }
    if characters.peek().is_some_and(|c| !ends(c)) {
        return Err(CsvError::AfterQuote(line));
    }
    let newlines = value.matches('\n').count();
    Ok((value, newlines))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<(&[&str], &[&[&str]]), CsvError>) {
        let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
        let expected = expected.map(|(columns, rows)| CsvTable {
            file: "a.csv".into(),
            columns: owned(columns),
            rows: rows.iter().map(|row| owned(row)).collect(),
        });
        assert_eq!(CsvTable::parse("a.csv", text), expected, "{text:?}");
    }

    #[test]
    fn good_files() {
        check("email,password\na@b.c,x\n", Ok((&["email", "password"], &[&["a@b.c", "x"]])));
        check("\u{feff}email;name\r\na;\"b;\r\nc\"\r\n", Ok((&["email", "name"], &[&["a", "b;\r\nc"]])));
        check("email\na\n\nb", Ok((&["email"], &[&["a"], &["b"]])));
        check("a\tb\n1\t\n", Ok((&["a", "b"], &[&["1", ""]])));
        check("a,b\n\"say \"\"hi\"\"\",2", Ok((&["a", "b"], &[&["say \"hi\"", "2"]])));
        check(" a , b \r1,2\r", Ok((&["a", "b"], &[&["1", "2"]])));
    }

    #[test]
    fn files_as_spreadsheets_write_them() {
        let named: Result<(&[&str], &[&[&str]]), CsvError> = Ok((&["email", "name"], &[&["a", "김"], &["b", ""]]));
        for text in [
            "sep=;\nemail;name\na;김\nb;\n",
            "SEP=;\r\nemail;name\r\na;김\r\nb;\r\n",
            "\u{feff}\"sep=;\"\nemail;name\na;김\nb;",
            "sep=\t\nemail\tname\na\t김\nb\t",
            "sep=|\nemail|name\na|김\nb|",
            "email,name,,\na,김,,\nb,,,\n,,,\n,,,\n",
            "email,name,\na,김\nb,\n",
            "\n \n,\nemail,name\n\na,김\n   \nb,\n\n",
            "\r\n;;\r\nemail;name\r\na;김;;;\r\nb;",
        ] {
            check(text, named.clone());
        }
        check("sep=;\n", Err(CsvError::Empty));
        check("sep=;\na;b\n1", Err(CsvError::WrongWidth { line: 3, found: 1, expected: 2 }));
        check("a,b,\n1,2,3", Err(CsvError::WrongWidth { line: 2, found: 3, expected: 2 }));
        check("name\nM\u{fffd}ller", Err(CsvError::Garbled(2)));
    }

    #[test]
    fn rows_come_in_the_order_asked_for() {
        let table = CsvTable::parse("a.csv", "a,b,c\n1,2,3\n4,5,6").unwrap();
        assert_eq!(table.select(&["c".into(), "a".into()]), [["3", "1"], ["6", "4"]]);
    }

    #[test]
    fn bad_files_say_what_is_wrong_and_where() {
        check("", Err(CsvError::Empty));
        check("\n\n", Err(CsvError::Empty));
        check("email,password\n", Err(CsvError::NoRows));
        check("email,,x\n1,2,3", Err(CsvError::UnnamedColumn(2)));
        check("a,b,a\n1,2,3", Err(CsvError::DoubleColumn("a".into())));
        let many = |columns: usize| (0..columns).map(|n| format!("c{n}")).collect::<Vec<_>>().join(",");
        check(&many(200_000), Err(CsvError::TooManyColumns(200_000)));
        check(&many(257), Err(CsvError::TooManyColumns(257)));
        check(&many(256), Err(CsvError::NoRows));
        check("a,b\n1\n\"", Err(CsvError::WrongWidth { line: 2, found: 1, expected: 2 }));
        check("a,b\n1,2\n\n3", Err(CsvError::WrongWidth { line: 4, found: 1, expected: 2 }));
        check("a,b\n\"1\n1\",2\n3,4,5", Err(CsvError::WrongWidth { line: 4, found: 3, expected: 2 }));
        check("a,b\n\"1,2", Err(CsvError::OpenQuote(2)));
        check("a,b\n\"1\"x,2", Err(CsvError::AfterQuote(2)));
    }
}
