//! A run whose page is gone: what was heard of it until then is its result.

use super::Run;

impl Run {
    /// Ends it where its last input left it, and says why.
    pub fn cut_off(&mut self) {
        if self.is_done() {
            return;
        }
        let text = match self.epoch_ms {
            Some(_) => format!("cut off at {:.1} s: the page was closed, or it crashed", self.now().as_secs_f64()),
            None => "the page was closed before the run had started".to_owned(),
        };
        self.problem = Some(match self.problem.take() {
            Some(earlier) => format!("{earlier}; {text}"),
            None => text,
        });
        self.is_cut_off = true;
        self.end();
        self.judge();
        self.outbox.clear();
    }
}
