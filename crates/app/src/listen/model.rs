//! Who is listened to, and what was heard of it.

use std::sync::Arc;

use crate::listen::{Lane, ListenEffect, Piece, Trace};
use crate::run::RunView;
use crate::run::view::{NoSuchUser, SpeakerRow};
use engine::wire::{HeardMoment, Told};
use metrics::{UserId, user_name};

#[derive(Debug, Clone, PartialEq)]
pub struct ListenModel {
    /// The population that is chosen, by its name; empty: the first that speaks.
    pub population: String,
    /// The user's number in it, from 1, as it was typed.
    pub number: String,
    pub state: HearState,
    /// How often anybody would do.
    draws: u32,
    /// Anybody would do: how many are still tried when the one that was drawn is not there.
    seeks: u32,
    /// 0 to 1.
    pub volume: f64,
    pub trace: Arc<Trace>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HearState {
    #[default]
    Off,
    /// Nothing has come from that user yet: it may not be there.
    Waiting(UserId),
    On(UserId),
}

impl Default for ListenModel {
    fn default() -> Self {
        Self {
            population: String::new(),
            number: "1".to_owned(),
            state: HearState::Off,
            draws: 0,
            seeks: 0,
            volume: 0.8,
            trace: Arc::default(),
        }
    }
}

impl ListenModel {
    /// Nobody is listened to in the next run; how loud it is stays.
    pub fn afresh(&self) -> Self {
        Self { volume: self.volume, ..Self::default() }
    }

    /// The population that is chosen, of those that speak.
    pub fn speaker<'a>(&self, run: &'a RunView) -> Option<&'a SpeakerRow> {
        let speakers = run.tables.speakers();
        speakers.iter().find(|speaker| speaker.name == self.population).or(speakers.first())
    }

    /// Listens to the user that is chosen.
    pub fn listen(&mut self, run: &RunView) -> Result<ListenEffect, NoSuchUser> {
        let user = self.speaker(run).ok_or(NoSuchUser::NobodySpeaks)?.user(&self.number)?;
        self.seeks = 0;
        Ok(self.listen_to(user))
    }

    /// One of those that are likely to be there. Shares of the golden ratio are spread as evenly as chance never is:
    /// each draw lies where the others were not.
    pub fn listen_to_any(&mut self, run: &RunView) -> Option<ListenEffect> {
        let speaker = self.speaker(run)?;
        let count = speaker.present.len().max(1) as u32;
        self.draws += 1;
        let roll = (f64::from(self.draws) * GOLDEN).fract();
        let number = speaker.present.start + ((roll * f64::from(count)) as u32).min(count - 1);
        let user = UserId::new(speaker.population, number);
        self.seeks = count - 1;
        self.number = (number + 1).to_string();
        Some(self.listen_to(user))
    }

    /// Tries the next one when anybody would do and the last one has said nothing: it has failed, or it is done.
    pub fn seek_on(&mut self, run: &RunView) -> Option<ListenEffect> {
        let HearState::Waiting(last) = self.state else { return None };
        let speaker = run.tables.speakers().iter().find(|speaker| speaker.population == last.population());
        let speaker = speaker.filter(|speaker| self.seeks > 0 && !speaker.present.is_empty())?;
        let next = last.index() + 1;
        let number = if speaker.present.contains(&next) { next } else { speaker.present.start };
        self.seeks -= 1;
        self.number = (number + 1).to_string();
        Some(self.listen_to(UserId::new(last.population(), number)))
    }

    fn listen_to(&mut self, user: UserId) -> ListenEffect {
        self.state = HearState::Waiting(user);
        self.trace = Arc::default();
        ListenEffect::Hear { user, volume: self.volume }
    }

    pub fn stop(&mut self) -> Option<ListenEffect> {
        let was_on = std::mem::take(&mut self.state) != HearState::Off;
        was_on.then_some(ListenEffect::Stop)
    }

    /// What came of the user. Gives what is to be played of it.
    pub fn take(&mut self, heard: HeardMoment) -> Option<ListenEffect> {
        let (HearState::Waiting(user) | HearState::On(user)) = self.state else { return None };
        // The last words of the one before may still come.
        if user != heard.user {
            return None;
        }
        self.state = HearState::On(user);
        let trace = Arc::make_mut(&mut self.trace);
        let mut pieces = Vec::new();
        for note in heard.notes {
            let at_s = note.at.as_secs_f64();
            let (lane, pcm) = match note.told {
                Told::Hears { pcm } => (Lane::Service, pcm),
                Told::Says { pcm } => (Lane::User, pcm),
                told => {
                    trace.mark(at_s, told);
                    continue;
                }
            };
            let samples: Vec<i16> = pcm.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
            let at_s = trace.add(lane, at_s, &samples, heard.rate);
            pieces.push(Piece { lane, at_s, samples });
        }
        (!pieces.is_empty()).then_some(ListenEffect::Play { rate: heard.rate, pieces })
    }

    /// Who is listened to, in words.
    pub fn status(&self, run: &RunView) -> String {
        let name = |user: UserId| {
            let speakers = run.tables.speakers();
            let population = speakers.iter().find(|speaker| speaker.population == user.population());
            user_name(population.map_or("user", |speaker| speaker.name.as_str()), user.index())
        };
        match self.state {
            HearState::Off => String::new(),
            HearState::Waiting(user) => format!("Waiting for {}: it is not there now.", name(user)),
            HearState::On(user) => format!("Listening to {}.", name(user)),
        }
    }
}

const GOLDEN: f64 = 0.618_033_988_75;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::view::{Tables, VoiceView};
    use base::time::Timestamp;
    use engine::wire::Note;

    fn run() -> RunView {
        let speaker = |population, name: &str| SpeakerRow { population, name: name.into(), present: 10..20 };
        let voice = VoiceView { speakers: vec![speaker(1, "guests"), speaker(2, "members")], ..VoiceView::default() };
        let mut tables = Tables::default();
        tables.voice = Some(voice);
        RunView { tables: Arc::new(tables), ..RunView::default() }
    }

    fn heard(user: UserId, told: Told) -> HeardMoment {
        HeardMoment { user, rate: 8_000, notes: vec![Note { at: Timestamp::from_micros(2_000_000), told }] }
    }

    #[track_caller]
    fn check(effect: Option<ListenEffect>, population: usize, index: u32) {
        assert_eq!(effect, Some(ListenEffect::Hear { user: UserId::new(population, index), volume: 0.8 }));
    }

    #[test]
    fn a_user_is_chosen_by_number_or_by_chance() {
        let mut hearing = ListenModel::default();
        check(hearing.listen(&run()).ok(), 1, 0);
        hearing.population = "members".into();
        hearing.number = " 7 ".into();
        check(hearing.listen(&run()).ok(), 2, 6);
        check(hearing.listen_to_any(&run()), 2, 16);
        assert_eq!(hearing.number, "17");
        check(hearing.listen_to_any(&run()), 2, 12);
        check(hearing.listen_to_any(&run()), 2, 18);
        hearing.number = "0".into();
        assert!(hearing.listen(&run()).is_err());
    }

    #[test]
    fn when_anybody_would_do_the_absent_are_passed_over() {
        let mut hearing = ListenModel::default();
        check(hearing.listen_to_any(&run()), 1, 16);
        for expected in (17..20).chain(10..16) {
            check(hearing.seek_on(&run()), 1, expected);
        }
        assert_eq!(hearing.seek_on(&run()), None, "everybody was tried");
        check(hearing.listen_to_any(&run()), 1, 12);
        hearing.take(heard(UserId::new(1, 12), Told::In("x".into())));
        assert_eq!(hearing.seek_on(&run()), None, "somebody is there");
        hearing.listen(&run()).unwrap();
        assert_eq!(hearing.seek_on(&run()), None, "nobody else would do");
    }

    #[test]
    fn only_the_one_that_is_listened_to_is_heard() {
        let mut hearing = ListenModel::default();
        let (one, other) = (UserId::new(1, 0), UserId::new(1, 1));
        let audio = || Told::Hears { pcm: vec![1, 0, 2, 0] };
        assert_eq!(hearing.take(heard(one, audio())), None);
        hearing.listen(&run()).unwrap();
        assert_eq!(hearing.status(&run()), "Waiting for guests 1: it is not there now.");
        assert_eq!(hearing.take(heard(other, audio())), None);
        let piece = Piece { lane: Lane::Service, at_s: 2.0, samples: vec![1, 2] };
        assert_eq!(hearing.take(heard(one, audio())), Some(ListenEffect::Play { rate: 8_000, pieces: vec![piece] }));
        assert_eq!(hearing.status(&run()), "Listening to guests 1.");
        assert_eq!((hearing.stop(), hearing.stop()), (Some(ListenEffect::Stop), None));
        assert_eq!(hearing.take(heard(one, audio())), None);
    }
}
