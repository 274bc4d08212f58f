//! Cross-origin answers, as browsers get them from the real server: REST through Spring's filter, Socket.IO polling
//! through its own server, which contradicts itself.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

pub async fn rest(request: Request, next: Next) -> Response {
    let Some(origin) = request.headers().get(header::ORIGIN).cloned() else {
        return next.run(request).await;
    };
    let preflight =
        request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if preflight { answer_preflight(request.headers()) } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("x-auth-token, x-session-id"));
    for vary in [header::ORIGIN, header::ACCESS_CONTROL_REQUEST_METHOD, header::ACCESS_CONTROL_REQUEST_HEADERS] {
        headers.append(header::VARY, vary.into());
    }
    response
}

fn answer_preflight(request: &HeaderMap) -> Response {
    let text = |name: HeaderName| request.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let method = text(header::ACCESS_CONTROL_REQUEST_METHOD);
    let asked: Vec<_> = text(header::ACCESS_CONTROL_REQUEST_HEADERS).split(',').map(str::trim).collect();
    let known = |name: &&str| HEADERS.iter().any(|allowed| allowed.eq_ignore_ascii_case(name));
    let refused = !METHODS.contains(&method) || asked.iter().any(|name| !name.is_empty() && !known(name));
    if refused {
        return (StatusCode::FORBIDDEN, "Invalid CORS request").into_response();
    }
    let allowed_headers = HeaderValue::from_str(&asked.join(", ")).expect("these names came in a header");
    let allowed_methods = HeaderValue::from_str(&METHODS.join(",")).expect("method names are plain ASCII");
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, allowed_methods),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, allowed_headers),
        (header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("3600")),
    ];
    (StatusCode::OK, headers).into_response()
}

/// A wildcard together with credentials, which browsers refuse: polling with credentials does not work there either.
pub async fn polling(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    response
}

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "DELETE", "OPTIONS"];
const HEADERS: [&str; 6] = ["Content-Type", "Authorization", "x-auth-token", "x-session-id", "Cache-Control", "Pragma"];
