//! How the load ends.

use serde_json::json;

use super::*;

#[test]
fn a_stop_between_the_decision_to_start_and_the_start_stands() {
    for stop in [Input::Stop, Input::Abort] {
        let mut bench = Bench::loaded(&[(json!({}), held(2))], None);
        bench.give(stop);
        bench.start();
        bench.pass(60_000);
        assert_eq!((bench.wanted(), bench.engine.is_done()), (Vec::new(), true));
    }
}

#[test]
fn a_message_refused_while_the_run_settles_is_rejected_and_not_lost() {
    let scenario = json!({
        "flow": [join(), { "emit": { "event": "say", "args": ["${tag}"], "ack": true, "operation": "message", "message": "r" } }],
        "variables": { "room": null },
        "delivery": { "event": "said", "operation": "message" },
        "errors": [{ "event": "error", "fails": "message", "code": "/code", "ends_user": true }],
    });
    let mut bench = Bench::new(scenario, held(1));
    bench.connect(0);
    bench.text(0, r#"42["joined",{"room":"r"}]"#);
    bench.give(Input::Stop);
    bench.wanted();
    bench.text(0, r#"42["error",{"code":"BUSY"}]"#);
    // It stays: others may still send to it.
    assert_eq!(bench.wanted(), Vec::<String>::new());
    bench.pass(60_000);
    bench.give(Input::Finish);
    let snapshot = bench.engine.snapshot(bench.now);
    assert_eq!(Bench::errors(&snapshot), ["message BUSY Active x1"]);
    assert_eq!((snapshot.ledger.rejected, snapshot.ledger.due, snapshot.ledger.missing), (1, 0, 0));
}

#[test]
fn what_was_sent_before_the_end_is_waited_for_and_what_others_send_later_is_not() {
    #[track_caller]
    fn check(sent_ms: u64, waits: bool) {
        let scenario = json!({
            "variables": { "room": null }, "flow": [join()], "delivery": { "event": "said", "operation": "message" },
            "every": [{ "name": "say", "interval": { "fixed_ms": 600_000 }, "first": { "fixed_ms": 600_000 }, "steps": [
                { "emit": { "event": "say", "args": ["${tag}"], "operation": "message", "message": "r" } },
            ]}],
        });
        let mut bench = Bench::new(scenario, held(1));
        bench.connect(0);
        bench.text(0, r#"42["joined",{"room":"r"}]"#);
        bench.pass(2_000);
        bench.give(Input::Stop);
        let settles = |bench: &mut Bench| bench.engine.snapshot(bench.now).settled;
        // Another's messages come every 200 ms, long after the plan's time to settle.
        for sequence in 0..30 {
            let (sender, sent_at) = (UserId::new(0, 7), Timestamp::ZERO + Span::from_millis(sent_ms));
            let mut tag = String::new();
            metrics::Tag { sender, sequence, sent_at }.write("k3f", &mut tag);
            bench.text(0, &format!(r#"42["said",{{"text":"{tag}"}}]"#));
            bench.pass(200);
        }
        assert_eq!(settles(&mut bench), !waits);
        bench.pass(1_000);
        assert!(settles(&mut bench), "nothing comes any more");
    }
    check(1_500, true);
    check(2_500, false);
}
