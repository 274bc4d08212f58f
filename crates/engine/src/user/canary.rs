//! A user that a person sees and acts for: it does what its scenario has users do, when the person says so.

use serde_json::Value;

use crate::wire::{Act, Canary, Choice, Sight, Told};
use base::time::Timestamp;
use scenario::{EmitOp, Op, OperationId, Pc, Program, RoomEffect};

use super::arguments::KeptArguments;
use super::life::LifeStage;
use super::task::{TaskRole, Wait};
use super::{Context, User};

impl User {
    /// Short id of the run, as its tags hold it.
    pub fn run_id(&self) -> &str {
        &self.memory.facts.run
    }

    /// Where it is, for a person.
    /// `clips`: what it can say.
    pub fn sight(&self, program: &Program, rooms: Vec<String>, clips: Vec<String>) -> Sight {
        let fetched = self.in_flight.fetches.iter().filter_map(|fetching| match &program.ops[fetching.at as usize] {
            Op::Http(op) => Some(op.operation),
            _ => None,
        });
        let waits = self.in_flight.pendings.iter().map(|pending| pending.operation).chain(fetched);
        let waits = waits.map(|operation| program.operations[operation.0 as usize].clone());
        Sight {
            phase: Some(self.phase()),
            connected: matches!(self.life.stage, LifeStage::Flow | LifeStage::Active | LifeStage::Silent),
            rooms,
            waits_for: waits.take(MOST_TOLD).collect(),
            iteration: self.memory.facts.iteration,
            taken: self.overrides.taken,
            failure: self.life.failure.clone(),
            offers: offers(program, clips),
        }
    }

    /// Its timers run, and nobody acts for it.
    pub(super) fn ticks(&self) -> bool {
        self.life.stage.ticks() && !self.overrides.taken
    }

    /// Its script has come to where nothing but its timers and the others make it act; or it talks, which a script never ends.
    fn can_be_taken(&self) -> bool {
        matches!(self.life.stage, LifeStage::Active)
            || matches!(self.life.stage, LifeStage::Flow) && self.voice.is_some()
    }

    /// Does what a person says. `event`: the arguments of the message that is answered.
    pub fn obey(&mut self, ctx: &mut Context<'_>, order: &Canary, event: Option<String>) {
        if !self.can_be_taken() && !matches!(order, Canary::Release) {
            return ctx.show(|| Told::Failed("by hand: it is not active now".to_owned()));
        }
        match order {
            Canary::Take => {
                self.overrides.taken = true;
                if matches!(self.life.stage, LifeStage::Active) {
                    // Answers that it had put off would come in between; what it waits for still comes.
                    self.script.tasks.retain(|task| task.wait == Wait::Blocked);
                } else {
                    self.stop_listening(ctx.now, |_| true);
                }
                ctx.show(|| Told::Saw("taken over by hand".to_owned()));
            }
            Canary::Release if self.overrides.taken => {
                self.overrides.taken = false;
                match self.life.stage {
                    LifeStage::Active => self.begin_timers(ctx),
                    LifeStage::Flow => self.resume_flow(ctx.now),
                    _ => {}
                }
                ctx.show(|| Told::Saw("given back to its script".to_owned()));
            }
            Canary::Release => {}
            _ if !self.overrides.taken => ctx.show(|| Told::Failed("by hand: it is not taken over".to_owned())),
            Canary::Say(text) => self.say_by_hand(ctx, text),
            Canary::Speak(clip) => self.speak_by_hand(ctx, clip),
            Canary::Tick(timer) => {
                if let Some(timer) = ctx.program.timers.get(*timer) {
                    self.do_by_hand(ctx, timer.block, None);
                }
            }
            Canary::React { reaction, .. } => match event {
                Some(event) => self.react_by_hand(ctx, *reaction, event),
                None => ctx.show(|| Told::Failed("by hand: that message is not kept any more".to_owned())),
            },
        }
        self.run(ctx);
    }

    fn say_by_hand(&mut self, ctx: &mut Context<'_>, text: &str) {
        let Some(pc) = message_op(ctx.program) else {
            return ctx.show(|| Told::Failed("by hand: its scenario sends no messages".to_owned()));
        };
        self.do_by_hand(ctx, pc, None);
        if let Some(task) = self.script.tasks.last_mut() {
            task.typed = Some(text.into());
        }
    }

    fn speak_by_hand(&mut self, ctx: &mut Context<'_>, clip: &str) {
        let Some(pc) = speak_op(ctx.program).filter(|_| self.voice.is_some()) else {
            return ctx.show(|| Told::Failed("by hand: its scenario does not speak".to_owned()));
        };
        if self.is_speaking() {
            return ctx.show(|| Told::Failed("by hand: it is still speaking".to_owned()));
        }
        // Whoever speaks again waits for no other answer.
        self.stop_listening(ctx.now, |_| true);
        self.do_by_hand(ctx, pc, None);
        if let Some(task) = self.script.tasks.last_mut() {
            task.typed = Some(clip.into());
        }
    }

    /// Its script goes on with the step that it was held at; what was said by hand is broken off.
    fn resume_flow(&mut self, now: Timestamp) {
        let by_hand: Vec<u32> =
            self.script.tasks.iter().filter(|task| task.role == TaskRole::Side).map(|task| task.serial).collect();
        self.stop_speaking(now, |task| by_hand.contains(&task));
        self.stop_listening(now, |task| by_hand.contains(&task));
        self.script.tasks.retain(|task| task.role == TaskRole::Main);
        for task in self.script.tasks.iter_mut().filter(|task| task.wait == Wait::Held) {
            task.wait = Wait::Ready;
            task.intended = now;
        }
    }

    /// What a reaction only gathers (messages to be marked as read) is sent off by the timer that is there for it.
    fn react_by_hand(&mut self, ctx: &mut Context<'_>, reaction: usize, event: String) {
        let program = ctx.program;
        let Some(reaction) = program.reactions.get(reaction) else { return };
        let operations = operations_of(program, reaction.block);
        self.do_by_hand(ctx, reaction.block, Some(KeptArguments::new(event)));
        for timer in &program.timers {
            if operations_of(program, timer.block).iter().any(|operation| operations.contains(operation)) {
                self.do_by_hand(ctx, timer.block, None);
            }
        }
    }

    fn do_by_hand(&mut self, ctx: &Context<'_>, block: Pc, event: Option<KeptArguments>) {
        self.script.spawn(TaskRole::Side, block, event, ctx.now, Wait::Ready);
    }
}

/// The typed text in the place where the script would have put one: beside the tag.
pub(super) fn with_text(argument: &str, tag: &str, text: &str) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(argument) else { return argument.to_owned() };
    put_text(&mut value, tag, text);
    value.to_string()
}

fn put_text(value: &mut Value, tag: &str, text: &str) {
    match value {
        Value::String(old) if old.contains(tag) => *old = format!("{tag} {text}"),
        Value::Array(list) => list.iter_mut().for_each(|entry| put_text(entry, tag, text)),
        Value::Object(fields) => fields.values_mut().for_each(|field| put_text(field, tag, text)),
        _ => {}
    }
}

fn offers(program: &Program, clips: Vec<String>) -> Vec<Choice> {
    let say = message_op(program).map(|_| Choice { act: Act::Say, label: "say".to_owned() });
    let speak = clips.into_iter().filter(|_| speak_op(program).is_some());
    let speak = speak.map(|label| Choice { act: Act::Speak, label });
    let label = |operations: &[OperationId]| {
        let names = operations.iter().map(|operation| program.operations[operation.0 as usize].as_str());
        names.collect::<Vec<_>>().join(", ")
    };
    let ticks = program
        .timers
        .iter()
        .enumerate()
        .map(|(place, timer)| Choice { act: Act::Tick(place), label: timer.name.clone() });
    let messages = program.delivery.as_ref().map(|delivery| delivery.event);
    let reactions = program.reactions.iter().enumerate().filter(|(_, reaction)| Some(reaction.event) == messages);
    let reactions = reactions.map(|(place, reaction)| (place, operations_of(program, reaction.block)));
    let reactions = reactions.filter(|(_, operations)| !operations.is_empty());
    let reactions = reactions.map(|(place, operations)| Choice { act: Act::React(place), label: label(&operations) });
    say.into_iter().chain(speak).chain(ticks).chain(reactions).collect()
}

/// Where a task goes on after a step that was taken by hand: who has spoken listens to the answer; else at the block's end.
pub(super) fn after_by_hand(program: &Program, pc: Pc) -> Pc {
    let find = |is_it: fn(&Op) -> bool| {
        let behind = program.ops.iter().enumerate().skip(pc as usize + 1);
        behind.into_iter().find(|(_, op)| is_it(op)).map(|(place, _)| place as Pc)
    };
    let listen = find(|op| matches!(op, Op::Listen(_))).filter(|_| matches!(program.ops[pc as usize], Op::Speak(_)));
    listen.or_else(|| find(|op| matches!(op, Op::End))).unwrap_or(pc)
}

fn speak_op(program: &Program) -> Option<Pc> {
    program.ops.iter().position(|op| matches!(op, Op::Speak(_))).map(|pc| pc as Pc)
}

/// The step that sends a message; of several the first, which is the plainest.
fn message_op(program: &Program) -> Option<Pc> {
    let is_message = |op: &Op| matches!(op, Op::Emit(op) if matches!(op.room, RoomEffect::Message(_)));
    program.ops.iter().position(is_message).map(|pc| pc as Pc)
}

/// What the steps from here to the block's end send, each once.
fn operations_of(program: &Program, block: Pc) -> Vec<OperationId> {
    let mut operations = Vec::new();
    for op in program.ops.iter().skip(block as usize).take_while(|op| !matches!(op, Op::End)) {
        let Op::Emit(emit) = op else { continue };
        let EmitOp { operation, .. } = &**emit;
        if !operations.contains(operation) {
            operations.push(*operation);
        }
    }
    operations
}

/// A user may wait for very many things at once.
const MOST_TOLD: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_text_takes_the_place_of_the_script_s() {
        #[track_caller]
        fn check(argument: &str, expected: &str) {
            assert_eq!(with_text(argument, "~t~", "hi \"you\""), expected);
        }
        check(r#"{"content":"~t~ filler","room":"r"}"#, r#"{"content":"~t~ hi \"you\"","room":"r"}"#);
        check(r#"["a",["~t~"]]"#, r#"["a",["~t~ hi \"you\""]]"#);
        check(r#""r""#, r#""r""#);
    }
}
