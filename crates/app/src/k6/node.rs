//! Lays JavaScript out: what fits on one line stands there, everything else is indented.

/// A piece of a script.
pub enum ScriptNode {
    Text(String),
    Object(Vec<(String, ScriptNode)>),
    List(Vec<ScriptNode>),
    /// What stands before the braces, and the lines between them.
    Block(String, Vec<String>),
}

impl ScriptNode {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// The lines, the first without an indent: it follows something.
    pub fn lines(&self) -> Vec<String> {
        let flat = self.flat().filter(|line| line.len() <= WIDTH);
        flat.map_or_else(|| self.spread(), |line| vec![line])
    }

    fn spread(&self) -> Vec<String> {
        let (open, close, entries) = match self {
            Self::Text(text) => return vec![text.clone()],
            Self::Block(head, body) => {
                let mut lines = vec![format!("{head} {{")];
                lines.extend(indented(body));
                lines.push("}".to_owned());
                return lines;
            }
            Self::Object(fields) => {
                let field = |(name, node): &(String, Self)| {
                    let mut lines = node.lines();
                    lines[0] = format!("{name}: {}", lines[0]);
                    lines
                };
                ("{", "}", fields.iter().map(field).collect::<Vec<_>>())
            }
            Self::List(entries) => ("[", "]", entries.iter().map(Self::lines).collect()),
        };
        let mut lines = vec![open.to_owned()];
        for mut entry in entries {
            if let Some(last) = entry.last_mut() {
                last.push(',');
            }
            lines.extend(indented(&entry));
        }
        lines.push(close.to_owned());
        lines
    }

    fn flat(&self) -> Option<String> {
        let all = |nodes: &[Self]| nodes.iter().map(Self::flat).collect::<Option<Vec<_>>>();
        match self {
            Self::Text(text) => (!text.contains('\n')).then(|| text.clone()),
            Self::Block(head, body) if body.is_empty() => Some(format!("{head} {{}}")),
            Self::Block(..) => None,
            Self::List(entries) => Some(format!("[{}]", all(entries)?.join(", "))),
            Self::Object(fields) if fields.is_empty() => Some("{}".to_owned()),
            Self::Object(fields) => {
                let fields = fields.iter().map(|(name, node)| Some(format!("{name}: {}", node.flat()?)));
                Some(format!("{{ {} }}", fields.collect::<Option<Vec<_>>>()?.join(", ")))
            }
        }
    }
}

pub fn indented(lines: &[String]) -> impl Iterator<Item = String> {
    lines.iter().map(|line| if line.is_empty() { String::new() } else { format!("  {line}") })
}

/// A statement around a node: `await task.emit(...);`.
pub fn statement(before: &str, node: &ScriptNode, after: &str) -> Vec<String> {
    let mut lines = node.lines();
    lines[0].insert_str(0, before);
    if let Some(last) = lines.last_mut() {
        last.push_str(after);
    }
    lines
}

const WIDTH: usize = 110;
