//! The form of a search for the breaking point.

use serde_json::{Value, json};

use crate::plan::path::Path;
use crate::plan::{Editor, population_path};
use plan::{Raised, Search};

/// Gives the plan a search if it has none, and the load that the search needs: steady, and as long as it may take.
pub fn fit(editor: &mut Editor) {
    let path = Path::from("search");
    let found = path.find(editor.document()).cloned().and_then(|value| serde_json::from_value::<Search>(value).ok());
    let search = found.unwrap_or_else(Search::usual);
    let names = editor.population_names();
    let place = search.population.as_ref().and_then(|name| names.iter().position(|known| known == name)).unwrap_or(0);
    if path.find(editor.document()).is_none() {
        // Whole numbers, as people write them.
        let Search { raise, from, to, step, hold_s, settle_s, precision, .. } = &search;
        let numbers = [("from", from), ("to", to), ("step", step), ("settle_s", settle_s), ("hold_s", hold_s)];
        let mut document = json!({ "raise": raise });
        numbers.iter().for_each(|(name, number)| document[*name] = json!(number.round() as u64));
        document["precision"] = json!(precision);
        editor.edit(&path, Some(document));
    }
    // Each level has a time of its own to calm down, and nothing but the search steers.
    editor.edit(&Path::from("warmup_s"), None);
    editor.edit(&Path::from("actions"), None);
    let seconds = ((search.longest_s() * 1.5 / 10.0).ceil() * 10.0) as u64;
    editor.edit(&population_path(place).key("load"), Some(load(&search, seconds)));
}

fn load(search: &Search, seconds: u64) -> Value {
    let start = search.from.ceil().max(1.0) as u64;
    match search.raise {
        Raised::Arrivals => json!({
            "model": "open", "start_rate": search.from, "max_users": MOST_USERS,
            "stages": [{ "duration_s": seconds, "target": search.from }],
        }),
        Raised::Users => json!({
            "model": "closed", "start": start, "stages": [{ "duration_s": seconds, "target": start }],
        }),
        // Ten users who share the messages are enough to begin with.
        Raised::Messages => json!({
            "model": "closed", "start": 10, "stages": [{ "duration_s": seconds, "target": 10 }],
        }),
    }
}

/// More than a browser can hold.
const MOST_USERS: u32 = 250;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets;

    #[test]
    fn a_search_fits_any_preset_plan_and_any_kind_of_load() {
        for preset in ["lab", "smoke", "socketio-basic"] {
            for &raise in Raised::ALL {
                let mut editor = Editor::new(presets::plan(preset).unwrap());
                fit(&mut editor);
                editor.edit(&Path::from("search.raise"), Some(raise.name().into()));
                fit(&mut editor);
                let problems: Vec<_> = editor.problems().iter().map(|problem| problem.message.clone()).collect();
                assert_eq!(problems, [""; 0], "{preset}, {}", raise.name());
                assert_eq!(editor.plan().and_then(|plan| plan.search.as_ref()).map(|search| search.raise), Some(raise));
            }
        }
    }
}
