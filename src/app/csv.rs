//! Reads an accounts file. The rows stay in the page's memory: they are never part of a plan, a link or a report.

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
    #[error("the first line names the column `{0}` twice")]
    DoubleColumn(String),
    #[error("line {line} has {found} values, the first line names {expected} columns")]
    WrongWidth { line: usize, found: usize, expected: usize },
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
    /// Parses RFC 4180 text. Commas, semicolons and tabs are understood; whichever the first line has most of.
    pub fn parse(file: &str, text: &str) -> Result<Self, CsvError> {
        let text = text.trim_start_matches('\u{feff}');
        let mut records = records(text, separator(text))?.into_iter();
        let columns: Vec<String> =
            records.next().ok_or(CsvError::Empty)?.values.iter().map(|name| name.trim().to_owned()).collect();
        for (at, name) in columns.iter().enumerate() {
            if name.is_empty() {
                return Err(CsvError::UnnamedColumn(at + 1));
            }
            if columns[..at].contains(name) {
                return Err(CsvError::DoubleColumn(name.clone()));
            }
        }
        let mut rows = Vec::new();
        for Record { line, values } in records {
            if values.len() != columns.len() {
                return Err(CsvError::WrongWidth { line, found: values.len(), expected: columns.len() });
            }
            rows.push(values);
        }
        if rows.is_empty() { Err(CsvError::NoRows) } else { Ok(Self { file: file.to_owned(), columns, rows }) }
    }

    /// All rows, reduced to the named columns in that order. A column that the file lacks is left out.
    pub fn select(&self, columns: &[String]) -> Vec<Vec<String>> {
        let places: Vec<_> =
            columns.iter().filter_map(|name| self.columns.iter().position(|column| column == name)).collect();
        self.rows.iter().map(|row| places.iter().map(|&place| row[place].clone()).collect()).collect()
    }
}

fn separator(text: &str) -> char {
    let first = text.lines().next().unwrap_or_default();
    let count = |separator: char| first.matches(separator).count();
    // The comma comes last because `max_by_key` keeps the last of equals.
    ['\t', ';', ','].into_iter().max_by_key(|separator| count(*separator)).unwrap_or(',')
}

fn records(text: &str, separator: char) -> Result<Vec<Record>, CsvError> {
    let mut records = Vec::new();
    let mut characters = text.chars().peekable();
    let mut line = 1;
    while characters.peek().is_some() {
        let start = line;
        let mut values = Vec::new();
        loop {
            let (value, newlines) = value(&mut characters, separator, line)?;
            line += newlines;
            values.push(value);
            match characters.next() {
                Some(c) if c == separator => {}
                Some('\r') => {
                    characters.next_if_eq(&'\n');
                    break;
                }
                _ => break,
            }
        }
        line += 1;
        if values.iter().any(|value| !value.is_empty()) || values.len() > 1 {
            records.push(Record { line: start, values });
        }
    }
    Ok(records)
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
        check("a,b\n1,2\n\n3", Err(CsvError::WrongWidth { line: 4, found: 1, expected: 2 }));
        check("a,b\n\"1\n1\",2\n3,4,5", Err(CsvError::WrongWidth { line: 4, found: 3, expected: 2 }));
        check("a,b\n\"1,2", Err(CsvError::OpenQuote(2)));
        check("a,b\n\"1\"x,2", Err(CsvError::AfterQuote(2)));
    }
}
