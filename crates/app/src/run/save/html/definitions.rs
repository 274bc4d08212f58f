//! What every number means: the very text of docs/metrics.md.

use maud::{Markup, PreEscaped, html};

use crate::documents::METRICS;

pub fn section() -> Markup {
    html! {
        section.card #definitions {
            h2 { "What the numbers mean" }
            details {
                summary { "How each number is measured: from when to when, how exactly, by which clock" }
                article.document { (PreEscaped(METRICS)) }
            }
        }
    }
}
