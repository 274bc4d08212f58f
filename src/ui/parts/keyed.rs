//! Rows of a table that keep their elements: when a number changes, one text changes.

use std::collections::HashMap;
use std::hash::Hash;

use leptos::prelude::*;

/// Shows each row by its key; rows of the same key are told apart by their order. `show` gets the row as it changes.
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
    let keys = Memo::new(move |_| rows.with(|rows| numbered(rows.iter().map(key))));
    // A row that looked for itself among all others would make a table of n rows cost n².
    let places = Memo::new(move |_| {
        keys.with(|keys| {
            keys.iter().cloned().enumerate().map(|(at, key)| (key, at)).collect::<HashMap<(K, usize), usize>>()
        })
    });
    let row = move |wanted: (K, usize)| {
        // A row that is just going keeps its last values.
        let row = Memo::new(move |last: Option<&T>| {
            let at = places.with(|places| places.get(&wanted).copied());
            let now = rows.with(|rows| rows.get(at?).cloned());
            now.or_else(|| last.cloned()).unwrap_or_default()
        });
        show(row)
    };
    view! { <For each=move || keys.get() key=Clone::clone children=row /> }
}

/// Each with the number of those before it that are the same.
fn numbered<K: Clone + Eq + Hash>(keys: impl Iterator<Item = K>) -> Vec<(K, usize)> {
    let mut known = HashMap::<K, usize>::new();
    let number = |key: K| {
        let before = known.entry(key.clone()).or_default();
        *before += 1;
        (key, *before)
    };
    keys.map(number).collect()
}
