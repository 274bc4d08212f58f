//! Tables of steps and the operations they become.

use serde_json::{Map, Value, json};

use super::compile;
use crate::ids::*;
use crate::program::*;
use base::time::Span;

/// A document whose flow these steps are.
fn with_flow(flow: &Value) -> Value {
    json!({
        "version": 1, "name": "t", "protocol": "socketio", "connect": {"url": "http://h"},
        "variables": {"on": true, "off": false, "some": {"default": 3}, "share": 0.25}, "flow": flow,
    })
}

#[track_caller]
fn program(document: &Value) -> Program {
    compile(document, &Map::new()).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// One line per operation from the flow's start, targets counted from there.
fn listing(program: &Program) -> Vec<String> {
    let start = program.flow;
    let to = |pc: &Pc| pc - start;
    let ops = program.ops.iter().skip(start as usize);
    ops.map(|op| match op {
        Op::Http(http) => format!("http {} {}", http.method, program.operations[usize::from(http.operation.0)]),
        Op::Emit(emit) => format!("emit {}", program.operations[usize::from(emit.operation.0)]),
        Op::Wait(wait) => format!("wait {}", program.events[usize::from(wait.answer.event.0)].name),
        Op::Think(_) => "think".into(),
        Op::Set { var, .. } => format!("set {}", program.variables[usize::from(var.0)].name),
        Op::Enter(_) => "enter".to_owned(),
        Op::Exit(_) => "exit".to_owned(),
        Op::Push { var, max, .. } => format!("push {} {max}", program.variables[usize::from(var.0)].name),
        Op::Choose { branches, .. } => {
            format!("choose {}", branches.iter().map(|(_, pc)| to(pc).to_string()).collect::<Vec<_>>().join(" "))
        }
        Op::If { otherwise, .. } => format!("if else {}", to(otherwise)),
        Op::LoopStart { end, .. } => format!("loop end {}", to(end)),
        Op::LoopEnd { start } => format!("again {}", to(start)),
        Op::Jump(pc) => format!("jump {}", to(pc)),
        Op::Fail { operation, .. } => format!("fail {}", program.operations[usize::from(operation.0)]),
        Op::Mic(mode) => format!("mic {mode:?}"),
        Op::Speak(speak) => format!("speak {}", program.operations[usize::from(speak.operation.0)]),
        Op::Listen(listen) => {
            let breaks_in = if listen.barge_in.is_some() { "breaking in" } else { "to the end" };
            format!("listen {breaks_in}, after {}", to(&listen.after))
        }
        Op::Leave => "leave".into(),
        Op::End => "end".into(),
    })
    .collect()
}

#[track_caller]
fn check(flow: Value, expected: &[&str]) {
    // The rest of the program is one `end` for `finish`.
    let expected: Vec<&str> = expected.iter().copied().chain(["end", "end"]).collect();
    assert_eq!(listing(&program(&with_flow(&flow))), expected, "{flow}");
}

fn set(name: &str) -> Value {
    json!({"set": {name: 1}})
}

#[test]
fn steps_become_flat_operations() {
    check(json!([]), &[]);
    check(json!([set("a"), {"push": {"var": "b", "value": 1}}, "leave"]), &["set a", "push b 100", "leave"]);
    check(json!([{"emit": {"event": "hi"}}, {"wait": {"event": "ho"}}]), &["emit hi", "wait ho"]);
    check(json!([{"enters": "r"}, {"leaves": "${room}"}, {"set": {"room": 1}}]), &["enter", "exit", "set room"]);
    check(json!([{"fail": {"operation": "f", "code": "c"}}, {"think": {"fixed_ms": 1}}]), &["fail f", "think"]);
    check(json!([{"http": {"operation": "h", "url": "http://h", "json": {}}}]), &["http POST h"]);
    check(json!([{"http": {"operation": "h", "url": "http://h"}}]), &["http GET h"]);
}

#[test]
fn who_may_break_in_finds_the_steps_for_it_behind_the_answer() {
    #[track_caller]
    fn check(probability: Value, expected: &[&str]) {
        let steps = json!([{"speak": {"clip": "no"}}, set("a")]);
        let barge_in = json!({"probability": probability, "delay": {"fixed_ms": 5}, "steps": steps});
        let flow =
            json!([{"mic": "continuous"}, {"speak": {"clip": "x"}}, {"listen": {"barge_in": barge_in}}, set("b")]);
        let mut document = with_flow(&flow);
        document["protocol"] = json!("websocket");
        document["audio"] = json!({
            "outbound": {"event": "say", "field": "audio"},
            "inbound": {"event": "said", "field": "/audio", "done": "done"}, "report": "over",
        });
        let program = program(&document);
        assert_eq!(listing(&program)[..expected.len()], *expected);
        // What a voice looks at is not only counted.
        assert!(program.events.iter().all(|event| !event.count_only), "{:?}", program.events);
    }
    let ends = ["mic Continuous", "speak speak", "listen to the end, after 3", "set b", "end"];
    check(json!(0), &ends);
    check(json!("${share * 0}"), &ends);
    let breaks_in = ["mic Continuous", "speak speak", "listen breaking in, after 5", "speak speak", "set a", "set b"];
    check(json!(0.5), &breaks_in);
    check(json!("${share}"), &breaks_in);
}

#[test]
fn names_that_socket_io_keeps_for_itself_are_no_events() {
    #[track_caller]
    fn check(protocol: &str, name: &str, expected: &[&str]) {
        let mut document = with_flow(&json!([{"emit": {"event": name, "operation": "e"}}]));
        document["protocol"] = protocol.into();
        document["on"] = json!([{"event": name, "steps": []}]);
        let problems = compile(&document, &Map::new()).err().unwrap_or_default();
        assert_eq!(problems.iter().map(ToString::to_string).collect::<Vec<_>>(), expected, "{protocol} {name}");
    }
    for name in ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"] {
        let problem = |path: &str| {
            format!(
                "{path}: `{name}` is a name that Socket.IO keeps for itself: it cannot be sent or received as an event"
            )
        };
        check("socketio", name, &[&*problem("flow[0].emit.event"), &*problem("on[0].event")]);
        check("websocket", name, &[]);
    }
    check("socketio", "connected", &[]);
    check("socketio", "Disconnect", &[]);
}

#[test]
fn the_way_to_outbound_audio_is_a_name_or_a_pointer() {
    #[track_caller]
    fn check(field: &str, extra: Value, expected: Result<&str, &str>) {
        let mut document = with_flow(&json!([]));
        document["protocol"] = json!("websocket");
        document["audio"] = json!({
            "outbound": {"event": "say", "field": field, "extra": extra},
            "inbound": {"event": "said", "field": "/audio", "done": "done"},
        });
        let found = compile(&document, &Map::new()).map(|program| program.audio.expect("it has audio").outbound.field);
        let found = found.map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "));
        assert_eq!(found.as_deref().map_err(String::as_str), expected, "{field}");
    }
    check("audio", json!({}), Ok("/audio"));
    check("/audio", json!({}), Ok("/audio"));
    check("/data/audio", json!({"audio": 1}), Ok("/data/audio"));
    check("a/b~", json!({}), Ok("/a~1b~0"));
    check("/a~1b", json!({}), Ok("/a~1b"));
    check("/data/audio", json!({"data": 1}), Err("audio.outbound: `data` stands twice in the frame"));
    check("/type", json!({}), Err("audio.outbound: `type` stands twice in the frame"));
    check("/type/audio", json!({}), Err("audio.outbound: `type` stands twice in the frame"));
}

#[test]
fn branches_and_loops_become_jumps() {
    check(json!([{"if": "${user.index}", "then": [set("a")]}, set("b")]), &["if else 2", "set a", "set b"]);
    check(
        json!([{"if": "${user.index}", "then": [set("a")], "else": [set("b")]}, set("c")]),
        &["if else 3", "set a", "jump 4", "set b", "set c"],
    );
    check(json!([{"repeat": "${some}", "steps": [set("a")]}, set("b")]), &["loop end 2", "set a", "again 0", "set b"]);
    check(
        json!([{"choose": [{"steps": [set("a")]}, {"weight": 2, "steps": []}, {"steps": [set("c"), set("d")]}]}]),
        &["choose 1 3 4", "set a", "jump 7", "jump 7", "set c", "set d", "jump 7"],
    );
}

#[test]
fn what_can_never_happen_is_left_out() {
    check(json!([{"if": "${on}", "then": [set("a")], "else": [set("b")]}]), &["set a"]);
    check(json!([{"if": "${off}", "then": [set("a")], "else": [set("b")]}]), &["set b"]);
    check(json!([{"repeat": 0, "steps": [set("a")]}]), &[]);
    check(
        json!([{"choose": [{"weight": "${share * 0}", "steps": [set("a")]}, {"weight": "${share}", "steps": [set("b")]}]}]),
        &["jump 1", "set b", "jump 3"],
    );
    // A variable that a step sets can change: nothing is decided.
    check(json!([set("on"), {"if": "${on}", "then": [set("a")]}]), &["set on", "if else 3", "set a"]);
}

#[test]
fn nested_blocks_jump_within_themselves() {
    let inner = json!({"if": "${iteration}", "then": [set("a")], "else": [{"repeat": 2, "steps": [set("b")]}]});
    check(
        json!([{"repeat": "${some}", "steps": [inner]}]),
        &["loop end 7", "if else 4", "set a", "jump 7", "loop end 6", "set b", "again 4", "again 0"],
    );
}

#[test]
fn defaults_are_those_of_the_reference() {
    let program = program(&json!({
        "version": 1, "name": "t", "protocol": "socketio", "connect": {"url": "http://h"},
        "flow": [{"emit": {"event": "a"}}], "finish": [{"emit": {"event": "b"}}],
        "on": [{"event": "e", "steps": []}], "every": [{"name": "t", "interval": {"fixed_ms": 5}, "steps": []}],
    }));
    assert_eq!(program.connect.timeout, Span::from_secs(20));
    let expected =
        Reconnect::Backoff { initial: Span::from_secs(1), max: Span::from_secs(5), jitter: 0.5, attempts: u32::MAX };
    assert_eq!(program.connect.reconnect, expected);
    assert_eq!(program.connect.path.as_constant(), Some(&json!("/socket.io/")));
    assert_eq!(program.connect.namespace.as_constant(), Some(&json!("/")));
    assert_eq!((program.after_flow, program.once, program.rejoin), (AfterFlow::Stay, None, None));
    assert_eq!(program.reactions[0].probability.as_constant(), Some(&json!(1)));
    assert!(!program.reactions[0].duplicates);
    assert!(program.timers[0].times.is_none() && program.timers[0].first.is_none());
    let emits: Vec<(bool, Span)> = program
        .ops
        .iter()
        .filter_map(|op| match op {
            Op::Emit(emit) => Some((emit.required, emit.timeout)),
            _ => None,
        })
        .collect();
    assert_eq!(emits, [(true, Span::from_secs(10)), (false, Span::from_secs(10))]);
}

#[test]
fn defaults_come_in_the_order_in_which_they_need_each_other() {
    let program = program(&json!({
        "version": 1, "name": "t", "protocol": "socketio", "connect": {"url": "http://h"},
        "variables": {"a": "${b + user.index}", "b": "${c}", "c": 7, "d": "${saved}"},
        "once": [{"set": {"saved": 1}}], "flow": [{"set": {"extra": 1}}],
    }));
    let variables: Vec<(&str, bool, bool)> = program
        .variables
        .iter()
        .map(|variable| (variable.name.as_str(), variable.default.is_some(), variable.shared))
        .collect();
    let expected = [
        ("c", true, false),
        ("b", true, false),
        ("a", true, false),
        ("saved", false, true),
        ("d", true, false),
        ("extra", false, false),
    ];
    assert_eq!(variables, expected);
    assert_eq!(program.variables[1].default.as_ref().and_then(|default| default.as_constant()), Some(&json!(7)));
}

#[test]
fn binary_arguments_become_placeholders_and_attachments() {
    let flow = json!([{"emit": {"event": "e", "args": [{"a": {"$binary": "AQI="}}, {"$binary": ""}, "x"]}}]);
    let program = program(&with_flow(&flow));
    let Op::Emit(emit) = &program.ops[program.flow as usize] else { panic!("it is an emit") };
    assert_eq!(emit.attachments, [vec![1, 2], vec![]]);
    let placeholder = |num: u32| json!({"_placeholder": true, "num": num});
    assert_eq!(emit.args[0].as_constant(), Some(&json!({"a": placeholder(0)})));
    assert_eq!(emit.args[1].as_constant(), Some(&placeholder(1)));
}

#[test]
fn an_override_takes_the_place_of_a_default() {
    let document = with_flow(&json!([{"if": "${on}", "then": [{"set": {"a": "${some}"}}]}]));
    let overrides = json!({"on": "${run.users > 10}", "some": 9});
    let overrides = overrides.as_object().expect("it is one");
    let program = compile(&document, overrides).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(listing(&program), ["if else 2", "set a", "end", "end"]);
    let Op::Set { value, .. } = &program.ops[program.flow as usize + 1] else { panic!("it is a set") };
    assert_eq!(value.as_constant(), Some(&json!(9)));
}
