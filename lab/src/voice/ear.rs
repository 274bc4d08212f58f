//! Hears where speech begins and ends, by its energy, in audio time: only silence that was streamed counts.

/// Samples per second, of everything that is heard and said.
pub const RATE: u64 = 24_000;

#[derive(Debug, Default)]
pub struct Ear {
    /// Of the window that is not full yet.
    energy: u64,
    samples: u64,
    voiced_run: u64,
    silent_run: u64,
    speaking: bool,
    /// Samples between the beginning and the last voiced window of the current utterance.
    spoken: u64,
    /// Samples ever heard, and those in voiced windows.
    pub heard: u64,
    pub voiced: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    Started,
    /// Milliseconds from the first to the last voiced window.
    Stopped {
        speech_ms: u64,
    },
}

impl Ear {
    pub fn listen(&mut self, audio: &[i16]) -> Vec<Heard> {
        let mut heard = Vec::new();
        self.heard += audio.len() as u64;
        for sample in audio {
            self.energy += u64::from(sample.unsigned_abs()).pow(2);
            self.samples += 1;
            if self.samples == WINDOW {
                let is_voiced = self.energy > WINDOW * LOUD * LOUD;
                (self.energy, self.samples) = (0, 0);
                heard.extend(self.window(is_voiced));
            }
        }
        heard
    }

    fn window(&mut self, is_voiced: bool) -> Option<Heard> {
        if is_voiced {
            self.voiced += WINDOW;
            self.voiced_run += WINDOW;
            if self.speaking {
                self.spoken += self.silent_run + WINDOW;
            }
            self.silent_run = 0;
        } else {
            self.voiced_run = 0;
            self.silent_run += WINDOW;
        }
        if !self.speaking && self.voiced_run >= ONSET {
            self.speaking = true;
            self.spoken = self.voiced_run;
            return Some(Heard::Started);
        }
        if self.speaking && self.silent_run >= SILENCE {
            self.speaking = false;
            return Some(Heard::Stopped { speech_ms: self.spoken * 1_000 / RATE });
        }
        None
    }

    /// Somebody else listens from now on.
    pub fn forget_speech(&mut self) {
        *self = Self { heard: self.heard, voiced: self.voiced, ..Self::default() };
    }
}

/// 10 ms.
const WINDOW: u64 = RATE / 100;
/// So that a click is no speech.
const ONSET: u64 = 2 * WINDOW;
/// 1,500 ms of silent audio end a turn.
const SILENCE: u64 = RATE * 3 / 2;
/// Root mean square of a voiced window: -45 dB of full scale.
const LOUD: u64 = 184;

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(samples: usize) -> Vec<i16> {
        (0..samples).map(|n| if n % 100 < 50 { 2_000 } else { -2_000 }).collect()
    }

    #[track_caller]
    fn check(audio: &[i16], chunk: usize, expected: &[(usize, Heard)]) {
        let mut ear = Ear::default();
        let mut heard = Vec::new();
        for (index, chunk) in audio.chunks(chunk).enumerate() {
            heard.extend(ear.listen(chunk).into_iter().map(|what| (index, what)));
        }
        assert_eq!(heard, expected);
    }

    #[test]
    fn silence_ends_a_turn_in_audio_time() {
        let audio = [vec![0; 2_400], tone(24_000), vec![0; 36_000]].concat();
        check(&audio, 2_400, &[(1, Heard::Started), (25, Heard::Stopped { speech_ms: 1_000 })]);
        check(&audio[..audio.len() - 1], 2_400, &[(1, Heard::Started)]);
        check(&audio, 7, &[(2_880 / 7, Heard::Started), (audio.len() / 7, Heard::Stopped { speech_ms: 1_000 })]);
    }

    #[test]
    fn a_pause_is_part_of_the_turn_and_a_click_is_none() {
        let audio = [tone(12_000), vec![0; 35_760], tone(12_000), vec![0; 36_000]].concat();
        check(&audio, audio.len(), &[(0, Heard::Started), (0, Heard::Stopped { speech_ms: 2_490 })]);
        check(&[vec![0; 240], tone(240), vec![0; 72_000]].concat(), 240, &[]);
        check(&vec![150; 48_000], 4_096, &[]);
    }
}
