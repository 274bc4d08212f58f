//! A recording from the tester's own microphone, as the page shows it.

use crate::format;

#[derive(Debug, Clone, PartialEq, Default)]
pub enum ClipRecording {
    #[default]
    Off,
    /// The browser asks for the permission.
    Asked,
    On {
        seconds: f64,
        /// The loudest sample of late, 0 to 1 of full scale.
        level: f64,
    },
    /// Taken, and being decoded.
    Ending,
}

impl ClipRecording {
    /// `0:07`; empty while nothing is recorded.
    pub fn clock(&self) -> String {
        match self {
            Self::On { seconds, .. } => format::clock(*seconds),
            _ => String::new(),
        }
    }

    /// How far the level's bar goes, 0 to 1: in decibels, as ears hear.
    pub fn bar(&self) -> f64 {
        match self {
            Self::On { level, .. } if *level > 0.0 => (1.0 + 20.0 * level.log10() / QUIETEST_DB).clamp(0.0, 1.0),
            _ => 0.0,
        }
    }

    pub const fn is_on(&self) -> bool {
        matches!(self, Self::On { .. })
    }
}

const QUIETEST_DB: f64 = 60.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_follows_the_ear() {
        #[track_caller]
        fn check(level: f64, expected: f64) {
            let bar = ClipRecording::On { seconds: 0.0, level }.bar();
            assert!((bar - expected).abs() < 1e-9, "{level}: {bar}");
        }
        check(0.0, 0.0);
        check(1.0, 1.0);
        check(0.1, 2.0 / 3.0);
        check(1e-9, 0.0);
        assert_eq!(ClipRecording::Asked.bar(), 0.0);
    }
}
