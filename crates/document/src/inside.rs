//! Down into a document along its fields: which of several objects a value is, and what may stand within it.

use serde_json::{Map, Value};

use crate::field::{Object, Type};

impl Type {
    /// What the entries of a list, or of an object with free names, may be.
    pub fn entry(&self) -> Option<Self> {
        match *self {
            Self::List(entry, ..) | Self::Set(entry) | Self::Map(_, entry, _) => Some(*entry),
            Self::AnyOf(types) => types.iter().find_map(Self::entry),
            Self::Again(kind) => kind().entry(),
            _ => None,
        }
    }

    /// What a value of this name in an object with these may be.
    pub fn below(&self, name: &str, beside: &Map<String, Value>) -> Option<Self> {
        let objects = self.objects();
        if objects.is_empty() {
            return self.entry();
        }
        let of = |object: &Object| object.fields.iter().find(|field| field.name == name).map(|field| field.of);
        let fitting = objects.into_iter().filter_map(|object| Some((object.strangers(beside), of(object)?)));
        fitting.min_by_key(|(strangers, _)| *strangers).map(|(_, kind)| kind)
    }

    /// The object of those it may be that suits these fields best.
    pub fn object(&self, fields: &Map<String, Value>) -> Option<&'static Object> {
        self.objects().into_iter().min_by_key(|object| object.strangers(fields))
    }

    /// All objects of those it may be that suit these fields as well as that one.
    pub fn candidates(&self, fields: &Map<String, Value>) -> Vec<&'static Object> {
        let objects = self.objects();
        let least = objects.iter().map(|object| object.strangers(fields)).min();
        objects.into_iter().filter(|object| Some(object.strangers(fields)) == least).collect()
    }

    /// All that it may be.
    fn objects(&self) -> Vec<&'static Object> {
        match *self {
            Self::Object(object) | Self::Document(object) => vec![object],
            Self::AnyOf(types) => types.iter().flat_map(Self::objects).collect(),
            Self::Again(kind) => kind().objects(),
            _ => Vec::new(),
        }
    }
}

impl Object {
    /// How many of these are not its fields.
    fn strangers(&self, fields: &Map<String, Value>) -> usize {
        fields.iter().filter(|(name, value)| !self.takes(name, value)).count()
    }

    /// It has such a field, and if the field has but one value, it is this one.
    fn takes(&self, name: &str, value: &Value) -> bool {
        self.fields.iter().any(|field| {
            let is_its_own = |names: &[&str]| value.as_str().is_none_or(|text| names.contains(&text));
            field.name == name && !matches!(field.of, Type::OneOf(names) if !is_its_own(names))
        })
    }
}
