//! Counts tests over several test runners by the summaries they print.

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    pub passed: u64,
    pub failed: u64,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// Takes what a line of output says. Rust's harness and wasm-bindgen's print one summary per test binary,
    /// Node's runner prints one line per figure: `# pass 3` (or `ℹ pass 3`, for people).
    pub fn read(&mut self, line: &str) {
        if let Some((_, summary)) = line.split_once("test result: ") {
            self.passed += number_before(summary, "passed");
            self.failed += number_before(summary, "failed");
            return;
        }
        let mut words = line.split_whitespace();
        if !matches!(words.next(), Some("#" | "ℹ")) {
            return;
        }
        match (words.next(), words.next().and_then(|count| count.parse::<u64>().ok())) {
            (Some("pass"), Some(count)) => self.passed += count,
            (Some("fail" | "cancelled"), Some(count)) => self.failed += count,
            _ => {}
        }
    }
}

/// `ok. 3 passed; 0 failed; ...`, `passed` -> 3.
fn number_before(summary: &str, word: &str) -> u64 {
    let parts = summary.split([';', '.']).map(str::trim);
    parts.filter_map(|part| part.strip_suffix(word)).find_map(|count| count.trim().parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(output: &str, passed: u64, failed: u64) {
        let mut tally = Tally::default();
        output.lines().for_each(|line| tally.read(line));
        assert_eq!(tally, Tally { passed, failed });
    }

    #[test]
    fn adds_up_the_summaries_of_every_runner() {
        let rust = "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        check(rust, 12, 0);
        check(&format!("{rust}\nrunning 3 tests\ntest result: FAILED. 2 passed; 1 failed; 0 ignored"), 14, 1);
        check("# tests 5\n# suites 0\n# pass 3\n# fail 1\n# cancelled 1\n# skipped 0", 3, 2);
        check("ℹ tests 5\nℹ pass 5\nℹ fail 0", 5, 0);
        check("test scenario::fails_when_passed ... ok\n# pass on the way\n3 passed; 1 failed", 0, 0);
    }
}
