//! What conversations came to: turns, answers, and how it was to listen to them.

use std::ops::Range;

use super::Mood;
use super::closes::ClosesView;
use super::table::{Cell, Column, Row};
use crate::format;
use base::time::Timestamp;
use catalogue::{Counter, Metric};
use metrics::{Totals, UserId, cut_waiting};
use plan::{Plan, Population, Schedule, Segment};

/// Shares are of all turns, or of all answers.
pub const TURN_COLUMNS: [Column; 3] = [Column::name("Turns"), Column::number("Count"), Column::number("Share")];
pub const ANSWER_COLUMNS: [Column; 3] = [Column::name("Answers"), Column::number("Count"), Column::number("Share")];

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VoiceView {
    /// All answers in one sentence.
    pub verdict: String,
    pub mood: Mood,
    pub turns: Vec<Row>,
    pub answers: Vec<Row>,
    /// Name, value and meaning.
    pub facts: Vec<(&'static str, String, &'static str)>,
    pub closes: ClosesView,
    pub speakers: Vec<SpeakerRow>,
}

/// A population whose users can be watched, or listened to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpeakerRow {
    /// Its place in the plan.
    pub population: usize,
    pub name: String,
    /// Users that are likely to be there now, from 0.
    pub present: Range<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoSuchUser {
    #[error("Nobody is in this run.")]
    Nobody,
    #[error("Nobody speaks in this run.")]
    NobodySpeaks,
    #[error("The number of a user is from 1 on, and not \"{0}\".")]
    Number(String),
}

impl SpeakerRow {
    /// The user of this number, from 1, as it was typed.
    pub fn user(&self, number: &str) -> Result<UserId, NoSuchUser> {
        let parsed = number.trim().parse::<u32>().ok().filter(|number| (1..=MOST_USERS).contains(number));
        let number = parsed.ok_or_else(|| NoSuchUser::Number(number.trim().to_owned()))?;
        Ok(UserId::new(self.population, number - 1))
    }
}

/// Which kinds of users a run has. Told by what its workers count, which they name from the start.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kinds<'a> {
    /// Populations that speak and listen.
    pub voice: Vec<&'a str>,
    pub has_others: bool,
}

impl<'a> Kinds<'a> {
    pub(super) fn of(totals: &'a Totals) -> Self {
        let voice = totals.counters().filter(|(counter, ..)| *counter == Counter::Answers.name());
        let voice: Vec<&str> = voice.map(|(_, population, _)| population).collect();
        let is_other = |population: &str| !population.is_empty() && !voice.contains(&population);
        let has_others = voice.is_empty() || totals.counters().any(|(_, population, _)| is_other(population));
        Self { voice, has_others }
    }
}

impl VoiceView {
    /// `None`: nobody speaks.
    pub(super) fn of(plan: &Plan, totals: &Totals, kinds: &Kinds<'_>, is_over: bool) -> Option<Self> {
        if kinds.voice.is_empty() {
            return None;
        }
        let (verdict, mood) = verdict(totals, is_over);
        Some(Self {
            verdict,
            mood,
            turns: turns(totals),
            answers: rows(totals, &ANSWERS),
            facts: facts(totals),
            closes: ClosesView::of(totals, &kinds.voice, is_over),
            speakers: speakers(plan, totals, kinds),
        })
    }
}

fn speakers(plan: &Plan, totals: &Totals, kinds: &Kinds<'_>) -> Vec<SpeakerRow> {
    let all = plan.populations.iter().enumerate();
    let voices = all.filter(|(_, population)| kinds.voice.contains(&population.name.as_str()));
    voices
        .map(|(at, population)| SpeakerRow {
            population: at,
            name: population.name.clone(),
            present: present(at, population, totals),
        })
        .collect()
}

/// Every population, whether it speaks or not.
pub(super) fn everybody(plan: &Plan, totals: &Totals) -> Vec<SpeakerRow> {
    let all = plan.populations.iter().enumerate();
    all.map(|(at, population)| SpeakerRow {
        population: at,
        name: population.name.clone(),
        present: present(at, population, totals),
    })
    .collect()
}

/// A closed load's users are those below its line; of an open one, who is newest is there most likely.
fn present(at: usize, population: &Population, totals: &Totals) -> Range<u32> {
    if population.load.is_open() {
        let ours =
            |(counter, name, _): &(&str, &str, u64)| *counter == Counter::Arrivals.name() && *name == population.name;
        let arrived = totals.counters().find(ours).map_or(0, |(.., count)| count) as u32;
        return arrived.saturating_sub(NEWEST)..arrived;
    }
    let schedule = Schedule::new(&population.load, &Segment::whole(), at == 0);
    0..schedule.target(Timestamp::ZERO + totals.elapsed()).round() as u32
}

/// How many of the newest users of an open load are drawn from.
const NEWEST: u32 = 10;
/// Users of a population that a user's id can tell apart.
const MOST_USERS: u32 = 1 << 24;

pub(super) fn count(totals: &Totals, counter: Counter) -> u64 {
    totals.counter(counter.name()).unwrap_or_default()
}

fn verdict(totals: &Totals, is_over: bool) -> (String, Mood) {
    let (said, mood) = of_answers(totals, is_over);
    match cut_waiting(totals) {
        Some(cut) => (format!("{said} {cut}"), if mood == Mood::Bad { mood } else { Mood::Warn }),
        None => (said, mood),
    }
}

fn of_answers(totals: &Totals, is_over: bool) -> (String, Mood) {
    let (all, starved) = (count(totals, Counter::Answers), count(totals, Counter::AnswersStarved));
    match (all, starved) {
        (0, _) => (if is_over { "No answer began." } else { "No answer has begun yet." }.to_owned(), Mood::Plain),
        (all, 0) => {
            (format!("Every one of {} answers could be played without a pause.", format::count(all)), Mood::Good)
        }
        (all, starved) => {
            let share = format::share(starved as f64 / all as f64);
            let (starved, all) = (format::count(starved), format::count(all));
            (format!("{starved} of {all} answers left their listener without audio ({share})."), Mood::Bad)
        }
    }
}

/// Label, counter, meaning, and how it looks when there is any of it. The first is the whole of the others' shares.
type Line = (&'static str, Counter, &'static str, Mood);

const TURNS: [Line; 6] = [
    ("Begun", Counter::Turns, "A user began to speak.", Mood::Plain),
    ("Answered", Counter::TurnsAnswered, "The answer was heard to its end.", Mood::Plain),
    ("Interrupted", Counter::TurnsInterrupted, "The user broke into the answer, as planned.", Mood::Plain),
    (
        "Unanswered",
        Counter::TurnsUnanswered,
        "No answer in time, an empty one, or the user spoke again first.",
        Mood::Bad,
    ),
    ("Lost", Counter::TurnsLost, "The connection was lost first.", Mood::Bad),
    ("Cut", Counter::TurnsCut, "The user left, or the run ended.", Mood::Plain),
];
const CUT_WAITING: Line = (
    "still waiting",
    Counter::TurnsCutWaiting,
    "Cut before their limit while they waited for an answer: whether it would have come is not known.",
    Mood::Warn,
);

const ANSWERS: [Line; 9] = [
    ("Begun", Counter::Answers, "The first audio of an answer came, greetings included.", Mood::Plain),
    ("Starved", Counter::AnswersStarved, "The simulated player ran dry at least once.", Mood::Bad),
    ("Slow", Counter::AnswersSlow, "Audio came slower than it plays (below 0.95 of real time).", Mood::Warn),
    ("Silent", Counter::AnswersSilent, "Nobody would hear anything.", Mood::Bad),
    ("Clipped", Counter::AnswersClipped, "The tops of waves are cut off.", Mood::Warn),
    ("Cut", Counter::AnswersCut, "The connection ended in the middle.", Mood::Bad),
    ("Early", Counter::AnswersEarly, "It began while the user was still speaking.", Mood::Warn),
    ("Unasked", Counter::AnswersUnasked, "The turn had been answered already.", Mood::Warn),
    ("Empty", Counter::AnswersEmpty, "The end of an answer that brought no audio; not among those begun.", Mood::Bad),
];

/// Turns that have begun and of which nothing is known yet.
pub(super) fn turns_under_way(totals: &Totals) -> u64 {
    let [begun, ends @ ..] = TURNS.map(|(_, counter, ..)| count(totals, counter));
    begun.saturating_sub(ends.iter().sum())
}

/// All that have begun, and what became of them: together as many.
fn turns(totals: &Totals) -> Vec<Row> {
    let begun = count(totals, Counter::Turns);
    let mut rows = rows(totals, &TURNS);
    if count(totals, Counter::TurnsCutWaiting) > 0 {
        rows.push(Row { is_part: true, ..row(totals, &CUT_WAITING, begun) });
    }
    let under_way = turns_under_way(totals);
    if under_way > 0 {
        let meaning = "The user speaks, waits, or listens, or its worker is gone.";
        rows.push(counted("Under way", under_way, meaning, Mood::Plain, begun));
    }
    rows
}

fn rows(totals: &Totals, lines: &[Line]) -> Vec<Row> {
    let whole = lines.first().map_or(0, |(_, counter, ..)| count(totals, *counter));
    lines.iter().map(|line| row(totals, line, whole)).collect()
}

fn row(totals: &Totals, (label, counter, meaning, wrong): &Line, whole: u64) -> Row {
    counted(label, count(totals, *counter), meaning, *wrong, whole)
}

fn counted(label: &'static str, count: u64, meaning: &'static str, wrong: Mood, whole: u64) -> Row {
    let mood = if count > 0 { wrong } else { Mood::Plain };
    let share = if whole > 0 { format::share(count as f64 / whole as f64) } else { String::new() };
    let cells = vec![Cell::new(label).about(meaning), Cell::new(format::count(count)).with_mood(mood), share.into()];
    Row { key: label.to_owned(), is_part: false, cells }
}

fn facts(totals: &Totals) -> Vec<(&'static str, String, &'static str)> {
    let (received, wall) = (count(totals, Counter::ReceivedMs) as f64, count(totals, Counter::WallMs) as f64);
    let factor =
        if wall > 0.0 { format!("{} ×", format::number(received / wall)) } else { format::NOTHING.to_owned() };
    vec![
        (
            "Real time",
            factor,
            "Audio of all answers per time that it took to arrive, first chunk to last. Below 1 no buffer helps.",
        ),
        ("Audio heard", format::duration((received / 1e3).round()), "Of all answers together."),
        ("Underruns", quantiles(totals, Metric::AudioUnderrun), "How long a listener heard nothing in mid-answer."),
        (
            "Jitter",
            quantiles(totals, Metric::AudioJitter),
            "Of chunks' arrival, as RFC 3550 has it; one value per answer.",
        ),
        ("Gaps", quantiles(totals, Metric::AudioGap), "Between one chunk of an answer and the next."),
    ]
}

/// `p50 100 ms, p95 104 ms`.
pub(super) fn quantiles(totals: &Totals, metric: Metric) -> String {
    let stats = totals.histogram(metric.name()).and_then(|histogram| histogram.stats());
    stats.map_or_else(
        || format::NOTHING.to_owned(),
        |stats| format!("p50 {}, p95 {}", format::millis(stats.p50), format::millis(stats.p95)),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::run::view::totals_of;
    use metrics::{CounterDelta, MetricsDelta};

    fn totals(counts: &[(&str, &str, u64)]) -> Totals {
        let counter = |(counter, population, count): &(&str, &str, u64)| CounterDelta {
            counter: (*counter).to_owned(),
            population: (*population).to_owned(),
            count: *count,
        };
        let metrics = MetricsDelta { counters: counts.iter().map(counter).collect(), ..MetricsDelta::default() };
        totals_of(&metrics)
    }

    /// A chat and a voice population, called so.
    fn plan() -> Plan {
        let document = json!({"version": 1, "name": "a", "populations": [
            {"name": "chat", "scenario": "ktb-chat", "load": {"model": "closed", "start": 9, "stages": [{"duration_s": 9, "target": 9}]}},
            {"name": "a", "scenario": "voice-guest", "load": {"model": "closed", "start": 4, "stages": [{"duration_s": 9, "target": 4}]}},
        ]});
        Plan::check(&document).unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    #[test]
    fn voice_users_can_be_listened_to() {
        let totals = totals(&[("audio.answers", "a", 0), ("frames.in", "chat", 0)]);
        let (plan, kinds) = (plan(), Kinds::of(&totals));
        let view = VoiceView::of(&plan, &totals, &kinds, false).unwrap();
        assert_eq!(view.speakers, [SpeakerRow { population: 1, name: "a".into(), present: 0..4 }]);
    }

    #[test]
    fn kinds_of_users_are_told_by_what_they_count() {
        #[track_caller]
        fn check(counts: &[(&str, &str, u64)], voice: &[&str], has_others: bool) {
            let totals = totals(counts);
            assert_eq!(Kinds::of(&totals), Kinds { voice: voice.to_vec(), has_others });
        }
        check(&[], &[], true);
        check(&[("frames.in", "chat", 0)], &[], true);
        check(&[("frames.in", "guests", 0), ("audio.answers", "guests", 0)], &["guests"], false);
        check(&[("frames.in", "chat", 0), ("audio.answers", "guests", 0)], &["guests"], true);
    }

    #[test]
    fn a_run_without_voice_has_no_voice_part() {
        let totals = totals(&[("frames.in", "chat", 5)]);
        assert_eq!(VoiceView::of(&plan(), &totals, &Kinds::of(&totals), true), None);
    }

    #[test]
    fn answers_are_judged_by_how_they_sound() {
        #[track_caller]
        fn check(all: u64, starved: u64, cut: u64, verdict: &str, mood: Mood) {
            let counts = [("audio.answers", all), ("audio.answers.starved", starved), ("turns.cut.waiting", cut)];
            let totals = totals(&counts.map(|(counter, count)| (counter, "a", count)));
            let view = VoiceView::of(&plan(), &totals, &Kinds::of(&totals), true).unwrap();
            assert_eq!((view.verdict.replace('\u{a0}', " ").as_str(), view.mood), (verdict, mood));
        }
        check(0, 0, 0, "No answer began.", Mood::Plain);
        let waited = "3 turns still waited for an answer when they left or the run ended: whether it would have come is not known.";
        check(0, 0, 3, &format!("No answer began. {waited}"), Mood::Warn);
        check(40, 0, 0, "Every one of 40 answers could be played without a pause.", Mood::Good);
        check(40, 4, 0, "4 of 40 answers left their listener without audio (10 %).", Mood::Bad);
    }

    #[test]
    fn a_user_is_named_by_its_number() {
        let speaker = SpeakerRow { population: 1, name: "a".into(), present: 0..4 };
        let check = |typed: &str, expected: Option<u32>| {
            assert_eq!(speaker.user(typed).ok(), expected.map(|index| UserId::new(1, index)), "{typed}");
        };
        check(" 1 ", Some(0));
        check("16777216", Some((1 << 24) - 1));
        check("16777217", None);
        check("0", None);
        let refused = speaker.user(" -1 ").unwrap_err().to_string();
        assert_eq!(refused, "The number of a user is from 1 on, and not \"-1\".");
    }

    #[test]
    fn what_became_of_turns_adds_up() {
        let counts = [
            ("audio.answers", 9),
            ("turns", 20),
            ("turns.answered", 3),
            ("turns.interrupted", 2),
            ("turns.unanswered", 1),
            ("turns.cut", 10),
            ("turns.cut.waiting", 7),
        ];
        let totals = totals(&counts.map(|(counter, count)| (counter, "a", count)));
        let view = VoiceView::of(&plan(), &totals, &Kinds::of(&totals), true).unwrap();
        let number = |row: &Row| row.cells[1].text.parse::<u64>().unwrap();
        let whole: Vec<_> = view.turns.iter().filter(|row| !row.is_part).map(number).collect();
        assert_eq!(whole[0], whole[1..].iter().sum::<u64>(), "{whole:?}");
        let part = view.turns.iter().find(|row| row.is_part).map(|row| (row.key.as_str(), number(row)));
        assert_eq!(part, Some(("still waiting", 7)));
        let tiles = crate::run::view::tiles::tiles(&crate::run::view::StatusView::default(), &totals);
        let tile = tiles.iter().find(|tile| tile.label == "Turns answered").unwrap();
        let note = "1 unanswered or lost, 2 interrupted, 7 cut while waiting, 3 cut, 4 under way";
        assert_eq!((tile.value.as_str(), tile.note.as_str()), ("3 of 20", note));
        // Nobody has waited beyond the limit, and that is not all.
        assert!(view.closes.quiet.starts_with("7 turns still waited"), "{}", view.closes.quiet);
    }

    #[test]
    fn all_audio_is_held_against_the_time_it_took() {
        let totals =
            totals(&[("audio.answers", "a", 2), ("audio.received_ms", "a", 3_000), ("audio.wall_ms", "a", 2_500)]);
        let view = VoiceView::of(&plan(), &totals, &Kinds::of(&totals), true).unwrap();
        assert_eq!(view.facts[0].1, "1.2 ×");
        assert_eq!(view.facts[2].1, format::NOTHING);
    }
}
