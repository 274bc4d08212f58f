//! Uploaded files, in memory. Beyond a limit the oldest lose their content, so that a long run cannot eat the machine.

use bytes::Bytes;

use super::{RoomKey, UserKey, World};
use crate::clock;

pub type FileKey = usize;

pub struct StoredFile {
    pub id: String,
    /// The name under which it is served.
    pub filename: String,
    pub original_name: String,
    pub mime: String,
    pub size: usize,
    pub owner: UserKey,
    pub uploaded_ms: i64,
    /// Where a message carries it; before that, nobody can have it.
    pub room: Option<RoomKey>,
    /// `None`: forgotten.
    pub content: Option<Bytes>,
}

impl World {
    pub fn store_file(&mut self, owner: UserKey, original_name: &str, mime: &str, content: Bytes) -> FileKey {
        let uploaded_ms = clock::unix_ms();
        let id = self.object_id(uploaded_ms);
        let extension = original_name.rsplit_once('.').map_or("bin", |(_, extension)| extension).to_lowercase();
        let filename = format!("{uploaded_ms}_{}.{extension}", &self.session_id()[..16]);
        let key = self.files.len();
        self.files_by_id.insert(id.clone(), key);
        self.files_by_name.insert(filename.clone(), key);
        self.files.push(StoredFile {
            id,
            filename,
            original_name: original_name.to_owned(),
            mime: mime.to_owned(),
            size: content.len(),
            owner,
            uploaded_ms,
            room: None,
            content: Some(content),
        });
        self.forget_oldest_files();
        key
    }

    fn forget_oldest_files(&mut self) {
        let held = |file: &StoredFile| file.content.as_ref().map_or(0, Bytes::len);
        let mut kept: usize = self.files.iter().map(held).sum();
        for file in &mut self.files {
            if kept <= MOST_KEPT_BYTES {
                return;
            }
            kept -= held(file);
            file.content = None;
        }
    }

    pub fn file_by_id(&self, id: &str) -> Option<FileKey> {
        self.files_by_id.get(id).copied()
    }

    pub fn file_by_name(&self, filename: &str) -> Option<FileKey> {
        self.files_by_name.get(filename).copied()
    }
}

const MOST_KEPT_BYTES: usize = 512 << 20;
