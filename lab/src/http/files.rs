//! Uploads, and getting them back.

use std::sync::Arc;

use axum::Json;
use axum::extract::multipart::MultipartError;
use axum::extract::{Multipart, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::json;

use super::caller::Caller;
use super::errors::ApiError;
use crate::config::ServerVersion;
use crate::dates;
use crate::lab::Lab;
use crate::world::UserKey;
use crate::world::views::FileView;

/// Why an upload was refused.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    #[error("{}", .0.body_text())]
    Form(#[from] MultipartError),
    #[error("file is required")]
    NoFile,
    #[error("unsupported file extension: {0}")]
    Extension(String),
    #[error("{mime} does not fit .{extension}")]
    Type { mime: String, extension: String },
    #[error("file is empty")]
    Empty,
    #[error("file is larger than {0} MB")]
    TooLarge(usize),
}

struct FileType {
    extensions: &'static [&'static str],
    mime: &'static [&'static str],
    largest_mb: usize,
}

/// What the real server takes; the declared type must fit the name's ending.
const TYPES: [FileType; 12] = [
    FileType { extensions: &["jpg", "jpeg"], mime: &["image/jpeg", "image/jpg"], largest_mb: 10 },
    FileType { extensions: &["png"], mime: &["image/png"], largest_mb: 10 },
    FileType { extensions: &["gif"], mime: &["image/gif"], largest_mb: 10 },
    FileType { extensions: &["webp"], mime: &["image/webp"], largest_mb: 10 },
    FileType { extensions: &["mp4"], mime: &["video/mp4"], largest_mb: 50 },
    FileType { extensions: &["webm"], mime: &["video/webm"], largest_mb: 50 },
    FileType { extensions: &["mov"], mime: &["video/quicktime"], largest_mb: 50 },
    FileType { extensions: &["mp3"], mime: &["audio/mpeg"], largest_mb: 20 },
    FileType { extensions: &["wav"], mime: &["audio/wav", "audio/wave", "audio/x-wav"], largest_mb: 20 },
    FileType { extensions: &["ogg"], mime: &["audio/ogg"], largest_mb: 20 },
    FileType { extensions: &["pdf"], mime: &["application/pdf"], largest_mb: 20 },
    FileType {
        extensions: &["doc", "docx"],
        mime: &["application/msword", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"],
        largest_mb: 20,
    },
];

/// In version 2 every type has the same limit.
const LARGEST_MB_V2: usize = 5;
/// The largest file, and room for the multipart frame around it.
pub const LARGEST_UPLOAD: usize = (50 << 20) + (64 << 10);

/// Everything that is wrong with an upload is a 500, as from the real server.
pub async fn upload(State(lab): State<Arc<Lab>>, Caller(user): Caller, form: Multipart) -> Response {
    match receive(&lab, user, form).await {
        Ok(response) => response,
        Err(error) => {
            let body = json!({ "success": false, "message": "파일 업로드 중 오류가 발생했습니다.", "error": error.to_string() });
            (StatusCode::INTERNAL_SERVER_ERROR, Json(body)).into_response()
        }
    }
}

async fn receive(lab: &Lab, user: UserKey, mut form: Multipart) -> Result<Response, UploadError> {
    let (name, mime, content) = part(&mut form, "file").await?.ok_or(UploadError::NoFile)?;
    let mut world = lab.world();
    check(&name, &mime, content.len(), world.version)?;
    let file = world.store_file(user, &name, &mime, content);
    let view = FileView::new(&world, &world.files[file], dates::iso);
    let body = json!({ "success": true, "message": "파일 업로드 성공", "file": view });
    Ok(Json(body).into_response())
}

/// The first part of that name: its file name, type and content.
pub async fn part(form: &mut Multipart, wanted: &str) -> Result<Option<(String, String, Bytes)>, UploadError> {
    while let Some(field) = form.next_field().await? {
        if field.name() == Some(wanted) {
            let name = field.file_name().unwrap_or_default().to_owned();
            let mime = field.content_type().unwrap_or_default().to_owned();
            let content = field.bytes().await?;
            return Ok(Some((name, mime, content)));
        }
    }
    Ok(None)
}

pub fn check(name: &str, mime: &str, size: usize, version: ServerVersion) -> Result<(), UploadError> {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension).to_lowercase();
    let file_type = TYPES.iter().find(|known| known.extensions.contains(&extension.as_str()));
    let file_type = file_type.ok_or_else(|| UploadError::Extension(extension.clone()))?;
    if !file_type.mime.contains(&mime) {
        return Err(UploadError::Type { mime: mime.to_owned(), extension });
    }
    let largest_mb = if version == ServerVersion::V2 { LARGEST_MB_V2 } else { file_type.largest_mb };
    match size {
        0 => Err(UploadError::Empty),
        _ if size > largest_mb << 20 => Err(UploadError::TooLarge(largest_mb)),
        _ => Ok(()),
    }
}

pub async fn download(state: State<Arc<Lab>>, caller: Caller, path: Path<String>) -> Result<Response, ApiError> {
    serve(state, caller, path, "attachment")
}

pub async fn view(state: State<Arc<Lab>>, caller: Caller, path: Path<String>) -> Result<Response, ApiError> {
    serve(state, caller, path, "inline")
}

fn serve(
    State(lab): State<Arc<Lab>>,
    Caller(user): Caller,
    Path(filename): Path<String>,
    disposition: &str,
) -> Result<Response, ApiError> {
    let world = lab.world();
    let not_found = || ApiError::new(StatusCode::NOT_FOUND, "파일을 찾을 수 없습니다.");
    let key = world.file_by_name(&filename).ok_or_else(not_found)?;
    let room = world.files[key].room.ok_or_else(not_found)?;
    if !world.is_participant(room, user) {
        return Err(ApiError::new(StatusCode::FORBIDDEN, "파일에 접근할 권한이 없습니다."));
    }
    let file = &world.files[key];
    let content = file.content.clone().ok_or_else(not_found)?;
    let headers = [
        (header::CONTENT_TYPE, file.mime.clone()),
        (header::CONTENT_DISPOSITION, format!("{disposition}; filename=\"{filename}\"")),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
    ];
    Ok((headers, content).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_upload(name: &str, mime: &str, size: usize, version: ServerVersion, expected: Result<(), &str>) {
        let checked = check(name, mime, size, version).map_err(|error| error.to_string());
        assert_eq!(checked, expected.map_err(str::to_owned), "{name}");
    }

    #[test]
    fn types_and_sizes() {
        use ServerVersion::{V1, V2};
        check_upload("a.png", "image/png", 10 << 20, V1, Ok(()));
        check_upload("A.PNG", "image/png", 1, V2, Ok(()));
        check_upload("a.png", "image/png", (10 << 20) + 1, V1, Err("file is larger than 10 MB"));
        check_upload("a.mp4", "video/mp4", (5 << 20) + 1, V2, Err("file is larger than 5 MB"));
        check_upload("a.png", "image/jpeg", 1, V1, Err("image/jpeg does not fit .png"));
        check_upload("a.exe", "application/pdf", 1, V1, Err("unsupported file extension: exe"));
        check_upload("png", "image/png", 1, V1, Err("unsupported file extension: "));
        check_upload("a.pdf", "application/pdf", 0, V1, Err("file is empty"));
    }
}
