//! One conversation, without a clock: everything happens at a time since its opening that is passed in.

use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use serde_json::{Map, Value, json};

use super::Voice;
use super::admission::{Asked, Kind};
use super::ear::{Ear, Heard};
use super::frames::{self, Frame, Report, Spoken};
use super::inbound::{self, Inbound};
use super::millis;
use super::sessions::{DEFAULT_VOICE, Denied};
use super::speaking::Answer;
use crate::dates;
use faults::ClosePhase;

pub struct Call {
    pub(super) kind: Kind,
    pub(super) asked: Asked,
    voice_name: String,
    started_ms: i64,
    pub(super) state: State,
    ear: Ear,
    /// The number of the user's last turn, from 1; 0: it has not spoken yet.
    pub(super) turn: u32,
    pub(super) agenda: Vec<(Duration, Due)>,
    pub(super) answer: Option<Answer>,
    pub(super) messages: Vec<Spoken>,
    speech_ms: u64,
    pub(super) rng: fastrand::Rng,
    out: Vec<Out>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Live,
    /// Beyond the cap: nothing is read.
    Full,
    /// Whoever speaks for the service was never there.
    Deaf,
    /// Whoever spoke for the service is gone.
    Lost,
    /// Reported or completed: the socket stays open, but nothing is read any more.
    Over,
    Closed,
}

/// What has to happen later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    Ready,
    Transcript {
        turn: u32,
        speech_ms: u64,
    },
    /// The first word of the answer to that turn; 0 is the greeting.
    Answer(u32),
    Chunk,
    Done,
    Complete,
    Apology,
    UpstreamTimeout,
    GiveUp,
}

/// What the connection has to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Out {
    Text(Utf8Bytes),
    Binary(&'static [u8]),
    Close(u16, &'static str),
    /// Ends it without a closing handshake.
    Cut,
}

impl Call {
    pub fn open(voice: &mut Voice, kind: Kind, asked: Asked, is_full: bool, unix_ms: i64) -> Self {
        voice.counts.opened(kind.name());
        voice.counts.voice(asked.voice.as_deref().unwrap_or_default());
        let rng = voice.rng.fork();
        let mut call = Self {
            kind,
            voice_name: asked.voice.clone().unwrap_or_else(|| DEFAULT_VOICE.to_owned()),
            asked,
            started_ms: unix_ms,
            state: State::Live,
            ear: Ear::default(),
            turn: 0,
            agenda: Vec::new(),
            answer: None,
            messages: Vec::new(),
            speech_ms: 0,
            rng,
            out: Vec::new(),
        };
        call.begin(voice, is_full);
        call
    }

    fn begin(&mut self, voice: &mut Voice, is_full: bool) {
        if is_full {
            voice.counts.full += 1;
            self.state = State::Full;
            return self.agenda.push((millis(voice.switches.full_silence_ms), Due::GiveUp));
        }
        if voice.switches.no_key {
            if self.kind.is_scenario {
                self.send(frames::scenario("error", &[("message", json!("OPENAI_API_KEY is required"))]), voice);
            }
            let code = if self.kind.is_scenario { 1011 } else { 1008 };
            return self.close(code, "Server configuration error", voice);
        }
        if let Some(session) = &self.asked.session {
            let Asked { user, voice: name, show_text, .. } = &self.asked;
            match voice.sessions.enter(session, *user, name.as_deref(), *show_text) {
                Ok(name) => self.voice_name = name,
                Err(Denied::Unknown) => return self.close(4004, "Session not found", voice),
                Err(Denied::NotYours) => return self.close(4003, "Unauthorized access to this session", voice),
            }
        }
        if self.draw(voice.switches.silent_greeting_share) {
            voice.counts.silent += 1;
            self.state = State::Deaf;
            if self.kind.is_scenario {
                self.agenda.extend([(APOLOGY, Due::Apology), (UPSTREAM_TIMEOUT, Due::UpstreamTimeout)]);
            }
        } else if self.kind.is_scenario {
            self.agenda.extend([(READY, Due::Ready), (QUESTION, Due::Answer(0))]);
        } else {
            self.agenda.push((millis(voice.switches.greeting_ms), Due::Answer(0)));
        }
    }

    /// A text frame has come; a binary one is no object either.
    pub fn receive(&mut self, at: Duration, frame: Inbound, voice: &mut Voice) {
        let name = match &frame {
            Inbound::Event { name, .. } => name.clone(),
            Inbound::Malformed | Inbound::NoObject => MALFORMED.to_owned(),
        };
        let outcome = match self.state {
            State::Full | State::Over | State::Closed => "not heard",
            _ if self.kind.is_scenario => self.on_scenario_frame(at, frame, voice),
            _ => self.on_chat_frame(at, frame, voice),
        };
        voice.counts.event_in(&name, outcome);
    }

    fn on_chat_frame(&mut self, at: Duration, frame: Inbound, voice: &mut Voice) -> &'static str {
        let Inbound::Event { name, fields } = frame else {
            self.report(at, voice);
            return "ended the conversation";
        };
        match name.as_str() {
            "input_audio_buffer.append" if self.state == State::Lost => {
                self.report(at, voice);
                "ended the conversation"
            }
            "input_audio_buffer.append" => self.on_audio(at, &fields, voice),
            "disconnect" => {
                self.report(at, voice);
                "accepted"
            }
            "session.update" => self.on_update(at, &fields, voice),
            _ => "ignored",
        }
    }

    pub(super) fn on_audio(&mut self, at: Duration, fields: &Map<String, Value>, voice: &mut Voice) -> &'static str {
        let Some(audio) = inbound::audio(fields) else { return "bad audio" };
        if self.state != State::Live {
            return "not heard";
        }
        let voiced = self.ear.voiced;
        for heard in self.ear.listen(&audio) {
            match heard {
                Heard::Started => self.on_speech_started(voice),
                Heard::Stopped { speech_ms } => self.on_speech_stopped(at, speech_ms, voice),
            }
        }
        voice.counts.samples_in += audio.len() as u64;
        voice.counts.voiced_samples_in += self.ear.voiced - voiced;
        "accepted"
    }

    fn on_speech_started(&mut self, voice: &mut Voice) {
        if self.state != State::Live {
            return;
        }
        self.turn += 1;
        voice.counts.turn(self.turn).started += 1;
        if !self.kind.is_scenario {
            self.send(frames::bare("speech.started"), voice);
        }
        self.fall_silent(voice);
        self.closes(ClosePhase::Speaking, voice);
    }

    fn on_speech_stopped(&mut self, at: Duration, speech_ms: u64, voice: &mut Voice) {
        if self.state != State::Live {
            return;
        }
        self.speech_ms += speech_ms;
        if !self.kind.is_scenario {
            self.send(frames::bare("speech.stopped"), voice);
        }
        self.agenda.push((at + TRANSCRIPTION, Due::Transcript { turn: self.turn, speech_ms }));
        self.on_turn_over(at, voice);
    }

    /// The user has spoken, or written.
    pub(super) fn on_turn_over(&mut self, at: Duration, voice: &mut Voice) {
        voice.counts.turn(self.turn).stopped += 1;
        if self.closes(ClosePhase::Waiting, voice) {
            return;
        }
        if self.draw(voice.switches.silent_answer_share) {
            voice.counts.turn(self.turn).silent += 1;
            return;
        }
        let next = if self.knows_enough() { Due::Complete } else { Due::Answer(self.turn) };
        self.agenda.push((at + millis(voice.switches.think_ms), next));
    }

    /// Another voice is another speaker, who greets again.
    fn on_update(&mut self, at: Duration, fields: &Map<String, Value>, voice: &mut Voice) -> &'static str {
        let name = fields.get("config").and_then(|config| config.get("voice")).and_then(Value::as_str);
        let Some(name) = name.filter(|name| *name != self.voice_name) else { return "accepted" };
        self.voice_name = name.to_owned();
        if self.state != State::Live {
            return "accepted";
        }
        self.stop_answer(|turn| turn.abandoned += 1, voice);
        self.agenda.clear();
        self.ear.forget_speech();
        self.agenda.push((at + millis(voice.switches.greeting_ms), Due::Answer(0)));
        "accepted"
    }

    /// When `run` has something to do.
    pub fn next_due(&self) -> Option<Duration> {
        self.agenda.iter().map(|(due, _)| *due).min()
    }

    /// Does what is due, each at its own time, so that delays do not add up.
    pub fn run(&mut self, at: Duration, voice: &mut Voice) {
        while let Some(due) = self.next_due().filter(|due| *due <= at) {
            let first = self.agenda.iter().position(|(time, _)| *time == due).expect("it is the least of them");
            let (_, what) = self.agenda.remove(first);
            self.act(due, what, voice);
        }
    }

    fn act(&mut self, at: Duration, what: Due, voice: &mut Voice) {
        match what {
            Due::Ready => self.send(frames::scenario("ready", &[]), voice),
            Due::Transcript { turn, speech_ms } => self.transcribe(at, turn, speech_ms, voice),
            Due::Answer(turn) => self.begin_answer(at, turn, voice),
            Due::Chunk => self.send_chunk(at, voice),
            Due::Done => self.stop_answer(|turn| turn.completed += 1, voice),
            Due::Complete => self.complete(voice),
            Due::Apology => self.apologise(voice),
            Due::UpstreamTimeout => {
                self.send(frames::scenario("error", &[("message", json!("Realtime connection timeout"))]), voice);
            }
            Due::GiveUp => self.cut(voice),
        }
    }

    fn transcribe(&mut self, at: Duration, turn: u32, speech_ms: u64, voice: &mut Voice) {
        voice.counts.turn(turn).transcripts += 1;
        let content = format!("{speech_ms} ms of speech");
        let fields = [("transcript", json!(content))];
        let frame = match self.kind.is_scenario {
            true => frames::scenario("input_audio.transcript", &fields),
            false => frames::chat("user.transcript", &fields),
        };
        self.send(frame, voice);
        self.note(at, "user", content, speech_ms as f64 / 1e3);
    }

    pub(super) fn note(&mut self, at: Duration, role: &'static str, content: String, duration_sec: f64) {
        self.messages.push(Spoken { role, content, timestamp: self.date(at), duration_sec });
    }

    fn date(&self, at: Duration) -> String {
        dates::iso(self.started_ms + at.as_millis() as i64)
    }

    /// Says goodbye; from now on the socket is open and dead.
    fn report(&mut self, at: Duration, voice: &mut Voice) {
        let report = Report {
            session_id: self.asked.session.as_deref().unwrap_or_default(),
            started_at: self.date(Duration::ZERO),
            ended_at: self.date(at),
            total_duration_sec: at.as_secs_f64(),
            user_speech_duration_sec: self.speech_ms as f64 / 1e3,
            messages: &self.messages,
        };
        let frame = frames::disconnected(&report);
        self.send(frame, voice);
        self.end(State::Over, voice);
        self.closes(ClosePhase::AfterReport, voice);
    }

    /// Nothing more is said. What was said is stored, unless there is a report to come.
    pub(super) fn end(&mut self, state: State, voice: &mut Voice) {
        self.agenda.clear();
        if let Some(answer) = self.answer.take().filter(Answer::is_begun) {
            voice.counts.turn(answer.turn).abandoned += 1;
        }
        if let Some(session) = self.asked.session.as_ref().filter(|_| state != State::Lost) {
            voice.sessions.save(session, self.messages.drain(..));
        }
        self.state = state;
    }

    /// Whether this is where a fault closes it.
    pub(super) fn closes(&mut self, phase: ClosePhase, voice: &mut Voice) -> bool {
        let is_here = voice.switches.early_close_phase == phase && self.draw(voice.switches.early_close_share);
        if is_here {
            match voice.switches.early_close_code {
                1006 => self.cut(voice),
                code => self.close(code, "closed by fault", voice),
            }
        }
        is_here
    }

    pub fn close(&mut self, code: u16, reason: &'static str, voice: &mut Voice) {
        if self.state != State::Closed {
            self.end(State::Closed, voice);
            voice.counts.closed("server", code);
            self.out.push(Out::Close(code, reason));
        }
    }

    pub fn cut(&mut self, voice: &mut Voice) {
        if self.state != State::Closed {
            self.end(State::Closed, voice);
            voice.counts.closed("server", 1006);
            self.out.push(Out::Cut);
        }
    }

    /// The connection is gone, or the client is about to go.
    pub fn on_closed(&mut self, code: u16, voice: &mut Voice) {
        if self.state != State::Closed {
            self.end(State::Closed, voice);
            voice.counts.closed("client", code);
        }
    }

    pub(super) fn draw(&mut self, share: f64) -> bool {
        share > 0.0 && self.rng.f64() < share
    }

    pub(super) fn send(&mut self, frame: Frame, voice: &mut Voice) {
        voice.counts.event_out(frame.event, frame.text.len());
        self.out.push(Out::Text(frame.text));
    }

    pub(super) fn send_binary(&mut self, bytes: &'static [u8], voice: &mut Voice) {
        voice.counts.event_out(MALFORMED, bytes.len());
        self.out.push(Out::Binary(bytes));
    }

    /// Everything since the last call, in order.
    pub fn take_out(&mut self) -> Vec<Out> {
        std::mem::take(&mut self.out)
    }
}

pub const MALFORMED: &str = "(malformed)";
/// As recorded.
const READY: Duration = Duration::from_millis(460);
const QUESTION: Duration = Duration::from_millis(635);
const TRANSCRIPTION: Duration = Duration::from_millis(150);
const APOLOGY: Duration = Duration::from_millis(900);
const UPSTREAM_TIMEOUT: Duration = Duration::from_secs(10);

#[cfg(test)]
#[path = "call_tests.rs"]
mod tests;
