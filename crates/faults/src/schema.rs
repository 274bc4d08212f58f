//! A table of switches as JSON Schema.

use serde_json::{Map, Value, json};

use crate::{Kind, Switch};

/// An object that may have these, each with its range and meaning.
pub fn schema(switches: &[Switch], description: &str) -> Value {
    let properties: Map<String, Value> =
        switches.iter().map(|switch| (switch.name.to_owned(), property(switch))).collect();
    json!({ "type": "object", "description": description, "additionalProperties": false, "properties": properties })
}

fn property(switch: &Switch) -> Value {
    let of_kind = match switch.kind {
        Kind::Millis(most) | Kind::Seconds(most) => json!({ "type": "number", "minimum": 0, "maximum": whole(most) }),
        Kind::Share => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
        Kind::Factor(least, most) => json!({ "type": "number", "minimum": whole(least), "maximum": whole(most) }),
        Kind::Count(most, _) => json!({ "type": "integer", "minimum": 0, "maximum": most }),
        Kind::Flag(..) => json!({ "type": "boolean" }),
        Kind::Text => json!({ "type": "string" }),
        Kind::Origin => json!({ "type": "string", "pattern": "^(https?://[^/?#@\\s]+)?$" }),
        Kind::CloseCode => json!({ "type": "integer", "minimum": 1000, "maximum": 4999 }),
        Kind::OneOf(names) => json!({ "enum": names }),
        Kind::Switches(below) => {
            return json!({ "oneOf": [schema(below, switch.meaning), { "type": "null" }] });
        }
    };
    let mut property = of_kind;
    property["description"] = switch.meaning.into();
    property["default"] = serde_json::from_str(switch.default).unwrap_or_default();
    property
}

/// 600000 and not 600000.0.
fn whole(number: f64) -> Value {
    if number.fract() == 0.0 { Value::from(number as u64) } else { Value::from(number) }
}
