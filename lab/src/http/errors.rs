//! Error answers: `{success:false,message[,code,errors,path]}`.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

#[derive(Debug, Serialize)]
pub struct ApiError {
    #[serde(skip)]
    status: StatusCode,
    success: bool,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
}

#[derive(Debug, Serialize)]
pub struct FieldError {
    pub field: &'static str,
    pub message: &'static str,
}

impl ApiError {
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, success: false, message: message.into(), code: None, errors: Vec::new() }
    }

    /// Nothing when every rule holds. A rule: the field, whether it holds, and what to say if not.
    pub fn validate<const N: usize>(rules: [(&'static str, bool, &'static str); N]) -> Result<(), Self> {
        let broken = rules.into_iter().filter(|(_, holds, _)| !holds);
        let errors: Vec<_> = broken.map(|(field, _, message)| FieldError { field, message }).collect();
        match errors.first() {
            None => Ok(()),
            Some(first) => {
                let message = first.message.to_owned();
                Err(Self { code: Some("VALIDATION_ERROR"), errors, ..Self::new(StatusCode::BAD_REQUEST, message) })
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status, Json(self)).into_response()
    }
}

/// A JSON body, or 400 in the service's own shape.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let body: Result<Json<T>, JsonRejection> = Json::from_request(request, state).await;
        body.map(|Json(body)| Self(body))
            .map_err(|rejection| ApiError::new(StatusCode::BAD_REQUEST, rejection.body_text()))
    }
}
