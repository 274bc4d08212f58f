//! The most that hosts get from here, as a form has it.

use plan::Limits;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cap {
    Users,
    Rate,
    Minutes,
    PublicUsers,
    PublicRate,
    PublicMinutes,
}

impl Cap {
    pub const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Users, "Users at a time", ""),
        (Self::Rate, "New users within a second", "/s"),
        (Self::Minutes, "Length of the load", "min"),
        (Self::PublicUsers, "Public host: users", ""),
        (Self::PublicRate, "Public host: new within a second", "/s"),
        (Self::PublicMinutes, "Public host: length", "min"),
    ];

    /// As it stands in its field; empty: there is none.
    pub fn shown(self, limits: &Limits) -> String {
        let Limits { caps, public, .. } = limits;
        let value = match self {
            Self::Users => caps.users.map(f64::from),
            Self::Rate => caps.rate,
            Self::Minutes => caps.minutes,
            Self::PublicUsers => public.users.map(f64::from),
            Self::PublicRate => public.rate,
            Self::PublicMinutes => public.minutes,
        };
        value.map_or_else(String::new, |value| value.to_string())
    }

    pub(super) fn set(self, limits: &mut Limits, value: Option<f64>) {
        let Limits { caps, public, .. } = limits;
        match self {
            Self::Users => caps.users = value.map(|value| value as u32),
            Self::Rate => caps.rate = value,
            Self::Minutes => caps.minutes = value,
            Self::PublicUsers => public.users = value.map(|value| value as u32),
            Self::PublicRate => public.rate = value,
            Self::PublicMinutes => public.minutes = value,
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("\"{0}\" is no limit: expected a number from 0 on, or nothing for none.")]
pub(super) struct NoCap(String);

/// A number, or nothing for no cap.
pub(super) fn read_cap(text: &str) -> Result<Option<f64>, NoCap> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
    number.map(Some).ok_or_else(|| NoCap(text.to_owned()))
}
