//! The page's files. Only names with a hash in them may be kept by a browser; a worker's name stays the same in every
//! build, and a stale one would run the old engine.
//!
//! The policy of the page goes with every file: workers obey the header that they come with, not the page's own policy.

use std::path::Path;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use tower_http::services::ServeDir;

pub fn service(dist: Option<&Path>) -> Router {
    match dist {
        Some(dist) => Router::new().fallback_service(ServeDir::new(dist)).layer(from_fn(cache)),
        None => Router::new().fallback(no_page),
    }
}

async fn no_page() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "lab was started without --dist: there is no page here\n")
}

async fn cache(request: Request, next: Next) -> Response {
    let forever = has_hash(request.uri().path());
    let mut response = next.run(request).await;
    let policy =
        if forever && response.status().is_success() { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(policy));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// As `index.html` has it; that nobody puts the page into a frame can only be said by a header.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; \
    img-src 'self'; connect-src 'self' http: https: ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// As Trunk names files: `app-0123456789abcdef_bg.wasm`.
fn has_hash(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let hex = |part: &str| {
        let digits = part.bytes().take_while(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')).count();
        digits == 16 && matches!(part.as_bytes().get(16), Some(b'.' | b'_'))
    };
    name.split('-').skip(1).any(hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_and_the_page_have_one_policy() {
        let page = include_str!("../../../index.html");
        let of_page = page.split_once("content=\"default-src").and_then(|(_, rest)| rest.split_once('"')).unwrap().0;
        assert_eq!(format!("default-src{of_page}; frame-ancestors 'none'"), CONTENT_POLICY);
        assert!(!CONTENT_POLICY.contains("unsafe-inline") && !CONTENT_POLICY.contains("'unsafe-eval'"));
    }

    #[test]
    fn only_hashed_names_are_kept() {
        for hashed in ["/app-0123456789abcdef.js", "/x/app-0123456789abcdef_bg.wasm", "/a-b-fedcba9876543210.css"] {
            assert!(has_hash(hashed), "{hashed}");
        }
        for plain in ["/", "/index.html", "/worker.js", "/worker_bg.wasm", "/app-0123.js", "/0123456789abcdef.js"] {
            assert!(!has_hash(plain), "{plain}");
        }
    }
}
