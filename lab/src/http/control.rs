//! `/lab`: what `lab` is, its switches, its counts.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Query, State};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, body::Bytes};
use serde::Deserialize;
use serde_json::json;

use super::cors;
use super::errors::{ApiError, Body};
use crate::lab::Lab;
use crate::transport::Peer;
use crate::words::BannedWords;
use faults::VoiceFaults;
use faults::{LabFaults, SwitchError};

pub fn routes() -> Router<Arc<Lab>> {
    Router::new()
        .route("/info", get(info))
        .route("/counts", get(counts))
        .route("/words", get(words))
        .route("/room", get(room))
        .route("/faults", get(faults).post(set_faults))
        .route("/voice", get(voice).post(set_voice))
        .route("/restart", post(restart))
        .route("/reset", post(reset))
        .layer(from_fn(cors::rest))
}

async fn info(State(lab): State<Arc<Lab>>) -> Response {
    let server_version = lab.world().version;
    let version = env!("CARGO_PKG_VERSION");
    Json(json!({ "name": "lab", "version": version, "server_version": server_version })).into_response()
}

#[derive(Deserialize)]
struct Detail {
    /// Deliveries of every user, too.
    #[serde(default)]
    users: u8,
}

async fn counts(State(lab): State<Arc<Lab>>, Query(detail): Query<Detail>) -> Response {
    let mut all = json!(lab.world().snapshot(detail.users > 0));
    all["voice"] = json!(lab.voice().snapshot());
    Json(all).into_response()
}

/// The banned words, one per line.
async fn words() -> String {
    BannedWords::list().map(|word| word + "\n").collect()
}

/// Where the browsers of one run meet, for a page that wants to propose it. The key is not ours to tell.
async fn room(State(lab): State<Arc<Lab>>) -> Response {
    match lab.broker() {
        Some(url) => Json(json!({ "broker": url })).into_response(),
        None => (StatusCode::NOT_FOUND, "lab was started without --room: there is no broker here\n").into_response(),
    }
}

async fn faults(State(lab): State<Arc<Lab>>) -> Json<LabFaults> {
    Json(lab.world().faults.clone())
}

/// Replaces all switches: a field that is absent is off.
async fn set_faults(State(lab): State<Arc<Lab>>, body: Bytes) -> Response {
    match LabFaults::parse(&body) {
        Ok(faults) => {
            lab.set_faults(faults.clone());
            Json(faults).into_response()
        }
        Err(error) => refused(error),
    }
}

async fn voice(State(lab): State<Arc<Lab>>) -> Json<VoiceFaults> {
    Json(lab.voice().switches.clone())
}

/// Replaces all of the voice service's switches: a field that is absent has its default.
async fn set_voice(State(lab): State<Arc<Lab>>, body: Bytes) -> Response {
    match VoiceFaults::parse(&body) {
        Ok(switches) => {
            lab.voice().switches = switches.clone();
            Json(switches).into_response()
        }
        Err(error) => refused(error),
    }
}

fn refused(error: SwitchError) -> Response {
    let body = json!({ "success": false, "field": error.field, "message": error.message });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Restart {
    down_ms: u64,
    /// Nobody is logged in afterwards, as where sessions live in a server's memory.
    #[serde(default)]
    forget_sessions: bool,
}

async fn restart(
    State(lab): State<Arc<Lab>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Body(restart): Body<Restart>,
) -> Result<Response, ApiError> {
    if restart.down_ms > LONGEST_DOWN_MS {
        let message = format!("down_ms: {} is more than {LONGEST_DOWN_MS}", restart.down_ms);
        return Err(ApiError::new(StatusCode::BAD_REQUEST, message));
    }
    if restart.forget_sessions {
        lab.world().forget_sessions();
    }
    lab.restart(Duration::from_millis(restart.down_ms), Some(&peer.line));
    Ok(Json(json!({ "down_ms": restart.down_ms })).into_response())
}

async fn reset(State(lab): State<Arc<Lab>>) -> StatusCode {
    lab.reset();
    StatusCode::NO_CONTENT
}

const LONGEST_DOWN_MS: u64 = 600_000;
