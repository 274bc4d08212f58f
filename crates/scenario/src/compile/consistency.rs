//! `consistency`: what some users ask the server at the end.

use serde_json::Value;

use super::{Compiler, ON_THE_SIDE};
use crate::expression::Val;
use crate::program::{Consistency, Op, ReadState};
use crate::reader::{Fields, Node};

impl Compiler<'_> {
    pub(super) fn consistency(&mut self, node: Option<&Node<'_>>) -> Option<Consistency> {
        let fields = node?.fields(&["steps", "event", "messages", "text", "read"])?;
        let steps = fields.required("steps");
        let block = self.block(steps.as_ref(), ON_THE_SIDE);
        let event = self.event_of(fields.required("event").as_ref());
        let messages = fields.required("messages").and_then(|node| self.pointer(&node, true));
        let text = self.path(&fields, "text");
        let read = fields.optional("read").and_then(|node| self.read_state(&node));
        // A probe that its settings leave nothing to ask is none: nobody looks into its event then.
        let asks = !matches!(self.ops[block as usize], Op::End);
        let consistency = Consistency { block, event, messages: messages?, text: text?, read };
        asks.then_some(consistency)
    }

    /// `None`: nobody marks anything as read.
    fn read_state(&mut self, node: &Node<'_>) -> Option<ReadState> {
        let fields = node.fields(&["when", "readers", "reader", "me"])?;
        let when = fields.optional("when").and_then(|when| self.known(&when, |when| Some(when.value().clone())));
        let readers = self.path(&fields, "readers");
        let reader = match fields.optional("reader") {
            Some(_) => self.path(&fields, "reader"),
            None => Some(String::new()),
        };
        let me = fields.required("me").map(|me| self.template(&me));
        let holds = when.as_ref().is_none_or(|when: &Value| Val::Borrowed(when).is_true());
        Some(ReadState { readers: readers?, reader: reader?, me: me? }).filter(|_| holds)
    }

    /// A pointer below an entry.
    fn path(&mut self, fields: &Fields<'_>, name: &'static str) -> Option<String> {
        fields.required(name).and_then(|node| self.pointer(&node, false)).map(|pointer| pointer.path)
    }
}
