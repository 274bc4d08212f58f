//! What users and their messages are called where a person reads it.

use metrics::{UserId, user_name};

/// Of the plan's populations, by their places.
#[derive(Debug, Default)]
pub struct UserNames(Vec<String>);

impl UserNames {
    pub fn new(populations: Vec<String>) -> Self {
        Self(populations)
    }

    /// Of a user's population.
    pub fn population(&self, user: UserId) -> &str {
        self.0.get(user.population()).map_or("user", String::as_str)
    }

    pub fn user(&self, user: UserId) -> String {
        user_name(self.population(user), user.index())
    }

    /// A message that is known by nothing but its tag.
    pub fn message(&self, sender: UserId, sequence: u32) -> String {
        format!("message {sequence} of {}", self.user(sender))
    }

    /// `a 1, a 2 and 3 more`: the first of so many.
    pub fn some(&self, users: &[UserId], of: u32) -> String {
        let named = users.iter().map(|user| self.user(*user)).collect::<Vec<_>>().join(", ");
        match of.saturating_sub(users.len() as u32) {
            0 => named,
            more => format!("{named} and {more} more"),
        }
    }
}
