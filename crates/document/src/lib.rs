//! Documents that people type in. Each field is defined once, as a row of an [`Object`]: its name, its [`Type`], what its absence means
//! and what it is for. The reader's checks, the JSON Schema, the docs' tables and the hints of the forms come from there.

mod choice;
mod field;
mod inside;
mod problem;
mod reader;
mod schema;
mod table;

pub use choice::Choice;
pub use field::{Constraint, Field, Need, Object, Type, Writing, optional, or, required};
pub use problem::{Problem, Problems};
pub use reader::{Fields, Node, did_you_mean, found, list_of, parse_json, quoted};
pub use schema::schema;
pub use table::table;
