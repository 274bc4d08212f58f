//! The caller's own account.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::caller::Caller;
use super::errors::{ApiError, Body};
use super::files;
use crate::config::ServerVersion;
use crate::lab::Lab;

#[derive(Deserialize)]
pub struct Rename {
    #[serde(default)]
    name: String,
}

pub async fn profile(State(lab): State<Arc<Lab>>, Caller(user): Caller) -> Response {
    Json(json!({ "success": true, "user": lab.world().users[user].view() })).into_response()
}

pub async fn rename(
    State(lab): State<Arc<Lab>>,
    Caller(user): Caller,
    Body(change): Body<Rename>,
) -> Result<Response, ApiError> {
    let name = change.name.trim();
    ApiError::validate([("name", name.chars().count() >= 2, "이름은 2자 이상이어야 합니다.")])?;
    let mut world = lab.world();
    if world.users[user].name != name && world.is_taken(name) {
        return Err(ApiError::new(StatusCode::CONFLICT, "이미 사용 중인 이름입니다."));
    }
    let user = &mut world.users[user];
    user.name = name.to_owned();
    user.refresh_view();
    let body = json!({ "success": true, "message": "프로필이 업데이트되었습니다.", "user": user.view() });
    Ok(Json(body).into_response())
}

pub async fn set_image(
    State(lab): State<Arc<Lab>>,
    Caller(user): Caller,
    mut form: Multipart,
) -> Result<Response, ApiError> {
    let bad = |message: String| ApiError::new(StatusCode::BAD_REQUEST, message);
    let part = files::part(&mut form, "profileImage").await.map_err(|error| bad(error.to_string()))?;
    let (name, mime, content) = part.ok_or_else(|| bad("이미지가 제공되지 않았습니다.".into()))?;
    if !mime.starts_with("image/") {
        return Err(bad("이미지 파일만 업로드할 수 있습니다.".into()));
    }
    // Profile images have version 2's limit in both versions.
    files::check(&name, &mime, content.len(), ServerVersion::V2).map_err(|error| bad(error.to_string()))?;
    let mut world = lab.world();
    let file = world.store_file(user, &name, &mime, content);
    let image_url = format!("/api/uploads/{}", world.files[file].filename);
    let user = &mut world.users[user];
    user.profile_image = image_url.clone();
    user.refresh_view();
    let body = json!({ "success": true, "message": "프로필 이미지가 업데이트되었습니다.", "imageUrl": image_url });
    Ok(Json(body).into_response())
}

pub async fn remove_image(State(lab): State<Arc<Lab>>, Caller(user): Caller) -> Response {
    let mut world = lab.world();
    let user = &mut world.users[user];
    user.profile_image.clear();
    user.refresh_view();
    Json(json!({ "success": true, "message": "프로필 이미지가 삭제되었습니다." })).into_response()
}

pub async fn delete_account(State(lab): State<Arc<Lab>>, Caller(user): Caller) -> Response {
    lab.world().delete_user(user);
    Json(json!({ "success": true, "message": "회원 탈퇴가 완료되었습니다." })).into_response()
}
