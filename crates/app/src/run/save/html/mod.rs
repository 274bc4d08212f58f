//! One page that holds a whole run: it refers to nothing outside itself, allows no script but its own by their hashes, and carries
//! the report it was made from, so that it can be read back. Every text goes through the template's escaping.

mod definitions;
mod facts;
mod moments;
mod plots;
mod results;
mod search;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use crate::past::{EMBEDDED_CLOSE, EMBEDDED_OPEN, PastRun};
use crate::run::view::RunView;

/// The chart library as the page itself has it: fetched, not in this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartParts {
    pub script: String,
    pub style: String,
    /// Its licence asks to be passed on with it.
    pub licence: String,
}

impl ChartParts {
    /// Nothing in them ends the element that they stand in, and hashes are taken of what a browser sees.
    fn inlined(&self) -> Option<Self> {
        let plain = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n");
        let is_safe = |text: &str| !["</", "<!--", "\0"].iter().any(|end| text.contains(end));
        let parts = Self { script: plain(&self.script), style: plain(&self.style), licence: self.licence.clone() };
        (is_safe(&parts.script) && is_safe(&parts.style) && !parts.licence.is_empty()).then_some(parts)
    }
}

pub fn write(past: &PastRun, parts: Option<&ChartParts>) -> String {
    let parts = parts.and_then(ChartParts::inlined);
    let view = RunView::of(&past.result);
    let library_style = parts.as_ref().map_or("", |parts| &parts.style);
    let style = format!("{library_style}\n{STYLE}");
    let library = parts.as_ref().map(|parts| parts.script.as_str());
    let script = own_script();
    let scripts: Vec<&str> = library.into_iter().chain([script.as_str()]).collect();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy(&style, &scripts));
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content={"tabswarm " (crate::VERSION)};
                title { (view.name) " – " (facts::word(past)) " – tabswarm" }
                style { (PreEscaped(&style)) }
            }
            body {
                (body(past, &view, parts.as_ref()))
                (PreEscaped(EMBEDDED_OPEN)) (data(&past.report)) (PreEscaped(EMBEDDED_CLOSE))
                script type="application/json" id="tabswarm-charts" { (data(&plots::of(past, &view))) }
                @for script in &scripts { script { (PreEscaped(script)) } }
            }
        }
    };
    page.into_string()
}

fn body(past: &PastRun, view: &RunView, parts: Option<&ChartParts>) -> Markup {
    let tables = &view.tables;
    html! {
        a.skip href="#results" { "Skip to the results" }
        header.report-head { (facts::head(past, view)) }
        main #results {
            (facts::verdict(view))
            (facts::insights(tables))
            (facts::tiles(view))
            (facts::warnings(tables))
            (search::section(tables.search.as_ref()))
            (plots::section(past, view, parts.is_some()))
            (moments::annotations(tables))
            (results::sections(tables))
            (moments::evidence(&past.report))
            (moments::log(past))
            (facts::environment(&past.report))
            (facts::plan(past))
            (definitions::section())
        }
        footer.hint {
            p {
                "Made by tabswarm " (crate::VERSION) ". This file needs nothing else: its data are inside, and tabswarm's Results page reads them back."
            }
            @if let Some(parts) = parts {
                details { summary { "Licence of uPlot, which draws the charts" } pre { (parts.licence) } }
            }
        }
    }
}

/// JSON in a script element: nothing in it can end the element or open a comment.
fn data(value: &impl serde::Serialize) -> Markup {
    let json = serde_json::to_string(value).expect("plain data");
    PreEscaped(json.replace('<', "\\u003c"))
}

/// The charts are drawn by the very file that draws them on the live page.
fn own_script() -> String {
    // There it is a module, here it is not.
    let chart = include_str!("../../../../../../src/ui/chart/chart.js").replace("\nexport ", "\n");
    format!("(() => {{\n\"use strict\";\n{chart}\n{}\n}})();", include_str!("report.js"))
}

/// Nothing is loaded, nothing is sent, and no script or style runs but those whose hashes stand here.
fn policy(style: &str, scripts: &[&str]) -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    let scripts: Vec<_> = scripts.iter().map(|script| hash(script)).collect();
    format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'",
        scripts.join(" "),
        hash(style)
    )
}

const STYLE: &str = concat!(
    include_str!("../../../../../../style/tokens.css"),
    include_str!("../../../../../../style/base.css"),
    include_str!("../../../../../../style/parts.css"),
    include_str!("../../../../../../style/run.css"),
    include_str!("../../../../../../style/voice.css"),
    include_str!("report.css"),
);

#[cfg(test)]
mod tests {
    #[test]
    fn the_script_of_a_report_is_no_module() {
        let script = super::own_script();
        let of_module = |line: &&str| line.starts_with("export ") || line.starts_with("import ");
        assert_eq!(script.lines().find(of_module), None);
        assert!(script.contains("\nclass LiveChart"));
    }
}
