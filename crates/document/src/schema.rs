//! A document's JSON Schema (draft 2020-12), from its fields.

use serde_json::{Map, Value, json};

use crate::field::{Constraint, Field, Need, Object, Type, Writing};

/// Of the whole document. Objects and texts of a certain form stand below `$defs`, each once.
pub fn schema(document: &Object, id: &str, title: &str) -> Value {
    let mut parts = Map::new();
    let mut schema = object(document, &mut parts);
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["$id"] = id.into();
    schema["title"] = title.into();
    schema["$defs"] = parts.into();
    schema
}

fn object(object: &Object, parts: &mut Map<String, Value>) -> Value {
    let properties: Map<_, _> =
        object.fields.iter().map(|field| (field.name.to_owned(), property(field, parts))).collect();
    let required: Vec<_> =
        object.fields.iter().filter(|field| matches!(field.need, Need::Required)).map(|field| field.name).collect();
    let mut schema = json!({ "type": "object", "additionalProperties": false, "properties": properties });
    describe(&mut schema, object.meaning);
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    for constraint in object.constraints {
        match constraint {
            Constraint::One => {
                schema["minProperties"] = 1.into();
                schema["maxProperties"] = 1.into();
            }
            Constraint::OneOf(names) => {
                schema["oneOf"] = names.iter().map(|name| json!({ "required": [name] })).collect();
            }
            Constraint::AtMostOne(names) => {
                let pairs =
                    names.iter().enumerate().flat_map(|(at, one)| names[at + 1..].iter().map(move |two| [one, two]));
                schema["not"] = json!({ "anyOf": pairs.map(|pair| json!({ "required": pair })).collect::<Vec<_>>() });
            }
        }
    }
    schema
}

fn property(field: &Field, parts: &mut Map<String, Value>) -> Value {
    let mut schema = of(&field.of, parts);
    describe(&mut schema, field.meaning);
    if let Some(usual) = field.usual() {
        schema["default"] = serde_json::from_str(usual).expect("what a field means by default is JSON");
    }
    schema
}

fn of(kind: &Type, parts: &mut Map<String, Value>) -> Value {
    match *kind {
        Type::Any => json!({}),
        Type::Null => json!({ "type": "null" }),
        Type::Flag => json!({ "type": "boolean" }),
        Type::Text => json!({ "type": "string" }),
        Type::Name => json!({ "type": "string", "pattern": "\\S" }),
        Type::Written(writing) => part(writing.name, parts, |_| written(writing)),
        Type::OneOf(names) => json!({ "enum": names }),
        Type::Whole(least, most) | Type::Such(least, most, ..) => {
            let mut schema = json!({ "type": "integer", "minimum": least });
            if most < u64::MAX {
                schema["maximum"] = most.into();
            }
            schema
        }
        Type::Number(least, most) => {
            let mut schema = json!({ "type": "number" });
            for (end, value) in [("minimum", least), ("maximum", most)] {
                if value.is_finite() && value > f64::MIN {
                    schema[end] = plain(value);
                }
            }
            schema
        }
        Type::List(entry, least, most) => {
            let mut schema = json!({ "type": "array", "items": of(entry, parts) });
            limit(&mut schema, "minItems", least, 0);
            limit(&mut schema, "maxItems", most, usize::MAX);
            schema
        }
        Type::Set(entry) => json!({ "type": "array", "items": of(entry, parts), "uniqueItems": true }),
        Type::Map(names, entry, most) => {
            let mut schema = json!({ "type": "object", "additionalProperties": of(entry, parts) });
            if !matches!(names, Type::Text) {
                schema["propertyNames"] = of(names, parts);
            }
            limit(&mut schema, "maxProperties", most, usize::MAX);
            schema
        }
        Type::Object(below) => part(below.name, parts, |parts| object(below, parts)),
        Type::Document(_) => json!({ "type": "object" }),
        Type::Again(kind) => of(&kind(), parts),
        Type::AnyOf(types) => json!({ "anyOf": types.iter().map(|kind| of(kind, parts)).collect::<Vec<_>>() }),
    }
}

fn written(writing: &Writing) -> Value {
    let mut schema = json!({ "type": "string", "pattern": writing.pattern });
    describe(&mut schema, writing.meaning);
    let refused: Vec<_> = (writing.refused)().into_iter().map(|pattern| json!({ "pattern": pattern })).collect();
    if !refused.is_empty() {
        schema["not"] = json!({ "anyOf": refused });
    }
    schema
}

/// What stands once, below its name; it may need itself.
fn part(name: &str, parts: &mut Map<String, Value>, make: impl FnOnce(&mut Map<String, Value>) -> Value) -> Value {
    if !parts.contains_key(name) {
        parts.insert(name.to_owned(), Value::Null);
        let made = make(parts);
        parts.insert(name.to_owned(), made);
    }
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn describe(schema: &mut Value, meaning: &str) {
    if !meaning.is_empty() {
        schema["description"] = meaning.into();
    }
}

fn limit(schema: &mut Value, name: &str, value: usize, none: usize) {
    if value != none {
        schema[name] = value.into();
    }
}

/// 3600 and not 3600.0.
fn plain(number: f64) -> Value {
    if number.fract() == 0.0 { Value::from(number as i64) } else { Value::from(number) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::{optional, or, required};
    use crate::table;

    static INNER: Object =
        Object::new("inner", "", &[optional("again", Type::Again(|| Type::Object(&INNER)), "itself")]);
    static OUTER: Object = Object::new(
        "outer",
        "A document.",
        &[
            required("name", Type::Name, "for people"),
            or("wait_s", Type::Number(0.5, 60.0), "3", "how long"),
            or("way", Type::OneOf(&["up", "down"]), "\"up\"", ""),
            optional("inner", Type::Object(&INNER), ""),
            optional("other", Type::Any, "instead").absent("nothing else"),
        ],
    )
    .with(&[Constraint::AtMostOne(&["inner", "other"])]);

    #[test]
    fn a_schema_says_what_the_fields_say() {
        let expected = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "urn:x", "title": "X",
            "description": "A document.", "type": "object", "additionalProperties": false, "required": ["name"],
            "properties": {
                "name": { "type": "string", "pattern": "\\S", "description": "for people" },
                "wait_s": { "type": "number", "minimum": 0.5, "maximum": 60, "default": 3, "description": "how long" },
                "way": { "enum": ["up", "down"], "default": "up" },
                "inner": { "$ref": "#/$defs/inner" },
                "other": { "description": "instead" },
            },
            "not": { "anyOf": [{ "required": ["inner", "other"] }] },
            "$defs": { "inner": {
                "type": "object", "additionalProperties": false,
                "properties": { "again": { "$ref": "#/$defs/inner", "description": "itself" } },
            } },
        });
        assert_eq!(schema(&OUTER, "urn:x", "X"), expected);
    }

    #[test]
    fn a_table_says_what_the_fields_say() {
        let expected = "\
            | `name` | for people | required |\n\
            | `wait_s` | how long; 0.5 to 60 | 3 |\n\
            | `way` | `up`, `down` | `up` |\n\
            | `inner` |  | none |\n\
            | `other` | instead | nothing else |\n";
        assert_eq!(table(&OUTER), expected);
    }
}
