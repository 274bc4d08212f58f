//! Tasks: every activation of a block (the main flow, a timer's tick, a reaction) is a program counter of its own.

use base::time::{Span, Timestamp};
use scenario::{Arguments, Pc};

use super::arguments::KeptArguments;

/// What a user does of its scenario.
#[derive(Default)]
pub struct ScriptRun {
    pub tasks: Vec<Task>,
    /// Serial number of the next task: what waits for something names the task by it.
    next_task: u32,
    pub tickers: Vec<Ticker>,
    /// Its flow had ended once: after a reconnect it only rejoins.
    pub settled_in: bool,
}

/// One activation of a block.
#[derive(Default)]
pub struct Task {
    pub serial: u32,
    pub role: TaskRole,
    pub pc: Pc,
    /// Rounds left of the loops it is in, innermost last.
    pub loops: Vec<u32>,
    /// The arguments of the event that started it.
    pub event: Option<KeptArguments>,
    /// When its next step was due: what it sends is measured from here, too.
    pub intended: Timestamp,
    pub wait: Wait,
    /// A person typed this: the step that sends a message sends it instead of the script's, the step that speaks says the clip of
    /// this name, and no other step of the script follows.
    pub typed: Option<Box<str>>,
}

/// What its end means to the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TaskRole {
    /// `once`, `before`, `flow`, `rejoin` or `finish`: its end moves the user on.
    #[default]
    Main,
    /// A tick or a reaction: its end means nothing.
    Side,
    /// The last tick of a timer that sends what has gathered: its user waits for it before it leaves.
    Flush,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wait {
    #[default]
    Ready,
    Until(Timestamp),
    /// Until the tester lets it go on.
    Held,
    /// For a `Pending` or a `Fetching` that names it.
    Blocked,
}

/// A timer of the scenario, running.
pub struct Ticker {
    pub due: Timestamp,
    /// Ticks left; `None`: without end.
    pub left: Option<u64>,
    /// The server asked for silence until then; a reconnect does not end that.
    pub silent_until: Timestamp,
    /// The interval that is going on, as the scenario drew it.
    pub drawn: Span,
    /// It stands still: what is left of the interval.
    pub held: Option<Span>,
}

impl ScriptRun {
    pub fn spawn(&mut self, role: TaskRole, pc: Pc, event: Option<KeptArguments>, intended: Timestamp, wait: Wait) {
        let serial = self.next_task;
        self.next_task += 1;
        self.tasks.push(Task { serial, role, pc, loops: Vec::new(), event, intended, wait, typed: None });
    }

    /// Lets a blocked task go on. Its next step is due now.
    pub fn unblock(&mut self, task: Option<u32>, now: Timestamp) {
        if let Some(task) = self.tasks.iter_mut().find(|other| Some(other.serial) == task) {
            task.wait = Wait::Ready;
            task.intended = now;
        }
    }

    /// When a task is to go on.
    pub fn next_task_due(&self) -> Timestamp {
        self.tasks.iter().map(Task::due).min().unwrap_or(Timestamp::NEVER)
    }

    /// When a timer ticks, while they do.
    pub fn next_tick(&self) -> Timestamp {
        self.tickers.iter().map(|ticker| ticker.due).min().unwrap_or(Timestamp::NEVER)
    }

    /// What has gathered is still being sent.
    pub fn flushes(&self) -> bool {
        self.tasks.iter().any(|task| task.role == TaskRole::Flush)
    }
}

impl Ticker {
    /// When the next tick was due, if it is; then one tick less is left.
    pub fn take_tick(&mut self, now: Timestamp) -> Option<Timestamp> {
        if self.left == Some(0) {
            self.due = Timestamp::NEVER;
        }
        if self.due > now {
            return None;
        }
        self.left = self.left.map(|left| left - 1);
        Some(self.due)
    }
}

impl Task {
    pub fn due(&self) -> Timestamp {
        match self.wait {
            Wait::Ready => Timestamp::ZERO,
            Wait::Until(at) => at,
            Wait::Held | Wait::Blocked => Timestamp::NEVER,
        }
    }

    pub fn event(&self) -> Option<&dyn Arguments> {
        self.event.as_ref().map(|event| event as &dyn Arguments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_due_with_the_first_of_its_tasks_and_timers() {
        let at = |millis: u64| Timestamp::from_micros(millis * 1_000);
        let mut script = ScriptRun::default();
        assert_eq!((script.next_task_due(), script.next_tick()), (Timestamp::NEVER, Timestamp::NEVER));
        script.spawn(TaskRole::Main, 0, None, at(0), Wait::Until(at(30)));
        script.spawn(TaskRole::Side, 4, None, at(0), Wait::Blocked);
        let ticker = |due| Ticker { due, left: None, silent_until: Timestamp::ZERO, drawn: Span::ZERO, held: None };
        script.tickers = vec![ticker(at(50)), ticker(at(40))];
        assert_eq!((script.next_task_due(), script.next_tick()), (at(30), at(40)));
        script.unblock(Some(7), at(10));
        assert_eq!(script.next_task_due(), at(30), "nobody has this number");
        script.unblock(Some(1), at(10));
        assert_eq!((script.next_task_due(), script.tasks[1].intended), (Timestamp::ZERO, at(10)));
        assert!(!script.flushes());
        script.spawn(TaskRole::Flush, 8, None, at(0), Wait::Ready);
        assert!(script.flushes() && script.tasks[2].serial == 2);
    }
}
