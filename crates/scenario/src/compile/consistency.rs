//! `consistency`: what some users ask the server at the end.

use serde_json::Value;

use super::handlers::operation_named;
use super::{Compiler, ON_THE_SIDE};
use crate::expression::Val;
use crate::fields::{CONSISTENCY, MARKS, READ};
use crate::program::{Consistency, Marks, Op, ReadState};
use document::{Fields, Node};

pub(super) fn consistency(compiler: &mut Compiler<'_>, node: Option<&Node<'_>>) -> Option<Consistency> {
    let fields = node?.fields(&CONSISTENCY)?;
    let steps = fields.required("steps");
    let block = compiler.block(steps.as_ref(), ON_THE_SIDE);
    let event = compiler.event_of(fields.required("event").as_ref());
    let messages = fields.required("messages").and_then(|node| compiler.pointer(&node, true));
    let text = path(compiler, &fields, "text");
    let id = fields.optional("id").and_then(|_| path(compiler, &fields, "id"));
    let read = fields.optional("read").and_then(|node| read_state(compiler, &node, id.is_some()));
    // A probe that its settings leave nothing to ask is none: nobody looks into its event then.
    let asks = !matches!(compiler.ops[block as usize], Op::End);
    let consistency = Consistency { block, event, messages: messages?, text: text?, id, read };
    asks.then_some(consistency)
}

/// `None`: nobody marks anything as read.
fn read_state(compiler: &mut Compiler<'_>, node: &Node<'_>, has_ids: bool) -> Option<ReadState> {
    let fields = node.fields(&READ)?;
    let when = fields.optional("when").and_then(|when| compiler.known(&when, |when| Some(when.value().clone())));
    let readers = path(compiler, &fields, "readers");
    let reader = match fields.optional("reader") {
        Some(_) => path(compiler, &fields, "reader"),
        None => Some(String::new()),
    };
    let me = fields.required("me").map(|me| compiler.template(&me));
    let marks = fields.optional("marks").and_then(|node| marks(compiler, &node));
    if let (Some(node), false) = (fields.optional("marks"), has_ids) {
        node.problem("needs `id` beside `text`: by what the history names the messages that are marked");
    }
    let holds = when.as_ref().is_none_or(|when: &Value| Val::Borrowed(when).is_true());
    Some(ReadState { readers: readers?, reader: reader?, me: me?, marks }).filter(|_| holds)
}

fn marks(compiler: &mut Compiler<'_>, node: &Node<'_>) -> Option<Marks> {
    let fields = node.fields(&MARKS)?;
    let operation = fields.required("operation").and_then(|node| operation_named(compiler, &node));
    let ids = fields.required("ids").and_then(|node| compiler.pointer(&node, true));
    Some(Marks { operation: operation?, ids: ids? })
}

/// A pointer below an entry.
fn path(compiler: &mut Compiler<'_>, fields: &Fields<'_>, name: &'static str) -> Option<String> {
    fields.required(name).and_then(|node| compiler.pointer(&node, false)).map(|pointer| pointer.path)
}
