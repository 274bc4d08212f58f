//! Tells the labs that a plan has faults for what `run::FaultyLabs` says.

use serde_json::Value;
use wasm_bindgen_futures::spawn_local;
use web_sys::AbortController;

use super::fetch::exchange;
use base::time::Span;
use engine::ports::{FetchBody, FetchOutcome, FetchRequest};
use plan::Plan;
use run::{FaultyLabs, LabError, LabOrder};

/// Faults that are at work; dropped, they are switched off again.
pub struct FaultsAtWork(FaultyLabs);

/// Sets the plan's faults, if it has any.
///
/// # Errors
/// A target is no lab, or cannot be reached.
pub async fn set_faults(plan: &Plan) -> Result<Option<FaultsAtWork>, LabError> {
    let Some(labs) = FaultyLabs::of(plan)? else { return Ok(None) };
    // What was set before one refused is taken back.
    let mut set = FaultsAtWork(labs);
    for order in set.0.orders() {
        match post(&order).await {
            Ok(()) => set.0.on_set(&order.origin),
            Err(_) if order.may_fail => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Some(set))
}

impl FaultsAtWork {
    /// So much of the run is over.
    pub fn on_time(&mut self, elapsed_ms: f64) {
        tell(self.0.on_time(elapsed_ms));
    }
}

impl Drop for FaultsAtWork {
    fn drop(&mut self) {
        tell(self.0.take_back());
    }
}

/// Nobody waits for the answers.
fn tell(orders: Vec<LabOrder>) {
    for order in orders {
        spawn_local(async move { drop(post(&order).await) });
    }
}

async fn post(LabOrder { origin, what, body, .. }: &LabOrder) -> Result<(), LabError> {
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
            Err(LabError::NoLab { origin: origin.clone(), status, said: said.to_owned() })
        }
        FetchOutcome::Blocked { detail, .. } => Err(LabError::Unreachable { origin: origin.clone(), detail }),
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
