//! Small components that both pages use.

mod card;
mod data_table;
mod dialog;
mod document;
mod facts;
mod field;
mod file_button;
mod keyed;
mod question;

pub use card::Card;
pub use data_table::DataTable;
pub use dialog::Dialog;
pub use document::Document;
pub use facts::Facts;
pub use field::{Documented, Field, ProblemsAt, Select};
pub use file_button::{FileButton, read_text};
pub use keyed::keyed;
pub use question::Question;

use std::cell::Cell;

/// An id that no other element of the page has.
pub fn unique_id(prefix: &str) -> String {
    thread_local!(static NEXT: Cell<u32> = const { Cell::new(0) });
    NEXT.with(|next| {
        next.set(next.get() + 1);
        format!("{prefix}-{}", next.get())
    })
}
