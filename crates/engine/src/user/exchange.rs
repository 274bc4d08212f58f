//! HTTP exchanges: sent, answered, judged.

use serde_json::Value;

use crate::ports::{FetchFailure, FetchId, FetchOutcome};
use base::json;
use base::time::Span;
use scenario::{HttpOp, Op};

use super::ack::code_of;
use super::context::shorten;
use super::memory::Found;
use super::{Context, User};

impl User {
    /// The exchange has left its queue.
    pub fn on_fetch_sent(&mut self, ctx: &mut Context<'_>, task: u32, fetch: FetchId) -> bool {
        let waiting =
            self.in_flight.fetches.iter_mut().find(|fetching| fetching.task == task && fetching.fetch.is_none());
        let Some(fetching) = waiting else { return false };
        fetching.fetch = Some(fetch);
        fetching.sent_at = ctx.now;
        let waited = ctx.now.since(fetching.wished);
        ctx.sample(ctx.meters.rest_wait, waited);
        if let Some(way) = &mut self.life.way {
            way.has_begun = true;
            way.waited(waited);
        }
        ctx.recorder.count(ctx.meters.http_requests, 1);
        true
    }

    /// It is on its way and has sent a request before: who has begun goes before who has not, or nobody would arrive.
    pub fn has_begun_its_way(&self) -> bool {
        self.life.way.is_some_and(|way| way.has_begun)
    }

    pub fn on_fetched(&mut self, ctx: &mut Context<'_>, fetch: FetchId, outcome: &FetchOutcome) {
        let Some(place) = self.in_flight.fetches.iter().position(|fetching| fetching.fetch == Some(fetch)) else {
            return;
        };
        let fetching = self.in_flight.fetches.remove(place);
        let Op::Http(op) = &ctx.program.ops[fetching.at as usize] else { return };
        let is_wanted = self.script.tasks.iter().any(|task| task.serial == fetching.task);
        let problem = self.judge(ctx, op, outcome, ctx.now.since(fetching.sent_at), is_wanted);
        match problem {
            Some((code, sample)) => {
                self.count_failure(ctx, op.operation, &code, || sample.clone());
                if op.required && !self.life.stage.is_leaving() {
                    let name = &ctx.program.operations[op.operation.0 as usize];
                    let why = format!("{code} {sample}");
                    self.fail(ctx, &format!("{name} failed: {}", ctx.redactor.shown(&why, 240)));
                } else {
                    self.script.unblock(Some(fetching.task), ctx.now);
                }
            }
            None => self.script.unblock(Some(fetching.task), ctx.now),
        }
        self.run(ctx);
        self.leave_if_quiet(ctx);
    }

    /// Measures and saves a good answer; says what is wrong with any other.
    fn judge(
        &mut self,
        ctx: &mut Context<'_>,
        op: &HttpOp,
        outcome: &FetchOutcome,
        took: Span,
        is_wanted: bool,
    ) -> Option<(String, String)> {
        let (status, headers, body) = match outcome {
            FetchOutcome::Answer { status, headers, body, .. } => (*status, headers, body),
            FetchOutcome::Blocked { cause, detail } => {
                if *cause == FetchFailure::TimedOut {
                    ctx.censored(ctx.meters.operation(op.operation).answer, op.timeout, took);
                }
                return Some((cause.code().to_owned(), detail.clone()));
            }
        };
        let expected = if op.expect.is_empty() { (200..300).contains(&status) } else { op.expect.contains(&status) };
        let parsed: [Value; 1] = [json::read(body).unwrap_or(Value::Null)];
        if !expected {
            let code = op.error_code.as_ref().and_then(|pointer| pointer.find(&parsed)).and_then(code_of);
            let code = code.unwrap_or_else(|| status.to_string());
            return Some((code, format!("HTTP {status} {}", shorten(body, MAX_BODY))));
        }
        let found = Found::Answer { status, headers, body: &parsed };
        // Of what no step waits for any more, nothing is kept.
        let saves = if is_wanted { &op.save[..] } else { &[] };
        if let Err(missing) = self.memory.save(saves, &found) {
            return Some(("unexpected answer".to_owned(), missing.to_string()));
        }
        self.memory.secrets.teach(ctx.redactor);
        // A sample is a success: a server that fails fast must not look quick, nor half as faulty as it is.
        ctx.sample(ctx.meters.operation(op.operation).answer, took);
        None
    }
}

/// Characters of an unexpected answer that are looked at for its sample.
const MAX_BODY: usize = 4_000;
