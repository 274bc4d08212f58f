//! Tells the lab which faults a plan wants, before the run starts.

use serde::Serialize;
use serde_json::Value;
use web_sys::{AbortController, Url};

use super::fetch::exchange;
use crate::engine::{FetchBody, FetchOutcome, FetchRequest};
use crate::plan::{LabFaults, Plan, Population};
use crate::scenario::resolve;
use crate::time::Span;

/// Sets the plan's faults at every server that its populations target; without faults nothing is sent.
///
/// # Errors
/// A target is no lab, or cannot be reached.
pub async fn set_faults(plan: &Plan) -> Result<(), String> {
    let Some(faults) = &plan.lab else { return Ok(()) };
    let mut origins = plan.populations.iter().map(origin).collect::<Result<Vec<_>, _>>()?;
    origins.sort_unstable();
    origins.dedup();
    for origin in origins {
        post(&origin, "faults", &LabFaults { voice: None, ..faults.clone() }).await?;
        if let Some(voice) = &faults.voice {
            post(&origin, "voice", voice).await?;
        }
    }
    Ok(())
}

fn origin(population: &Population) -> Result<String, String> {
    let target = target(population)
        .ok_or_else(|| format!("{} has no variable `target`, so nobody can be asked for faults", population.name))?;
    let url = Url::new(&target).map_err(|_| format!("{target} is no address of a lab"))?;
    Ok(url.origin())
}

/// The plan's own value, else the scenario's default.
fn target(population: &Population) -> Option<String> {
    let own = population.variables.get("target").cloned();
    let value = own.or_else(|| resolve(&population.scenario).ok()?.pointer("/variables/target/default").cloned())?;
    value.as_str().map(str::to_owned)
}

async fn post(origin: &str, switches: &str, faults: &impl Serialize) -> Result<(), String> {
    let json = serde_json::to_string(faults).map_err(|error| error.to_string())?;
    let request = FetchRequest {
        method: "POST".to_owned(),
        url: format!("{origin}/lab/{switches}"),
        headers: Vec::new(),
        body: FetchBody::Json(json),
        timeout: TIMEOUT,
    };
    let controller = AbortController::new().map_err(|_| "this browser cannot cancel requests")?;
    match exchange(&request, &controller).await {
        FetchOutcome::Answer { status: 200..=299, .. } => Ok(()),
        FetchOutcome::Answer { status, body, .. } => {
            let said = serde_json::from_str::<Value>(&body).ok();
            let said = said.as_ref().and_then(|said| said.get("message")?.as_str()).unwrap_or("nothing more");
            Err(format!("the plan has faults for a lab, but {origin} is none: it answered {status} and said {said}"))
        }
        FetchOutcome::Blocked { detail, .. } => {
            Err(format!("the plan has faults for a lab, but there is none at {origin}: {detail}"))
        }
    }
}

const TIMEOUT: Span = Span::from_secs(5);

/// The broker of the lab that this page came from, if it is a lab that serves a room.
pub async fn offered_broker() -> Option<String> {
    let request = FetchRequest {
        method: "GET".to_owned(),
        url: format!("{}/lab/room", super::own_origin()),
        headers: Vec::new(),
        body: FetchBody::None,
        timeout: TIMEOUT,
    };
    match exchange(&request, &AbortController::new().ok()?).await {
        FetchOutcome::Answer { status: 200, body, .. } => {
            Some(serde_json::from_str::<Value>(&body).ok()?.get("broker")?.as_str()?.to_owned())
        }
        _ => None,
    }
}
