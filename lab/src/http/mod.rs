//! The REST side, under `/api`.

mod auth;
mod caller;
pub mod control;
pub mod cors;
mod errors;
mod files;
mod rooms;
pub mod static_files;
mod users;

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde_json::json;

use crate::clock;
use crate::lab::Lab;
use errors::ApiError;

pub fn api(lab: &Arc<Lab>) -> Router<Arc<Lab>> {
    Router::new()
        .route("/health", get(health))
        .route("/auth/register", post(auth::register))
        .route("/auth/login", post(auth::login))
        .route("/auth/logout", post(auth::logout))
        .route("/auth/verify-token", post(auth::verify_token))
        .route("/auth/refresh-token", post(auth::refresh_token))
        .route("/rooms", get(rooms::list).post(rooms::create))
        .route("/rooms/health", get(rooms::health))
        .route("/rooms/{id}", get(rooms::one))
        .route("/rooms/{id}/join", post(rooms::join))
        .route("/files/upload", post(files::upload).layer(DefaultBodyLimit::max(files::LARGEST_UPLOAD)))
        .route("/files/download/{filename}", get(files::download))
        .route("/files/view/{filename}", get(files::view))
        .route("/users/profile", get(users::profile).put(users::rename))
        .route(
            "/users/profile-image",
            post(users::set_image).delete(users::remove_image).layer(DefaultBodyLimit::max(files::LARGEST_UPLOAD)),
        )
        .route("/users/account", delete(users::delete_account))
        .route_layer(from_fn_with_state(lab.clone(), count_call))
        .fallback(unknown)
        .layer(from_fn_with_state(lab.clone(), redirect))
        .layer(from_fn(cors::rest))
}

async fn unknown() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "요청하신 경로를 찾을 수 없습니다.")
}

async fn health() -> Response {
    let now = crate::dates::iso(clock::unix_ms());
    Json(json!({ "status": "ok", "timestamp": now, "env": "lab" })).into_response()
}

/// Counts a call by its route, not by its address, so that rooms do not make a line each.
pub async fn count_call(State(lab): State<Arc<Lab>>, route: MatchedPath, request: Request, next: Next) -> Response {
    let call = format!("{} {}", request.method(), route.as_str());
    let response = next.run(request).await;
    lab.world().counts.rest(call, response.status().as_u16());
    response
}

/// `redirect_to`: every call is to be made elsewhere. 307, so that it stays the same call.
async fn redirect(State(lab): State<Arc<Lab>>, request: Request, next: Next) -> Response {
    let Some(origin) = lab.world().redirects_to() else { return next.run(request).await };
    // The router has taken the prefix away.
    let place = request.uri().path_and_query().map_or("/", |place| place.as_str());
    Redirect::temporary(&format!("{origin}/api{place}")).into_response()
}

/// `refuse_share`: a share of WebSocket handshakes is answered with 503. `plain_get_404`: without a handshake there is nothing;
/// Socket.IO is left alone, as polling is no handshake either.
pub async fn refuse_handshakes(State(lab): State<Arc<Lab>>, request: Request, next: Next) -> Response {
    let is_get = request.method() == Method::GET;
    let handshake = is_get && request.headers().contains_key("sec-websocket-key");
    let is_polling = request.uri().path().starts_with("/socket.io");
    if is_get && !handshake && !is_polling && lab.world().faults.rules.plain_get_404 {
        return StatusCode::NOT_FOUND.into_response();
    }
    if handshake && lab.world().draw_refusal() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    next.run(request).await
}
