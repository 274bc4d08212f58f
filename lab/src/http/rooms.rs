//! Rooms over REST.

use std::sync::Arc;

use axum::Json;
use axum::extract::{ConnectInfo, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};

use super::caller::Caller;
use super::errors::{ApiError, Body};
use crate::config::ServerVersion;
use crate::lab::Lab;
use crate::transport::Peer;
use crate::world::views::RoomView;
use crate::world::{RoomKey, World};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Paging {
    page: usize,
    page_size: usize,
    sort_field: String,
    sort_order: String,
    search: String,
}

impl Default for Paging {
    fn default() -> Self {
        Self {
            page: 0,
            page_size: 10,
            sort_field: "createdAt".into(),
            sort_order: "desc".into(),
            search: String::new(),
        }
    }
}

#[derive(Deserialize)]
pub struct NewRoom {
    #[serde(default)]
    name: String,
    password: Option<String>,
}

#[derive(Deserialize)]
pub struct Entry {
    password: Option<String>,
}

pub async fn list(
    State(lab): State<Arc<Lab>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    _: Caller,
    headers: HeaderMap,
    Query(paging): Query<Paging>,
) -> Response {
    let mut world = lab.world();
    let limit = world.admit_list(&client_address(&headers, &peer));
    let body = match limit.retry_after {
        None => list_body(&world, &paging),
        Some(seconds) => json!({
            "success": false,
            "message": "너무 많은 요청이 발생했습니다. 잠시 후 다시 시도해주세요.",
            "meta": { "code": "TOO_MANY_REQUESTS", "maxRequests": limit.most, "windowMs": limit.window_ms, "retryAfter": seconds },
        }),
    };
    let mut response = Json(body).into_response();
    let mut add = |name, value: i64| response.headers_mut().insert(name, value.into());
    add("x-ratelimit-limit", i64::from(limit.most));
    add("x-ratelimit-remaining", i64::from(limit.left));
    add("x-ratelimit-reset", limit.reset_s);
    if let Some(seconds) = limit.retry_after {
        add("retry-after", seconds);
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    }
    response
}

/// The first address of `X-Forwarded-For` is believed, as the real server does.
fn client_address(headers: &HeaderMap, peer: &Peer) -> String {
    let forwarded = headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let first = forwarded.and_then(|list| list.split(',').next()).map(|first| first.trim().to_owned());
    first.unwrap_or_else(|| peer.line.peer().ip().to_string())
}

fn list_body(world: &World, paging: &Paging) -> serde_json::Value {
    if world.version == ServerVersion::V2 {
        let all: Vec<_> = (0..world.rooms.len()).map(|room| RoomView::new(world, room)).collect();
        return json!({ "success": true, "data": all });
    }
    let search = paging.search.to_lowercase();
    let mut found: Vec<RoomKey> =
        (0..world.rooms.len()).filter(|room| world.rooms[*room].name.to_lowercase().contains(&search)).collect();
    match paging.sort_field.as_str() {
        "name" => found.sort_by(|a, b| world.rooms[*a].name.cmp(&world.rooms[*b].name)),
        "participantsCount" => found.sort_by_key(|room| world.rooms[*room].participants.len()),
        _ => found.sort_by_key(|room| (world.rooms[*room].created_ms, *room)),
    }
    if paging.sort_order == "desc" {
        found.reverse();
    }
    let size = paging.page_size.clamp(1, LARGEST_PAGE);
    let start = paging.page.saturating_mul(size).min(found.len());
    let page: Vec<_> = found[start..].iter().take(size).map(|room| RoomView::new(world, *room)).collect();
    let metadata = json!({
        "total": found.len(),
        "page": paging.page,
        "pageSize": size,
        "totalPages": found.len().div_ceil(size),
        "hasMore": start + page.len() < found.len(),
        "currentCount": page.len(),
        "sort": { "field": paging.sort_field, "order": paging.sort_order },
    });
    json!({ "success": true, "data": page, "metadata": metadata })
}

pub async fn create(
    State(lab): State<Arc<Lab>>,
    Caller(user): Caller,
    Body(new): Body<NewRoom>,
) -> Result<Response, ApiError> {
    let length = |text: &str| text.chars().count();
    let password = new.password.as_deref().filter(|password| !password.is_empty());
    ApiError::validate([
        ("name", (2..=100).contains(&length(new.name.trim())), "채팅방 이름은 2자 이상 100자 이하여야 합니다."),
        (
            "password",
            password.is_none_or(|p| (4..=100).contains(&length(p))),
            "비밀번호는 4자 이상 100자 이하여야 합니다.",
        ),
    ])?;
    let mut world = lab.world();
    if world.is_taken(new.name.trim()) {
        return Err(ApiError::new(StatusCode::CONFLICT, "이미 사용 중인 이름입니다."));
    }
    let room = world.create_room(new.name.trim(), password, user);
    let view = room_json(&world, room);
    let everyone = world.authenticated();
    world.broadcast(&everyone, "roomCreated", &view);
    Ok((StatusCode::CREATED, Json(json!({ "success": true, "data": view }))).into_response())
}

pub async fn one(State(lab): State<Arc<Lab>>, _: Caller, Path(id): Path<String>) -> Result<Response, ApiError> {
    let world = lab.world();
    let room = world.room_by_id(&id).ok_or_else(no_room)?;
    Ok(Json(json!({ "success": true, "data": RoomView::new(&world, room) })).into_response())
}

/// Tells the others even if the caller was in already.
pub async fn join(
    State(lab): State<Arc<Lab>>,
    Caller(user): Caller,
    Path(id): Path<String>,
    Body(entry): Body<Entry>,
) -> Result<Response, ApiError> {
    let mut world = lab.world();
    let room = world.room_by_id(&id).ok_or_else(no_room)?;
    let wanted = &world.rooms[room].password;
    if wanted.is_some() && *wanted != entry.password {
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "비밀번호가 일치하지 않습니다."));
    }
    world.add_participant(room, user);
    let view = room_json(&world, room);
    let listeners = match world.version {
        ServerVersion::V1 => world.rooms[room].sockets.clone(),
        ServerVersion::V2 => world.authenticated(),
    };
    world.broadcast(&listeners, "roomUpdated", &view);
    Ok(Json(json!({ "success": true, "data": view })).into_response())
}

pub async fn health(_: Caller) -> Response {
    Json(json!({ "success": true, "status": "ok" })).into_response()
}

fn room_json(world: &World, room: RoomKey) -> Box<RawValue> {
    to_raw_value(&RoomView::new(world, room)).expect("our own payloads are plain data")
}

fn no_room() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "채팅방을 찾을 수 없습니다.")
}

const LARGEST_PAGE: usize = 50;
