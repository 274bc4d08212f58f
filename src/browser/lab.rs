//! Tells the lab which faults a plan wants, and takes them back: what is tried next must not inherit them.

use serde_json::{Value, json};
use wasm_bindgen_futures::spawn_local;
use web_sys::{AbortController, Url};

use super::fetch::exchange;
use base::time::Span;
use engine::ports::{FetchBody, FetchOutcome, FetchRequest};
use faults::LabFaults;
use plan::{Plan, Population};
use scenario::resolve;

/// Faults that are at work; dropped, they are switched off again.
pub struct FaultyLabs {
    origins: Vec<String>,
    /// When they restart, in milliseconds of the run, and how long they are down then.
    restart: Option<(f64, f64)>,
    /// Nobody is logged in after it.
    forget_sessions: bool,
    /// The plan has faults of the voice service, too.
    speaks: bool,
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

/// Sets the plan's faults at every server that its populations target; without `lab` nothing is sent. A `lab` without any fault only
/// takes earlier ones back, where there is a lab.
///
/// # Errors
/// A target is no lab, or cannot be reached.
pub async fn set_faults(plan: &Plan) -> Result<Option<FaultyLabs>, LabError> {
    let Some(faults) = &plan.lab else { return Ok(None) };
    let is_wanted = *faults != LabFaults::default();
    let origins = plan.populations.iter().map(origin).filter(|origin| is_wanted || origin.is_ok());
    let mut origins = origins.collect::<Result<Vec<_>, _>>()?;
    origins.sort_unstable();
    origins.dedup();
    let restart = (faults.restart_at_s > 0.0).then_some((faults.restart_at_s * 1e3, faults.restart_down_ms));
    let forget_sessions = faults.restart_forget_sessions;
    let mut labs = FaultyLabs { origins: Vec::new(), restart, forget_sessions, speaks: faults.voice.is_some() };
    for origin in origins {
        match post(&origin, "faults", &faults.switches()).await {
            Err(_) if !is_wanted => continue,
            set => set?,
        }
        if let Some(voice) = &faults.voice {
            post(&origin, "voice", &json!(voice)).await?;
        }
        labs.origins.push(origin);
    }
    Ok(Some(labs))
}

impl FaultyLabs {
    /// So much of the run is over: restarts the servers if it is time.
    pub fn on_time(&mut self, elapsed_ms: f64) {
        if let Some((_, down_ms)) = self.restart.take_if(|(at_ms, _)| elapsed_ms >= *at_ms) {
            self.tell("restart", &json!({ "down_ms": down_ms as u64, "forget_sessions": self.forget_sessions }));
        }
    }

    /// Nobody waits for the answers: a server that is gone has no faults either.
    fn tell(&self, what: &'static str, body: &Value) {
        for origin in self.origins.clone() {
            let body = body.clone();
            spawn_local(async move { drop(post(&origin, what, &body).await) });
        }
    }
}

impl Drop for FaultyLabs {
    fn drop(&mut self) {
        self.tell("faults", &json!({}));
        if self.speaks {
            self.tell("voice", &json!({}));
        }
    }
}

fn origin(population: &Population) -> Result<String, LabError> {
    let nowhere = || LabError::NoTarget { population: population.name.clone() };
    let target = target(population).ok_or_else(nowhere)?;
    Url::new(&target).map(|url| url.origin()).map_err(|_| LabError::Address(target))
}

/// The plan's own value, else the scenario's default.
fn target(population: &Population) -> Option<String> {
    let own = population.variables.get("target").cloned();
    let value = own.or_else(|| resolve(&population.scenario).ok()?.pointer("/variables/target/default").cloned())?;
    value.as_str().map(str::to_owned)
}

async fn post(origin: &str, what: &str, body: &Value) -> Result<(), LabError> {
    let request = FetchRequest {
        method: "POST".to_owned(),
        url: format!("{origin}/lab/{what}"),
        headers: Vec::new(),
        body: FetchBody::Json(body.to_string()),
        timeout: TIMEOUT,
        follows: false,
        most_bytes: MOST_BYTES,
    };
    let controller = AbortController::new().map_err(|_| LabError::NoAbort)?;
    match exchange(&request, &controller).await {
        FetchOutcome::Answer { status: 200..=299, .. } => Ok(()),
        FetchOutcome::Answer { status, body, .. } => {
            let said = base::json::read::<Value>(&body).ok();
            let said = said.as_ref().and_then(|said| said.get("message")?.as_str()).unwrap_or("nothing more");
            Err(LabError::NoLab { origin: origin.to_owned(), status, said: said.to_owned() })
        }
        FetchOutcome::Blocked { detail, .. } => Err(LabError::Unreachable { origin: origin.to_owned(), detail }),
    }
}

const TIMEOUT: Span = Span::from_secs(5);
/// A lab says little.
const MOST_BYTES: u64 = 1 << 20;

/// The broker of the lab that this page came from, if it is a lab that serves a room.
pub async fn offered_broker() -> Option<String> {
    let request = FetchRequest {
        method: "GET".to_owned(),
        url: format!("{}/lab/room", super::own_origin()),
        headers: Vec::new(),
        body: FetchBody::None,
        timeout: TIMEOUT,
        follows: false,
        most_bytes: MOST_BYTES,
    };
    match exchange(&request, &AbortController::new().ok()?).await {
        FetchOutcome::Answer { status: 200, body, .. } => {
            Some(base::json::read::<Value>(&body).ok()?.get("broker")?.as_str()?.to_owned())
        }
        _ => None,
    }
}
