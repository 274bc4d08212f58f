//! The labs that a plan sets faults at: what each is told, and when it is told that it is over.

use serde_json::{Value, json};

use base::url;
use faults::LabFaults;
use plan::{Plan, Population};
use scenario::resolve;

/// Faults that a plan wants. Whoever sets them says so with [`FaultyLabs::on_set`], and in the end tells all of
/// [`FaultyLabs::take_back`]: what is tried next must not inherit them.
#[derive(Debug, Default)]
pub struct FaultyLabs {
    orders: Vec<LabOrder>,
    /// Servers that have faults by now.
    origins: Vec<String>,
    /// When they restart, in milliseconds of the run, and what they are told then.
    restart: Option<(f64, Value)>,
    /// The plan has faults of the voice service, too.
    speaks: bool,
}

/// To be posted to `<origin>/lab/<what>`.
#[derive(Debug, Clone, PartialEq)]
pub struct LabOrder {
    pub origin: String,
    pub what: &'static str,
    pub body: Value,
    /// Nothing is amiss if nobody takes it.
    pub may_fail: bool,
}

/// Why the plan's faults are set nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LabError {
    #[error("{population} has no variable `target`, so nobody can be asked for faults")]
    NoTarget { population: String },
    #[error("{0} is no address of a lab")]
    Address(String),
    #[error("this browser cannot cancel requests")]
    NoAbort,
    #[error(
        "the plan has faults for a lab, but {origin} is none: it answered {status} and said {said}; take the faults out of the plan, or aim it at a lab"
    )]
    NoLab { origin: String, status: u16, said: String },
    #[error(
        "the plan has faults for a lab, but there is none at {origin}: {detail}; take the faults out of the plan, or aim it at a lab"
    )]
    Unreachable { origin: String, detail: String },
}

impl FaultyLabs {
    /// For every server that the plan's populations target; `None`: the plan says nothing of a lab, and nobody is told anything. A
    /// `lab` without any fault only takes earlier ones back, where there is a lab.
    ///
    /// # Errors
    /// A target is no address.
    pub fn of(plan: &Plan) -> Result<Option<Self>, LabError> {
        let Some(faults) = &plan.lab else { return Ok(None) };
        let is_wanted = *faults != LabFaults::default();
        let origins = plan.populations.iter().map(origin).filter(|origin| is_wanted || origin.is_ok());
        let mut origins = origins.collect::<Result<Vec<_>, _>>()?;
        origins.sort_unstable();
        origins.dedup();
        let orders = origins.into_iter().flat_map(|origin| {
            let set = LabOrder { origin, what: "faults", body: faults.switches(), may_fail: !is_wanted };
            let voice =
                faults.voice.as_ref().map(|voice| LabOrder { what: "voice", body: json!(voice), ..set.clone() });
            [Some(set), voice].into_iter().flatten()
        });
        let down = json!({
            "down_ms": faults.restart_down_ms as u64,
            "forget_sessions": faults.restart_forget_sessions,
        });
        let restart = (faults.restart_at_s > 0.0).then_some((faults.restart_at_s * 1e3, down));
        let speaks = faults.voice.is_some();
        Ok(Some(Self { orders: orders.collect(), origins: Vec::new(), restart, speaks }))
    }

    /// What is to be told before the run, in this order.
    pub fn orders(&self) -> Vec<LabOrder> {
        self.orders.clone()
    }

    /// This server took its faults.
    pub fn on_set(&mut self, origin: &str) {
        if !self.origins.iter().any(|known| known == origin) {
            self.origins.push(origin.to_owned());
        }
    }

    /// So much of the run is over: the servers restart if it is time. Nobody waits for the answers.
    pub fn on_time(&mut self, elapsed_ms: f64) -> Vec<LabOrder> {
        let due = self.restart.take_if(|(at_ms, _)| elapsed_ms >= *at_ms);
        due.map(|(_, body)| self.tell("restart", &body)).unwrap_or_default()
    }

    /// A server that is gone has no faults either, so nobody waits for the answers.
    pub fn take_back(&self) -> Vec<LabOrder> {
        let mut orders = self.tell("faults", &json!({}));
        if self.speaks {
            orders.extend(self.tell("voice", &json!({})));
        }
        orders
    }

    fn tell(&self, what: &'static str, body: &Value) -> Vec<LabOrder> {
        let order = |origin: &String| LabOrder { origin: origin.clone(), what, body: body.clone(), may_fail: true };
        self.origins.iter().map(order).collect()
    }
}

fn origin(population: &Population) -> Result<String, LabError> {
    let nowhere = || LabError::NoTarget { population: population.name.clone() };
    let target = target(population).ok_or_else(nowhere)?;
    match url::host(&target) {
        Some(_) => Ok(url::origin(&target)),
        None => Err(LabError::Address(target)),
    }
}

/// The plan's own value, else the scenario's default.
fn target(population: &Population) -> Option<String> {
    let own = population.variables.get("target").cloned();
    let value = own.or_else(|| resolve(&population.scenario).ok()?.pointer("/variables/target/default").cloned())?;
    value.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(lab: Value, targets: &[&str]) -> Plan {
        let load = json!({"model": "closed", "stages": [{"duration_s": 1, "target": 1}]});
        let population = |(number, target): (usize, &&str)| json!({"name": format!("p{number}"), "scenario": "ktb-chat", "variables": {"target": target}, "load": load});
        let populations: Vec<_> = targets.iter().enumerate().map(population).collect();
        let plan = json!({"version": 1, "name": "p", "seed": 1, "populations": populations, "lab": lab});
        serde_json::from_value(plan).expect("a plan")
    }

    fn told(orders: &[LabOrder]) -> Vec<String> {
        orders.iter().map(|order| format!("{}/lab/{} {}", order.origin, order.what, order.body)).collect()
    }

    #[test]
    fn each_server_is_told_once_and_whoever_took_it_is_freed() {
        let lab = json!({"lose_share": 0.5, "restart_at_s": 2.0, "restart_down_ms": 300.0});
        let targets = ["http://127.0.0.1:9/", "http://127.0.0.1:9", "http://127.0.0.1:8"];
        let mut labs = FaultyLabs::of(&plan(lab, &targets)).expect("addresses").expect("faults");
        let orders = labs.orders();
        let origins: Vec<_> = orders.iter().map(|order| (order.origin.as_str(), order.what, order.may_fail)).collect();
        assert_eq!(origins, [("http://127.0.0.1:8", "faults", false), ("http://127.0.0.1:9", "faults", false)]);
        assert_eq!(labs.take_back(), [], "nobody has any yet");
        labs.on_set("http://127.0.0.1:9");
        labs.on_set("http://127.0.0.1:9");
        assert_eq!(labs.on_time(1_999.0), []);
        let restart = r#"http://127.0.0.1:9/lab/restart {"down_ms":300,"forget_sessions":false}"#;
        assert_eq!(told(&labs.on_time(2_001.0)), [restart]);
        assert_eq!(labs.on_time(9_000.0), [], "once");
        assert_eq!(told(&labs.take_back()), ["http://127.0.0.1:9/lab/faults {}"]);
    }

    #[test]
    fn a_lab_without_faults_takes_earlier_ones_back_where_there_is_one() {
        let labs = FaultyLabs::of(&plan(json!({}), &["http://127.0.0.1:9", "nowhere"])).expect("one is an address");
        let orders = labs.expect("it has a lab").orders();
        assert_eq!(
            orders.iter().map(|order| (order.origin.as_str(), order.may_fail)).collect::<Vec<_>>(),
            [("http://127.0.0.1:9", true)]
        );
        let faulty = plan(json!({"lose_share": 0.5}), &["nowhere"]);
        assert_eq!(FaultyLabs::of(&faulty).err(), Some(LabError::Address("nowhere".to_owned())));
        let none = Plan { lab: None, ..faulty };
        assert!(matches!(FaultyLabs::of(&none), Ok(None)));
    }
}
