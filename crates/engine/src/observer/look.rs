//! Watching one user: with each hand-over the page hears where it is and what was on its connection. Nothing is done by the frame.

use serde_json::Value;

use super::Observer;
use super::evidence::transcript;
use crate::rings::{Caught, SHARED_MS};
use crate::user::User;
use crate::wire::{Seen, SeenFrame, SeenMessage, Sight};
use base::json;
use base::time::Timestamp;
use metrics::{Facts, Redactor, Tag, Way};
use protocol::classify_json;
use scenario::{Program, Protocol};

/// Up to where the frames of the watched user were told.
#[derive(Default)]
pub struct Cursor {
    /// The number of the next frame; `None`: nothing was seen of it yet.
    next: Option<u64>,
    /// Those that were told and may have come to stand for more since, with how many that were.
    growing: Vec<(u64, u32)>,
}

/// The watched user, where it lives.
pub struct Watched<'a> {
    pub user: &'a User,
    pub program: &'a Program,
    pub sight: Sight,
}

impl Observer {
    /// What there is to see since the last look; `watched` is `None` if it is not here. `None`: there is nothing to say.
    pub fn look(
        &mut self,
        now: Timestamp,
        wall_ms: f64,
        redactor: &Redactor,
        watched: Option<Watched<'_>>,
    ) -> Option<Seen> {
        let watching = self.watches.as_mut()?;
        let id = watching.user;
        let Some(Watched { user, program, sight }) = watched else {
            // Said once: it was here, and is gone.
            self.cursor.next.take()?;
            let notes = std::mem::take(&mut watching.notes);
            return Some(Seen { user: id, sight: None, frames: Vec::new(), missed: 0, notes });
        };
        let (most, chars) = if self.is_remote { REMOTE } else { LOCAL };
        let mut caught = self.rings.since(id, self.cursor.from(), most);
        let missed = self.cursor.take(&mut caught, wall_ms);
        let read: Vec<_> = caught.iter().map(|frame| read(program, user.run_id(), frame)).collect();
        let shown = transcript((user, redactor), &caught, now, wall_ms, chars);
        let facts = Facts::of(user.facts());
        let frames = shown.into_iter().zip(&caught).zip(read).map(|((frame, caught), (event, said))| SeenFrame {
            number: caught.number,
            frame,
            event,
            said: said.map(|said| SeenMessage { text: redactor.shown_to_others(&said.text, &facts, chars), ..said }),
        });
        let frames = frames.collect();
        Some(Seen { user: id, sight: Some(sight), frames, missed, notes: std::mem::take(&mut watching.notes) })
    }
}

impl Cursor {
    /// The first frame to ask for.
    fn from(&self) -> u64 {
        self.growing.iter().map(|(number, _)| *number).chain(self.next).min().unwrap_or(0)
    }

    /// Leaves what is new, or stands for more than before. Gives how many frames were gone before this look.
    fn take(&mut self, caught: &mut Vec<Caught>, wall_ms: f64) -> u64 {
        let next = self.next.unwrap_or(0);
        let first = caught.iter().map(|frame| frame.number).find(|number| *number >= next);
        let missed = first.filter(|_| self.next.is_some()).map_or(0, |first| first - next);
        self.next = Some(caught.last().map_or(next, |frame| next.max(frame.number + 1)));
        let may_grow = caught.iter().filter(|frame| frame.is_long() && wall_ms - frame.at_ms <= SHARED_MS);
        let before = std::mem::replace(&mut self.growing, may_grow.map(|frame| (frame.number, frame.more)).collect());
        caught.retain(|frame| {
            frame.number >= next || before.iter().any(|(number, more)| frame.number == *number && frame.more > *more)
        });
        missed
    }
}

/// The event of a frame, and the message in it.
fn read(program: &Program, run: &str, frame: &Caught) -> (Option<String>, Option<SeenMessage>) {
    if matches!(frame.way, Way::Request | Way::Response) {
        return (None, None);
    }
    let Some((event, raw)) = frame.text.as_ref().and_then(|text| arguments(program, text)) else { return (None, None) };
    let carries = program
        .delivery
        .as_ref()
        .is_some_and(|delivery| program.events[delivery.event.0 as usize].name == event && frame.way == Way::In);
    let tag = Tag::find(run, raw);
    let said = (carries || tag.is_some()).then(|| said(run, raw, tag)).flatten();
    (Some(event), said)
}

/// An event's name and its arguments, as far as they were kept.
pub fn arguments<'a>(program: &Program, text: &'a str) -> Option<(String, &'a str)> {
    match &program.protocol {
        Protocol::WebSocket { event_field } => Some((classify_json(text, event_field)?.to_owned(), text)),
        Protocol::SocketIo => {
            let list = text.strip_prefix("42")?.find('[').map(|at| &text[2 + at + 1..])?;
            let (name, end) = json::string_at(list.trim_ascii_start(), 0)?;
            let rest = list.trim_ascii_start()[end..].trim_ascii_start();
            let raw = rest.strip_prefix(',').unwrap_or_default();
            Some((name.into_owned(), raw.strip_suffix(']').unwrap_or(raw)))
        }
    }
}

/// The text that holds the tag; of a message without one, the field that looks like its text.
fn said(run: &str, raw: &str, tag: Option<Tag>) -> Option<SeenMessage> {
    let list = format!("[{raw}]");
    let Ok(arguments) = json::read::<Value>(&list) else {
        // It was cut: who sent it is known all the same.
        return tag.map(|tag| SeenMessage { by: Some((tag.sender, tag.sequence)), text: "…".to_owned() });
    };
    let Some(tag) = tag else {
        let message = arguments.get(0)?;
        let text = TEXT_FIELDS.iter().find_map(|field| message.get(field)?.as_str())?;
        return Some(SeenMessage { by: None, text: text.to_owned() });
    };
    let mut written = String::new();
    tag.write(run, &mut written);
    let text = find_text(&arguments, &written)?.replace(&written, "");
    Some(SeenMessage { by: Some((tag.sender, tag.sequence)), text: text.trim().to_owned() })
}

fn find_text<'a>(value: &'a Value, part: &str) -> Option<&'a str> {
    match value {
        Value::String(text) => text.contains(part).then_some(text.as_str()),
        Value::Array(list) => list.iter().find_map(|entry| find_text(entry, part)),
        Value::Object(fields) => fields.values().find_map(|field| find_text(field, part)),
        _ => None,
    }
}

/// Where servers put what people write.
const TEXT_FIELDS: [&str; 5] = ["content", "text", "message", "body", "msg"];

/// Frames of one look, and characters of each: to this page, and over a network.
const LOCAL: (usize, usize) = (256, 2_000);
const REMOTE: (usize, usize) = (60, 400);
