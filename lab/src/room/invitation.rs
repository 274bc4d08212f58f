//! The links into a room. Their fragment, which no browser sends anywhere, holds the key that keeps the room's messages
//! from everybody else who can reach the broker.

use std::fmt;
use std::net::SocketAddr;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};

use super::lan;

/// Not `Debug`: the key is shown by `Display` alone.
pub struct Invitation {
    page: SocketAddr,
    broker: SocketAddr,
    key: String,
}

impl Invitation {
    /// With a new key.
    pub fn new(page: SocketAddr, broker: SocketAddr) -> Self {
        Self { page, broker, key: new_key() }
    }

    pub fn broker_url(&self) -> String {
        format!("ws://{}/", lan::authority(self.broker))
    }

    fn link(&self, role: &str) -> String {
        let page = lan::authority(self.page);
        format!("http://{page}/#{role}={}&broker={}", self.key, percent_encoded(&self.broker_url()))
    }
}

impl fmt::Display for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let join = self.link("join");
        writeln!(f, "Whoever conducts the run opens this link and gives it to nobody:\n  {}\n", self.link("conduct"))?;
        writeln!(f, "Everybody else joins with this one (or scans its code):\n  {join}")?;
        if self.page.ip().is_loopback() {
            writeln!(f, "Only this machine can follow them; `--host 0.0.0.0` lets others in.")?;
        }
        write!(f, "\n{}", qr_code(&join))
    }
}

/// 32 bytes nobody can guess, in 43 characters.
fn new_key() -> String {
    let mut key = [0; 32];
    getrandom::fill(&mut key).expect("every system that we run on has random numbers");
    URL_SAFE_NO_PAD.encode(key)
}

/// As `encodeURIComponent` does, and the few characters that it spares beyond these are encoded too.
fn percent_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// In half blocks, for a terminal that is dark; cameras read it on a light one too. Nothing if the text is too long for
/// a code.
fn qr_code(text: &str) -> String {
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::L) else { return String::new() };
    code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invitation(page: &str, broker: &str) -> Invitation {
        Invitation { page: page.parse().unwrap(), broker: broker.parse().unwrap(), key: "K".repeat(43) }
    }

    #[test]
    fn keys_are_long_and_never_the_same() {
        let keys = [new_key(), new_key()];
        for key in &keys {
            assert_eq!(URL_SAFE_NO_PAD.decode(key).map(|bytes| bytes.len()), Ok(32), "{key}");
            assert_eq!(key.len(), 43);
        }
        assert_ne!(keys[0], keys[1]);
    }

    #[test]
    fn links_carry_the_key_and_the_broker() {
        let here = invitation("127.0.0.1:4280", "127.0.0.1:4281");
        assert_eq!(here.broker_url(), "ws://127.0.0.1:4281/");
        let rest = format!("={}&broker=ws%3A%2F%2F127.0.0.1%3A4281%2F", "K".repeat(43));
        assert_eq!(here.link("join"), format!("http://127.0.0.1:4280/#join{rest}"));
        assert_eq!(here.link("conduct"), format!("http://127.0.0.1:4280/#conduct{rest}"));
        let six = invitation("[::1]:80", "[::1]:81").link("join");
        assert!(six.starts_with("http://[::1]:80/#join=") && six.ends_with("broker=ws%3A%2F%2F%5B%3A%3A1%5D%3A81%2F"));
    }

    #[test]
    fn says_who_opens_which_link() {
        let text = invitation("10.1.2.3:4280", "10.1.2.3:4281").to_string();
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[0].contains("conducts") && lines[1].contains("/#conduct="), "{text}");
        assert!(lines[3].contains("joins") && lines[4].contains("/#join="), "{text}");
        assert!(!text.contains("Only this machine"), "{text}");
        let here = invitation("127.0.0.1:4280", "127.0.0.1:4281").to_string();
        assert!(here.contains("Only this machine"), "{here}");
    }

    /// A code of version n has 17 + 4n modules a side and 4 around them, two to a character and line.
    #[test]
    fn the_code_is_a_square_of_half_blocks() {
        let text = invitation("192.168.100.100:4280", "192.168.100.100:4281");
        let code = qr_code(&text.link("join"));
        let lines: Vec<_> = code.lines().collect();
        let modules = lines[0].chars().count() - 8;
        assert_eq!((modules - 17) % 4, 0);
        assert!(lines.iter().all(|line| line.chars().count() == modules + 8));
        assert_eq!(lines.len(), (modules + 8).div_ceil(2));
        assert!(lines.len() < 30, "{} lines do not fit a terminal", lines.len());
        assert!(code.chars().all(|c| matches!(c, '█' | '▀' | '▄' | ' ' | '\n')));
        assert_eq!(qr_code(&"x".repeat(5_000)), "");
    }
}
