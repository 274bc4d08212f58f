//! The addresses, and the handshake.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{ConnectInfo, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post, put};
use axum::{Json, routing::MethodRouter};
use serde_json::json;

use super::admission::{Kind, admit};
use super::millis;
use super::opening::{Opening, Place};
use super::{rest, socket};
use crate::http;
use crate::lab::Lab;
use crate::transport::Peer;

/// Under `/api/v1`.
pub fn routes(lab: &Arc<Lab>) -> Router<Arc<Lab>> {
    let calls = Router::new()
        .route("/auth/signup", post(rest::sign_up))
        .route("/auth/login", post(rest::log_in))
        .route("/chat/sessions", post(rest::create_session))
        .route("/chat/sessions/{id}", get(rest::read_session))
        .route("/chat/sessions/{id}/sync", put(rest::claim_session))
        .route_layer(from_fn_with_state(lab.clone(), http::count_call));
    let sockets = Router::new()
        .route("/chat/ws/chat/{id}", chat(true))
        .route("/chat/ws/guest-chat/{id}", chat(false))
        .route("/scenarios/ws/scenario", scenario(true))
        .route("/scenarios/ws/guest-scenario", scenario(false))
        .route_layer(from_fn_with_state(lab.clone(), http::refuse_handshakes));
    calls.merge(sockets).fallback(unknown).layer(from_fn(http::cors::rest))
}

/// The WebSockets once more, under the addresses of the service's guide.
pub fn aliases() -> Router<Arc<Lab>> {
    Router::new()
        .route("/ws/chat/{id}", chat(true))
        .route("/ws/guest-chat/{id}", chat(false))
        .route("/ws/scenario", scenario(true))
        .route("/ws/guest-scenario", scenario(false))
}

fn chat(is_member: bool) -> MethodRouter<Arc<Lab>> {
    let kind = Kind { is_scenario: false, is_member };
    any(async move |lab, peer, Path(id): Path<String>, query, headers, upgrade| {
        open(kind, Some(id), lab, peer, query, headers, upgrade).await
    })
}

fn scenario(is_member: bool) -> MethodRouter<Arc<Lab>> {
    let kind = Kind { is_scenario: true, is_member };
    any(async move |lab, peer, query, headers, upgrade| open(kind, None, lab, peer, query, headers, upgrade).await)
}

/// A handshake that is refused gets a bare 403; a member that finds no place gets nothing at all.
async fn open(
    kind: Kind,
    session: Option<String>,
    State(lab): State<Arc<Lab>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let place = if kind.takes_place() { Place::take(&lab) } else { None };
    let is_full = kind.takes_place() && place.is_none();
    if is_full && kind.is_member {
        let wait = {
            let mut voice = lab.voice();
            voice.counts.full += 1;
            voice.counts.refused("full");
            millis(voice.switches.full_handshake_ms)
        };
        tokio::time::sleep(wait).await;
        peer.line.cut();
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let asked = {
        let mut voice = lab.voice();
        admit(&voice, kind, session, &headers, &query).inspect_err(|why| voice.counts.refused(why))
    };
    let Ok(asked) = asked else { return StatusCode::FORBIDDEN.into_response() };
    let opening = Opening { kind, asked, is_full, _place: place };
    upgrade
        .max_message_size(socket::MOST_BYTES_READ)
        .max_frame_size(socket::MOST_BYTES_READ)
        .on_upgrade(move |socket| socket::converse(lab, peer, socket, opening))
}

/// A WebSocket that knocks at a wrong door is refused like one without a token.
async fn unknown(request: Request) -> Response {
    if request.headers().contains_key("sec-websocket-key") {
        return StatusCode::FORBIDDEN.into_response();
    }
    (StatusCode::NOT_FOUND, Json(json!({ "detail": "Not Found" }))).into_response()
}
