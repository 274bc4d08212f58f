//! Everything that this page keeps in a browser, in one list: who deletes it all deletes this.
//!
//! Names that begin like these are ours as well. What others keep at the same origin is none of ours.

/// Something that is kept, under its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    pub place: Place,
    pub name: &'static str,
    /// For people, as in "Deleted: …".
    pub what: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// As long as the tab is open: a plan may hold secrets.
    Tab,
    Browser,
    Database,
}

pub const THEME: Kept = Kept { place: Place::Browser, name: "tabswarm.theme", what: "the choice of colours" };
pub const BROKER: Kept = Kept { place: Place::Browser, name: "tabswarm.broker", what: "the last broker's address" };
pub const NAME: Kept = Kept { place: Place::Browser, name: "tabswarm.name", what: "this browser's name" };
/// What load from here may do, which brokers links may lead to, and whether the statement of fair use has been read.
pub const SAFETY: Kept =
    Kept { place: Place::Browser, name: "tabswarm.safety", what: "what was allowed: hosts, brokers, limits, fair use" };
pub const DRAFT: Kept = Kept { place: Place::Tab, name: "tabswarm.plan", what: "the plan that was typed in this tab" };
pub const SESSION: Kept = Kept { place: Place::Tab, name: "tabswarm.session", what: "who this tab is in swarms" };
/// What tabs write down about swarms, sealed.
pub const NOTES: Kept =
    Kept { place: Place::Database, name: "tabswarm", what: "notes of swarms and what was agreed to in them" };
/// Runs that are kept.
pub const RESULTS: Kept = Kept { place: Place::Database, name: "tabswarm.results", what: "kept runs and their notes" };

pub const ALL: [Kept; 8] = [RESULTS, NOTES, SAFETY, DRAFT, SESSION, BROKER, NAME, THEME];

/// This page keeps something under this name, or an earlier version of it did.
pub fn is_ours(name: &str) -> bool {
    name == OURS || name.strip_prefix(OURS).is_some_and(|rest| rest.starts_with('.'))
}

/// What was found and deleted, in words. Some of it may not have a place in the list (yet, or any more).
pub fn in_words(found: &[(Place, String)]) -> Vec<String> {
    let word = |(place, name): &(Place, String)| {
        let known = ALL.iter().find(|kept| kept.place == *place && kept.name == name);
        known.map_or_else(|| format!("what was kept as {name}"), |kept| kept.what.to_owned())
    };
    let rank = |(place, name): &(Place, String)| {
        ALL.iter().position(|kept| kept.place == *place && kept.name == name).unwrap_or(ALL.len())
    };
    let mut found = found.to_vec();
    found.sort_by_key(|kept| (rank(kept), kept.clone()));
    found.dedup();
    found.iter().map(word).collect()
}

const OURS: &str = "tabswarm";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_we_keep_is_known_by_its_name_and_nothing_else_is() {
        assert!(ALL.iter().all(|kept| is_ours(kept.name)));
        assert!(is_ours("tabswarm.something.new"));
        for name in ["", "tabswarmer", "tab", "theme", "other.tabswarm"] {
            assert!(!is_ours(name), "{name}");
        }
    }

    #[test]
    fn what_was_deleted_is_said_in_the_list_s_order_and_words() {
        let found = [
            (Place::Browser, THEME.name.to_owned()),
            (Place::Tab, "tabswarm.new".to_owned()),
            (Place::Database, RESULTS.name.to_owned()),
        ];
        assert_eq!(in_words(&found), [RESULTS.what, THEME.what, "what was kept as tabswarm.new"]);
        assert_eq!(in_words(&[]), [""; 0]);
    }
}
