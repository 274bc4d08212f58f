//! Thresholds as k6 writes them, and which of them k6 cannot evaluate.

use std::collections::BTreeMap;

use super::metrics::Metrics;
use super::population::ScriptPart;
use catalogue::Counter;
use plan::{Bound, Operator, Plan, Scope, Statistic, Subject, Threshold};
use serde_json::{Value, json};

/// One of the plan's thresholds.
pub enum Carried {
    /// Metric, expression, and whether (and after how many seconds) breaking it ends the test.
    As { metric: String, expression: String, abort: Option<f64> },
    /// As the plan writes it, and why not.
    Not { text: String, why: &'static str },
}

pub fn carried(plan: &Plan, metrics: &Metrics, parts: &[ScriptPart<'_>]) -> Vec<Carried> {
    plan.thresholds
        .iter()
        .filter_map(|text| text.parse().ok())
        .map(|threshold| carry(plan, metrics, parts, &threshold))
        .collect()
}

/// The `thresholds` of k6's options: several expressions may share a metric.
pub fn by_metric(carried: &[Carried]) -> BTreeMap<&str, Vec<Value>> {
    let mut by_metric: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for threshold in carried {
        let Carried::As { metric, expression, abort } = threshold else { continue };
        let expression = match abort {
            None => json!(expression),
            Some(0.0) => json!({"threshold": expression, "abortOnFail": true}),
            Some(after) => {
                json!({"threshold": expression, "abortOnFail": true, "delayAbortEval": format!("{after}s")})
            }
        };
        by_metric.entry(metric.as_str()).or_default().push(expression);
    }
    by_metric
}

fn carry(plan: &Plan, metrics: &Metrics, parts: &[ScriptPart<'_>], threshold: &Threshold) -> Carried {
    let not = |why| Carried::Not { text: threshold.text().to_owned(), why };
    let Bound::Fixed(limit) = threshold.bound else { return not("k6 has no baseline to compare with") };
    if threshold.window.is_some() {
        return not("k6 evaluates whole tests, not windows");
    }
    let times = matches!(threshold.subject, Subject::Time { .. });
    match threshold.scope {
        Scope::WholeRun if times && plan.warmup_s > 0.0 => return not("times leave the warm-up out here"),
        Scope::AfterWarmup if !times && plan.warmup_s > 0.0 => return not("counts are of the whole test here"),
        _ => {}
    }
    let (name, mut tags, statistic) = match subject(metrics, &threshold.subject) {
        Ok(found) => found,
        Err(why) => return not(why),
    };
    let part = |population: &String| parts.iter().find(|part| part.population.name == *population);
    tags.extend(threshold.population.as_ref().and_then(part).map(|part| format!("scenario:{}", part.name)));
    let tags = if tags.is_empty() { String::new() } else { format!("{{{}}}", tags.join(",")) };
    Carried::As {
        metric: format!("{name}{tags}"),
        expression: format!("{statistic}{}{limit}", sign(threshold.operator)),
        abort: threshold.abort.map(|after| after.as_secs_f64()),
    }
}

/// Metric, tags, and statistic; or why there is none.
fn subject(metrics: &Metrics, subject: &Subject) -> Result<(String, Vec<String>, String), &'static str> {
    let count = "count".to_owned();
    match subject {
        Subject::Time { metric: name, statistic } => {
            let Some(name) = metrics.time(name) else { return Err("this script does not measure it") };
            let statistic = match statistic {
                Statistic::Min => "min".to_owned(),
                Statistic::Mean => "avg".to_owned(),
                Statistic::Max => "max".to_owned(),
                Statistic::Quantile(share) => format!("p({})", (share * 1e5).round() / 1e3),
            };
            Ok((name, Vec::new(), statistic))
        }
        Subject::Count { name, per_second } => {
            let statistic = if *per_second { "rate".to_owned() } else { count };
            match (metrics.counter(name), Counter::read(name)) {
                (Some(name), _) => Ok((name, Vec::new(), statistic)),
                (None, Some((Counter::EventsIn, event))) => {
                    Ok(("events_in".to_owned(), vec![format!("event:{event}")], statistic))
                }
                _ => Err("this script does not count it"),
            }
        }
        Subject::Errors { operation, code } => {
            let tag = |name: &str, value: &Option<String>| value.as_ref().map(|value| format!("{name}:{value}"));
            let tags = tag("operation", operation).into_iter().chain(tag("code", code)).collect();
            Ok(("errors".to_owned(), tags, count))
        }
        Subject::ErrorRate { operation } => {
            let tags = operation.iter().map(|operation| format!("operation:{operation}")).collect();
            Ok(("errors_rate".to_owned(), tags, "rate".to_owned()))
        }
        Subject::Disconnects { code } => {
            Ok(("disconnects".to_owned(), code.iter().map(|code| format!("code:{code}")).collect(), count))
        }
        Subject::Delivery { .. } => Err("it needs the delivery ledger"),
        Subject::Standing(_) => Err("this script does not follow its users"),
        _ => Err("it needs tabswarm's voice client"),
    }
}

fn sign(operator: Operator) -> &'static str {
    match operator {
        Operator::Less => "<",
        Operator::LessOrEqual => "<=",
        Operator::Greater => ">",
        Operator::GreaterOrEqual => ">=",
        Operator::Equal => "==",
        Operator::NotEqual => "!=",
    }
}
