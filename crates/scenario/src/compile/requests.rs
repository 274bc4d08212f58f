//! The `http` step.

use serde_json::Value;

use super::Compiler;
use super::parts::is_token;
use super::variables::url;
use crate::fields::{FILE, HTTP};
use crate::program::*;
use crate::template::Template;
use document::{Fields, Node, Type};

pub(super) fn http(compiler: &mut Compiler<'_>, node: &Node<'_>) {
    let Some(fields) = node.fields(&HTTP) else {
        return;
    };
    let operation = compiler.operation_of(&fields, None);
    let body = body(compiler, &fields);
    let op = HttpOp {
        operation,
        method: method(compiler, &fields, &body),
        url: fields
            .required("url")
            .map_or_else(|| Template::constant(Value::Null), |node| written_url(compiler, &node)),
        headers: headers(compiler, fields.optional("headers").as_ref()),
        body,
        expect: statuses(&fields),
        save: compiler.saves(fields.optional("save").as_ref(), false),
        timeout: compiler.seconds(&fields, "timeout_s"),
        error_code: fields.optional("error_code").and_then(|node| compiler.pointer(&node, false)),
        required: compiler.must_succeed(&fields),
    };
    compiler.ops.push(Op::Http(Box::new(op)));
}

fn method(compiler: &mut Compiler<'_>, fields: &Fields<'_>, body: &Body) -> String {
    let known = fields.definition("method").of.names().unwrap_or_default();
    let known: Vec<_> = known.iter().map(|method| (*method, *method)).collect();
    let given = fields.optional("method").and_then(|node| compiler.known(&node, |node| node.one_of(&known)));
    let has_body = !matches!(body, Body::None);
    let method = given.unwrap_or(if has_body { "POST" } else { "GET" });
    if has_body && matches!(method, "GET" | "HEAD") {
        fields.node().problem(format!("a {method} request cannot have a body"));
    }
    method.to_owned()
}

/// A URL that is written out, or whose beginning is: one that begins with a variable is checked at the variable.
fn written_url(compiler: &mut Compiler<'_>, node: &Node<'_>) -> Template {
    if node.value().as_str().is_none_or(|text| !text.starts_with("${")) {
        url(node, &["http", "https"]);
    }
    compiler.template(node)
}

fn headers(compiler: &mut Compiler<'_>, node: Option<&Node<'_>>) -> Vec<(String, Template)> {
    let entries = node.map(Node::entries).unwrap_or_default();
    entries
        .into_iter()
        .map(|(name, value)| {
            if !is_token(name) {
                value.problem(format!("{} is no name of an HTTP header", Value::from(name)));
            }
            (name.to_owned(), compiler.template(&value))
        })
        .collect()
}

fn statuses(fields: &Fields<'_>) -> Vec<u16> {
    let Type::List(status, ..) = fields.definition("expect").of else { return Vec::new() };
    let entries = fields.optional("expect").map(|node| node.list()).unwrap_or_default();
    let statuses = entries.iter().filter_map(|entry| entry.whole_of(status));
    statuses.filter_map(|status| u16::try_from(status).ok()).collect()
}

fn body(compiler: &mut Compiler<'_>, fields: &Fields<'_>) -> Body {
    let kinds = ["json", "form", "file"];
    let given: Vec<&str> = kinds.into_iter().filter(|kind| fields.optional(kind).is_some()).collect();
    if given.len() > 1 {
        fields.node().problem(format!("a request has one body, this one has {}", given.join(" and ")));
    }
    if let Some(json) = fields.optional("json") {
        Body::Json(compiler.template(&json))
    } else if let Some(form) = fields.optional("form") {
        let pairs = form.entries();
        Body::Form(pairs.into_iter().map(|(name, value)| (name.to_owned(), compiler.template(&value))).collect())
    } else if let Some(node) = fields.optional("file") {
        file(compiler, &node)
    } else {
        Body::None
    }
}

fn file(compiler: &mut Compiler<'_>, node: &Node<'_>) -> Body {
    let Some(fields) = node.fields(&FILE) else { return Body::None };
    let field = fields.optional("field").and_then(|field| field.name()).unwrap_or("file").to_owned();
    let name = fields.required("name").map(|name| compiler.template(&name));
    let mime = fields.required("mime").and_then(|mime| mime.name()).unwrap_or_default().to_owned();
    let bytes = fields.required("base64").map(|bytes| compiler.bytes(&bytes)).unwrap_or_default();
    Body::File { field, name: name.unwrap_or_else(|| Template::constant("".into())), mime, bytes }
}
