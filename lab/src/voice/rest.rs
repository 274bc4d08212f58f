//! The calls before and after a conversation. Errors are `{"detail":…}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{FormRejection, JsonRejection};
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::admission::bearer;
use super::sessions::{AccountKey, Session, Wishes};
use crate::dates;
use crate::lab::Lab;

pub struct Refused(StatusCode, Value);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "detail": self.1 }))).into_response()
    }
}

impl From<JsonRejection> for Refused {
    fn from(rejection: JsonRejection) -> Self {
        unprocessable(&rejection.body_text())
    }
}

impl From<FormRejection> for Refused {
    fn from(rejection: FormRejection) -> Self {
        unprocessable(&rejection.body_text())
    }
}

fn refuse(status: StatusCode, detail: &str) -> Refused {
    Refused(status, detail.into())
}

fn unprocessable(message: &str) -> Refused {
    Refused(StatusCode::UNPROCESSABLE_ENTITY, json!([{ "loc": ["body"], "msg": message, "type": "value_error" }]))
}

#[derive(Deserialize)]
pub struct SignUp {
    login_id: String,
    nickname: String,
    password: String,
}

pub async fn sign_up(
    State(lab): State<Arc<Lab>>,
    body: Result<Json<SignUp>, JsonRejection>,
) -> Result<Response, Refused> {
    let Json(new) = body?;
    if [&new.login_id, &new.nickname, &new.password].iter().any(|text| text.trim().is_empty()) {
        return Err(unprocessable("must not be blank"));
    }
    let mut voice = lab.voice();
    let key = voice.sessions.sign_up(&new.login_id, &new.nickname, &new.password);
    let key = key.ok_or_else(|| refuse(StatusCode::BAD_REQUEST, "login_id is already registered"))?;
    let account = voice.sessions.account(key);
    let created = dates::iso(account.created_ms);
    let body = json!({
        "id": key + 1,
        "login_id": account.login_id,
        "nickname": account.nickname,
        "is_active": true,
        "created_at": created,
        "updated_at": created,
    });
    Ok(Json(body).into_response())
}

#[derive(Deserialize)]
pub struct Credentials {
    username: String,
    password: String,
}

pub async fn log_in(
    State(lab): State<Arc<Lab>>,
    form: Result<Form<Credentials>, FormRejection>,
) -> Result<Response, Refused> {
    let Form(given) = form?;
    let token = lab.voice().sessions.log_in(&given.username, &given.password);
    let token = token.ok_or_else(|| refuse(StatusCode::UNAUTHORIZED, "Incorrect login id or password"))?;
    Ok(Json(json!({ "access_token": token, "token_type": "bearer" })).into_response())
}

/// A token that is no good makes a guest's session, silently.
pub async fn create_session(
    State(lab): State<Arc<Lab>>,
    headers: HeaderMap,
    body: Result<Json<Wishes>, JsonRejection>,
) -> Result<Response, Refused> {
    let Json(wishes) = body?;
    let mut voice = lab.voice();
    let owner = bearer(&headers).and_then(|token| voice.sessions.account_of(token));
    let id = voice.sessions.create(owner, wishes);
    let session = voice.sessions.get(&id).expect("created above");
    Ok(Json(view(&id, session)).into_response())
}

pub async fn read_session(
    State(lab): State<Arc<Lab>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Refused> {
    let user = member(&lab, &headers)?;
    let voice = lab.voice();
    let session = voice.sessions.get(&id).filter(|session| session.owner == Some(user));
    let session = session.ok_or_else(|| refuse(StatusCode::NOT_FOUND, "Session not found"))?;
    Ok(Json(view(&id, session)).into_response())
}

pub async fn claim_session(
    State(lab): State<Arc<Lab>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Refused> {
    let user = member(&lab, &headers)?;
    if !lab.voice().sessions.claim(&id, user) {
        return Err(refuse(StatusCode::INTERNAL_SERVER_ERROR, "404: Session not found"));
    }
    Ok(Json(json!({ "status": "success", "session_id": id })).into_response())
}

fn member(lab: &Lab, headers: &HeaderMap) -> Result<AccountKey, Refused> {
    let user = bearer(headers).and_then(|token| lab.voice().sessions.account_of(token));
    user.ok_or_else(|| refuse(StatusCode::UNAUTHORIZED, "Could not validate credentials"))
}

fn view(id: &str, session: &Session) -> Value {
    let mut view = serde_json::to_value(&session.wishes).expect("texts and a flag");
    view["session_id"] = id.into();
    view["created_at"] = dates::iso(session.created_ms).into();
    view["messages"] = serde_json::to_value(&session.messages).expect("texts and numbers");
    view
}
