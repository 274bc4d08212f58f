//! What a tab writes down about a swarm's run, sealed with a key of its private half: a conductor its journal, a generator the parts
//! that are not safe with the conductor yet. Whoever else reads the store learns nothing of it.

use std::cell::RefCell;

use super::envelope::Safe;
use super::membership::{NoteKind, Remembered};
use super::signature::Signer;
use base::records::{Records, RecordsError};

/// The notes of one tab, under `<day>/<session>/<kind>/<number>`. Without a store nothing is kept, and nobody is told to forget.
pub struct Notes<S> {
    store: Option<S>,
    /// Why nothing is written down.
    problem: RefCell<Option<RecordsError>>,
    safe: RefCell<Safe>,
    /// The session, behind the day.
    place: String,
}

impl<S: Records> Notes<S> {
    /// What tabs that are gone have left behind is forgotten when it is old. `random`: of the browser's own source.
    pub async fn open(store: Result<S, RecordsError>, signer: &Signer, random: [u8; 16], now_ms: f64) -> Self {
        let (store, problem) = match store {
            Ok(store) => (Some(store), None),
            Err(problem) => (None, Some(problem)),
        };
        if let Some(store) = &store {
            // What cannot be deleted is older next time.
            let _ = store.delete_below("", &format!("{:05}", day(now_ms) - 1)).await;
        }
        let safe = RefCell::new(Safe::new(signer, random));
        Self { store, problem: RefCell::new(problem), safe, place: signer.session().to_string() }
    }

    /// Everything that this tab has written down, and that its key opens.
    pub async fn remembered(&self, now_ms: f64) -> Remembered {
        Remembered {
            journal: self.read(NoteKind::Journal, now_ms).await,
            parts: self.read(NoteKind::Part, now_ms).await,
            playing: self.read(NoteKind::Playing, now_ms).await,
            agreed: self.read(NoteKind::Agreed, now_ms).await,
        }
    }

    /// In order of their numbers.
    async fn read(&self, kind: NoteKind, now_ms: f64) -> Vec<(u64, Vec<u8>)> {
        let Some(store) = &self.store else { return Vec::new() };
        let mut found = Vec::new();
        for day in days(now_ms) {
            let records = store.read(&self.place_of(day, kind)).await.unwrap_or_default();
            for (name, sealed) in records {
                let number = name.rsplit('/').next().and_then(|number| number.parse().ok());
                let plain = self.safe.borrow().unlock(&name, &sealed).ok();
                found.extend(number.zip(plain));
            }
        }
        found.sort_by_key(|(number, _)| *number);
        found
    }

    /// Writes a numbered note. `true`: it is safe.
    pub async fn write(&self, kind: NoteKind, number: u64, plain: &[u8], now_ms: f64) -> bool {
        let Some(store) = &self.store else { return false };
        let name = format!("{}{number:012}", self.place_of(day(now_ms), kind));
        let sealed = self.safe.borrow_mut().lock(&name, plain);
        let written = store.put(&name, &sealed).await;
        let is_safe = written.is_ok();
        *self.problem.borrow_mut() = written.err();
        is_safe
    }

    /// What a person should know: a reload would lose the run.
    pub fn problem(&self) -> Option<String> {
        let why = self.problem.borrow().clone()?;
        Some(format!("A reload of this page would lose its part of the run, for nothing is written down ({why})."))
    }

    /// Forgets notes of a kind below a number.
    pub async fn forget(&self, kind: NoteKind, below: u64, now_ms: f64) {
        let Some(store) = &self.store else { return };
        for day in days(now_ms) {
            let place = self.place_of(day, kind);
            // What cannot be deleted is old some day.
            let _ = store.delete_below(&place, &format!("{place}{below:012}")).await;
        }
    }

    fn place_of(&self, day: u32, kind: NoteKind) -> String {
        format!("{day:05}/{}/{}/", self.place, kind.name())
    }
}

/// A run that went over midnight has notes of two days.
fn days(now_ms: f64) -> [u32; 2] {
    [day(now_ms) - 1, day(now_ms)]
}

/// Since 1970, of milliseconds since then.
fn day(now_ms: f64) -> u32 {
    (now_ms / DAY_MS) as u32
}

const DAY_MS: f64 = 86_400_000.0;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use std::rc::Rc;

    use base::records::MemoryRecords;
    use futures_executor::block_on;

    use super::*;
    use crate::secret::Secret;

    /// Just before midnight.
    const EVENING: f64 = 20_000.0 * DAY_MS - 1.0;
    const MORNING: f64 = EVENING + 2.0;

    /// The tab of this seed, whose page is opened then.
    fn tab(store: &Rc<MemoryRecords>, seed: u8, now_ms: f64) -> Notes<Rc<MemoryRecords>> {
        let signer = Signer::new(Secret::new([seed; 32]));
        block_on(Notes::open(Ok(Rc::clone(store)), &signer, [seed; 16], now_ms))
    }

    fn parts(notes: &Notes<Rc<MemoryRecords>>, now_ms: f64) -> Vec<(u64, Vec<u8>)> {
        block_on(notes.remembered(now_ms)).parts
    }

    #[test]
    fn notes_of_a_run_that_went_over_midnight_are_found_in_order() {
        let store = Rc::default();
        let notes = tab(&store, 1, EVENING);
        assert!(block_on(notes.write(NoteKind::Part, 8, b"eight", EVENING)));
        assert!(block_on(notes.write(NoteKind::Part, 10, b"ten", MORNING)));
        assert!(block_on(notes.write(NoteKind::Part, 9, b"nine", MORNING)));
        assert!(block_on(notes.write(NoteKind::Agreed, 0, b"yes", MORNING)));
        let again = tab(&store, 1, MORNING);
        let numbered = |number: u64, text: &str| (number, text.as_bytes().to_vec());
        assert_eq!(parts(&again, MORNING), [numbered(8, "eight"), numbered(9, "nine"), numbered(10, "ten")]);
        block_on(again.forget(NoteKind::Part, 9, MORNING));
        assert_eq!(parts(&again, MORNING), [numbered(9, "nine"), numbered(10, "ten")]);
        assert_eq!(block_on(again.remembered(MORNING)).agreed, [numbered(0, "yes")]);
        // Two days later nobody comes back for them.
        let later = tab(&store, 1, MORNING + 2.0 * DAY_MS);
        assert_eq!(block_on(store.names("")), Ok(Vec::new()));
        assert_eq!(parts(&later, MORNING + 2.0 * DAY_MS), []);
    }

    #[test]
    fn nobody_else_reads_them_and_what_was_changed_is_not_believed() {
        let store: Rc<MemoryRecords> = Rc::default();
        let notes = tab(&store, 1, EVENING);
        assert!(block_on(notes.write(NoteKind::Part, 1, b"s3cret", EVENING)));
        let (name, sealed) = block_on(store.read("")).expect("it can be read").remove(0);
        assert!(!sealed.windows(6).any(|bytes| bytes == b"s3cret"));
        let other = tab(&store, 2, EVENING);
        let stolen = name.replace(&notes.place, &other.place);
        block_on(store.put(&stolen, &sealed)).expect("there is room");
        assert_eq!(parts(&other, EVENING), [], "another key");
        let mut damaged = sealed;
        damaged[0] ^= 1;
        block_on(store.put(&name, &damaged)).expect("there is room");
        assert_eq!(parts(&notes, EVENING), []);
    }

    #[test]
    fn what_is_not_written_down_is_said() {
        let store = Rc::default();
        let notes = tab(&store, 1, EVENING);
        assert_eq!(notes.problem(), None);
        store.fill(true);
        assert!(!block_on(notes.write(NoteKind::Part, 1, b"x", EVENING)));
        assert!(notes.problem().is_some_and(|problem| problem.contains("the disk is full")));
        store.fill(false);
        assert!(block_on(notes.write(NoteKind::Part, 1, b"x", EVENING)));
        assert_eq!(notes.problem(), None);
        let refused = RecordsError("a private window".to_owned());
        let signer = Signer::new(Secret::new([1; 32]));
        let nowhere = block_on(Notes::<Rc<MemoryRecords>>::open(Err(refused), &signer, [0; 16], EVENING));
        assert!(!block_on(nowhere.write(NoteKind::Part, 1, b"x", EVENING)));
        assert!(nowhere.problem().is_some_and(|problem| problem.contains("a private window")));
    }
}
