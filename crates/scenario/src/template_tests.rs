//! Tables of templates and what they give.

use serde_json::{Value, json};

use super::Template;
use crate::expression::KnownNames;
use crate::ids::VarId;
use crate::scope::{EvaluationScope, UserFacts};
use document::Node;
use document::Problems;

/// Variables of the tests: `rooms` is a constant of the compilation, the others are set at run time.
fn values() -> Vec<(&'static str, Value)> {
    vec![
        ("rooms", json!(["r0", "r1", "r2"])),
        ("token", json!("a\"b\\c\n")),
        ("size", json!(20)),
        ("share", json!(0.1)),
        ("user_data", json!({"id": "u1", "tags": ["x", "y"], "odd-key": 5, "deep": {"n": 1}})),
        ("nothing", json!(null)),
        ("number_text", json!(" 12 ")),
        ("big", json!(u64::MAX)),
    ]
}

fn compile(source: &Value) -> (Template, KnownNames, Vec<String>) {
    let problems = Problems::default();
    let mut names = KnownNames { event: true, tag: true, ..KnownNames::default() };
    for (index, (name, value)) in values().into_iter().enumerate() {
        names.variables.insert(name.to_owned(), VarId(u16::try_from(index).expect("there are few")));
        names.constants.push((index == 0).then_some(value));
    }
    let template = Template::compile(&Node::root(source, &problems), &mut names);
    (template, names, problems.into_vec().iter().map(ToString::to_string).collect())
}

fn with_scope<T>(names: &KnownNames, evaluate: impl FnOnce(&mut EvaluationScope<'_>) -> T) -> T {
    let vars: Vec<Value> = values().into_iter().map(|(_, value)| value).collect();
    let event = vec![json!({"_id": "m1", "n": 7, "sender": {"id": "u2"}}), json!("second")];
    let user = UserFacts {
        index: 41,
        account: vec![("email".into(), "a@b.c".into()), ("age".into(), "30".into())],
        run: "k3x".into(),
        iteration: 2,
        users: 100,
    };
    evaluate(&mut EvaluationScope {
        user: &user,
        vars: &vars,
        event: Some(&event),
        tag: "~k3x-15-1-2~",
        wall_ms: 1_700_000_000_123.7,
        counters: &mut vec![0; names.counters.len()],
        random: &mut fastrand::Rng::with_seed(7),
    })
}

/// Compiles, evaluates, and compares both ways of getting the value.
#[track_caller]
fn check(source: Value, expected: Value) {
    let (template, names, problems) = compile(&source);
    assert_eq!(problems, Vec::<String>::new(), "{source}");
    assert_eq!(with_scope(&names, |scope| template.value(scope)), expected, "value of {source}");
    let mut json = String::new();
    with_scope(&names, |scope| template.write_json(scope, &mut json));
    assert_eq!(serde_json::from_str::<Value>(&json).expect("valid JSON"), expected, "JSON of {source}: {json}");
}

#[track_caller]
fn check_expression(expression: &str, expected: Value) {
    check(json!(format!("${{{expression}}}")), expected);
}

/// The runtime of exported scripts (`e2e/tests/k6-script.test.mjs`) is held to the same table.
#[test]
fn expressions_and_templates_give_what_the_table_says() {
    let table: Value = serde_json::from_str(include_str!("../../../tests/expressions.json")).expect("it is JSON");
    let pairs = |name: &str| table[name].as_array().cloned().unwrap_or_else(|| panic!("{name} is a list"));
    for case in pairs("expressions") {
        check_expression(case[0].as_str().expect("a text"), case[1].clone());
    }
    for name in crate::expression::Function::names() {
        let is_called = |case: &Value| case[0].as_str().is_some_and(|text| text.contains(&format!("{name}(")));
        assert!(pairs("expressions").iter().any(is_called), "no row of the table calls `{name}`");
    }
    for case in pairs("templates") {
        check(case[0].clone(), case[1].clone());
    }
}

#[test]
fn whole_numbers_are_exact_and_time_is_the_scope_s() {
    check_expression("9223372036854775807 + 1", json!(9_223_372_036_854_775_808.0));
    check_expression("big", json!(u64::MAX));
    check_expression("now_ms", json!(1_700_000_000_123_u64));
}

#[test]
fn what_never_changes_is_folded() {
    let constant = |source: Value| compile(&source).0.as_constant().cloned();
    assert_eq!(constant(json!("${len(rooms) * 2}")), Some(json!(6)));
    assert_eq!(constant(json!("first: ${at(rooms, 0)}.")), Some(json!("first: r0.")));
    assert_eq!(constant(json!({"to": ["${rooms./2}"]})), Some(json!({"to": ["r2"]})));
    assert_eq!(constant(json!("${if(len(rooms) > 2, 0, size)}")), Some(json!(0)));
    assert_eq!(constant(json!("${false && size}")), Some(json!(false)));
    for changing in ["${size}", "${pick(rooms)}", "${random(1, 1)}", "${user.index * 0}", "${counter.n}", "${tag}"] {
        assert_eq!(constant(json!(changing)), None, "{changing}");
    }
}

#[test]
fn a_counter_counts_its_evaluations() {
    let (template, names, _) = compile(&json!("${counter.a}${counter.a}${counter.b}${counter.a}"));
    assert_eq!(names.counters, ["a", "b"]);
    assert_eq!(with_scope(&names, |scope| template.text(scope)), "0102");
}

#[test]
fn the_same_seed_gives_the_same_choices() {
    let (template, names, _) = compile(&json!("${random(1, 1000000)} ${pick(rooms)} ${hex(6)} ${choice(1, 2, 3)}"));
    let draw = || with_scope(&names, |scope| template.text(scope));
    assert_eq!(draw(), draw());
}

#[test]
fn filler_passes_filters_of_words_of_four() {
    for length in [0, 1, 2, 44, 45, 46, 47, 48, 99, 10_000] {
        let (template, names, _) = compile(&json!(format!("${{filler({length})}}")));
        let text = with_scope(&names, |scope| template.text(scope));
        assert_eq!(text.len(), length);
        assert!(text.split(|c: char| !c.is_ascii_alphanumeric()).all(|word| word.len() < 4), "{text}");
        assert_eq!(text.trim(), text);
    }
}

#[track_caller]
fn check_problem(source: &str, expected: &str) {
    assert_eq!(compile(&json!(source)).2, [expected], "{source}");
}

#[test]
fn mistakes_are_named_with_their_place() {
    for (source, expected) in [
        ("hi ${tokn}", "unknown variable `tokn`, did you mean `token`? (at character 6)"),
        ("${len(rooms}", "expected `,` or `)`, found `}` (at character 12)"),
        ("${1 +}", "expected a value, found `}` (at character 6)"),
        ("${}", "expected an expression, found `}` (at character 3)"),
        ("${size", "expected `}` or an operator, found the end of the text (at character 7)"),
        ("${'abc}", "the text has no closing ' (at character 3)"),
        ("${size size}", "expected `}` or an operator, found `s` (at character 8)"),
        ("${lenn(rooms)}", "unknown function `lenn`, did you mean `len`? (at character 3)"),
        ("${at(rooms)}", "`at` takes 2 arguments, not 1 (at character 3)"),
        ("${if(size)}", "`if` takes 3 arguments, not 1 (at character 3)"),
        ("${choice()}", "`choice` takes at least 1 argument, not 0 (at character 3)"),
        ("${user.idx}", "expected `index` or `number`, found `idx` (at character 8)"),
        ("${user}", "expected `.` and `index` or `number`, found `}` (at character 7)"),
        ("${user_data.id}", "a part of `user_data` is written `user_data./part` (at character 12)"),
        ("${event.id}", "expected a pointer like `event./content`, found `i` (at character 9)"),
        ("${1.2.3}", "\"1.2.3\" is no number (at character 3)"),
        ("안녕 ${x}", "unknown variable `x` (at character 6)"),
    ] {
        check_problem(source, expected);
    }
    check_problem(
        &format!("${{{}1{}}}", "(".repeat(60), ")".repeat(60)),
        "the expression is nested too deeply (at character 53)",
    );
}
