//! Makes HTML of the documents that the page and a saved report show.

use std::path::Path;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

const DOCUMENTS: [&str; 2] = ["metrics", "scenario"];

fn main() {
    let out = std::env::var_os("OUT_DIR").expect("cargo names it");
    for name in DOCUMENTS {
        let path = format!("../../docs/{name}.md");
        println!("cargo:rerun-if-changed={path}");
        let text = std::fs::read_to_string(&path).expect("the document is there");
        std::fs::write(Path::new(&out).join(format!("{name}.html")), html_of(&text)).expect("the folder is writable");
    }
}

/// Without its title, for whoever shows it has one of its own, and without links: they lead through the repository.
fn html_of(markdown: &str) -> String {
    let (_, body) = markdown.split_once('\n').expect("the first line is the title");
    let shown = Parser::new_ext(body, Options::ENABLE_TABLES).filter_map(|event| match event {
        Event::Start(Tag::Heading { level, id, classes, attrs }) => {
            Some(Event::Start(Tag::Heading { level: lower(level), id, classes, attrs }))
        }
        Event::End(TagEnd::Heading(level)) => Some(Event::End(TagEnd::Heading(lower(level)))),
        Event::Start(Tag::Link { .. }) | Event::End(TagEnd::Link) | Event::Html(_) | Event::InlineHtml(_) => None,
        event => Some(event),
    });
    let mut made = String::new();
    html::push_html(&mut made, shown);
    // Text is escaped, so these are elements. What scrolls is reached with the keyboard.
    made.replace("<table>", "<div class=\"table\" tabindex=\"0\" role=\"region\" aria-label=\"Table\"><table>")
        .replace("</table>", "</table></div>")
        .replace("<th>", "<th scope=\"col\">")
        .replace("<pre>", "<pre tabindex=\"0\">")
}

fn lower(level: HeadingLevel) -> HeadingLevel {
    if level <= HeadingLevel::H2 { HeadingLevel::H3 } else { HeadingLevel::H4 }
}
