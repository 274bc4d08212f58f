//! All kept runs as one file, and back: JSON Lines, so that a damaged line takes no other one along.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::entry::Entry;
use metrics::{REPORT_VERSION, Report};

/// The first line of the file.
pub const HEAD: &str = "{\"tabswarm\":\"results\",\"version\":1}\n";

/// A line: a report, and what a person has added to it.
#[derive(Debug, Serialize, Deserialize)]
struct Line<R> {
    name: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    pinned: bool,
    #[serde(default)]
    baseline: bool,
    report: R,
}

/// A run as one line of the file.
pub fn line(entry: &Entry, report: &Report) -> String {
    let Entry { name, note, pinned, baseline, .. } = entry.clone();
    let line = Line { name, note, pinned, baseline, report };
    serde_json::to_string(&line).expect("a report is made of plain JSON values") + "\n"
}

/// A run that a file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct ArchivedRun {
    pub entry: Entry,
    pub report: Report,
}

/// Why a line of a file, or all of it, is no run.
#[derive(Debug, thiserror::Error)]
enum ArchiveError {
    #[error("a file of version {0:?}, expected 1")]
    FileVersion(Option<u64>),
    #[error("a report of version {0}, expected {REPORT_VERSION}")]
    ReportVersion(u64),
    #[error("no Tabswarm report, but {0}")]
    NoReport(String),
    #[error("not a whole report: {0}")]
    Report(serde_json::Error),
    #[error(transparent)]
    Line(#[from] serde_json::Error),
}

/// What a file of ours holds: an archive, or one report, as JSON or as a page. The first lines that cannot be read are named; of a file
/// that is nothing of ours, one sentence says so.
#[derive(Debug, Default)]
pub struct Reading {
    pub found: Vec<ArchivedRun>,
    pub problems: Vec<String>,
}

pub fn read(file: &str, text: &str) -> Reading {
    let mut reading = Reading::default();
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('<') {
        match from_page(text) {
            Some(report) => reading.take(file, report),
            None => reading.problems.push(format!("{file}: the page holds no report of this program")),
        }
    } else if let Ok(document) = serde_json::from_str::<Value>(text) {
        reading.take(file, document);
    } else {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let mut has_ours = false;
        for (at, line) in lines {
            let place = format!("{file}, line {}", at + 1);
            match serde_json::from_str::<Value>(line) {
                Ok(document) => {
                    has_ours |= ["tabswarm", "report"].iter().any(|mark| document.get(mark).is_some());
                    reading.take(&place, document);
                }
                Err(error) => reading.problems.push(format!("{place}: {error}")),
            }
        }
        has_ours |= !reading.found.is_empty();
        if !has_ours && !reading.problems.is_empty() {
            reading.problems = vec![format!("{file} is no Tabswarm report: {}", instead(text))];
        }
        let more = reading.problems.len().saturating_sub(MOST_PROBLEMS);
        if more > 0 {
            reading.problems.truncate(MOST_PROBLEMS);
            let noun = if more == 1 { "line" } else { "lines" };
            reading.problems.push(format!("{file}: and {more} more {noun}"));
        }
    }
    if reading.found.is_empty() && reading.problems.is_empty() {
        reading.problems.push(format!("{file} holds no run"));
    }
    reading
}

/// What a text that is no JSON of ours is, as far as its beginning tells.
fn instead(text: &str) -> &'static str {
    let broken = serde_json::from_str::<Value>(text).err();
    match text.trim_start().chars().next() {
        Some('{' | '[') if broken.as_ref().is_some_and(serde_json::Error::is_eof) => {
            "it is JSON that breaks off before its end"
        }
        Some('{' | '[') => "it is damaged JSON, or JSON of another program",
        _ => "it is a text, and no JSON",
    }
}

/// A damaged file may have thousands.
const MOST_PROBLEMS: usize = 3;

impl Reading {
    fn take(&mut self, place: &str, document: Value) {
        match found(document) {
            Ok(found) => self.found.extend(found),
            Err(problem) => self.problems.push(format!("{place}: {problem}")),
        }
    }
}

/// `None`: the line says only what the file is.
fn found(document: Value) -> Result<Option<ArchivedRun>, ArchiveError> {
    let version = document.get("version").and_then(Value::as_u64);
    if document.get("tabswarm").is_some() {
        let known = version == Some(1);
        return known.then_some(None).ok_or(ArchiveError::FileVersion(version));
    }
    if document.get("report").is_some() {
        let line: Line<Value> = serde_json::from_value(document)?;
        let report = report(line.report)?;
        let of = Entry::of(&report);
        let name = if line.name.is_empty() { of.name.clone() } else { line.name };
        let entry = Entry { name, note: line.note, pinned: line.pinned, baseline: line.baseline, ..of };
        return Ok(Some(ArchivedRun { entry, report }));
    }
    let report = report(document)?;
    Ok(Some(ArchivedRun { entry: Entry::of(&report), report }))
}

fn report(document: Value) -> Result<Report, ArchiveError> {
    // Many a document has a version.
    let is_report = document.get("run").is_some() || document.get("plan").is_some();
    match document.get("version").and_then(Value::as_u64).filter(|_| is_report) {
        Some(version) if version == u64::from(REPORT_VERSION) => {}
        Some(version) => return Err(ArchiveError::ReportVersion(version)),
        None => return Err(ArchiveError::NoReport(shape(&document))),
    }
    serde_json::from_value(document).map_err(ArchiveError::Report)
}

/// What a document is, for a person who has opened the wrong one.
fn shape(document: &Value) -> String {
    match document {
        Value::Object(fields) if fields.is_empty() => "empty JSON".to_owned(),
        Value::Object(fields) if fields.contains_key("populations") => "a plan: open it on the Plan page".to_owned(),
        Value::Object(fields) if fields.contains_key("flow") => "a scenario".to_owned(),
        Value::Object(fields) => {
            let some: Vec<String> = fields.keys().take(MOST_PROBLEMS).map(|name| format!("\"{name}\"")).collect();
            let more = if fields.len() > some.len() { ", …" } else { "" };
            format!("JSON with {}{more}", some.join(", "))
        }
        Value::Array(_) => "a JSON list".to_owned(),
        _ => "a single JSON value".to_owned(),
    }
}

/// The report that one of our own pages carries.
fn from_page(page: &str) -> Option<Value> {
    // Whatever else the page holds, its report is a block of JSON with a report's marks.
    let blocks = page.split("<script").skip(1).filter_map(|block| {
        let (head, rest) = block.split_once('>')?;
        let (body, _) = rest.split_once("</script>")?;
        head.contains("application/json").then_some(body)
    });
    let mut reports = blocks.filter_map(|block| serde_json::from_str::<Value>(block).ok());
    reports.find(|document| document.get("run").is_some() && document.get("version").is_some())
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
