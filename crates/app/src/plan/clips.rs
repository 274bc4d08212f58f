//! What voice users can say: the shipped clips, and those that the page's user dropped or recorded. The latter are held
//! in the page's memory only: no plan, link or report holds them.

use std::sync::{Arc, LazyLock};

use crate::format;
use protocol::audio::{Clip, Level, clips, length};

/// Longer ones are refused: a clip is an utterance, and each one is kept encoded in every worker.
pub const LONGEST_S: u64 = 120;

/// A clip and what is shown of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownClip {
    pub clip: Arc<Clip>,
    pub is_own: bool,
    /// `2.4 s`.
    pub length: String,
    /// `-21 dB`, of full scale.
    pub level: String,
    /// What is odd about it; mostly empty.
    pub note: &'static str,
}

/// Why a clip is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoUtterance {
    #[error("it holds no audio")]
    Empty,
    /// With its length, in words.
    #[error("it is {0} long, and {LONGEST_S} s is the most for an utterance")]
    Long(String),
}

/// The page's own clips, in the order in which they came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Clips {
    own: Vec<KnownClip>,
}

static SHIPPED: LazyLock<Vec<KnownClip>> = LazyLock::new(|| {
    let shipped = clips::SHIPPED.iter().filter_map(|name| clips::shipped(name));
    shipped.map(|clip| KnownClip::new(clip, false)).collect()
});

impl KnownClip {
    fn new(clip: Clip, is_own: bool) -> Self {
        let samples = clip.samples();
        let mut level = Level::default();
        level.add_samples(&samples);
        let seconds = length(samples.len() as u64, clip.rate).as_secs_f64();
        Self {
            length: if seconds < 60.0 { format!("{seconds:.1}\u{a0}s") } else { format::duration(seconds) },
            level: decibels(level.rms()),
            note: match () {
                () if level.is_silent() => "silent",
                () if level.is_clipped() => "clipped",
                () => "",
            },
            is_own,
            clip: Arc::new(clip),
        }
    }

    pub fn name(&self) -> &str {
        &self.clip.name
    }
}

impl Clips {
    /// The shipped ones first.
    pub fn all(&self) -> impl Iterator<Item = &KnownClip> {
        SHIPPED.iter().chain(&self.own)
    }

    pub fn find(&self, name: &str) -> Option<&KnownClip> {
        self.all().find(|known| known.name() == name)
    }

    /// Those that a run has to be given.
    pub fn own(&self) -> Vec<Clip> {
        self.own.iter().map(|known| (*known.clip).clone()).collect()
    }

    /// Takes a clip under its name, or one like it that is free. Gives the name that it has.
    ///
    /// # Errors
    /// It holds nothing, or more than an utterance.
    pub fn add(&mut self, clip: Clip) -> Result<String, NoUtterance> {
        let samples = clip.samples();
        let seconds = length(samples.len() as u64, clip.rate).as_secs_f64();
        if samples.is_empty() {
            return Err(NoUtterance::Empty);
        }
        if seconds > LONGEST_S as f64 {
            return Err(NoUtterance::Long(format::duration(seconds.round())));
        }
        let name = self.free_name(&clip.name);
        self.own.push(KnownClip::new(Clip::new(name.clone(), clip.rate, &samples), true));
        Ok(name)
    }

    /// Gives one of the own clips another name; gives the one that it has now.
    pub fn rename(&mut self, from: &str, to: &str) -> Option<String> {
        let place = self.own.iter().position(|known| known.name() == from)?;
        if plain(to) == from || plain(to).is_empty() {
            return None;
        }
        let name = self.free_name(to);
        let known = &mut self.own[place];
        known.clip = Arc::new(Clip::new(name.clone(), known.clip.rate, &known.clip.samples()));
        Some(name)
    }

    pub fn remove(&mut self, name: &str) {
        self.own.retain(|known| known.name() != name);
    }

    /// The name as it is, or with the first number behind it that makes it a new one.
    fn free_name(&self, wanted: &str) -> String {
        let wanted = match plain(wanted) {
            empty if empty.is_empty() => "clip".to_owned(),
            name => name,
        };
        let numbered = (2..).map(|number| format!("{wanted} {number}"));
        let mut names = std::iter::once(wanted.clone()).chain(numbered);
        names.find(|name| self.find(name).is_none()).unwrap_or(wanted)
    }
}

/// A name that a plan takes as it is: what looks like a template would be evaluated.
fn plain(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    words.join(" ").replace('$', "").chars().take(LONGEST_NAME).collect()
}

/// The name of a file without its ending.
pub fn stem(file: &str) -> &str {
    file.rsplit_once('.').map_or(file, |(stem, _)| if stem.is_empty() { file } else { stem })
}

fn decibels(share: f64) -> String {
    // The sum takes the sign from a zero.
    if share > 0.0 { format!("{}\u{a0}dB", (20.0 * share.log10()).round() + 0.0) } else { format::NOTHING.to_owned() }
}

const LONGEST_NAME: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    fn clip(name: &str, samples: &[i16]) -> Clip {
        Clip::new(name.into(), 8_000, samples)
    }

    #[test]
    fn names_are_unique_and_no_templates() {
        let mut clips = Clips::default();
        #[track_caller]
        fn check(clips: &mut Clips, wanted: &str, expected: &str) {
            assert_eq!(clips.add(clip(wanted, &[1])).as_deref(), Ok(expected));
        }
        check(&mut clips, "order", "order 2");
        check(&mut clips, " my \t voice ", "my voice");
        check(&mut clips, "my voice", "my voice 2");
        check(&mut clips, "${run.id}", "{run.id}");
        check(&mut clips, "", "clip");
        let names: Vec<_> = clips.all().map(KnownClip::name).collect();
        assert_eq!(names, ["order", "weather", "weekend", "order 2", "my voice", "my voice 2", "{run.id}", "clip"]);
    }

    #[test]
    fn what_is_no_utterance_is_refused() {
        let mut clips = Clips::default();
        assert_eq!(clips.add(clip("a", &[])), Err(NoUtterance::Empty));
        let long = vec![1; 8_000 * 121];
        let refused = clips.add(clip("a", &long)).unwrap_err().to_string();
        assert_eq!(refused.replace('\u{a0}', " "), "it is 2 min 1 s long, and 120 s is the most for an utterance");
        assert_eq!(clips, Clips::default());
    }

    #[test]
    fn only_own_clips_are_renamed_and_removed() {
        let mut clips = Clips::default();
        clips.add(clip("mine", &[1])).unwrap();
        assert_eq!(clips.rename("order", "x"), None);
        assert_eq!(clips.rename("mine", " "), None);
        assert_eq!(clips.rename("mine", "weather").as_deref(), Some("weather 2"));
        clips.remove("order");
        clips.remove("weather 2");
        assert_eq!(clips.all().count(), 3);
    }

    #[test]
    fn length_and_level_are_shown() {
        #[track_caller]
        fn check(samples: &[i16], length: &str, level: &str, note: &str) {
            let known = KnownClip::new(clip("a", samples), true);
            let found = (known.length.replace('\u{a0}', " "), known.level.replace('\u{a0}', " "), known.note);
            assert_eq!(found, (length.into(), level.into(), note));
        }
        check(&[16_384; 12_000], "1.5 s", "-6 dB", "");
        check(&[0; 160_000], "20.0 s", "–", "silent");
        check(&[9_000; 8_000 * 90], "1 min 30 s", "-11 dB", "");
        check(&[32_767; 800], "0.1 s", "0 dB", "clipped");
    }

    #[test]
    fn files_lose_their_ending() {
        assert_eq!([stem("a.b.wav"), stem("plain"), stem(".wav")], ["a.b", "plain", ".wav"]);
    }
}
