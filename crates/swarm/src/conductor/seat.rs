//! What a conductor knows of one generator.

use std::collections::{BTreeSet, VecDeque};

use crate::clock::Offset;
use crate::message::{Card, Consent, Offer};
use crate::peer::SessionId;
use run::{Capacity, is_capped};

/// A generator, as the conductor knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seat {
    pub session: SessionId,
    /// `None`: it has not introduced itself yet.
    pub card: Option<Card>,
    pub is_away: bool,
    /// What it said cannot be: nothing more is taken from it, until this run is over.
    pub is_out: bool,
    /// How our clock differs from its, as it measures it.
    pub clock: Option<Offset>,
    /// The run's workers that live there: the browser's own number is the place in this list.
    pub workers: Vec<usize>,
    /// Which the results of this run know it by: nobody else is called so.
    pub(super) names: BTreeSet<String>,
    /// The same of the run that is over, until the next begins: others may be called so again.
    pub(super) past_names: BTreeSet<String>,
    /// Orders that it has not obeyed yet.
    pub(super) orders: VecDeque<(u64, Vec<u8>)>,
    pub(super) next_order: u64,
    /// The part that comes next.
    pub(super) next_part: u64,
    /// Its page or ours was loaded anew: its next card says whether it still plays.
    pub(super) is_anew: bool,
}

impl Seat {
    pub(super) fn new(session: SessionId) -> Self {
        Self {
            session,
            card: None,
            is_away: false,
            is_out: false,
            clock: None,
            workers: Vec::new(),
            names: BTreeSet::new(),
            past_names: BTreeSet::new(),
            orders: VecDeque::new(),
            next_order: 0,
            next_part: 0,
            is_anew: false,
        }
    }

    /// It plays nothing any more, and counts from zero when it plays again.
    pub(super) fn stand_by(&mut self) {
        self.workers.clear();
        self.names.clear();
        self.past_names.clear();
        self.orders.clear();
        (self.next_order, self.next_part) = (0, 0);
    }

    pub fn name(&self) -> String {
        self.card.as_ref().map_or_else(|| "?".to_owned(), |card| card.name.clone())
    }

    /// Results of the run that goes on, or went on last, know it by this name, whatever it calls itself now.
    pub(super) fn bore(&self, name: &str) -> bool {
        self.names.contains(name) || self.past_names.contains(name)
    }

    /// What it would give to a run; `None`: nothing now.
    pub(super) fn capacity(&self, offer: &Offer) -> Option<Capacity> {
        let may =
            |card: &&Card| card.consent == Consent::Given && card.offer == offer.number && card.build == offer.build;
        let card = self.card.as_ref().filter(|_| !self.is_away && !self.is_out).filter(may)?;
        Some(Capacity {
            browser: Some(card.name.clone()),
            cores: card.cores,
            sockets: card.sockets,
            is_capped: is_capped(&card.browser),
            only_watches: card.only_watches,
        })
    }
}
