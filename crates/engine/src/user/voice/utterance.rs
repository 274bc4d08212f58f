//! What users say, encoded once per worker.

use std::collections::HashMap;
use std::rc::Rc;

use serde_json::Value;

use crate::ports::{FrameId, Frames};
use protocol::audio::{Clip, FrameWriter, Variation, clips, resample, voiced_ends};
use scenario::{Audio, Op, Program, Protocol};

/// A clip in frames, ready to be sent.
#[derive(Debug)]
pub struct Utterance {
    /// At least one.
    pub chunks: Vec<Chunk>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk {
    pub frame: FrameId,
    /// Samples up to the last one of speech; 0: it is silent.
    pub voiced: u32,
}

impl Utterance {
    /// Said again and again: chunk number `place`.
    pub fn chunk(&self, place: u64) -> Chunk {
        self.chunks[(place % self.chunks.len() as u64) as usize]
    }

    /// The last one with speech, when so many are said.
    pub fn last_voiced(&self, said: u64) -> Option<u64> {
        let least = said.saturating_sub(self.chunks.len() as u64);
        (least..said).rev().find(|place| self.chunk(*place).voiced > 0)
    }
}

/// A clip that nobody has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no clip \"{name}\", only {}", known.join(", "))]
pub struct UnknownClip {
    pub name: String,
    /// Those that there are.
    pub known: Vec<String>,
}

/// Every utterance of a population, made when somebody says it for the first time.
pub struct Utterances {
    rate: u32,
    chunk_samples: usize,
    writer: FrameWriter,
    /// At the rate of the service.
    clips: HashMap<String, Vec<i16>>,
    ready: HashMap<(String, Variation), Rc<Utterance>>,
    silence: Option<FrameId>,
}

impl Utterances {
    /// For a population that speaks (`None`: it does not), with the page's clips before the shipped ones of the same name.
    ///
    /// # Errors
    /// A step names a clip that does not exist.
    pub fn new(program: &Program, given: &[Clip]) -> Result<Option<Self>, UnknownClip> {
        let Some(Audio { rate, chunk_samples, outbound, .. }) = &program.audio else { return Ok(None) };
        let Protocol::WebSocket { event_field } = &program.protocol else { return Ok(None) };
        let shipped: Vec<Clip> = clips::SHIPPED.iter().filter_map(|name| clips::shipped(name)).collect();
        let all = shipped.iter().chain(given);
        let utterances = Self {
            rate: *rate,
            chunk_samples: *chunk_samples as usize,
            writer: FrameWriter::new(event_field, &outbound.event, &outbound.field, &outbound.extra),
            clips: all.map(|clip| (clip.name.clone(), resample(&clip.samples(), clip.rate, *rate))).collect(),
            ready: HashMap::new(),
            silence: None,
        };
        let spoken =
            program.ops.iter().filter_map(|op| if let Op::Speak(op) = op { op.clip.as_constant() } else { None });
        let unknown = spoken.filter_map(Value::as_str).find(|name| !utterances.clips.contains_key(*name));
        match unknown {
            Some(name) => Err(utterances.unknown(name)),
            None => Ok(Some(utterances)),
        }
    }

    /// What to say of a clip that does not exist.
    pub fn unknown(&self, name: &str) -> UnknownClip {
        UnknownClip { name: name.to_owned(), known: self.names() }
    }

    /// Of all clips that can be said.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.clips.keys().cloned().collect();
        names.sort_unstable();
        names
    }

    /// One chunk of silence.
    pub fn silence(&mut self, frames: &mut Frames) -> FrameId {
        let (writer, samples) = (&self.writer, self.chunk_samples);
        *self.silence.get_or_insert_with(|| frames.add(writer.write(&vec![0; samples])))
    }

    /// `None`: there is no clip of that name, or it is empty.
    pub fn utterance(&mut self, name: &str, variation: Variation, frames: &mut Frames) -> Option<Rc<Utterance>> {
        let key = (name.to_owned(), variation);
        if let Some(ready) = self.ready.get(&key) {
            return Some(ready.clone());
        }
        let clip = self.clips.get(name).filter(|clip| !clip.is_empty())?;
        // Where speech is, is a matter of the clip: noise that is put on it is no speech.
        let voiced_ends = voiced_ends(clip, self.rate, self.chunk_samples);
        let mut samples = clip.clone();
        samples.resize(samples.len().next_multiple_of(self.chunk_samples), 0);
        let chunk = |(index, samples): (usize, &[i16])| Chunk {
            frame: frames.add(self.writer.write(samples)),
            voiced: voiced_ends[index] as u32,
        };
        let samples = variation.apply(&samples);
        let utterance =
            Rc::new(Utterance { chunks: samples.chunks(self.chunk_samples).enumerate().map(chunk).collect() });
        self.ready.insert(key, utterance.clone());
        Some(utterance)
    }
}
