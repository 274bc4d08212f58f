//! Which of several times matters most.

use std::collections::BTreeSet;

use super::{Definition, Metric, Named};

/// The one that matters most first: a message's way there and back, an answer's first audio, a connection, the way to others; then
/// all the rest by name.
pub fn by_importance(names: &mut [String]) {
    let asked = asked(names.iter().map(String::as_str));
    names.sort_by_cached_key(|name| key(name, &asked));
}

/// That of these which people ask for first; `None`: none of them is.
pub fn most_important<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let asked = asked(names.clone());
    let ranked = names.filter(|name| Metric::read(name).definition().rank != Definition::UNRANKED);
    ranked.min_by_key(|name| key(name, &asked))
}

/// Times to first audio, answers before greetings, and what is told apart of them last.
pub fn first_audio(names: &mut Vec<String>) {
    let asked = asked(names.iter().map(String::as_str));
    let views = [Metric::FirstAudio, Metric::FirstAudioOfTurn, Metric::FirstAudioFromStopped];
    names.retain(|name| views.contains(&Metric::read(name).metric));
    names.sort_by_cached_key(|name| {
        let Named { metric, whose } = Metric::read(name);
        (metric != Metric::FirstAudio, !asked.contains(whose), name.clone())
    });
}

/// Of these the time to first audio that matters most, if somebody asked for that answer by voice: a greeting comes by itself.
pub fn answer<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let asked = asked(names.clone());
    let named = |name| (name, Metric::read(name));
    let mut answers = names.map(named).filter(|(_, named)| named.metric == Metric::FirstAudio);
    answers.find(|(_, named)| asked.contains(named.whose)).map(|(name, _)| name)
}

fn key(name: &str, asked: &BTreeSet<String>) -> (u8, bool, String) {
    let named = Metric::read(name);
    let is_unasked = named.metric == Metric::FirstAudio && !asked.contains(named.whose);
    (named.definition().rank, is_unasked, name.to_owned())
}

/// Answers that somebody has asked for by voice: they come in turns. A greeting does not.
fn asked<'a>(names: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let named = names.map(Metric::read).filter(|named| named.metric == Metric::FirstAudioOfTurn);
    named.map(|named| named.whose.to_owned()).collect()
}
