//! A document's fields as the rows of a Markdown table.

use crate::field::{Field, Need, Object, Type};

/// `| field | what it is for, its range | what its absence means |` of each.
pub fn table(object: &Object) -> String {
    object.fields.iter().filter(|field| !field.name.starts_with('$')).map(row).collect()
}

fn row(field: &Field) -> String {
    let range = range(&field.of);
    let separator = if range.is_empty() || field.meaning.is_empty() { "" } else { "; " };
    let absent = match field.need {
        Need::Required => "required".to_owned(),
        Need::Default(usual) => usual.replace('"', "`").replace(',', ", "),
        Need::Absent(words) => words.to_owned(),
    };
    format!("| `{}` | {}{separator}{range} | {absent} |\n", field.name, field.meaning)
}

/// What is said of its values: the ends of its numbers, or its names.
fn range(kind: &Type) -> String {
    if let Some(names) = kind.names() {
        return names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    }
    let wholes = kind.wholes().map(|range| (*range.start() as f64, *range.end() as f64));
    let ends = wholes.or_else(|| kind.numbers().map(|range| (*range.start(), *range.end())));
    match ends {
        None => String::new(),
        Some((least, most)) if least == most => String::new(),
        Some((least, most)) if most < u64::MAX as f64 => format!("{} to {}", grouped(least), grouped(most)),
        Some((least, _)) if least > f64::MIN => format!("at least {}", grouped(least)),
        Some(_) => String::new(),
    }
}

/// 1,000,000.
fn grouped(number: f64) -> String {
    let text = number.to_string();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
    let (whole, fraction) =
        digits.split_once('.').map_or((digits, String::new()), |(whole, part)| (whole, format!(".{part}")));
    let groups: Vec<_> = whole.as_bytes().rchunks(3).rev().map(|group| String::from_utf8_lossy(group)).collect();
    let whole = if whole.len() > 4 { groups.join(",") } else { whole.to_owned() };
    format!("{sign}{whole}{fraction}")
}
