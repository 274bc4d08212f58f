//! What every number means: the very text of docs/metrics.md.

use maud::{Markup, html};

use crate::markdown::{Block, Inline, blocks};

pub fn section() -> Markup {
    html! {
        section.card #definitions {
            h2 { "What the numbers mean" }
            details {
                summary { "How each number is measured: from when to when, how exactly, by which clock" }
                article.document { @for one in blocks(include_str!("../../../../../../docs/metrics.md")) { (block(&one)) } }
            }
        }
    }
}

fn block(block: &Block) -> Markup {
    html! {
        @match block {
            // The section's own title stands for the document's.
            Block::Heading(1, _) => {},
            Block::Heading(2, text) => h3 { (inlines(text)) },
            Block::Heading(_, text) => h4 { (inlines(text)) },
            Block::Paragraph(text) => p { (inlines(text)) },
            Block::List(items) => ul { @for item in items { li { (inlines(item)) } } },
            Block::Code(code) => pre tabindex="0" { (code) },
            Block::Table(rows) => div.table tabindex="0" role="region" aria-label="Table" {
                table {
                    @if let Some(head) = rows.first() {
                        thead { tr { @for cell in head { th scope="col" { (inlines(cell)) } } } }
                    }
                    tbody { @for row in rows.iter().skip(1) { tr { @for cell in row { td { (inlines(cell)) } } } } }
                }
            },
        }
    }
}

fn inlines(parts: &[Inline]) -> Markup {
    html! {
        @for part in parts {
            @match part {
                Inline::Text(text) => (text),
                Inline::Code(text) => code { (text) },
                Inline::Strong(text) => strong { (text) },
            }
        }
    }
}
