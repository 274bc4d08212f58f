//! A run as a file, in every format that somebody passes on. All are made from the report and from what the page itself shows of
//! it, so the same number stands everywhere; and none holds a secret, because the report holds none.

mod html;
mod junit;
mod k6_summary;
mod openmetrics;
mod series;

pub use html::ChartParts;

use crate::past::PastRun;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    Html,
    Json,
    Csv,
    Junit,
    K6,
    OpenMetrics,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no format \"{0}\", expected one of {names}", names = Format::ALL.map(Format::name).join(", "))]
pub struct UnknownFormat(String);

impl Format {
    pub const ALL: [Self; 6] = [Self::Html, Self::Json, Self::Csv, Self::Junit, Self::K6, Self::OpenMetrics];

    /// As programs ask for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Junit => "junit",
            Self::K6 => "k6",
            Self::OpenMetrics => "openmetrics",
        }
    }

    /// # Errors
    /// The names that there are.
    pub fn named(name: &str) -> Result<Self, UnknownFormat> {
        let found = Self::ALL.into_iter().find(|format| format.name() == name);
        found.ok_or_else(|| UnknownFormat(name.to_owned()))
    }

    /// As a menu offers it, and what it is good for.
    pub const fn offer(self) -> (&'static str, &'static str) {
        match self {
            Self::Html => ("Report (HTML)", "one page to pass on: works offline, can be printed and opened here again"),
            Self::Json => ("Report (JSON)", "everything, with histograms; can be opened here again"),
            Self::Csv => ("Series (CSV)", "one row a second, for a spreadsheet"),
            Self::Junit => ("Thresholds (JUnit XML)", "for the test results of a pipeline"),
            Self::K6 => ("Summary (k6 JSON)", "for tools that read k6's summaries"),
            Self::OpenMetrics => ("Metrics (OpenMetrics)", "for Prometheus and its kin"),
        }
    }

    pub const fn mime(self) -> &'static str {
        match self {
            Self::Html => "text/html",
            Self::Json | Self::K6 => "application/json",
            Self::Csv => "text/csv",
            Self::Junit => "application/xml",
            Self::OpenMetrics => "application/openmetrics-text",
        }
    }

    /// What a file of this run is called.
    pub fn file_name(self, run: &str) -> String {
        let ending = match self {
            Self::Html => ".html",
            Self::Json => ".json",
            Self::Csv => ".csv",
            Self::Junit => ".junit.xml",
            Self::K6 => ".k6.json",
            Self::OpenMetrics => ".openmetrics.txt",
        };
        format!("tabswarm-{run}{ending}")
    }

    /// The file's text. `parts`: what draws the charts of an HTML report; without them it has none, and says so.
    pub fn write(self, past: &PastRun, parts: Option<&ChartParts>) -> String {
        match self {
            Self::Html => html::write(past, parts),
            Self::Json => json(past),
            Self::Csv => series::write(&past.report),
            Self::Junit => junit::write(&past.report),
            Self::K6 => k6_summary::write(past),
            Self::OpenMetrics => openmetrics::write(past),
        }
    }
}

fn json(past: &PastRun) -> String {
    let mut text = serde_json::to_string_pretty(&past.report).expect("a report is plain data");
    text.push('\n');
    text
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
