//! Accounts and sessions.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::caller::{session_id, token};
use super::errors::{ApiError, Body};
use crate::clock;
use crate::lab::Lab;
use crate::token::Claims;
use crate::world::{User, UserKey};

#[derive(Deserialize)]
pub struct Registration {
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
}

#[derive(Deserialize)]
pub struct Credentials {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
}

pub async fn register(State(lab): State<Arc<Lab>>, Body(new): Body<Registration>) -> Result<Response, ApiError> {
    ApiError::validate([
        ("name", new.name.trim().chars().count() >= 2, "이름은 2자 이상이어야 합니다."),
        ("email", is_email(&new.email), "올바른 이메일 형식이 아닙니다."),
        ("password", new.password.chars().count() >= 6, "비밀번호는 6자 이상이어야 합니다."),
    ])?;
    lab.wait_for_a_thread().await;
    let mut world = lab.world();
    if world.is_taken(new.name.trim()) {
        return Err(ApiError::new(StatusCode::CONFLICT, "이미 사용 중인 이름입니다."));
    }
    let user = world
        .register(new.name.trim(), &new.email, &new.password)
        .ok_or_else(|| ApiError::new(StatusCode::CONFLICT, "이미 등록된 이메일입니다."))?;
    let body = json!({
        "success": true,
        "token": null,
        "sessionId": null,
        "user": account(&world.users[user]),
        "message": "회원가입이 완료되었습니다.",
    });
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

/// The user's older session ends here and now; its sockets find out when they next send.
pub async fn login(State(lab): State<Arc<Lab>>, Body(given): Body<Credentials>) -> Result<Response, ApiError> {
    lab.wait_for_a_thread().await;
    let mut world = lab.world();
    let user = world
        .user_with(&given.email, &given.password)
        .ok_or_else(|| ApiError::new(StatusCode::UNAUTHORIZED, "이메일 또는 비밀번호가 올바르지 않습니다."))?;
    let (token, session_id) = world.start_session(user);
    let headers = [("authorization", format!("Bearer {token}")), ("x-session-id", session_id.clone())];
    let body = json!({
        "success": true,
        "token": token,
        "sessionId": session_id,
        "user": account(&world.users[user]),
        "message": null,
    });
    Ok((headers, Json(body)).into_response())
}

pub async fn logout(
    State(lab): State<Arc<Lab>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let (claims, session_id) = credentials(&headers, query.as_deref())?;
    let user = live_user(&lab, &claims, session_id)?;
    lab.world().on_logout(user);
    Ok(Json(json!({ "success": true, "message": "로그아웃이 완료되었습니다." })).into_response())
}

pub async fn verify_token(
    State(lab): State<Arc<Lab>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let (claims, session_id) = credentials(&headers, query.as_deref())?;
    if claims.expired(clock::unix_ms()) {
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "토큰이 만료되었습니다."));
    }
    let user = live_user(&lab, &claims, session_id)?;
    let user = account(&lab.world().users[user]);
    Ok(Json(json!({ "success": true, "message": "토큰이 유효합니다.", "user": user })).into_response())
}

/// A new session, even for an expired token: sockets opened with the old one get SESSION_EXPIRED from now on.
pub async fn refresh_token(
    State(lab): State<Arc<Lab>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let (claims, session_id) = credentials(&headers, query.as_deref())?;
    let user = live_user(&lab, &claims, session_id)?;
    let (token, session_id) = lab.world().start_session(user);
    let body = json!({ "success": true, "message": "토큰이 갱신되었습니다.", "token": token, "sessionId": session_id });
    Ok(Json(body).into_response())
}

fn credentials<'a>(headers: &'a HeaderMap, query: Option<&'a str>) -> Result<(Claims, &'a str), ApiError> {
    let (Some(token), Some(session_id)) = (token(headers, query), session_id(headers, query)) else {
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "토큰 또는 세션 ID가 필요합니다."));
    };
    let claims = Claims::verify(token);
    let claims = claims.ok_or_else(|| ApiError::new(StatusCode::UNAUTHORIZED, "유효하지 않은 토큰입니다."))?;
    Ok((claims, session_id))
}

fn live_user(lab: &Lab, claims: &Claims, session_id: &str) -> Result<UserKey, ApiError> {
    let mut world = lab.world();
    let user = world.user_by_id(&claims.user_id).filter(|user| !world.users[*user].deleted);
    user.filter(|user| world.use_session(*user, session_id))
        .ok_or_else(|| ApiError::new(StatusCode::UNAUTHORIZED, "만료된 세션입니다."))
}

/// A user as the auth calls show it: with `_id`, unlike everywhere else.
fn account(user: &User) -> Value {
    json!({ "_id": user.id, "name": user.name, "email": user.email, "profileImage": user.profile_image })
}

/// `^[^\s@]+@[^\s@]+\.[^\s@]+$`
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let dotted = domain.char_indices().any(|(at, c)| c == '.' && at > 0 && at + 1 < domain.len());
    !local.is_empty() && dotted && !domain.contains('@') && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn email_addresses() {
        for good in ["a@b.c", "ts-abc-17@tabswarm.test", "a.b+c@d.e.f", "a@b..c"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["", "a", "@b.c", "a@", "a@b", "a@.c", "a@b.", "a b@c.d", "a@b@c.d"] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
