//! The little Markdown that our documents use, as blocks a page can show: the definitions beside the results are the
//! very text of docs/metrics.md.

/// One block of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// Level from 1, and the text.
    Heading(u8, Vec<Inline>),
    Paragraph(Vec<Inline>),
    /// One entry per item.
    List(Vec<Vec<Inline>>),
    /// The first row is the header.
    Table(Vec<Vec<Vec<Inline>>>),
    Code(String),
}

/// A stretch of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inline {
    Text(String),
    Code(String),
    Strong(String),
}

pub fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let line = line.trim_end();
        let mut take_while = |mut first: Vec<String>, goes_on: fn(&str) -> bool| {
            while let Some(next) = lines.next_if(|next| goes_on(next.trim())) {
                first.push(next.trim().to_owned());
            }
            first
        };
        let block = if line.is_empty() {
            continue;
        } else if line.starts_with("```") {
            let code: Vec<_> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
            Block::Code(code.join("\n"))
        } else if let Some(heading) = heading(line) {
            heading
        } else if line.starts_with('|') {
            table(&take_while(vec![line.to_owned()], |next| next.starts_with('|')))
        } else if is_item(line) {
            list(&take_while(vec![line.to_owned()], |next| {
                !next.is_empty() && !next.starts_with(['#', '|']) && !next.starts_with("```")
            }))
        } else {
            let lines = take_while(vec![line.to_owned()], |next| {
                !next.is_empty() && !next.starts_with(['#', '|']) && !next.starts_with("```") && !is_item(next)
            });
            Block::Paragraph(inlines(&lines.join(" ")))
        };
        blocks.push(block);
    }
    blocks
}

fn heading(line: &str) -> Option<Block> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    (level > 0 && text.starts_with(' ')).then(|| Block::Heading(level as u8, inlines(text.trim())))
}

fn is_item(line: &str) -> bool {
    line.starts_with("- ") || line.starts_with("* ")
}

/// A line that begins no item goes on with the one before it.
fn list(lines: &[String]) -> Block {
    let mut items: Vec<String> = Vec::new();
    for line in lines {
        match items.last_mut() {
            Some(item) if !is_item(line) => *item = format!("{item} {line}"),
            _ => items.push(line.trim_start_matches(['-', '*']).trim().to_owned()),
        }
    }
    Block::List(items.iter().map(|item| inlines(item)).collect())
}

fn table(lines: &[String]) -> Block {
    let is_rule = |line: &String| line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '));
    Block::Table(lines.iter().filter(|line| !is_rule(line)).map(|line| cells(line)).collect())
}

/// `\|` is a bar within a cell.
fn cells(line: &str) -> Vec<Vec<Inline>> {
    let line = line.trim().trim_start_matches('|').replace("\\|", "\u{0}");
    let line = line.strip_suffix('|').unwrap_or(&line);
    line.split('|').map(|cell| inlines(&cell.trim().replace('\u{0}', "|"))).collect()
}

fn inlines(text: &str) -> Vec<Inline> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['`', '*', '[']) {
        let marked = ["`", "**", "["].into_iter().find_map(|mark| marked(&rest[at..], mark));
        match marked {
            Some((inline, length)) => {
                push_text(&mut parts, &rest[..at]);
                parts.push(inline);
                rest = &rest[at + length..];
            }
            None => {
                push_text(&mut parts, &rest[..=at]);
                rest = &rest[at + 1..];
            }
        }
    }
    push_text(&mut parts, rest);
    parts
}

/// The marked stretch that `text` begins with, and how many bytes it takes. Of a link its text is kept: its address is
/// one within the repository.
fn marked(text: &str, mark: &str) -> Option<(Inline, usize)> {
    let inside = text.strip_prefix(mark)?;
    if mark == "[" {
        let end = inside.find("](")?;
        let address = inside[end..].find(')')?;
        return Some((Inline::Text(inside[..end].to_owned()), mark.len() + end + address + 1));
    }
    let end = inside.find(mark).filter(|end| *end > 0)?;
    let content = inside[..end].to_owned();
    let inline = if mark == "`" { Inline::Code(content) } else { Inline::Strong(content) };
    Some((inline, end + 2 * mark.len()))
}

fn push_text(parts: &mut Vec<Inline>, text: &str) {
    match parts.last_mut() {
        _ if text.is_empty() => {}
        Some(Inline::Text(before)) => before.push_str(text),
        _ => parts.push(Inline::Text(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Inline {
        Inline::Text(text.into())
    }

    #[track_caller]
    fn check(markdown: &str, expected: &[Block]) {
        assert_eq!(blocks(markdown), expected, "{markdown:?}");
    }

    #[test]
    fn paragraphs_headings_and_code() {
        check(
            "# Title\n\nOne\ntwo\n## Part\nthree",
            &[
                Block::Heading(1, vec![text("Title")]),
                Block::Paragraph(vec![text("One two")]),
                Block::Heading(2, vec![text("Part")]),
                Block::Paragraph(vec![text("three")]),
            ],
        );
        check(
            "```text\na | b\n\n- c\n```\nd",
            &[Block::Code("a | b\n\n- c".into()), Block::Paragraph(vec![text("d")])],
        );
    }

    #[test]
    fn lists_go_on_over_lines() {
        check(
            "Before:\n- one\n  goes on\n- two\n\nafter",
            &[
                Block::Paragraph(vec![text("Before:")]),
                Block::List(vec![vec![text("one goes on")], vec![text("two")]]),
                Block::Paragraph(vec![text("after")]),
            ],
        );
    }

    #[test]
    fn tables_have_rows_of_cells() {
        check(
            "| a | b |\n|---|:-:|\n| `x\\|y` | |",
            &[Block::Table(vec![
                vec![vec![text("a")], vec![text("b")]],
                vec![vec![Inline::Code("x|y".into())], vec![]],
            ])],
        );
    }

    #[test]
    fn stretches_of_text_are_marked() {
        check(
            "a `b` **c** [d](e.md), 2 * 3 * 4 and [x]",
            &[Block::Paragraph(vec![
                text("a "),
                Inline::Code("b".into()),
                text(" "),
                Inline::Strong("c".into()),
                text(" "),
                text("d, 2 * 3 * 4 and [x]"),
            ])],
        );
    }

    #[test]
    fn unfinished_marks_are_text() {
        check("`a **b", &[Block::Paragraph(vec![text("`a **b")])]);
        check("****", &[Block::Paragraph(vec![text("****")])]);
        check("```\nnever closed", &[Block::Code("never closed".into())]);
    }
}
