//! The links into a room. Their fragment, which no browser sends anywhere, holds the key that keeps the room's messages
//! from everybody else who can reach the broker. The link to join names the public half of the conductor's key; the page
//! derives both from the seed in the conductor's link as this does (docs/swarm.md).

use std::fmt;
use std::net::SocketAddr;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::SigningKey;
use hmac::{Hmac, Mac};
use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};
use sha2::Sha256;

use super::lan;

/// Not `Debug`: the key is shown by `Display` alone.
pub struct Invitation {
    page: SocketAddr,
    broker: SocketAddr,
    seed: [u8; 32],
}

impl Invitation {
    /// With a new key.
    pub fn new(page: SocketAddr, broker: SocketAddr) -> Self {
        Self { page, broker, seed: new_seed() }
    }

    pub fn broker_url(&self) -> String {
        format!("ws://{}/", lan::authority(self.broker))
    }

    fn to_conduct(&self) -> String {
        self.link(&format!("conduct={}", URL_SAFE_NO_PAD.encode(self.seed)))
    }

    fn to_join(&self) -> String {
        let conductor = SigningKey::from_bytes(&derived(&self.seed, "conductor")).verifying_key();
        let [key, by] = [derived(&self.seed, "join"), conductor.to_bytes()].map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
        self.link(&format!("join={key}&by={by}"))
    }

    fn link(&self, keys: &str) -> String {
        let page = lan::authority(self.page);
        format!("http://{page}/#{keys}&broker={}", percent_encoded(&self.broker_url()))
    }
}

impl fmt::Display for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let join = self.to_join();
        writeln!(f, "Whoever conducts the run opens this link and gives it to nobody:\n  {}\n", self.to_conduct())?;
        writeln!(f, "Everybody else joins with this one (or scans its code):\n  {join}")?;
        if self.page.ip().is_loopback() {
            writeln!(f, "Only this machine can follow them; `--host 0.0.0.0` lets others in.")?;
        }
        write!(f, "\n{}", qr_code(&join))
    }
}

/// 32 bytes nobody can guess.
fn new_seed() -> [u8; 32] {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).expect("every system that we run on has random numbers");
    seed
}

/// HKDF (RFC 5869) with SHA-256: one block is enough for 32 bytes.
fn derived(seed: &[u8; 32], purpose: &str) -> [u8; 32] {
    let mac = |key: &[u8], text: &[u8]| -> [u8; 32] {
        let mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
        mac.chain_update(text).finalize().into_bytes().into()
    };
    mac(&mac(SALT, seed), &[purpose.as_bytes(), &[1]].concat())
}

/// Names the protocol of the page and its version.
const SALT: &[u8] = b"tabswarm swarm 2";

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
        Invitation {
            page: page.parse().unwrap(),
            broker: broker.parse().unwrap(),
            seed: std::array::from_fn(|at| at as u8),
        }
    }

    #[test]
    fn seeds_are_never_the_same() {
        assert_ne!(new_seed(), new_seed());
    }

    /// The page's own test has the same texts, which Node's own HKDF and Ed25519 made.
    #[test]
    fn links_carry_the_keys_and_the_broker() {
        let here = invitation("127.0.0.1:4280", "127.0.0.1:4281");
        assert_eq!(here.broker_url(), "ws://127.0.0.1:4281/");
        let (page, rest) = ("http://127.0.0.1:4280/", "&broker=ws%3A%2F%2F127.0.0.1%3A4281%2F");
        let seed = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
        assert_eq!(here.to_conduct(), format!("{page}#conduct={seed}{rest}"));
        let (join, by) = ("8DWt5YT7a2S8bBVkxuq9OkRYEkFUmyWPgduXPzyNmyc", "iIz9x9tgR79PupPaD_j8x2BSeMk8FLVJQyQPUY1Proc");
        assert_eq!(here.to_join(), format!("{page}#join={join}&by={by}{rest}"));
        let six = invitation("[::1]:80", "[::1]:81").to_join();
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
        let code = qr_code(&text.to_join());
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
