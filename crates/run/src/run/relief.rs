//! Users that cannot connect because their browser is full are played by others that have room.
//!
//! 1. A browser was found full by proof (`verdict`), and others of this run have sockets to spare beside all users that they are to
//!    play: its workers are asked to give up as many of those that wait (`GiveUp`), one question at a time each.
//! 2. Which these are comes with a hand-over, numbered like all others: from then on they are nobody's, and each is dealt at once to the
//!    part with the most room (`TakeIn`), or home again where no room is left or three browsers could not keep it.
//! 3. Who plays whom is kept by part, not by worker: whoever takes up a part is told with its load what the part has lent and whom it
//!    plays for others. What a worker gives up that does not play the part any more counts for nothing.
//! 4. A browser that gives back what it was given (its operator's limits, an account that it does not know) is not asked for a while.
//! 5. Only hand-overs move anybody, so a run that is played again gives the same orders.

use std::collections::{BTreeMap, BTreeSet};

use super::verdict::BrowserSeen;
use super::{Run, Stage};
use crate::member::{GiveUpRequest, MemberState};
use base::time::{Span, Timestamp};
use engine::wire::{Guest, Lending, LogLevel, Moved, Snapshot, ToWorker};
use metrics::{AnnotationKind, UserId};

/// Users that were moved to other parts than they were dealt to.
#[derive(Debug, Default)]
pub(super) struct Relief {
    moves: BTreeMap<UserId, Move>,
    /// To which worker, until it says that it plays them.
    on_the_way: BTreeMap<UserId, usize>,
    /// The most users of each part, as the plan is now.
    planned: BTreeMap<usize, u32>,
    /// What was said and asked of each browser about its sockets.
    pub browsers: Vec<BrowserSeen>,
}

#[derive(Debug, Clone, Copy)]
struct Move {
    /// The part that it was dealt to, and the one that plays it.
    own: usize,
    part: usize,
    /// How often it was given to a part that is not its own.
    times: u32,
}

impl Run {
    /// Asks the workers of full browsers to give up as many users as others have room for.
    pub(super) fn relieve_full_browsers(&mut self) {
        let now = self.now();
        let is_needy = |run: &Self, worker: usize| {
            let member = &run.members[worker];
            let is_open = member.asked.users == 0 && now >= member.asked.again_at;
            let is_full =
                || run.aggregator.totals().rooms().full_now(run.aggregator.totals().homes().of(worker)).is_some();
            is_open && member.queue > 0 && run.plays_load(worker) && is_full()
        };
        let needy: Vec<usize> = (0..self.members.len()).filter(|&worker| is_needy(self, worker)).collect();
        if self.stage != Stage::Running || needy.is_empty() {
            return;
        }
        // Who is gone does not answer any more.
        let answers = |worker: &usize| self.is_player(*worker) && self.members[*worker].state != MemberState::Dead;
        let asked = (0..self.members.len()).filter(answers).map(|worker| self.members[worker].asked.users);
        let asked = asked.fold(0, u32::saturating_add);
        let mut room = self.free_sockets().into_iter().fold(0, u32::saturating_add).saturating_sub(asked);
        for worker in needy {
            let users = self.members[worker].queue.min(room);
            if users > 0 {
                room -= users;
                self.members[worker].asked.users = users;
                self.outbox.push_back((worker, ToWorker::GiveUp { users }));
            }
        }
    }

    /// What a hand-over says of users that changed their part, before its users are counted: who is on the way to this worker waits.
    pub(super) fn on_moved(&mut self, worker: usize, moved: &Moved, snapshot: &mut Snapshot) {
        for user in moved.taken_in.iter().chain(&moved.given_up) {
            if self.relief.on_the_way.get(user) == Some(&worker) {
                self.relief.on_the_way.remove(user);
                let until = self.now() + BETWEEN_REFUSALS;
                let seen = self.relief.browsers.get_mut(self.aggregator.totals().homes().of(worker));
                if let Some(seen) = seen.filter(|_| moved.given_up.contains(user)) {
                    seen.has_no_room_until = until;
                }
            }
        }
        for (user, _) in self.relief.on_the_way.iter().filter(|(_, to)| **to == worker) {
            if let Some(users) = snapshot.users.get_mut(user.population()) {
                users.waiting = users.waiting.saturating_add(1);
            }
        }
        if moved.was_asked {
            let again_at = if moved.given_up.is_empty() { self.now() + BETWEEN_QUESTIONS } else { Timestamp::ZERO };
            self.members[worker].asked = GiveUpRequest { users: 0, again_at };
        }
    }

    /// Deals what a worker has given up: to the browsers with the most room, or home again.
    pub(super) fn place(&mut self, worker: usize, given_up: Vec<UserId>) {
        let part = self.members[worker].part.segment.part;
        if given_up.is_empty() || self.player_of(part) != Some(worker) {
            return;
        }
        let from = self.aggregator.totals().homes().of(worker);
        let mut room = if self.stage == Stage::Running { self.free_sockets() } else { Vec::new() };
        if let Some(room) = room.get_mut(from) {
            *room = 0;
        }
        let (mut told, mut moved): (BTreeMap<usize, Vec<Guest>>, BTreeMap<usize, u32>) = Default::default();
        for (user, known) in self.moves_of(part, given_up) {
            let home = (0..room.len()).rev().max_by_key(|&home| room[home]).filter(|&home| room[home] > 0);
            let host = home.filter(|_| known.times < MOST_MOVES).and_then(|home| self.host_in(home, &told));
            if let (Some(home), Some(host)) = (home, host) {
                room[home] -= 1;
                *moved.entry(home).or_default() += 1;
                let part = self.members[host].part.segment.part;
                self.relief.moves.insert(user, Move { part, times: known.times + 1, ..known });
                told.entry(host).or_default().push(self.guest(user));
            } else {
                self.relief.moves.insert(user, Move { part: known.own, ..known });
                if let Some(own) = self.player_of(known.own).filter(|&own| self.members[own].has_load) {
                    told.entry(own).or_default().push(self.guest(user));
                }
            }
        }
        self.tell_moved(from, &moved);
        for (host, guests) in told {
            self.send_guests(host, guests);
        }
    }

    /// Those of the given users that this part plays, with where they belong.
    fn moves_of(&self, part: usize, users: Vec<UserId>) -> Vec<(UserId, Move)> {
        let Some(segment) = self.members.first().map(|member| &member.part.segment) else { return Vec::new() };
        let dealers = [segment.dealer(true), segment.dealer(false)];
        let known = |user: UserId| {
            let dealt = || dealers[usize::from(user.population() != 0)](user.index());
            let known = self.relief.moves.get(&user).copied();
            known.or_else(|| dealt().map(|own| Move { own, part: own, times: 0 }))
        };
        // Whoever names a user twice would have it played twice.
        let users: BTreeSet<UserId> = users.into_iter().collect();
        let found = users.into_iter().filter_map(|user| Some((user, known(user)?)));
        found.filter(|(_, known)| known.part == part).collect()
    }

    /// What a part has lent and whom it plays for others: for whoever takes it up. Nobody is on the way to it any more.
    pub(super) fn lending_of(&mut self, part: usize) -> Lending {
        let members = &self.members;
        self.relief.on_the_way.retain(|_, worker| members[*worker].part.segment.part != part);
        let moves = || self.relief.moves.iter().filter(|(_, known)| known.own != known.part);
        Lending {
            lent: moves().filter(|(_, known)| known.own == part).map(|(user, _)| *user).collect(),
            guests: moves().filter(|(_, known)| known.part == part).map(|(user, _)| self.guest(*user)).collect(),
        }
    }

    fn guest(&self, user: UserId) -> Guest {
        let row = self.supplies.csv.get(user.population()).and_then(|rows| rows.get(user.index() as usize));
        Guest { user, row: row.cloned().unwrap_or_default() }
    }

    fn send_guests(&mut self, host: usize, guests: Vec<Guest>) {
        let member = &mut self.members[host];
        for Guest { user, .. } in &guests {
            self.relief.on_the_way.insert(*user, host);
            if let Some(users) = member.users.get_mut(user.population()) {
                users.waiting = users.waiting.saturating_add(1);
            }
        }
        self.outbox.push_back((host, ToWorker::TakeIn { guests, most: u32::MAX }));
    }

    /// Of this browser the worker that has the fewest users.
    fn host_in(&self, home: usize, told: &BTreeMap<usize, Vec<Guest>>) -> Option<usize> {
        let users = |worker: &usize| {
            let guests = told.get(worker).map_or(0, Vec::len) as u32;
            super::report::alive(&super::sum(self.members[*worker].users.iter())).saturating_add(guests)
        };
        self.workers_of(home).filter(|&worker| self.plays_load(worker)).min_by_key(users)
    }

    /// It plays users of the load now, and is heard.
    fn plays_load(&self, worker: usize) -> bool {
        let member = &self.members[worker];
        let is_here = member.state == MemberState::Loaded && member.has_load && member.unheard.is_none();
        let part = &member.part;
        is_here && member.left_alone.is_none() && !part.is_probe() && self.player_of(part.segment.part) == Some(worker)
    }

    /// Of those that played a part one after the other the last.
    fn player_of(&self, part: usize) -> Option<usize> {
        self.members.iter().rposition(|member| member.part.segment.part == part)
    }

    /// Sockets of each browser that neither are open nor will be needed for the users that it is to play.
    fn free_sockets(&mut self) -> Vec<u32> {
        if self.relief.planned.is_empty() {
            let parts = self.members.iter().map(|member| &member.part.segment);
            self.relief.planned = parts.map(|segment| (segment.part, self.plan.users_of(segment))).collect();
        }
        (0..self.relief.browsers.len()).map(|home| self.free_sockets_of(home)).collect()
    }

    fn free_sockets_of(&self, home: usize) -> u32 {
        let (rooms, seen) = (self.aggregator.totals().rooms(), &self.relief.browsers[home]);
        let players: Vec<usize> = self.workers_of(home).filter(|&worker| self.is_player(worker)).collect();
        let can_host = rooms.opens(home) && seen.has_no_room_until <= self.now();
        if !can_host || !players.iter().any(|&worker| self.plays_load(worker)) {
            return 0;
        }
        let most = players.iter().map(|&worker| self.members[worker].part.budget.for_users()).max().unwrap_or(0);
        // Where it was full before it is taken to be full again.
        let most = rooms.full(home).map_or(most, |full| most.min(full.sockets));
        let parts: Vec<usize> = players.iter().map(|&worker| self.members[worker].part.segment.part).collect();
        let guests = self.relief.moves.values().filter(|known| known.own != known.part && parts.contains(&known.part));
        let planned =
            parts.iter().filter_map(|part| self.relief.planned.get(part)).fold(0, |all: u32, n| all.saturating_add(*n));
        let open = self
            .workers_of(home)
            .map(|worker| self.aggregator.totals().health().workers[worker].sockets_open)
            .sum::<u32>();
        most.saturating_sub(planned.saturating_add(guests.count() as u32).max(open))
    }

    fn is_player(&self, worker: usize) -> bool {
        self.player_of(self.members[worker].part.segment.part) == Some(worker)
    }

    /// The tester has changed the load: parts have other sizes.
    pub(super) fn plan_anew(&mut self) {
        self.relief.planned.clear();
    }

    fn tell_moved(&mut self, from: usize, moved: &BTreeMap<usize, u32>) {
        for (home, users) in moved {
            self.aggregator.relieve(from, *users);
            let (from, to) = (self.name_of_browser(from), self.name_of_browser(*home));
            let noun = if *users == 1 { "user" } else { "users" };
            let text =
                format!("{from} is full: {users} of its {noun} that wait for a socket go to {to}, which has room");
            self.log.note(self.now(), LogLevel::Info, text.clone());
            self.aggregator.annotate(self.now(), AnnotationKind::Browser, text);
        }
    }
}

/// Who was given away so often stays at home.
const MOST_MOVES: u32 = 3;
/// After a browser gave back what it was given.
const BETWEEN_REFUSALS: Span = Span::from_secs(10);
/// After a worker had nobody to give up.
const BETWEEN_QUESTIONS: Span = Span::from_secs(5);
