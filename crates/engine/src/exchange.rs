//! HTTP exchanges as two lines among a user's frames: the request when it leaves, its response when it is here.

use serde_json::{Map, Value};

use crate::ports::{FetchBody, FetchOutcome, FetchRequest};

/// A request that is under way.
#[derive(Debug)]
pub struct Exchange {
    /// Like `POST http://chat.example/api/login`.
    what: String,
    body: String,
    sent_ms: f64,
}

impl Exchange {
    pub fn begin(request: &FetchRequest, now_ms: f64) -> Self {
        let body = match &request.body {
            FetchBody::None => String::new(),
            FetchBody::Json(json) => json.clone(),
            // In a form that says which of them are secrets.
            FetchBody::Form(fields) => {
                let fields = fields.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
                Value::Object(fields.collect::<Map<_, _>>()).to_string()
            }
            FetchBody::File { name, mime, bytes, .. } => format!("file {name}, {mime}, {} bytes", bytes.len()),
        };
        Self { what: format!("{} {}", request.method, request.url), body: beginning(&body), sent_ms: now_ms }
    }

    /// `POST http://chat.example/api/login {"email":…`.
    pub fn request(&self) -> String {
        format!("{} {}", self.what, self.body).trim_end().to_owned()
    }

    /// `200 after 12.3 ms, POST http://chat.example/api/login {"token":…`.
    pub fn response(&self, outcome: &FetchOutcome, now_ms: f64) -> String {
        let (status, said) = match outcome {
            FetchOutcome::Answer { status, body, .. } => (status.to_string(), beginning(body)),
            FetchOutcome::Blocked { cause, detail } => (cause.code().to_owned(), detail.clone()),
        };
        let line = format!("{status} after {:.1} ms, {} {said}", now_ms - self.sent_ms, self.what);
        line.trim_end().to_owned()
    }
}

fn beginning(body: &str) -> String {
    match body.char_indices().nth(MOST) {
        None => body.to_owned(),
        Some((end, _)) => format!("{}… ({} characters)", &body[..end], body.chars().count()),
    }
}

/// Characters of a body; with its address a line stays shorter than what a ring cuts.
const MOST: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::FetchFailure;
    use base::time::Span;

    fn request(body: FetchBody) -> FetchRequest {
        let (method, url) = ("POST".to_owned(), "http://a/b".to_owned());
        FetchRequest {
            method,
            url,
            headers: Vec::new(),
            body,
            timeout: Span::from_secs(1),
            follows: false,
            most_bytes: 1,
        }
    }

    #[test]
    fn a_request_is_a_line() {
        #[track_caller]
        fn check(body: FetchBody, line: &str) {
            assert_eq!(Exchange::begin(&request(body), 0.0).request(), line);
        }
        check(FetchBody::None, "POST http://a/b");
        check(FetchBody::Json("{\"x\":1}".to_owned()), "POST http://a/b {\"x\":1}");
        let form = vec![("name".to_owned(), "Kim".to_owned()), ("password".to_owned(), "p".to_owned())];
        check(FetchBody::Form(form), "POST http://a/b {\"name\":\"Kim\",\"password\":\"p\"}");
        let (field, name, mime) = ("file".to_owned(), "a.png".to_owned(), "image/png".to_owned());
        check(
            FetchBody::File { field, name, mime, bytes: vec![0; 7] },
            "POST http://a/b file a.png, image/png, 7 bytes",
        );
    }

    #[test]
    fn a_response_is_a_line() {
        #[track_caller]
        fn check(outcome: &FetchOutcome, line: &str) {
            assert_eq!(Exchange::begin(&request(FetchBody::None), 1_000.0).response(outcome, 1_012.34), line);
        }
        let answer =
            |body: &str| FetchOutcome::Answer { status: 201, headers: Vec::new(), body: body.to_owned(), landed: None };
        check(&answer(""), "201 after 12.3 ms, POST http://a/b");
        check(&answer("{}"), "201 after 12.3 ms, POST http://a/b {}");
        let cut = format!("201 after 12.3 ms, POST http://a/b {}… (1001 characters)", "말".repeat(1_000));
        check(&answer(&"말".repeat(1_001)), &cut);
        let (cause, detail) = (FetchFailure::TimedOut, "no answer within 1 s".to_owned());
        check(&FetchOutcome::Blocked { cause, detail }, "timeout after 12.3 ms, POST http://a/b no answer within 1 s");
    }
}
