//! The comment at a script's head: what it is, how it is run, and what of this plan it does not do.

use super::population::ScriptPart;
use super::secrets::ScriptSecrets;
use super::thresholds::Carried;
use plan::{Accounts, Load, Plan};
use scenario::Op;

pub fn head(plan: &Plan, parts: &[ScriptPart<'_>], secrets: &ScriptSecrets, thresholds: &[Carried]) -> String {
    let mut text = vec![
        format!("The tabswarm plan \"{}\" as a k6 script. No extension is needed.", plan.name),
        String::new(),
        "Run it:  k6 run <this file>".to_owned(),
        "It needs a k6 that has the module k6/websockets; with an older one import from k6/experimental/websockets."
            .to_owned(),
        "Every variable of a scenario is a setting: k6 run -e TABSWARM_TARGET=https://... <this file>".to_owned(),
    ];
    let names: Vec<&str> = secrets.names().collect();
    if !names.is_empty() {
        text.push(String::new());
        text.push(
            "Secrets of the plan are not in this file. Set them in the environment (or with -e NAME=...):".to_owned(),
        );
        text.extend(names.iter().map(|name| format!("  TABSWARM_{name}")));
    }
    for part in parts.iter().filter(|part| matches!(part.population.accounts, Accounts::Csv { .. })) {
        text.push(format!(
            "Accounts of \"{}\" are read from the CSV file that {} names.",
            part.population.name,
            part.file()
        ));
    }
    text.push(String::new());
    text.push("What it does as tabswarm does: set-up, REST, handshake, rooms, messages, timers, reactions, error rules, reconnects,".to_owned());
    text.push("times and counts under the same names as far as k6 allows them (`metrics` below has both).".to_owned());
    text.push(String::new());
    text.push("What it does not do:".to_owned());
    text.extend(limits(plan, parts, thresholds).into_iter().flat_map(|limit| wrap(&limit)));
    let lines = text.iter().map(|line| format!(" * {}", line.replace("*/", "* /")).trim_end().to_owned());
    format!("/*\n{}\n */\n", lines.collect::<Vec<_>>().join("\n"))
}

fn limits(plan: &Plan, parts: &[ScriptPart<'_>], thresholds: &[Carried]) -> Vec<String> {
    let mut limits = Vec::new();
    let mut when = |applies: bool, text: &str| limits.extend(applies.then(|| text.to_owned()));
    let delivery = parts.iter().any(|part| part.program.delivery.is_some());
    when(
        delivery,
        "No delivery ledger: VUs share no memory, so nobody knows which member of a room missed, doubled or reordered a message. \
         Each user measures its own messages' way to the server and back (round_trip), not the fan-out to others.",
    );
    let copies = parts
        .iter()
        .any(|part| part.program.delivery.is_some() && part.program.reactions.iter().any(|it| !it.duplicates));
    when(copies, "A message that arrives twice is reacted to twice: copies are not told apart.");
    when(
        parts.iter().any(|part| !part.program.contract.is_empty() || part.program.consistency.is_some()),
        "No contract check of inbound events, and no comparison of the server's history with what arrived.",
    );
    when(
        parts.iter().any(ScriptPart::has_audio),
        "No voice: nobody speaks, and answers are not listened to. Users wait for as long as that takes (an answer for TABSWARM_ANSWER_S \
         seconds), so that they stay as long; what only fails where nobody was heard (a `fail` behind such steps) is left out.",
    );
    for threshold in thresholds {
        if let Carried::Not { text, why } = threshold {
            limits.push(format!("Not the threshold `{text}`: {why}."));
        }
    }
    let mut when = |applies: bool, text: &str| limits.extend(applies.then(|| text.to_owned()));
    when(plan.lab.is_some(), "The lab's fault switches are not set.");
    when(
        parts.iter().any(|part| part.program.ops.iter().any(|op| matches!(op, Op::Http(_)))),
        "REST requests have k6's own limits (batches, connections), not one browser's.",
    );
    when(true, "Whole numbers beyond 2^53 are rounded: JavaScript has no others.");
    when(true, "Handshakes are not queued: k6 opens as many at a time as the load asks for.");
    when(
        true,
        "Times are whole milliseconds of k6's clock, and no sample is checked for a busy generator: watch k6's own CPU.",
    );
    when(true, "Chance is drawn anew in every run: the plan's seed has no meaning here.");
    when(
        parts.iter().any(|part| matches!(part.population.load, Load::Open { .. })),
        "Arrivals are spread by k6's executor; what it cannot start it counts as dropped_iterations.",
    );
    let falls = parts.iter().any(|part| {
        let stages = part.population.load.stages();
        stages.windows(2).any(|pair| pair[1].target < pair[0].target)
    });
    when(falls, "Where the load falls, users leave when k6 takes their VU away, half a step later than in tabswarm.");
    limits
}

/// An entry of a list, over as many lines as it needs.
fn wrap(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut().filter(|line| line.len() + word.len() < WIDTH) {
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(format!("{}{word}", if lines.is_empty() { "- " } else { "  " })),
        }
    }
    lines
}

const WIDTH: usize = 112;
