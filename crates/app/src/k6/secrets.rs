//! Takes secrets out of what a script is made of: each leaves a `${secret.NAME}`, which the runtime takes from the environment.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use metrics::{is_rule, is_secret, is_secret_in, is_source, protocol_secrets, text_without_secrets};

/// What was taken out: the name under which the script asks for it, and which value it was.
#[derive(Default)]
pub struct ScriptSecrets {
    names: BTreeMap<String, Value>,
}

impl ScriptSecrets {
    /// Names of environment variables, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }

    /// Puts marks in the place of all secrets of a scenario or a plan's variables.
    pub fn take(&mut self, value: &mut Value) {
        self.hide(value, "", false, false);
    }

    /// An account's column: everybody knows the default's password, and nobody knows another one.
    pub fn take_pattern(&mut self, column: &str, pattern: &str, known: bool) -> Value {
        if known || !is_secret(column) || pattern.is_empty() {
            return pattern.into();
        }
        json!({ "secret": self.name(&format!("account_{column}"), &Value::from(pattern)) })
    }

    fn hide(&mut self, value: &mut Value, name: &str, secret: bool, saving: bool) {
        match value {
            Value::String(text) if secret && !text.is_empty() && !is_rule(text) => {
                *value = mark(&self.name(name, value)).into();
            }
            Value::Number(_) if secret => *value = format!("${{secret.{} + 0}}", self.name(name, value)).into(),
            Value::String(text) => {
                if let Some(clean) = text_without_secrets(text, &mark("URL_SECRET")) {
                    self.names.insert("URL_SECRET".to_owned(), Value::from(text.as_str()));
                    *text = clean;
                }
            }
            Value::Array(list) => {
                let carry = protocol_secrets(name, list);
                list.iter_mut()
                    .zip(carry)
                    .for_each(|(entry, carries)| self.hide(entry, name, secret || carries, false));
            }
            Value::Object(fields) => {
                let listed = fields.contains_key("one_of");
                for (key, field) in fields {
                    // `"token": { "default": "..." }` is how a scenario declares a variable; its limits are no secrets.
                    let declared = secret && key == "default" && !listed;
                    let secret = (is_secret_in(name, key) || declared) && !(saving && is_source(field));
                    self.hide(field, if declared { name } else { key }, secret, key == "save");
                }
            }
            _ => {}
        }
    }

    fn name(&mut self, name: &str, value: &Value) -> String {
        let plain: String =
            name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
        let numbered = (1..).map(|n| if n == 1 { plain.clone() } else { format!("{plain}_{n}") });
        let free = |name: &String| self.names.get(name).is_none_or(|known| known == value);
        let name = numbered.into_iter().find(free).unwrap_or(plain);
        self.names.insert(name.clone(), value.clone());
        name
    }
}

/// As the scenario's expressions name it.
fn mark(name: &str) -> String {
    format!("${{secret.{name}}}")
}
