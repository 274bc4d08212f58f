//! One worker as the conductor knows it.

use super::layout::Part;
use crate::metrics::UsersByState;

#[derive(Debug)]
pub(super) struct Member {
    pub part: Part,
    pub state: MemberState,
    /// Its users by population, as of its last snapshot.
    pub users: Vec<UsersByState>,
}

/// In order of a worker's life. The dead come last: nobody waits for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum MemberState {
    Starting,
    Loaded,
    /// Its users send nothing any more, and it knows the fate of all they sent.
    Settled,
    /// Its users are gone.
    Done,
    /// Its ledger is settled.
    Finished,
    Dead,
}

impl Member {
    pub(super) fn new(part: Part, populations: usize) -> Self {
        Self { part, state: MemberState::Starting, users: vec![UsersByState::default(); populations] }
    }

    /// The worker is gone, and with it all its users that were still there: they failed. Returns how many.
    pub(super) fn die(&mut self) -> u32 {
        self.state = MemberState::Dead;
        self.users.iter_mut().map(lose_all).sum()
    }
}

fn lose_all(users: &mut UsersByState) -> u32 {
    let UsersByState { waiting, preparing, connecting, flow, active, reconnecting, finishing, done, failed, .. } =
        *users;
    let lost = waiting + preparing + connecting + flow + active + reconnecting + finishing;
    *users = UsersByState { done, failed: failed + lost, ..UsersByState::default() };
    lost
}
