use serde_json::json;

use super::*;

/// A good plan; tests spoil one thing each.
fn good() -> Value {
    json!({
        "version": 1,
        "name": "evening",
        "populations": [{
            "name": "owls",
            "scenario": "ktb-chat",
            "load": {"model": "closed", "stages": [{"duration_s": 10, "target": 5}]},
        }],
    })
}

/// Sets the value at a JSON pointer (removes it: `null`) and compares all problems.
#[track_caller]
fn check(pointer: &str, value: Value, expected: &[&str]) {
    let mut document = good();
    let (parent, field) = pointer.rsplit_once('/').expect("a pointer begins with a slash");
    let parent = document.pointer_mut(parent).expect("the parent exists");
    match (parent, value) {
        (Value::Object(fields), Value::Null) => drop(fields.remove(field)),
        (Value::Object(fields), value) => drop(fields.insert(field.to_owned(), value)),
        (Value::Array(list), value) if field == "-" => list.push(value),
        _ => panic!("no such parent"),
    }
    let found = Plan::check(&document).err().unwrap_or_default();
    assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), expected, "{document:#}");
}

#[test]
fn a_good_plan_gets_its_defaults_and_reads_back() {
    let plan = Plan::check(&good()).unwrap();
    assert_eq!((plan.seed, plan.handshakes_in_flight, plan.settle_s, plan.late_after_s), (1, 4, 3.0, 5.0));
    assert_eq!(plan.populations[0].accounts, Accounts::default());
    assert_eq!(Plan::check(&serde_json::to_value(&plan).unwrap()), Ok(plan));
}

#[test]
fn fields_of_the_plan() {
    check("/version", json!(2), &["version: expected a whole number from 1 to 1, found the number 2"]);
    check("/version", Value::Null, &["`version` is missing"]);
    check("/name", json!(" "), &[r#"name: expected text that is not empty, found the text " ""#]);
    check("/seed", json!(-1), &["seed: expected a whole number from 0 to 9007199254740991, found the number -1"]);
    check(
        "/warmup_s",
        json!(10),
        &["warmup_s: the warm-up lasts as long as the load (10 s): nothing would be measured"],
    );
    check("/warmup_s", json!("5s"), &[r#"warmup_s: expected a number from 0 to 604800, found the text "5s""#]);
    check(
        "/handshakes_in_flight",
        json!(65),
        &["handshakes_in_flight: expected a whole number from 1 to 64, found the number 65"],
    );
    check("/late_after_s", json!(0), &["late_after_s: expected a number from 0.1 to 60, found the number 0"]);
    check("/late_after_s", json!(61), &["late_after_s: expected a number from 0.1 to 60, found the number 61"]);
    check("/warmup", json!(1), &["warmup: unknown field, did you mean `warmup_s`?"]);
    check("/populations", json!([]), &["populations: a plan needs at least one population"]);
    check("/populations", json!({}), &["populations: expected a list, found an empty object"]);
    check(
        "/thresholds",
        json!(["connect p95 < 2 s", "join p95", 7]),
        &[
            "thresholds[1]: expected one of < <= > >= == !=, found the end (column 9)",
            "thresholds[2]: expected text, found the number 7",
        ],
    );
}

#[test]
fn thresholds_fit_their_plan() {
    check(
        "/thresholds",
        json!(["join{Owls} p95 < 1 s for 10 s", "join{larks} p95 < 2 s", "errors rate < 1% abort for 11 s"]),
        &[
            "thresholds[1]: there is no population `larks`, only owls (column 5)",
            "thresholds[2]: a window of 11 s never fits into the 10 s that are measured (column 24)",
        ],
    );
}

#[test]
fn populations() {
    check(
        "/populations/0/scenario",
        json!("ktb"),
        &[
            r#"populations[0].scenario: there is no preset "ktb", expected one of ktb-chat, socketio-basic, websocket-json, voice-guest, voice-member, voice-mix, voice-scenario, or a scenario"#,
        ],
    );
    check(
        "/populations/0/scenario",
        json!(3),
        &["populations[0].scenario: expected a preset's name or a scenario, found the number 3"],
    );
    let twin = |name: &str, accounts: Value| {
        let mut twin = good()["populations"][0].clone();
        twin["name"] = json!(name);
        twin["accounts"] = accounts;
        twin
    };
    check("/populations/-", twin("larks", serde_json::to_value(Accounts::default()).unwrap()), &[]);
    check(
        "/populations/-",
        twin("OWLS", json!({"source": "csv", "columns": ["email"]})),
        &["populations[1]: the name \"OWLS\" is taken by populations[0] (case and punctuation do not count)"],
    );
    let same = json!({"source": "pattern", "columns": {"email": "u{n}@x.y"}});
    let mut document = good();
    document["populations"] = json!([twin("a", same.clone()), twin("b", same)]);
    let found = Plan::check(&document).unwrap_err();
    assert_eq!(
        found.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["populations[1]: gives the same accounts as populations[0]: use {population} in a column"]
    );
}

#[test]
fn accounts() {
    let at = "/populations/0/accounts";
    check(
        at,
        json!({"source": "pattern", "columns": {"email": "{user}@x.y {n}"}}),
        &["populations[0].accounts.columns.email: {user} is no placeholder, expected {run}, {population} or {n}"],
    );
    check(
        at,
        json!({"source": "csw", "columns": []}),
        &[r#"populations[0].accounts.source: expected `pattern` or `csv`, found the text "csw", did you mean `csv`?"#],
    );
    check(
        at,
        json!({"source": "csv", "columns": ["", 4]}),
        &[
            "populations[0].accounts.columns[0]: expected text that is not empty, found an empty text",
            "populations[0].accounts.columns[1]: expected text that is not empty, found the number 4",
        ],
    );
}

#[test]
fn loads() {
    let at = "/populations/0/load";
    let closed = |stages: Value| json!({"model": "closed", "stages": stages});
    check(at, json!({}), &["populations[0].load: `model` is missing"]);
    check(at, json!(5), &["populations[0].load: expected an object, found the number 5"]);
    check(
        at,
        json!({"model": "opn"}),
        &[
            r#"populations[0].load.model: expected `closed`, `open`, `shape` or `batch`, found the text "opn", did you mean `open`?"#,
        ],
    );
    check(at, closed(json!([])), &["populations[0].load.stages: a load needs at least one stage"]);
    check(
        at,
        closed(json!([{"duration_s": 0, "target": -1}, {"target": 2e6}])),
        &[
            "populations[0].load.stages[0].duration_s: expected a number from 0.001 to 604800, found the number 0",
            "populations[0].load.stages[0].target: expected a number from 0 to 1000000, found the number -1",
            "populations[0].load.stages[1]: `duration_s` is missing",
            "populations[0].load.stages[1].target: expected a number from 0 to 1000000, found the number 2000000.0",
        ],
    );
    check(at, closed(json!([{"duration_s": 1, "target": 0}])), &["populations[0].load: no user would ever start"]);
    check(
        at,
        closed(json!([{"duration_s": 1, "target": 1, "ramp": "stepp"}])),
        &[
            r#"populations[0].load.stages[0].ramp: expected `linear` or `step`, found the text "stepp", did you mean `step`?"#,
        ],
    );
    check(
        at,
        json!({"model": "open", "stages": [{"duration_s": 600000, "target": 1000}], "max_users": 10}),
        &["populations[0].load: 300000000 users would arrive, at most 16777216 can be told apart"],
    );
    check(
        at,
        json!({"model": "open", "stages": [{"duration_s": 60, "target": 1}]}),
        &["populations[0].load: `max_users` is missing"],
    );
    check(
        at,
        json!({"model": "shape", "name": "sprike", "users": 0, "duration_s": 1}),
        &[
            r#"populations[0].load.name: expected `smoke`, `load`, `stress`, `spike`, `soak` or `breakpoint`, found the text "sprike", did you mean `spike`?"#,
            "populations[0].load.users: expected a whole number from 1 to 1000000, found the number 0",
        ],
    );
    check(
        at,
        json!({"model": "batch", "users": 20000, "size": 1, "every_s": 1, "hold_s": 1}),
        &["populations[0].load: 20000 batches, at most 10000"],
    );
}

#[test]
fn limits_of_the_verdict() {
    check("/verdict", json!({}), &[]);
    check("/verdict", json!({"behind_ms": 150, "suspect_share": 0, "suspect_s": 0}), &[]);
    check(
        "/verdict",
        json!({"lag_ms": 0, "suspect_share": 2, "clock_ms": "1"}),
        &[
            "verdict.lag_ms: expected a number from 1 to 60000, found the number 0",
            "verdict.clock_ms: expected a number from 0.1 to 60000, found the text \"1\"",
            "verdict.suspect_share: expected a number from 0 to 1, found the number 2",
        ],
    );
    check(
        "/verdict",
        json!({"lag": 5}),
        &[
            "verdict.lag: unknown field, expected `lag_ms`, `pacing_ms`, `buffered_bytes`, `handshake_queue`, `clock_ms`, \
        `behind_ms`, `behind_share`, `suspect_share` or `suspect_s`",
        ],
    );
    let mut document = good();
    document["verdict"] = json!({"behind_ms": 150});
    let plan = Plan::check(&document).expect("it is good");
    assert_eq!((plan.verdict.behind_ms, plan.verdict.lag_ms), (150.0, 50.0));
    assert_eq!(Plan::check(&serde_json::to_value(&plan).unwrap()).as_ref(), Ok(&plan));
}

#[test]
fn faults_of_the_lab() {
    check("/lab", json!({"lose_share": 0.05, "duplicate_share": 0.03, "latency_ms": 50}), &[]);
    check(
        "/lab",
        json!({"lose": 0.05}),
        &[
            "lab.lose: unknown field, expected `latency_ms`, `jitter_ms`, `service_ms`, `lose_share`, `duplicate_share`, \
        `reorder_share`, `error_share`, `error_code`, `rate_limit_per_min`, `breach_missing_share`, `breach_type_share`, \
        `breach_unknown_share`, `history_lose_share`, `history_duplicate_share`, `history_reorder_share`, `read_stuck_share`, \
        `refuse_share`, `drop_share`, `drop_within_s`, `restart_at_s`, `restart_down_ms`, `restart_forget_sessions`, \
        `stop_reading`, `rules` or `voice`",
        ],
    );
    let rules = json!({"unique_names": true, "batch_ms": 50, "login_ms": 600, "login_threads": 10, "redirect_to": "http://127.0.0.1:4281"});
    check("/lab", json!({"rules": rules, "restart_at_s": 5, "restart_forget_sessions": true}), &[]);
    check(
        "/lab",
        json!({"rules": {"unique_names": 1, "batch_ms": -1, "frame_limit_bytes": 70_000, "redirect_to": "http://a.example/b"}}),
        &[
            "lab.rules.batch_ms: expected a number from 0 to 600000, found the number -1",
            "lab.rules.frame_limit_bytes: expected a whole number from 0 to 65536, found the number 70000",
            "lab.rules.redirect_to: expected an origin like `http://127.0.0.1:4281`, found the text \"http://a.example/b\"",
            "lab.rules.unique_names: expected true or false, found the number 1",
        ],
    );
    let voice = json!({"think_ms": 500, "stall_share": 0.1, "early_close_code": 1006, "early_close_phase": "waiting", "cap": 30});
    check("/lab", json!({"voice": voice}), &[]);
    check("/lab", json!({"voice": null}), &[]);
    check(
        "/lab",
        json!({"voice": {"think_ms": -1, "stall_share": 2, "early_close_code": 1005, "early_close_phase": "later", "speed": 0}}),
        &[
            "lab.voice.think_ms: expected a number from 0 to 600000, found the number -1",
            "lab.voice.speed: expected a number from 0.1 to 100, found the number 0",
            "lab.voice.stall_share: expected a number from 0 to 1, found the number 2",
            "lab.voice.early_close_code: expected a code that a server can close with, found the number 1005",
            "lab.voice.early_close_phase: expected `before_greeting`, `speaking`, `waiting`, `listening` or `after_report`, \
            found the text \"later\"",
        ],
    );
    check("/lab", json!({"restart_at_s": 20, "restart_down_ms": 2000}), &[]);
    check(
        "/lab",
        json!({"restart_down_ms": 1e6}),
        &["lab.restart_down_ms: expected a number from 0 to 600000, found the number 1000000.0"],
    );
    check("/lab", json!({"refuse_share": 5}), &["lab.refuse_share: expected a number from 0 to 1, found the number 5"]);
    check(
        "/lab",
        json!({"lose_share": 0.6, "reorder_share": 0.6}),
        &[
            "lab: `lose_share`, `duplicate_share` and `reorder_share` are shares of the same deliveries: together at most 1",
        ],
    );
    check("/lab", json!({"error_share": 0.1}), &["lab: `error_share` needs an `error_code`"]);
}

#[test]
fn the_accounts_file_must_serve_every_user() {
    let mut document = good();
    document["populations"][0]["accounts"] = json!({"source": "csv", "columns": ["email"]});
    let plan = Plan::check(&document).unwrap();
    let row = |name: &str| vec![name.to_owned()];
    let found = plan.check_accounts(&[vec![row("a"), row("b"), row("a")]]);
    assert_eq!(
        found.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "populations[0].accounts: the file has 3 accounts, but 5 users and one for the steps done once need 6",
            "populations[0].accounts: account 3 of the file is account 1 again: users would share it",
        ]
    );
    assert_eq!(plan.check_accounts(&[["a", "b", "c", "d", "e", "f"].map(row).to_vec()]), []);
    assert_eq!(plan.check_accounts(&[]).len(), 1);
}

/// One population with accounts from a file, and a search that raises its load.
#[track_caller]
fn check_searched_accounts(raise: &str, load: Value, expected: &str) {
    let scenario =
        json!({"version": 1, "name": "s", "protocol": "socketio", "connect": {"url": "http://h"}, "flow": []});
    let accounts = json!({"source": "csv", "columns": ["email"]});
    let document = json!({
        "version": 1, "name": "p", "thresholds": ["errors == 0"],
        "populations": [{"name": "all", "scenario": scenario, "load": load, "accounts": accounts}],
        "search": {"raise": raise, "from": 2, "to": 20, "step": 9, "settle_s": 1, "hold_s": 3, "precision": 0.5},
    });
    let plan = Plan::check(&document).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let found = plan.check_accounts(&[vec![vec!["a".to_owned()], vec!["b".to_owned()]]]);
    assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), [expected]);
}

#[test]
fn the_accounts_file_must_serve_the_highest_level_of_a_search() {
    check_searched_accounts(
        "users",
        json!({"model": "closed", "start": 2, "stages": [{"duration_s": 100, "target": 2}]}),
        "populations[0].accounts: the file has 2 accounts, but up to 20 users of the search need 20",
    );
    // Three levels on the way up, four halvings, and five times to get well again.
    check_searched_accounts(
        "arrivals",
        json!({"model": "open", "start_rate": 1, "max_users": 50, "stages": [{"duration_s": 100, "target": 1}]}),
        "populations[0].accounts: the file has 2 accounts, but up to 906 users of the search need 906",
    );
}

#[test]
#[cfg(not(target_arch = "wasm32"))]
fn the_schema_agrees_with_the_check() {
    let schema = serde_json::from_str(include_str!("../../../../docs/plan.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../presets/plans");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let presets = files.map(|path| (path.display().to_string(), std::fs::read_to_string(path).unwrap()));
    for (name, text) in presets.chain([("good".to_owned(), good().to_string())]) {
        let document: Value = serde_json::from_str(&text).unwrap();
        let plan = Plan::check(&document).unwrap_or_else(|problems| panic!("{name}: {problems:#?}"));
        for document in [document, serde_json::to_value(&plan).unwrap()] {
            let problems: Vec<_> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
            assert!(problems.is_empty(), "{name}: {problems:#?}");
        }
    }
    let spoil = |pointer: &str, value: Value| {
        let mut document = good();
        *document.pointer_mut(pointer).expect("it exists") = value;
        assert!(Plan::check(&document).is_err() && !validator.is_valid(&document), "{pointer}");
    };
    spoil("/version", json!(2));
    spoil("/name", json!(""));
    spoil("/populations", json!([]));
    spoil("/populations/0/scenario", json!(7));
    spoil("/populations/0/load/model", json!("opne"));
    spoil("/populations/0/load/stages", json!([]));
    spoil("/populations/0/load/stages/0/duration_s", json!(0));
    spoil("/populations/0/load/stages/0/target", json!(-1));
}

#[test]
fn hosts_and_what_is_done_about_redirects() {
    check("/populations/0/hosts", json!(["a.example", "10.0.0.7", "::1"]), &[]);
    check(
        "/populations/0/hosts",
        json!("a.example"),
        &["populations[0].hosts: expected a list, found the text \"a.example\""],
    );
    check(
        "/populations/0/hosts",
        json!(["http://a.example"]),
        &[
            "populations[0].hosts[0]: expected a host like chat.example or 192.0.2.7, without scheme, port and path, found the text \"http://a.example\"",
        ],
    );
    check("/populations/0/hosts", json!(vec!["a.example"; 65]), &["populations[0].hosts: at most 64 hosts, found 65"]);
    check("/populations/0/redirects", json!("follow"), &[]);
    check(
        "/populations/0/redirects",
        json!("yes"),
        &["populations[0].redirects: expected `refuse` or `follow`, found the text \"yes\""],
    );
    check(
        "/answer_limit_mib",
        json!(0),
        &["answer_limit_mib: expected a number from 0.001 to 256, found the number 0"],
    );
    check("/mark", json!("auth"), &[]);
    let columns: Vec<String> = (0..257).map(|n| format!("c{n}")).collect();
    let accounts = json!({"source": "csv", "columns": columns});
    check("/populations/0/accounts", accounts, &["populations[0].accounts.columns: at most 256 columns, found 257"]);
}

#[test]
fn columns_that_are_not_given_have_their_usual_patterns() {
    #[track_caller]
    fn check(accounts: Value, expected: &[(&str, &str)]) {
        let mut document = good();
        document["populations"][0]["scenario"] = "ktb-chat".into();
        document["populations"][0]["accounts"] = accounts;
        let plan = Plan::check(&document).unwrap_or_else(|problems| panic!("{problems:#?}"));
        let Accounts::Pattern { columns } = &plan.populations[0].accounts else { panic!("patterns") };
        assert_eq!(columns.iter().map(|(column, pattern)| (&**column, &**pattern)).collect::<Vec<_>>(), expected);
    }
    let (email, name) = ("ts-{run}-{population}-{n}@tabswarm.test", "Swarm {run} {population} {n}");
    let usual = [("email", email), ("name", name), ("password", "Tabswarm-{n}")];
    check(json!({"source": "pattern", "columns": {}}), &usual);
    check(json!({"columns": {}}), &usual);
    check(json!({"columns": {"password": "p{n}"}}), &[usual[0], usual[1], ("password", "p{n}")]);
    check(json!({"columns": {"email": "{n}@x.y"}}), &[("email", "{n}@x.y"), usual[1], usual[2]]);
    check(json!({"columns": {"pin": "{n}"}}), &[usual[0], usual[1], usual[2], ("pin", "{n}")]);
}

#[test]
fn addresses_are_read_as_people_type_them() {
    #[track_caller]
    fn check(target: &str, expected: &[&str], opened: &str) {
        let mut document = good();
        document["populations"][0]["scenario"] = json!({
            "version": 1, "name": "s", "protocol": "websocket", "flow": [],
            "variables": {"target": {"default": "http://127.0.0.1", "format": "url"}, "api": "/api"},
            "before": [{"http": {"operation": "login", "url": "${target}${api}/login"}}], "connect": {"url": "${target}/${user.index}"},
        });
        document["populations"][0]["variables"] = json!({ "target": target });
        let checked = Plan::check(&document);
        let problems = checked.as_ref().err().map_or(&[][..], Vec::as_slice);
        assert_eq!(problems.iter().map(ToString::to_string).collect::<Vec<_>>(), expected, "{target}");
        if let Ok(plan) = checked {
            let addresses = plan.populations[0].program().expect("it was checked").addresses('?');
            assert_eq!(
                addresses.iter().map(|address| &*address.text).collect::<Vec<_>>(),
                [format!("{opened}/?"), format!("{opened}/api/login")]
            );
            assert_eq!(plan.places().into_iter().collect::<Vec<_>>(), ["chat.example:80"], "{target}");
        }
    }
    for same in [
        "http://chat.example",
        "http://chat.example/",
        "http://chat.example//",
        "http://chat.example ",
        "http://chat.example/\n",
    ] {
        check(same, &[], "http://chat.example");
    }
    check("HTTP://Chat.Example:80/", &[], "HTTP://Chat.Example:80");
    check(" ws://chat.example/", &[], " ws://chat.example");
    check("http://chat.example/proxy/", &[], "http://chat.example/proxy");
    let url = |found: &str| {
        format!(
            "populations[0].variables.target: expected a URL that begins with http:// or https:// or ws:// or wss://, found the text {found:?}"
        )
    };
    for wrong in [
        "chat.example:5001",
        "ftp://chat.example",
        "http://",
        "http://two words/",
        "http://chat.example:99999",
        "http://chat.example:5001x/",
    ] {
        check(wrong, &[&url(wrong)], "");
    }
    let credentials = |operation: &str| {
        format!(
            "populations[0]: the address of {operation} carries a user or a password before its @, and browsers open no such address: \
             leave them out, here that is http://chat.example"
        )
    };
    for wrong in ["http://me:pw@chat.example", "http://me@chat.example:80/", " HTTP://:pw@Chat.example"] {
        let problems = [credentials("connect").replace("is http:", "is ws:"), credentials("login")];
        check(wrong, &problems.each_ref().map(String::as_str), "");
    }
}

#[test]
fn an_address_that_is_made_up_needs_hosts_by_name() {
    #[track_caller]
    fn problems(url: &str, hosts: Value) -> Vec<String> {
        let mut document = good();
        document["populations"][0]["hosts"] = hosts;
        document["populations"][0]["scenario"] = json!({
            "version": 1, "name": "s", "protocol": "websocket", "variables": {"h": "chat.example", "n": "${user.index}"},
            "connect": {"url": url}, "flow": [],
        });
        Plan::check(&document).err().unwrap_or_default().iter().map(ToString::to_string).collect()
    }
    let none: [&str; 0] = [];
    assert_eq!(problems("ws://${h}:${n}/", json!([])), none);
    assert_eq!(
        problems("ws://${n}.example/", json!([])),
        [
            "populations[0]: the host of connect is made up while the run goes, so nobody can be asked about it before: name every \
             host that it can be, as \"hosts\": [\"chat.example\"] in populations[0]"
        ]
    );
    assert_eq!(problems("ws://${n + 1}.example/", json!(["1.example"])), none);
    let [problem] = &problems("ws://bücher.example/", json!([]))[..] else { panic!("one problem") };
    assert!(problem.contains("letters beyond ASCII"), "{problem}");
}
