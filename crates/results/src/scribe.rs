//! When what was noted of a run goes to the disk: one page at a time, and none behind a gap.

use super::shelf::ROOM_UNDER_WAY;
use run::RunInput;
use swarm::{Beginning, Journal, Redaction};

/// Of one run. The run never waits for the database.
#[derive(Debug, Default)]
pub struct Scribe {
    /// Tells this run from all others of this browser. `None`: it is only kept at its end.
    key: Option<String>,
    notes: Journal,
    /// There will be more pages.
    writes: bool,
    /// The name of the page that is on its way to the disk: the next one waits for it, and has more in it then.
    writing: Option<String>,
    page: u64,
    last_ms: f64,
    /// Bytes on the disk.
    written: u64,
}

/// What is to be written under this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotedPage {
    pub name: String,
    pub bytes: Vec<u8>,
    /// The run's notes have taken all the room that they may.
    pub is_last: bool,
}

impl Scribe {
    /// `writes`: the database takes pages. A run whose beginning is not written is only kept at its end, like one that this page took
    /// over from itself ([`Self::default`]): until then the swarm's journal has that.
    pub fn begin(beginning: Beginning, writes: bool) -> Self {
        let key = Some(format!("{:.0}-{}", beginning.at_ms, beginning.run));
        let notes = if writes { Journal::begin(beginning, Redaction::Secrets) } else { Journal::default() };
        Self { key, notes, writes, ..Self::default() }
    }

    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// The page that is to be written now, if it is time for one.
    pub fn input(&mut self, now_ms: f64, input: &RunInput) -> Option<NotedPage> {
        let key = self.key.as_deref().filter(|_| self.writes)?;
        self.notes.input(now_ms, input);
        if now_ms < self.last_ms + PAGE_MS || self.writing.is_some() {
            return None;
        }
        self.last_ms = now_ms;
        let bytes = self.notes.page()?;
        let name = format!("page/{key}/{:012}", self.page);
        self.page += 1;
        self.written += bytes.len() as u64;
        self.writes = self.written <= ROOM_UNDER_WAY;
        self.writing = Some(name.clone());
        Some(NotedPage { name, bytes, is_last: !self.writes })
    }

    /// The database has answered. What is behind a gap cannot be played again, and would only fill the memory.
    pub fn on_written(&mut self, name: &str, is_safe: bool) {
        if self.writing.take_if(|writing| writing == name).is_some() && !is_safe {
            (self.writes, self.notes) = (false, Journal::default());
        }
    }
}

/// How often a page is written. With a worker's quarter of a second and the disk's time it is less than a second that can be lost.
const PAGE_MS: f64 = 500.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn scribe(writes: bool) -> Scribe {
        Scribe::begin(Beginning { at_ms: 7.0, run: "k3f".into(), ..Beginning::default() }, writes)
    }

    /// The name of the page that this input brings about.
    fn page(scribe: &mut Scribe, now_ms: f64) -> Option<String> {
        scribe.input(now_ms, &RunInput::Hidden(true)).map(|page| page.name)
    }

    #[test]
    fn a_page_is_written_twice_a_second_and_waits_for_the_one_before() {
        let mut scribe = scribe(true);
        let first = page(&mut scribe, 1_000.0).expect("it has a beginning");
        assert_eq!(first, "page/7-k3f/000000000000");
        assert_eq!(page(&mut scribe, 2_000.0), None, "the first one is on its way");
        scribe.on_written("page/another", true);
        assert_eq!(page(&mut scribe, 2_100.0), None, "that was another run's");
        scribe.on_written(&first, true);
        let second = page(&mut scribe, 2_200.0).expect("it is time");
        scribe.on_written(&second, true);
        assert_eq!(page(&mut scribe, 2_699.0), None);
        assert!(page(&mut scribe, 2_700.0).is_some_and(|name| name.ends_with("2")));
    }

    #[test]
    fn there_is_nothing_behind_a_gap() {
        let mut scribe = scribe(true);
        let first = page(&mut scribe, 1_000.0).expect("it has a beginning");
        scribe.on_written(&first, false);
        assert_eq!(page(&mut scribe, 9_000.0), None);
    }

    #[test]
    fn what_has_no_beginning_on_the_disk_is_not_written() {
        let mut closed = scribe(false);
        assert_eq!((page(&mut closed, 1_000.0), closed.key()), (None, Some("7-k3f")));
        assert_eq!(page(&mut Scribe::default(), 1_000.0), None);
    }
}
