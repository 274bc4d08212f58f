//! The service's own words: chunks of 100 ms, each with a deadline counted from the answer's beginning.

use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use serde_json::json;

use super::Voice;
use super::call::{Call, Due, State};
use super::clip::{self, Clip};
use super::counts::Turn;
use super::frames::{self, Frame};
use super::millis;
use faults::{ClosePhase, VoiceFaults};

pub struct Answer {
    /// Which turn it answers; 0: the greeting.
    pub turn: u32,
    clip: &'static Clip,
    start: Duration,
    /// The chunk that leaves next.
    next: usize,
    /// When the last one left, or should have.
    last: Duration,
    stalls: bool,
    upstream: Upstream,
}

/// What becomes of whoever speaks for the service, in the middle of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Upstream {
    Stays,
    Lost,
    /// It closes in good order, which the service keeps to itself.
    Ends,
}

impl Answer {
    pub fn is_begun(&self) -> bool {
        self.next > 0
    }

    /// The chunk before which faults strike.
    fn middle(&self) -> usize {
        self.clip.chat.len() / 2
    }

    /// When the next chunk leaves, or the answer is over: never before the one before.
    fn schedule(&mut self, switches: &VoiceFaults, jitter: f64) -> (Duration, Due) {
        let stall = if self.stalls && self.next >= self.middle() { millis(switches.stall_ms) } else { Duration::ZERO };
        let planned = self.start + (CHUNK * self.next as u32).div_f64(switches.speed) + stall;
        if self.next == self.clip.chat.len() {
            return (planned.max(self.last), Due::Done);
        }
        self.last = (planned + millis(switches.jitter_ms * jitter)).max(self.last);
        (self.last, Due::Chunk)
    }
}

impl Call {
    pub(super) fn begin_answer(&mut self, at: Duration, turn: u32, voice: &mut Voice) {
        if turn == 0 && self.closes(ClosePhase::BeforeGreeting, voice) {
            return;
        }
        let is_greeting = turn == 0;
        let [malformed, stalls, is_lost, ends] = {
            let VoiceFaults { malformed_share, stall_share, upstream_loss_share, upstream_end_share, .. } =
                voice.switches;
            [malformed_share, stall_share, upstream_loss_share, upstream_end_share]
                .map(|share| !is_greeting && self.draw(share))
        };
        let upstream = match (is_lost, ends) {
            (true, _) => Upstream::Lost,
            (false, true) => Upstream::Ends,
            (false, false) => Upstream::Stays,
        };
        if malformed {
            voice.counts.turn(turn).malformed += 1;
            frames::nonsense().for_each(|frame| self.send(frame, voice));
            self.send_binary(&[1, 2, 3], voice);
        }
        let clip = clip::of_turn(turn);
        let mut answer = Answer { turn, clip, start: at, next: 0, last: at, stalls, upstream };
        self.agenda.push(answer.schedule(&voice.switches, self.rng.f64()));
        self.answer = Some(answer);
    }

    pub(super) fn send_chunk(&mut self, at: Duration, voice: &mut Voice) {
        let Some(mut answer) = self.answer.take() else { return };
        let (turn, is_middle) = (answer.turn, answer.next == answer.middle());
        if is_middle && answer.upstream != Upstream::Stays {
            let is_told = answer.upstream == Upstream::Lost;
            self.answer = Some(answer);
            return self.lose_upstream(is_told, voice);
        }
        if answer.next == 0 {
            voice.counts.turn(turn).begun += 1;
            let seconds = answer.clip.chat.len() as f64 / 10.0;
            self.note(at, "assistant", answer.clip.text.to_owned(), seconds);
        }
        voice.counts.turn(turn).stalled += u64::from(is_middle && answer.stalls);
        voice.counts.turn(turn).chunks += 1;
        let (event, texts) = match self.kind.is_scenario {
            true => ("response.audio.delta", &answer.clip.scenario),
            false => ("audio.delta", &answer.clip.chat),
        };
        let text: Utf8Bytes = texts[answer.next].clone();
        self.send(Frame { event, text }, voice);
        answer.next += 1;
        self.agenda.push(answer.schedule(&voice.switches, self.rng.f64()));
        self.answer = Some(answer);
        if is_middle {
            self.closes(ClosePhase::Listening, voice);
        }
    }

    /// The user has begun to speak: an answer breaks off, and one that has not begun never will.
    pub(super) fn fall_silent(&mut self, voice: &mut Voice) {
        self.stop_answer(|turn| turn.cut += 1, voice);
        self.agenda.retain(|(_, due)| match due {
            Due::Answer(turn) => {
                voice.counts.turn(*turn).forestalled += 1;
                false
            }
            Due::Complete => false,
            _ => true,
        });
    }

    /// The end of an answer, whole or not, if one is under way; `count` says which.
    pub(super) fn stop_answer(&mut self, count: impl FnOnce(&mut Turn), voice: &mut Voice) {
        let Some(answer) = self.answer.take() else { return };
        self.agenda.retain(|(_, due)| !matches!(due, Due::Chunk | Due::Done));
        if !answer.is_begun() {
            voice.counts.turn(answer.turn).forestalled += 1;
            return;
        }
        count(voice.counts.turn(answer.turn));
        let transcript = [("transcript", json!(answer.clip.text))];
        if self.kind.is_scenario {
            self.send(frames::scenario("response.audio.done", &[]), voice);
            self.send(frames::scenario("response.audio_transcript.done", &transcript), voice);
        } else {
            self.send(frames::bare("audio.done"), voice);
            self.send(frames::chat("transcript.done", &transcript), voice);
        }
    }

    /// The answer stops in the middle, without a last event; the next audio ends the conversation.
    fn lose_upstream(&mut self, is_told: bool, voice: &mut Voice) {
        voice.counts.upstream_lost += 1;
        self.end(State::Lost, voice);
        if !is_told {
            return;
        }
        let message = ("message", json!("the connection to the speech service was lost"));
        let frame = match self.kind.is_scenario {
            true => frames::scenario("error", &[message]),
            false => frames::chat("error", &[("code", json!("openai_disconnected")), message]),
        };
        self.send(frame, voice);
    }
}

const CHUNK: Duration = Duration::from_millis(100);
