//! Users of all workers and populations: now, and when the load ended.

use super::load_end::LoadEnd;
use crate::user::UsersByState;

#[derive(Debug, Clone, Default)]
pub struct UsersTotal {
    /// As of the workers' last hand-overs.
    pub(crate) now: UsersByState,
    /// `None`: it goes on.
    pub(crate) ending: Option<LoadEnd>,
    /// When the load ended.
    pub(crate) at_end: UsersByState,
}

impl UsersTotal {
    /// A load ends once: what is said later of its end is not heard.
    pub fn end(&mut self, ending: LoadEnd, at_end: UsersByState) {
        if self.ending.is_none() {
            // Whose worker is gone, and in whose place another began, no chart tells.
            let UsersByState { lost, replaced, .. } = self.now;
            (self.ending, self.at_end) = (Some(ending), UsersByState { lost, replaced, ..at_end });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::totals::EndedBy;
    use base::time::{Span, Timestamp};

    #[test]
    fn the_first_end_of_the_load_is_its_end() {
        let now = UsersByState { active: 9, lost: 2, replaced: 1, ..<_>::default() };
        let mut users = UsersTotal { now, ..<_>::default() };
        let end = |by, second| LoadEnd { by, at: Timestamp::ZERO + Span::from_secs(second), planned: Timestamp::ZERO };
        users.end(end(EndedBy::Tester, 3), UsersByState { active: 4, ..<_>::default() });
        users.end(end(EndedBy::Plan, 9), UsersByState::default());
        assert_eq!(users.ending, Some(end(EndedBy::Tester, 3)));
        assert_eq!(users.at_end, UsersByState { active: 4, lost: 2, replaced: 1, ..<_>::default() });
    }
}
