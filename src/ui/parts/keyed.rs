//! Rows of a table that keep their elements: when a number changes, one text changes.

use std::hash::Hash;

use leptos::prelude::*;

/// Shows each row by its key. `show` gets the row as it changes.
pub fn keyed<T, K, V>(
    rows: impl Fn() -> Vec<T> + Send + Sync + 'static,
    key: fn(&T) -> K,
    show: impl Fn(Memo<T>) -> V + Clone + Send + 'static,
) -> impl IntoView
where
    T: Clone + Default + PartialEq + Send + Sync + 'static,
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let rows = Memo::new(move |_| rows());
    let keys = Memo::new(move |_| rows.with(|rows| rows.iter().map(key).collect::<Vec<K>>()));
    let row = move |wanted: K| {
        // A row that is just going keeps its last values.
        let row = Memo::new(move |last: Option<&T>| {
            let now = rows.with(|rows| rows.iter().find(|row| key(row) == wanted).cloned());
            now.or_else(|| last.cloned()).unwrap_or_default()
        });
        show(row)
    };
    view! { <For each=move || keys.get() key=K::clone children=row /> }
}
