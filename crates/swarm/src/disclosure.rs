//! What a generator keeps to itself: servers answer this browser, and not the conductor. Counts, times, and the names that they are
//! counted by go back; what was said on a connection does only where this browser's operator wants it so.

use engine::wire::{FromWorker, LogLine, Seen, Snapshot};
use metrics::{Cause, ClosedBy, Frame, Way};

/// What stands in place of a text.
pub const KEPT: &str = "(its operator sends no samples of answers)";

/// The message without what servers answered and without what was made of that; `None`: nothing is left of it.
pub fn withhold(message: FromWorker) -> Option<FromWorker> {
    match message {
        FromWorker::Snapshot(mut snapshot) => {
            withhold_samples(&mut snapshot);
            Some(FromWorker::Snapshot(snapshot))
        }
        FromWorker::Seen(mut seen) => {
            withhold_sight(&mut seen);
            Some(FromWorker::Seen(seen))
        }
        // What a user hears are answers and nothing else, and so is what was saved for others.
        FromWorker::Heard(_) | FromWorker::Prepared { .. } => None,
        FromWorker::Failed { .. }
        | FromWorker::Ready { .. }
        | FromWorker::Loaded
        | FromWorker::Done
        | FromWorker::Finished => Some(message),
    }
}

fn withhold_samples(snapshot: &mut Snapshot) {
    let metrics = &mut snapshot.metrics;
    for error in &mut metrics.errors {
        KEPT.clone_into(&mut error.sample);
        withhold_code(&mut error.key.code);
    }
    metrics.breaches.iter_mut().for_each(|breach| KEPT.clone_into(&mut breach.sample));
    metrics.findings.iter_mut().for_each(|finding| finding.about.clear());
    metrics.disconnects.iter_mut().for_each(|close| withhold_reason(close.key.by, &mut close.key.reason));
    for evidence in &mut snapshot.evidence {
        evidence.frames.iter_mut().for_each(withhold_frame);
        match &mut evidence.cause {
            Cause::Error { code, .. } => withhold_code(code),
            Cause::Close { reason, by, .. } => withhold_reason(*by, reason),
            Cause::Slowest { .. } => {}
        }
    }
    snapshot.log.iter_mut().for_each(withhold_line);
}

fn withhold_sight(seen: &mut Seen) {
    for seen in &mut seen.frames {
        withhold_frame(&mut seen.frame);
        (seen.event, seen.said) = (None, None);
    }
    seen.notes.clear();
    if let Some(failure) = seen.sight.as_mut().and_then(|sight| sight.failure.as_mut()) {
        KEPT.clone_into(failure);
    }
}

/// When it was, which way it went and how long it was stays; of a response its status and its time do, too. What a user sends
/// may be made of what it was answered, an address included.
fn withhold_frame(frame: &mut Frame) {
    if let Some(text) = &mut frame.text {
        let status = text.split_once(", ").filter(|_| frame.way == Way::Response).map(|(status, _)| status);
        *text = status.map_or_else(|| KEPT.to_owned(), |status| format!("{status}, {KEPT}"));
    }
}

/// A word is a name that errors are counted by; a sentence is something that a server said.
fn withhold_code(code: &mut String) {
    let is_name =
        code.len() <= LONGEST_CODE && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte));
    if !is_name {
        "a code of the server's own".clone_into(code);
    }
}

/// Our own reasons are no answers.
fn withhold_reason(by: ClosedBy, reason: &mut String) {
    if by == ClosedBy::Server {
        reason.clear();
    }
}

/// What happened to a user stays, why does not.
fn withhold_line(line: &mut LogLine) {
    if !line.is_of_limits() {
        let what = line.text.split(':').next().unwrap_or_default();
        line.text = format!("{what}: {KEPT}");
    }
}

const LONGEST_CODE: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;
    use base::time::Timestamp;
    use engine::wire::{HeardMoment, LogLevel, Note, SeenFrame, SeenMessage, Sight, Told};
    use metrics::{
        DisconnectDelta, DisconnectKey, ErrorDelta, ErrorKey, Evidence, FindingDelta, FindingKey, MetricsDelta, Phase,
        UserId,
    };

    const ANSWER: &str = "kim's home address";

    fn frame(way: Way, text: &str) -> Frame {
        Frame { way, text: Some(text.to_owned()), length: 7, ..Frame::default() }
    }

    fn snapshot() -> Snapshot {
        let key =
            ErrorKey { population: "p".into(), operation: "login".into(), code: ANSWER.into(), phase: Phase::Active };
        let first = Timestamp::ZERO;
        let closed = |by| DisconnectDelta {
            key: DisconnectKey { population: "p".into(), code: 4_000, reason: ANSWER.into(), by, phase: Phase::Active },
            count: 1,
            first,
        };
        let found = FindingKey { population: "p".into(), finding: "consistency.missing".into() };
        let evidence = |cause| Evidence {
            at_s: 1.0,
            population: "p".into(),
            user: 0,
            phase: Phase::Active,
            cause,
            frames: vec![
                frame(Way::In, ANSWER),
                frame(Way::Out, ANSWER),
                frame(Way::Request, &format!("GET http://a/{ANSWER}")),
                frame(Way::Response, &format!("404 after 1.2 ms, GET http://a/{ANSWER} {ANSWER}")),
            ],
            generator: None,
        };
        let line =
            |text: String| LogLine { at: first, level: LogLevel::Warning, population: "p".into(), user: Some(1), text };
        Snapshot {
            metrics: MetricsDelta {
                errors: vec![ErrorDelta { key, count: 3, first, sample: ANSWER.into() }],
                disconnects: vec![closed(ClosedBy::Server)],
                findings: vec![FindingDelta { key: found, count: 2, about: vec![ANSWER.into()] }],
                ..MetricsDelta::default()
            },
            evidence: vec![
                evidence(Cause::Error { operation: "login".into(), code: ANSWER.into() }),
                evidence(Cause::Close { code: 4_000, reason: ANSWER.into(), by: ClosedBy::Server }),
            ],
            log: vec![line(format!("failed: {ANSWER}"))],
            ..Snapshot::default()
        }
    }

    #[test]
    fn no_answer_of_a_server_goes_back_and_what_is_counted_does() {
        let Some(FromWorker::Snapshot(left)) = withhold(FromWorker::Snapshot(Box::new(snapshot()))) else {
            panic!("counts go")
        };
        assert!(!format!("{left:?}").contains(ANSWER), "{left:?}");
        assert_eq!((left.metrics.errors[0].count, left.metrics.errors[0].key.operation.as_str()), (3, "login"));
        assert_eq!(left.metrics.disconnects[0].key.code, 4_000);
        assert_eq!(left.metrics.findings[0].count, 2);
        // Evidence is still found by what it is evidence of.
        assert!(left.evidence[0].is_of_error(&left.metrics.errors[0].key));
        assert!(left.evidence[1].is_of_close(&left.metrics.disconnects[0].key));
        let texts: Vec<_> = left.evidence[0].frames.iter().filter_map(|frame| frame.text.as_deref()).collect();
        assert_eq!(texts, [KEPT, KEPT, KEPT, &format!("404 after 1.2 ms, {KEPT}")]);
        assert_eq!(left.log[0].text, format!("failed: {KEPT}"));
    }

    #[test]
    fn the_names_that_errors_are_counted_by_stay() {
        #[track_caller]
        fn check(code: &str, stays: bool) {
            let mut left = code.to_owned();
            withhold_code(&mut left);
            assert_eq!(left == code, stays, "{code}");
        }
        check("timeout", true);
        check("http_404", true);
        check("BANNED_WORD", true);
        check("you may not", false);
        check(&"a".repeat(41), false);
    }

    #[test]
    fn who_is_watched_from_afar_is_seen_without_its_words() {
        let seen = Seen {
            user: UserId(1),
            sight: Some(Sight { failure: Some(ANSWER.into()), ..Sight::default() }),
            frames: vec![SeenFrame {
                number: 3,
                frame: frame(Way::In, ANSWER),
                event: Some(ANSWER.into()),
                said: Some(SeenMessage { by: None, text: ANSWER.into() }),
            }],
            missed: 2,
            notes: vec![Note { at: Timestamp::ZERO, told: Told::Failed(ANSWER.into()) }],
        };
        let Some(FromWorker::Seen(left)) = withhold(FromWorker::Seen(Box::new(seen))) else { panic!("it is seen") };
        assert!(!format!("{left:?}").contains(ANSWER), "{left:?}");
        assert_eq!((left.frames[0].number, left.frames[0].frame.length, left.missed), (3, 7, 2));
        let heard = HeardMoment { user: UserId(1), rate: 16_000, notes: Vec::new() };
        assert_eq!(withhold(FromWorker::Heard(heard)), None);
        let shared = [("token".to_owned(), ANSWER.into())].into_iter().collect();
        assert_eq!(withhold(FromWorker::Prepared { population: 0, shared }), None);
        assert_eq!(withhold(FromWorker::Loaded), Some(FromWorker::Loaded));
    }
}
