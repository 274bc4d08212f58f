//! `consistency`: what some users ask the server at the end.

use serde_json::Value;

use super::{Compiler, ON_THE_SIDE};
use crate::expression::Val;
use crate::program::{Consistency, Op, ReadState};
use crate::reader::{Fields, Node};

pub(super) fn consistency(compiler: &mut Compiler<'_>, node: Option<&Node<'_>>) -> Option<Consistency> {
    let fields = node?.fields(&["steps", "event", "messages", "text", "read"])?;
    let steps = fields.required("steps");
    let block = compiler.block(steps.as_ref(), ON_THE_SIDE);
    let event = compiler.event_of(fields.required("event").as_ref());
    let messages = fields.required("messages").and_then(|node| compiler.pointer(&node, true));
    let text = path(compiler, &fields, "text");
    let read = fields.optional("read").and_then(|node| read_state(compiler, &node));
    // A probe that its settings leave nothing to ask is none: nobody looks into its event then.
    let asks = !matches!(compiler.ops[block as usize], Op::End);
    let consistency = Consistency { block, event, messages: messages?, text: text?, read };
    asks.then_some(consistency)
}

/// `None`: nobody marks anything as read.
fn read_state(compiler: &mut Compiler<'_>, node: &Node<'_>) -> Option<ReadState> {
    let fields = node.fields(&["when", "readers", "reader", "me"])?;
    let when = fields.optional("when").and_then(|when| compiler.known(&when, |when| Some(when.value().clone())));
    let readers = path(compiler, &fields, "readers");
    let reader = match fields.optional("reader") {
        Some(_) => path(compiler, &fields, "reader"),
        None => Some(String::new()),
    };
    let me = fields.required("me").map(|me| compiler.template(&me));
    let holds = when.as_ref().is_none_or(|when: &Value| Val::Borrowed(when).is_true());
    Some(ReadState { readers: readers?, reader: reader?, me: me? }).filter(|_| holds)
}

/// A pointer below an entry.
fn path(compiler: &mut Compiler<'_>, fields: &Fields<'_>, name: &'static str) -> Option<String> {
    fields.required(name).and_then(|node| compiler.pointer(&node, false)).map(|pointer| pointer.path)
}
