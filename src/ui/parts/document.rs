//! One of our documents, shown within the page.

use leptos::prelude::*;

use app::markdown::{Block, Inline, blocks};

#[component]
pub fn Document(text: &'static str) -> impl IntoView {
    view! { <article class="document">{blocks(text).into_iter().map(block).collect_view()}</article> }
}

fn block(block: Block) -> AnyView {
    match block {
        // The dialog's own title stands for the document's.
        Block::Heading(1, _) => ().into_any(),
        Block::Heading(2, text) => view! { <h3>{inlines(text)}</h3> }.into_any(),
        Block::Heading(_, text) => view! { <h4>{inlines(text)}</h4> }.into_any(),
        Block::Paragraph(text) => view! { <p>{inlines(text)}</p> }.into_any(),
        Block::List(items) => {
            let items = items.into_iter().map(|item| view! { <li>{inlines(item)}</li> }).collect_view();
            view! { <ul>{items}</ul> }.into_any()
        }
        Block::Code(code) => view! { <pre>{code}</pre> }.into_any(),
        Block::Table(rows) => table(rows).into_any(),
    }
}

fn table(rows: Vec<Vec<Vec<Inline>>>) -> impl IntoView {
    let mut rows = rows.into_iter();
    let head = rows.next().unwrap_or_default().into_iter().map(|cell| view! { <th scope="col">{inlines(cell)}</th> });
    let body = rows.map(|row| {
        let cells = row.into_iter().map(|cell| view! { <td>{inlines(cell)}</td> }).collect_view();
        view! { <tr>{cells}</tr> }
    });
    view! {
        <div class="table">
            <table><thead><tr>{head.collect_view()}</tr></thead><tbody>{body.collect_view()}</tbody></table>
        </div>
    }
}

fn inlines(parts: Vec<Inline>) -> impl IntoView {
    let part = |part| match part {
        Inline::Text(text) => text.into_any(),
        Inline::Code(text) => view! { <code>{text}</code> }.into_any(),
        Inline::Strong(text) => view! { <strong>{text}</strong> }.into_any(),
    };
    parts.into_iter().map(part).collect_view()
}
