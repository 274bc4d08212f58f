//! One conversation.

use std::rc::Rc;

use serde_json::{Value, json};

use super::{ClosePoint, VoiceOutput, VoiceServer};
use crate::net::Peer;
use base::time::{Span, Timestamp};

pub struct Conversation {
    /// What was put on the agenda under another number is cancelled.
    pub generation: u32,
    is_scenario: bool,
    is_heard: bool,
    is_speaking: bool,
    /// Samples since the last loud one.
    silent: u64,
    turns: u32,
    answering: bool,
    reported: bool,
}

/// What is to happen in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    Greeting,
    /// Chunk `.0` of an answer that stalls before chunk `.1`, if any.
    Chunk(u32, Option<u32>),
    Done,
    Transcript,
    Report,
    /// A conversation beyond the capacity is given up.
    GiveUp,
}

impl Due {
    /// Happens whatever the user says in the meantime.
    pub fn is_lasting(self) -> bool {
        matches!(self, Self::Transcript | Self::Report | Self::GiveUp)
    }
}

const RATE: u64 = 24_000;

impl VoiceServer {
    /// A WebSocket is asked for.
    pub fn open(&mut self, now: Timestamp, peer: Peer, url: &str, protocols: &[String]) {
        if self.config.close.is_some_and(|(point, _)| point == ClosePoint::Handshake) {
            return self.out.push((peer, VoiceOutput::Closed(1006)));
        }
        match self.admit(url, protocols) {
            Ok(()) => self.out.push((peer, VoiceOutput::Opened)),
            // Refused before it is accepted: a browser sees no code.
            Err(1006) => return self.out.push((peer, VoiceOutput::Closed(1006))),
            Err(code) => {
                self.out.push((peer, VoiceOutput::Opened));
                return self.out.push((peer, VoiceOutput::Closed(code)));
            }
        }
        let is_heard = self.calls.values().filter(|call| call.is_heard).count() < self.config.capacity;
        let is_scenario = url.contains("scenario");
        let call = Conversation {
            generation: 0,
            is_scenario,
            is_heard,
            is_speaking: false,
            silent: 0,
            turns: 0,
            answering: false,
            reported: false,
        };
        self.calls.insert(peer, call);
        self.counts.opened += 1;
        self.counts.most_calls = self.counts.most_calls.max(self.calls.len());
        if !is_heard {
            return self.agenda.send(now, Span::from_secs(30), (peer, 0, Due::GiveUp));
        }
        if is_scenario {
            self.send(peer, r#"{"type":"ready"}"#);
        }
        if !self.closes_at(peer, ClosePoint::BeforeGreeting) {
            self.agenda.send(now, self.config.greeting, (peer, 0, Due::Greeting));
        }
    }

    /// A frame of its own, or one that many users send.
    pub fn text(&mut self, now: Timestamp, peer: Peer, frame: &Rc<str>) {
        let Some(call) = self.calls.get(&peer) else { return };
        if !call.is_heard || call.reported {
            return;
        }
        if let Some(audio) = self.ear.listen(frame) {
            let kind = if call.is_scenario { "input_audio_chunk" } else { "input_audio_buffer.append" };
            *self.counts.events.entry(kind.to_owned()).or_default() += 1;
            return self.hear(now, peer, audio);
        }
        let frame: Value = serde_json::from_str(frame).unwrap_or_default();
        let kind = frame["type"].as_str().unwrap_or_default().to_owned();
        *self.counts.events.entry(kind.clone()).or_default() += 1;
        match kind.as_str() {
            "disconnect" if !call.is_scenario => self.agenda.send(now, self.config.report, (peer, 0, Due::Report)),
            "text" if call.is_scenario => self.on_turn(now, peer),
            _ => {}
        }
    }

    fn hear(&mut self, now: Timestamp, peer: Peer, audio: super::ear::HeardAudio) {
        let silence = self.config.vad_silence.as_micros() * RATE / 1_000_000;
        let Some(call) = self.calls.get_mut(&peer) else { return };
        let Some(voiced) = audio.voiced else {
            call.silent += audio.samples;
            if call.is_speaking && call.silent >= silence {
                self.on_turn(now, peer);
            }
            return;
        };
        call.silent = audio.samples - voiced;
        if std::mem::replace(&mut call.is_speaking, true) {
            return;
        }
        // Whatever was on the agenda is off: the user has begun to speak.
        call.generation += 1;
        let (cut, is_scenario) = (std::mem::take(&mut call.answering), call.is_scenario);
        if !is_scenario {
            self.send(peer, r#"{"type":"speech.started"}"#);
        }
        if cut {
            self.counts.cut += 1;
            self.end_answer(peer);
        }
        self.closes_at(peer, ClosePoint::Speaking);
    }

    /// The user's turn has ended.
    fn on_turn(&mut self, now: Timestamp, peer: Peer) {
        let Some(call) = self.calls.get_mut(&peer) else { return };
        call.is_speaking = false;
        call.turns += 1;
        let (generation, turns, is_scenario) = (call.generation, call.turns, call.is_scenario);
        self.counts.turns += 1;
        if self.config.mute_from_turn.is_some_and(|from| turns >= from) {
            return;
        }
        if !is_scenario {
            self.send(peer, r#"{"type":"speech.stopped"}"#);
        }
        if self.closes_at(peer, ClosePoint::Waiting) {
            return;
        }
        self.agenda.send(now, self.config.transcript, (peer, generation, Due::Transcript));
        let due = if self.config.empty_answers { Due::Done } else { Due::Chunk(0, self.draw_stall()) };
        self.agenda.send(now, self.config.think, (peer, generation, due));
    }

    fn draw_stall(&mut self) -> Option<u32> {
        let stalls = self.random.f64() < self.config.stall_share;
        self.counts.stalled += u64::from(stalls);
        stalls.then_some(self.config.chunks / 2)
    }

    pub(super) fn on_due(&mut self, now: Timestamp, peer: Peer, due: Due) {
        match due {
            Due::Greeting => {
                if self.config.malformed {
                    self.send_nonsense(peer);
                }
                self.counts.greeted += 1;
                self.send_chunk(now, peer, 0, None);
            }
            Due::Chunk(index, stall) => self.send_chunk(now, peer, index, stall),
            Due::Done => {
                let Some(call) = self.calls.get_mut(&peer) else { return };
                let is_greeting = call.turns == 0;
                call.answering = false;
                self.counts.answered += u64::from(!is_greeting);
                if is_greeting || !self.config.lose_ends {
                    self.end_answer(peer);
                }
            }
            Due::Transcript => {
                let is_scenario = self.calls.get(&peer).is_some_and(|call| call.is_scenario);
                let kind = if is_scenario { "input_audio.transcript" } else { "user.transcript" };
                self.send(peer, &json!({"type": kind, "transcript": "words"}).to_string());
            }
            Due::Report => {
                self.counts.reports += 1;
                if let Some(call) = self.calls.get_mut(&peer) {
                    call.reported = true;
                    call.generation += 1;
                }
                self.send(peer, r#"{"type":"disconnected","reason":"Session ended","report":{"messages":[]}}"#);
                self.closes_at(peer, ClosePoint::AfterReport);
            }
            Due::GiveUp => {
                self.calls.remove(&peer);
                self.out.push((peer, VoiceOutput::Closed(1006)));
            }
        }
    }

    fn send_chunk(&mut self, now: Timestamp, peer: Peer, index: u32, stall: Option<u32>) {
        let Some(call) = self.calls.get_mut(&peer) else { return };
        call.answering = true;
        let generation = call.generation;
        let (kind, extra) =
            if call.is_scenario { ("response.audio.delta", r#","sample_rate":24000"#) } else { ("audio.delta", "") };
        let frame = format!(r#"{{"type":"{kind}","delta":"{}"{extra}}}"#, self.ear.answer);
        self.send(peer, &frame);
        self.counts.chunks_out += 1;
        if index > 0 && self.closes_at(peer, ClosePoint::Listening) {
            return;
        }
        let next = index + 1;
        let wait = self.config.pace + if stall == Some(next) { self.config.stall } else { Span::ZERO };
        let due = if next < self.config.chunks { Due::Chunk(next, stall) } else { Due::Done };
        self.agenda.send(now, wait, (peer, generation, due));
    }

    /// The end of an answer; the third one of a scenario completes it.
    fn end_answer(&mut self, peer: Peer) {
        let Some(call) = self.calls.get(&peer) else { return };
        if !call.is_scenario {
            self.send(peer, r#"{"type":"audio.done"}"#);
            return self.send(peer, r#"{"type":"transcript.done","transcript":"words"}"#);
        }
        let completed = call.turns >= 3;
        self.send(peer, r#"{"type":"response.audio.done"}"#);
        self.send(peer, r#"{"type":"response.audio_transcript.done","transcript":"words"}"#);
        if completed {
            let frame = r#"{"type":"scenario.completed","json":{"place":"cafe","sessionId":"s"},"completed":true}"#;
            self.send(peer, frame);
        }
    }

    /// Bad base64, half a sample, no audio, an array, a bare string, a binary frame.
    fn send_nonsense(&mut self, peer: Peer) {
        self.send(peer, r#"{"type":"audio.delta","delta":"*"}"#);
        self.send(peer, r#"{"type":"audio.delta","delta":"AAAA"}"#);
        self.send(peer, r#"{"type":"audio.delta"}"#);
        self.send(peer, "[1,2]");
        self.send(peer, "\"sorry\"");
        self.out.push((peer, VoiceOutput::Binary(vec![1, 2, 3])));
    }
}
