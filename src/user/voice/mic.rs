//! The microphone: which chunk is due when.
//!
//! ```text
//!   switched on                the user begins to speak        last sample of speech
//!     │     silence     │   silence     │▮▮▮ speech ▮▮▮▮│▮▮ speech ▮▯▯▯▯│   silence     │
//!     since             due 0           due 1           due 2           due 3           due 4
//! ```
//! A chunk is due when its last sample has been spoken, as a real microphone hands it over. All due times are counted
//! from `since`, so that nothing adds up; what is late is sent at once.

use std::rc::Rc;

use super::utterance::Utterance;
use crate::protocol::audio::length;
use crate::scenario::{Audio, OperationId};
use crate::time::Timestamp;

/// A microphone that is on.
#[derive(Debug, Clone, Copy)]
pub struct Mic {
    since: Timestamp,
    /// Chunks handed over.
    sent: u64,
    /// When the next one is.
    pub due: Timestamp,
}

impl Mic {
    pub fn new(since: Timestamp, audio: &Audio) -> Self {
        let mut mic = Self { since, sent: 0, due: since };
        mic.due = mic.end_of(0, audio);
        mic
    }

    /// The chunk that is being spoken.
    pub const fn current(&self) -> u64 {
        self.sent
    }

    /// Hands over the current chunk.
    pub fn advance(&mut self, audio: &Audio) {
        self.sent += 1;
        self.due = self.end_of(self.sent, audio);
    }

    /// When sample `offset` of a chunk is spoken.
    pub fn time_of(&self, chunk: u64, offset: u32, audio: &Audio) -> Timestamp {
        self.since + length(chunk * u64::from(audio.chunk_samples) + u64::from(offset), audio.rate)
    }

    fn end_of(&self, chunk: u64, audio: &Audio) -> Timestamp {
        self.time_of(chunk, audio.chunk_samples, audio)
    }
}

/// An utterance that is being said.
#[derive(Debug)]
pub struct Speech {
    utterance: Rc<Utterance>,
    /// The microphone's chunk with which it begins.
    first: u64,
    /// How many chunks of it are said, by cutting it or saying it again.
    chunks: u64,
    pub began: Timestamp,
    /// When its last sample of speech so far was due.
    pub voiced_until: Option<Timestamp>,
    /// When its first chunk was really sent.
    pub first_sent: Option<Timestamp>,
    pub operation: OperationId,
    /// The task that goes on when it is over.
    pub task: u32,
}

impl Speech {
    /// Begins with the next whole chunk of `mic`, or with its first if that has only been switched on.
    pub fn new(
        utterance: Rc<Utterance>,
        chunks: Option<u64>,
        (mic, fresh): (&Mic, bool),
        (operation, task): (OperationId, u32),
        audio: &Audio,
    ) -> Self {
        let first = mic.current() + u64::from(!fresh);
        let chunks = chunks.unwrap_or(utterance.chunks.len() as u64).max(1);
        let began = mic.time_of(first, 0, audio);
        Self { utterance, first, chunks, began, voiced_until: None, first_sent: None, operation, task }
    }

    /// Its part in a chunk of the microphone; `None`: it has not begun.
    pub fn part(&mut self, mic: &Mic, now: Timestamp, audio: &Audio) -> Option<crate::engine::FrameId> {
        let place = mic.current().checked_sub(self.first)?;
        let part = self.utterance.chunks[(place % self.utterance.chunks.len() as u64) as usize];
        if part.voiced > 0 {
            self.voiced_until = Some(mic.time_of(mic.current(), part.voiced, audio));
        }
        self.first_sent.get_or_insert(now);
        Some(part.frame)
    }

    /// The chunk that `mic` is at comes behind its last one.
    pub fn is_over(&self, mic: &Mic) -> bool {
        mic.current() >= self.first + self.chunks
    }
}
