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

use super::utterance::{Chunk, Utterance};
use base::time::Timestamp;
use protocol::audio::length;
use scenario::{Audio, OperationId};

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
    /// The microphone's chunk with its last sample of speech, and when that sample is due. What comes behind it (the end of
    /// the clip, and what fills the last chunk) is silence: the service may answer from there on.
    end: (u64, Timestamp),
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
        let end = match utterance.last_voiced(chunks) {
            Some(place) => (first + place, mic.time_of(first + place, utterance.chunk(place).voiced, audio)),
            None => (first + chunks - 1, mic.time_of(first + chunks, 0, audio)),
        };
        Self { utterance, first, chunks, began, end, operation, task }
    }

    /// Its part in the chunk that `mic` is at; `None`: it has not begun.
    pub fn part(&self, mic: &Mic) -> Option<Chunk> {
        let place = mic.current().checked_sub(self.first)?;
        Some(self.utterance.chunk(place))
    }

    /// When its last sample of speech was due, if that is in a chunk that has been sent.
    pub fn voiced_until(&self, mic: &Mic) -> Option<Timestamp> {
        let (chunk, at) = self.end;
        (mic.current() > chunk).then_some(at)
    }

    /// The chunk that `mic` is at comes behind its last one.
    pub fn is_over(&self, mic: &Mic) -> bool {
        mic.current() >= self.first + self.chunks
    }
}
