//! From a load shape to a list of steps: pure arithmetic, the engine only follows.
//!
//! Users are whole, the line a shape draws is not. User `k` (from 0) is wanted while the line is at `k + ½` or higher,
//! so the number of users is the line, rounded; in an open load arrival `k` comes when the area under the rate
//! reaches `k + ½`, in the middle of its own slot. The halves make a line and its mirror image alike, never start
//! anybody at the very end of the load, and keep whole targets clear of rounding.
//!
//! ```text
//! users 3 ┤        ┌────────┐        line 0 ▶ 3 ▶ 3 ▶ 0: user 0 starts first and stops last
//!       2 ┤     ┌──┘        └──┐
//!       1 ┤  ┌──┘              └──┐
//!       0 ┼──┘                    └──
//! ```

use super::choices::Ramp;
use super::model::{Load, Plan};
use super::segment::{Hand, Segment};
use super::steering::load_changes;
use base::time::{Span, Timestamp};

/// What happens to one user at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadStep {
    pub at: Timestamp,
    /// The user's number within its population, over the whole run, from 0.
    pub user: u32,
    pub action: StepAction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepAction {
    /// Closed load: the user starts. Open load: it arrives (or is dropped when the cap is reached).
    Start,
    /// Closed load: the user retires.
    Stop,
}

/// One part's steps of one population in time order, computed as they are asked for.
#[derive(Debug, Clone)]
pub struct Schedule {
    lines: Vec<Line>,
    hand: Hand,
    max_users: Option<u32>,
    end: f64,
    walk: Walk,
    /// Where the walk stood behind this part's last step: a change of the load goes on from there.
    mark: Walk,
    next: Option<LoadStep>,
}

/// How far the steps of all parts were computed.
#[derive(Debug, Clone, Copy, Default)]
struct Walk {
    /// The line that the next step lies on.
    place: usize,
    /// Closed load: users that are in. Open load: users that have arrived. Over all parts.
    users: u32,
    /// Open load: arrivals due before the line at `place`.
    arrived: f64,
}

/// A straight piece of the shape, `from` to `to`; without duration it is a jump.
#[derive(Debug, Clone, Copy)]
struct Line {
    start: f64,
    duration: f64,
    from: f64,
    to: f64,
}

impl Schedule {
    pub fn new(load: &Load, segment: &Segment, first_population: bool) -> Self {
        Self::along(lines(load), load, segment, first_population)
    }

    /// Of a population of a plan, with what its actions make of its load.
    pub fn planned(plan: &Plan, index: usize, segment: &Segment) -> Self {
        let load = &plan.populations[index].load;
        let mut lines = lines(load);
        let end = end_of(&lines);
        for (at, target, over) in load_changes(plan, index) {
            cut(&mut lines, at, target, over, end);
        }
        Self::along(lines, load, segment, index == 0)
    }

    fn along(lines: Vec<Line>, load: &Load, segment: &Segment, first_population: bool) -> Self {
        let mut schedule = Self {
            end: end_of(&lines),
            lines,
            hand: Hand::new(segment, first_population),
            max_users: load.is_open().then(|| load.max_users()),
            walk: Walk::default(),
            mark: Walk::default(),
            next: None,
        };
        schedule.next = schedule.next_of_hand();
        schedule
    }

    /// When the next step is due.
    pub fn next_at(&self) -> Option<Timestamp> {
        self.next.map(|step| step.at)
    }

    /// The next step if it is due.
    pub fn pop(&mut self, now: Timestamp) -> Option<LoadStep> {
        let step = self.next.filter(|step| step.at <= now)?;
        self.next = self.next_of_hand();
        Some(step)
    }

    /// From `at` on the load goes to `target` over so many seconds and stays there to its end. Every step up to `at` has been
    /// popped, and none behind it.
    pub fn retarget(&mut self, at: Timestamp, target: f64, over: f64) {
        if at.as_secs_f64() >= self.end {
            return;
        }
        self.walk_to(at);
        self.walk.place = cut(&mut self.lines, at.as_secs_f64(), target, over, self.end);
        self.walk.arrived = self.lines[..self.walk.place].iter().map(Line::area).sum();
        self.next = self.next_of_hand();
    }

    /// All steps up to then lie behind. Others' count, too: all parts must go on from the same users.
    fn walk_to(&mut self, at: Timestamp) {
        self.walk = self.mark;
        loop {
            let before = self.walk;
            if self.next_step().is_none_or(|step| step.at > at) {
                self.walk = before;
                break;
            }
        }
    }

    /// Another part plays this user from now on.
    pub fn lend(&mut self, user: u32) {
        self.hand.let_go(user);
        self.walk = self.mark;
        self.next = self.next_of_hand();
    }

    /// This part plays the user from `at` on (`None`: from the load's start); says whether the load wants it there by now. Every
    /// step up to `at` has been popped, and none behind it.
    pub fn host(&mut self, user: u32, at: Option<Timestamp>) -> bool {
        self.hand.take_in(user);
        match at {
            Some(at) => self.walk_to(at),
            None => self.walk = self.mark,
        }
        let is_in = user < self.walk.users && at.is_none_or(|at| at < self.end());
        self.next = self.next_of_hand();
        is_in
    }

    pub fn holds(&self, user: u32) -> bool {
        self.hand.holds(user)
    }

    /// The user was dealt to this part.
    pub fn is_own(&self, user: u32) -> bool {
        self.hand.is_dealt(user)
    }

    /// The most users of this part at a time, as far as is known by now: its own and its guests.
    pub fn most(&self) -> u32 {
        let peak = self.lines.iter().map(|line| line.from.max(line.to)).fold(0.0, f64::max).round() as u32;
        self.hand.share(self.max_users.unwrap_or(peak)).saturating_add(self.hand.guests())
    }

    /// When the load ends: every user still there is retired then.
    pub fn end(&self) -> Timestamp {
        timestamp(self.end)
    }

    /// Users (closed load) or arrivals per second (open load) wanted over all parts at `at`: the line that the chart
    /// draws. Zero from the end on.
    pub fn target(&self, at: Timestamp) -> f64 {
        let seconds = at.as_secs_f64();
        if seconds >= self.end {
            return 0.0;
        }
        let behind = self.lines.partition_point(|line| line.start <= seconds);
        behind.checked_sub(1).map_or(0.0, |place| self.lines[place].value(seconds))
    }

    /// This part's cap of concurrent users; `None`: closed load. The caps of all parts sum to the plan's.
    pub fn cap(&self) -> Option<u32> {
        self.max_users.map(|cap| self.hand.share(cap))
    }

    /// Arrivals of an open load, over all parts.
    pub fn arrivals(&self) -> u64 {
        self.lines.iter().map(Line::area).sum::<f64>().round() as u64
    }

    fn next_of_hand(&mut self) -> Option<LoadStep> {
        self.mark = self.walk;
        loop {
            let step = self.next_step()?;
            if self.hand.holds(step.user) {
                return Some(step);
            }
        }
    }

    fn next_step(&mut self) -> Option<LoadStep> {
        if self.max_users.is_some() { self.next_arrival() } else { self.next_change() }
    }

    /// Open load: the next arrival over all parts.
    fn next_arrival(&mut self) -> Option<LoadStep> {
        loop {
            let line = self.lines.get(self.walk.place)?;
            let missing = f64::from(self.walk.users) + 0.5 - self.walk.arrived;
            if missing <= line.area() && self.walk.users < u32::MAX {
                let step = LoadStep {
                    at: timestamp(line.start + line.time_of_area(missing)),
                    user: self.walk.users,
                    action: StepAction::Start,
                };
                self.walk.users += 1;
                return Some(step);
            }
            self.walk.arrived += line.area();
            self.walk.place += 1;
        }
    }

    /// Closed load: the next start or stop over all parts; the last to start is the first to stop.
    fn next_change(&mut self) -> Option<LoadStep> {
        loop {
            let line = self.lines.get(self.walk.place)?;
            let goal = line.to.round() as u32;
            let (user, action) = match self.walk.users.cmp(&goal) {
                std::cmp::Ordering::Less => (self.walk.users, StepAction::Start),
                std::cmp::Ordering::Greater => (self.walk.users - 1, StepAction::Stop),
                std::cmp::Ordering::Equal => {
                    self.walk.place += 1;
                    continue;
                }
            };
            self.walk.users = if action == StepAction::Start { user + 1 } else { user };
            let at = timestamp(line.start + line.time_of_value(f64::from(user) + 0.5));
            return Some(LoadStep { at, user, action });
        }
    }
}

impl Line {
    fn value(&self, at: f64) -> f64 {
        if self.duration <= 0.0 {
            return self.to;
        }
        self.from + (self.to - self.from) * ((at - self.start) / self.duration).clamp(0.0, 1.0)
    }

    /// When the line is at `value`, seconds after its start.
    fn time_of_value(&self, value: f64) -> f64 {
        if self.from == self.to {
            return 0.0;
        }
        (self.duration * (value - self.from) / (self.to - self.from)).clamp(0.0, self.duration)
    }

    fn area(&self) -> f64 {
        (self.from + self.to) / 2.0 * self.duration
    }

    /// When the area under the line reaches `area`, seconds after its start: the root of
    /// `from * t + slope / 2 * t^2 = area`, in the form that does not cancel.
    fn time_of_area(&self, area: f64) -> f64 {
        let slope = (self.to - self.from) / self.duration;
        let root = (self.from * self.from + 2.0 * slope * area).max(0.0).sqrt();
        (2.0 * area / (self.from + root)).min(self.duration)
    }
}

fn end_of(lines: &[Line]) -> f64 {
    lines.last().map_or(0.0, |line| line.start + line.duration)
}

/// Ends the lines at `at` and adds one to `target` and one along it; returns the place of the first new one.
fn cut(lines: &mut Vec<Line>, at: f64, target: f64, over: f64, end: f64) -> usize {
    if at >= end {
        return lines.len();
    }
    let begun = lines.partition_point(|line| line.start <= at);
    lines.truncate(begun);
    let from = lines.last_mut().map_or(0.0, |line| {
        let value = line.value(at);
        line.duration = line.duration.min(at - line.start);
        line.to = value;
        value
    });
    let over = over.min(end - at);
    lines.push(Line { start: at, duration: over, from, to: target });
    lines.push(Line { start: at + over, duration: end - at - over, from: target, to: target });
    begun
}

fn lines(load: &Load) -> Vec<Line> {
    let mut value = load.start();
    let mut start = 0.0;
    let mut lines = vec![Line { start, duration: 0.0, from: 0.0, to: value }];
    for stage in load.stages() {
        if stage.ramp == Ramp::Step {
            lines.push(Line { start, duration: 0.0, from: value, to: stage.target });
            value = stage.target;
        }
        lines.push(Line { start, duration: stage.duration_s, from: value, to: stage.target });
        value = stage.target;
        start += stage.duration_s;
    }
    lines
}

fn timestamp(seconds: f64) -> Timestamp {
    Timestamp::ZERO + Span::from_secs_f64(seconds)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{ShapeName, Stage};

    fn load(json: &str) -> Load {
        serde_json::from_str(json).expect("a load")
    }

    fn all(load: &Load, segment: &Segment, first: bool) -> Vec<LoadStep> {
        let mut schedule = Schedule::new(load, segment, first);
        std::iter::from_fn(|| schedule.pop(Timestamp::NEVER)).collect()
    }

    /// Steps as `seconds+user` and `seconds-user`.
    #[track_caller]
    fn check(json: &str, expected: &str) {
        let text = |step: LoadStep| {
            let sign = if step.action == StepAction::Start { '+' } else { '-' };
            format!("{}{sign}{}", step.at.as_secs_f64(), step.user)
        };
        let steps: Vec<_> = all(&load(json), &Segment::whole(), true).into_iter().map(text).collect();
        assert_eq!(steps.join(" "), expected, "{json}");
    }

    #[test]
    fn closed_loads_follow_their_line() {
        check(
            r#"{"model":"closed","stages":[{"duration_s":4,"target":4},{"duration_s":2,"target":4},{"duration_s":2,"target":2}]}"#,
            "0.5+0 1.5+1 2.5+2 3.5+3 6.5-3 7.5-2",
        );
        check(
            r#"{"model":"closed","start":2,"stages":[{"duration_s":5,"target":3,"ramp":"step"},{"duration_s":5,"target":1,"ramp":"step"}]}"#,
            "0+0 0+1 0+2 5-2 5-1",
        );
        check(
            r#"{"model":"closed","stages":[{"duration_s":1,"target":1},{"duration_s":1,"target":0},{"duration_s":1,"target":1}]}"#,
            "0.5+0 1.5-0 2.5+0",
        );
        check(r#"{"model":"closed","stages":[{"duration_s":9,"target":0}]}"#, "");
        check(r#"{"model":"batch","users":3,"size":2,"every_s":10,"hold_s":1}"#, "0+0 0+1 10+2");
    }

    #[test]
    fn open_loads_follow_the_area_under_their_rate() {
        check(
            r#"{"model":"open","stages":[{"duration_s":2,"target":2,"ramp":"step"},{"duration_s":1,"target":0,"ramp":"step"},{"duration_s":1,"target":1,"ramp":"step"}],"max_users":9}"#,
            "0.25+0 0.75+1 1.25+2 1.75+3 3.5+4",
        );
        check(
            r#"{"model":"open","stages":[{"duration_s":4,"target":2}],"max_users":9}"#,
            "1.414214+0 2.44949+1 3.162278+2 3.741657+3",
        );
    }

    #[test]
    fn the_line_is_what_was_asked_for() {
        let schedule = Schedule::new(
            &load(
                r#"{"model":"closed","start":2,"stages":[{"duration_s":10,"target":4},{"duration_s":10,"target":9,"ramp":"step"}]}"#,
            ),
            &Segment::whole(),
            true,
        );
        let at = |seconds| schedule.target(timestamp(seconds));
        assert_eq!([0.0, 5.0, 9.5, 10.0, 19.9, 20.0].map(at), [2.0, 3.0, 3.9, 9.0, 9.0, 0.0]);
        assert_eq!(schedule.end(), timestamp(20.0));
        assert_eq!(schedule.cap(), None);
    }

    /// User 4 of five changes its part after so many seconds; steps of either part from then on.
    #[track_caller]
    fn check_move(at_s: u64, wanted: bool, expected: [&str; 2]) {
        let load = load(
            r#"{"model":"closed","start":2,"stages":[{"duration_s":3,"target":5},{"duration_s":3,"target":2},{"duration_s":3,"target":5}]}"#,
        );
        let part = |part| Segment { part, weights: vec![1, 1], probe_parts: Vec::new() };
        let mut parts = [0, 1].map(|n| Schedule::new(&load, &part(n), true));
        let at = Timestamp::ZERO + Span::from_secs(at_s);
        parts.iter_mut().for_each(|part| while part.pop(at).is_some() {});
        parts[0].lend(4);
        assert_eq!(parts[1].host(4, Some(at)), wanted);
        assert_eq!((parts[0].holds(4), parts[1].holds(4), parts[1].is_own(4)), (false, true, false));
        let text = |step: LoadStep| {
            let sign = if step.action == StepAction::Start { '+' } else { '-' };
            format!("{}{sign}{}", step.at.as_secs_f64(), step.user)
        };
        let rest = parts.map(|mut part| {
            std::iter::from_fn(move || part.pop(Timestamp::NEVER)).map(text).collect::<Vec<_>>().join(" ")
        });
        assert_eq!(rest, expected);
    }

    #[test]
    fn who_takes_a_user_in_sends_it_away_when_the_load_says_so_and_starts_it_again() {
        // It is wanted from 2.5 s to 3.5 s, and again from 8.5 s on.
        check_move(3, true, ["5.5-2 6.5+2", "3.5-4 4.5-3 7.5+3 8.5+4"]);
        check_move(4, false, ["5.5-2 6.5+2", "4.5-3 7.5+3 8.5+4"]);
    }

    #[test]
    fn an_hour_at_a_thousand_a_second_is_not_kept_anywhere() {
        let load =
            load(r#"{"model":"open","stages":[{"duration_s":3600,"target":1000,"ramp":"step"}],"max_users":1000}"#);
        let steps = {
            let mut schedule = Schedule::new(&load, &Segment::whole(), true);
            std::iter::from_fn(move || schedule.pop(Timestamp::NEVER))
        };
        let mut expected = 0;
        for step in steps {
            assert_eq!((step.user, step.at.as_micros()), (expected, u64::from(expected) * 1_000 + 500));
            expected += 1;
        }
        assert_eq!(expected, 3_600_000);
    }

    fn any_stage(most: f64) -> impl Strategy<Value = Stage> {
        (0.001..50.0, prop_oneof![Just(0.0), 0.0..most], prop::bool::ANY).prop_map(|(duration_s, target, step)| Stage {
            duration_s,
            target,
            ramp: if step { Ramp::Step } else { Ramp::Linear },
        })
    }

    fn any_load() -> impl Strategy<Value = Load> {
        use ShapeName::{Breakpoint, Load as Ordinary, Smoke, Soak, Spike, Stress};
        let shapes = prop::sample::select(vec![Smoke, Ordinary, Stress, Spike, Soak, Breakpoint]);
        prop_oneof![
            (0..40u32, prop::collection::vec(any_stage(60.0), 1..6))
                .prop_map(|(start, stages)| Load::Closed { start, stages }),
            (0.0..20.0, prop::collection::vec(any_stage(20.0), 1..6), 0..99u32)
                .prop_map(|(start_rate, stages, max_users)| Load::Open { start_rate, stages, max_users }),
            (shapes, 0..200u32, 1.0..500.0).prop_map(|(name, users, duration_s)| Load::Shape {
                name,
                users,
                duration_s
            }),
            (0..99u32, 1..20u32, 0.1..5.0, 0.1..9.0).prop_map(|(users, size, every_s, hold_s)| Load::Batch {
                users,
                size,
                every_s,
                hold_s
            }),
        ]
    }

    proptest! {
        #[test]
        fn the_number_of_users_is_the_rounded_line(load in any_load()) {
            let schedule = Schedule::new(&load, &Segment::whole(), true);
            let steps = all(&load, &Segment::whole(), true);
            prop_assert!(steps.iter().all(|step| step.at <= schedule.end()));
            prop_assert!(steps.is_sorted_by_key(|step| step.at));
            if load.is_open() {
                prop_assert!(steps.iter().enumerate().all(|(k, step)| step.user == k as u32));
                prop_assert_eq!(steps.len() as u64, load.user_count());
                return Ok(());
            }
            let mut users = 0u32;
            let mut most = 0;
            for (step, next) in steps.iter().zip(steps.iter().skip(1).map(Some).chain([None])) {
                match step.action {
                    StepAction::Start => { prop_assert_eq!(step.user, users); users += 1; }
                    StepAction::Stop => { users -= 1; prop_assert_eq!(step.user, users); }
                }
                most = most.max(users);
                let until = next.map_or(schedule.end(), |next| next.at);
                // Steps are rounded to the microsecond, so look a little beside them.
                if until.since(step.at).as_micros() > 4 {
                    let middle = step.at + Span::from_micros(until.since(step.at).as_micros() / 2);
                    prop_assert!((schedule.target(middle) - f64::from(users)).abs() <= 0.5 + 1e-3);
                }
            }
            prop_assert_eq!(most, load.max_users());
        }

        #[test]
        fn parts_sum_to_the_whole(
            load in any_load(), weights in prop::collection::vec(0..9u32, 1..6),
            probes in prop::collection::btree_set(0..6usize, 0..3), first: bool
        ) {
            let probes: Vec<_> = probes.into_iter().filter(|&probe| probe < weights.len()).collect();
            let part = |part| Segment { part, weights: weights.clone(), probe_parts: probes.clone() };
            let mut merged: Vec<_> = (0..weights.len()).flat_map(|n| all(&load, &part(n), first)).collect();
            let whole = all(&load, &Segment::whole(), first);
            // Steps of one moment are in the order of users, up or down.
            let order = |step: &LoadStep| match step.action {
                StepAction::Start => (step.at, i64::from(step.user)),
                StepAction::Stop => (step.at, -i64::from(step.user)),
            };
            let mut expected = whole.clone();
            merged.sort_by_key(order);
            expected.sort_by_key(order);
            prop_assert_eq!(merged, expected);
            let caps: Option<u32> = (0..weights.len()).map(|n| Schedule::new(&load, &part(n), first).cap()).sum();
            prop_assert_eq!(caps, Schedule::new(&load, &Segment::whole(), first).cap());
            for (user, &probe) in probes.iter().enumerate().filter(|_| probes.len() < weights.len()) {
                prop_assert!(all(&load, &part(probe), first).iter().all(|step| step.user == user as u32 && first));
            }
        }
    }
}
