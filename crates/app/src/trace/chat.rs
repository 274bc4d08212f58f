//! The conversation that a user is in, as a chat window: what it hears and says, from the frames on its connection.

use std::collections::HashSet;

use crate::run::RunView;
use crate::run::frames::time;
use crate::trace::model::{TraceModel, name};
use engine::wire::{Act, SeenFrame};
use metrics::{UserId, Way};

/// One line in the window.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bubble {
    pub id: String,
    pub by: Speaker,
    /// Who spoke; empty where that need not be said.
    pub name: String,
    pub time: String,
    pub text: String,
    /// It is on its way: the server has not sent it back yet.
    pub pending: bool,
    /// The frame that brought it: what it can be answered by.
    pub frame: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Speaker {
    Own,
    Other,
    /// Other events than messages.
    #[default]
    System,
}

impl Speaker {
    /// The style's name for it.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Other => "other",
            Self::System => "system",
        }
    }
}

/// The newest lines, the oldest first.
pub fn conversation(seeing: &TraceModel, run: &RunView) -> Vec<Bubble> {
    let Some(user) = seeing.user() else { return Vec::new() };
    let frames = &seeing.seen.frames;
    let is_in = |seen: &&SeenFrame| seen.frame.way == Way::In;
    let echoed: HashSet<_> = frames.iter().filter(is_in).filter_map(|seen| seen.said.as_ref()?.by).collect();
    let mut bubbles = Vec::<Bubble>::new();
    for seen in frames {
        let Some(bubble) = bubble(seen, user, run, &echoed) else { continue };
        match bubbles.last_mut() {
            // Ten who come in are one line.
            Some(last) if last.by == Speaker::System && bubble.by == Speaker::System && same_event(last, &bubble) => {
                let times = last.text.rsplit_once(" × ").and_then(|(_, times)| times.parse::<u32>().ok()).unwrap_or(1);
                last.text = format!("{} × {}", bubble.text, times + 1);
            }
            _ => bubbles.push(bubble),
        }
    }
    let excess = bubbles.len().saturating_sub(MOST);
    bubbles.drain(..excess);
    bubbles
}

fn same_event(last: &Bubble, next: &Bubble) -> bool {
    last.text == next.text || last.text.strip_prefix(&next.text).is_some_and(|rest| rest.starts_with(" × "))
}

fn bubble(seen: &SeenFrame, user: UserId, run: &RunView, echoed: &HashSet<(UserId, u32)>) -> Option<Bubble> {
    let (id, time, frame) = (seen.number.to_string(), time(seen.frame.at_s), Some(seen.number));
    let came = seen.frame.way == Way::In;
    let Some(said) = &seen.said else {
        let event = seen.event.clone().filter(|_| came)?;
        return Some(Bubble { id, time, text: event, ..Bubble::default() });
    };
    let text = said.text.clone();
    match said.by {
        // Its echo stands for it.
        Some(by) if !came && echoed.contains(&by) => None,
        _ if !came => Some(Bubble { id, by: Speaker::Own, time, text, pending: true, ..Bubble::default() }),
        Some((by, _)) if by == user => Some(Bubble { id, by: Speaker::Own, time, text, frame, ..Bubble::default() }),
        by => {
            let name = by.map_or_else(|| "somebody else".to_owned(), |(by, _)| name(run, by));
            Some(Bubble { id, by: Speaker::Other, name, time, text, frame, ..Bubble::default() })
        }
    }
}

impl TraceModel {
    /// What a message can be answered by: the reaction's number and its name.
    pub fn reactions(&self) -> Vec<(usize, String)> {
        let reaction = |offer: &engine::wire::Choice| match offer.act {
            Act::React(place) => Some((place, offer.label.clone())),
            _ => None,
        };
        self.sight.offers.iter().filter_map(reaction).collect()
    }

    /// What its script does from time to time.
    pub fn timers(&self) -> Vec<(usize, String)> {
        let timer = |offer: &engine::wire::Choice| match offer.act {
            Act::Tick(place) => Some((place, offer.label.clone())),
            _ => None,
        };
        self.sight.offers.iter().filter_map(timer).collect()
    }

    pub fn can_say(&self) -> bool {
        self.sight.offers.iter().any(|offer| offer.act == Act::Say)
    }
}

/// What a window shows without becoming slow.
const MOST: usize = 80;
