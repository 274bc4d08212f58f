//! The host of an address, as a browser's URL parser finds it: whoever decides where load may go must see what the browser opens.
//!
//! This follows the [URL Standard](https://url.spec.whatwg.org/) for http, https, ws and wss. It differs on purpose in two things. A
//! host with letters beyond ASCII has none here: browsers rewrite such names by large tables, so a name has to be written in
//! its `xn--` form. And the dot at the end of a name is left out: `a.example.` is the same machine as `a.example`.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The host of an http, https, ws or wss address: a name in lower case, or an IP address as browsers write it, without port and
/// brackets. `None`: a browser opens no such address, or it is not certain which host it would be.
pub fn host(address: &str) -> Option<String> {
    let address = cleaned(address);
    let Authority { host, port, .. } = authority(&address)?;
    if is_port(port) { canonical(host) } else { None }
}

/// A host by itself, as a person names it.
pub fn named_host(text: &str) -> Option<String> {
    let text = text.trim();
    let bare = text.parse::<Ipv6Addr>().map(|ip| format!("[{ip}]"));
    canonical(bare.as_deref().unwrap_or(text))
}

/// The host that a person means, who may name it by itself, with a port, or by a whole address.
pub fn meant_host(text: &str) -> Option<String> {
    host(text).or_else(|| named_host(text)).or_else(|| host(&format!("http://{}", text.trim())))
}

/// The scheme of an http, https, ws or wss address in lower case.
pub fn scheme(address: &str) -> Option<&'static str> {
    known_scheme(&cleaned(address)).map(|(scheme, _)| scheme)
}

/// Whether an address carries a user or a password for its server: browsers send neither, and do not fetch such an address.
pub fn has_credentials(address: &str) -> bool {
    authority(&cleaned(address)).is_some_and(|authority| authority.credentials.is_some())
}

/// Scheme, host and port of an address as browsers write it, like `https://example.org:8443`; the usual port is left out. A host that is
/// none stays as it is written, and so does what is no address at all.
pub fn origin(address: &str) -> String {
    let address = cleaned(address);
    let Some((scheme, _)) = known_scheme(&address) else { return address.into_owned() };
    if let Sketch::Known(place) = sketched_place(&address) {
        let usual = if is_secure(scheme) { ":443" } else { ":80" };
        return format!("{scheme}://{}", place.strip_suffix(usual).unwrap_or(&place));
    }
    match authority(&address) {
        Some(Authority { host, port: "", .. }) => format!("{scheme}://{host}"),
        Some(Authority { host, port, .. }) => format!("{scheme}://{host}:{port}"),
        None => address.into_owned(),
    }
}

/// Makes one text of an address and the path behind it, which meet at `at`: one slash between them and no space, however the address
/// was typed. Any other text stays as it is.
pub fn join(text: &mut String, at: usize) {
    let (address, path) = text.split_at(at);
    if !path.starts_with('/') || !address.ends_with(|c: char| c <= ' ' || c == '/') || address.contains(['?', '#']) {
        return;
    }
    let bare = address.trim_end_matches(|c: char| c <= ' ' || c == '/').len();
    if authority(&cleaned(&address[..bare])).is_some_and(|authority| !authority.host.is_empty()) {
        text.replace_range(bare..at, "");
    }
}

/// What of an address is known before a run, where [`UNKNOWN`] stands for what is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sketch {
    Known(String),
    /// Its host is made up while the run goes.
    Computed,
    /// It is no address.
    Nothing,
}

/// Stands in a sketch of an address for text that is not known yet.
pub const UNKNOWN: char = '\u{fffc}';

pub fn sketched_host(address: &str) -> Sketch {
    let address = cleaned(address);
    match authority(&address) {
        Some(Authority { host, .. }) if host.contains(UNKNOWN) => Sketch::Computed,
        Some(Authority { host, .. }) => canonical(host).map_or(Sketch::Nothing, Sketch::Known),
        None if address.contains(UNKNOWN) => Sketch::Computed,
        None => Sketch::Nothing,
    }
}

/// Host and port of an address, like `chat.example:443` or `[::1]:80`.
pub fn place(address: &str) -> Option<String> {
    match sketched_place(address) {
        Sketch::Known(place) => Some(place),
        Sketch::Computed | Sketch::Nothing => None,
    }
}

/// As [`sketched_host`], with the port; only the host where the port is made up while the run goes.
pub fn sketched_place(address: &str) -> Sketch {
    let known = match sketched_host(address) {
        Sketch::Known(host) => place_of_host(&host),
        other => return other,
    };
    let address = cleaned(address);
    let port = authority(&address).map_or("", |authority| authority.port);
    if port.contains(UNKNOWN) {
        return Sketch::Known(known);
    }
    let usual = if known_scheme(&address).is_some_and(|(scheme, _)| is_secure(scheme)) { 443 } else { 80 };
    let port = match port.trim_start_matches('0') {
        _ if !is_port(port) => return Sketch::Nothing,
        "" if port.is_empty() => usual,
        "" => 0,
        digits => digits.parse::<u16>().unwrap_or(usual),
    };
    Sketch::Known(format!("{known}:{port}"))
}

/// Any port of a host.
pub fn place_of_host(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

/// The host of a [`place`].
pub fn host_of_place(place: &str) -> &str {
    match place.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => place.split(':').next().unwrap_or_default(),
    }
}

/// The scheme, and what stands behind its colon.
pub(super) fn known_scheme(address: &str) -> Option<(&'static str, &str)> {
    let (scheme, rest) = address.split_once(':')?;
    let known = ["http", "https", "ws", "wss"].into_iter().find(|known| scheme.eq_ignore_ascii_case(known))?;
    Some((known, rest))
}

fn is_secure(scheme: &str) -> bool {
    matches!(scheme, "https" | "wss")
}

/// What a browser takes for this machine, however it is written: more than [`is_loopback`], for a person has to be told.
pub fn means_this_machine(host: &str) -> bool {
    let Some(host) = named_host(host) else { return false };
    let in_six = host.parse::<Ipv6Addr>().is_ok_and(|address| {
        address.is_unspecified()
            || address.to_ipv4_mapped().is_some_and(|four| four.is_loopback() || four.is_unspecified())
    });
    is_loopback(&host) || host == "0.0.0.0" || host.ends_with(".localhost") || in_six
}

/// The host is this machine itself.
pub fn is_loopback(host: &str) -> bool {
    host == "localhost" || host == "::1" || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

/// Whether a host can be anybody's on the internet: neither this machine, nor an address or a name that only a network of one's own
/// has.
pub fn is_public(host: &str) -> bool {
    if is_loopback(host) || super::reach::says_private(host) {
        return false;
    }
    if let Ok(ip) = host.parse::<Ipv4Addr>() {
        return !ip.is_unspecified();
    }
    if let Ok(ip) = host.parse::<Ipv6Addr>() {
        return !ip.is_unspecified() && !ip.is_loopback();
    }
    let last = host.rsplit('.').next().unwrap_or_default();
    host.contains('.') && !RESERVED.contains(&last)
}

/// Top-level names that no public server has.
const RESERVED: [&str; 8] = ["local", "localhost", "internal", "lan", "home", "test", "example", "invalid"];

/// Without what browsers drop before they read: space and control characters around it, tabs and line ends anywhere.
pub(super) fn cleaned(address: &str) -> Cow<'_, str> {
    let address = address.trim_matches(|c: char| c <= ' ');
    if address.contains(['\t', '\n', '\r']) {
        Cow::Owned(address.replace(['\t', '\n', '\r'], ""))
    } else {
        Cow::Borrowed(address)
    }
}

struct Authority<'a> {
    credentials: Option<&'a str>,
    host: &'a str,
    port: &'a str,
}

/// What stands between the slashes and the path, cut at its colon.
fn authority(address: &str) -> Option<Authority<'_>> {
    let (_, rest) = known_scheme(address)?;
    // Browsers take a backslash for a slash here, and any number of them.
    let rest = rest.trim_start_matches(['/', '\\']);
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let (credentials, place) =
        authority.rsplit_once('@').map_or((None, authority), |(credentials, place)| (Some(credentials), place));
    let end = if place.starts_with('[') { place.find(']').map_or(place.len(), |at| at + 1) } else { 0 };
    let colon = place[end..].find(':').map(|at| end + at);
    let (host, port) = colon.map_or((place, ""), |at| (&place[..at], &place[at + 1..]));
    Some(Authority { credentials, host, port })
}

fn is_port(port: &str) -> bool {
    let digits = port.trim_start_matches('0');
    digits.is_empty() || digits.parse::<u16>().is_ok_and(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The host parser of the standard, without its tables for names beyond ASCII.
fn canonical(host: &str) -> Option<String> {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.strip_suffix(']')?.parse().ok().map(shown);
    }
    let decoded = percent_decoded(host)?;
    let name = decoded.to_ascii_lowercase();
    if name.is_empty() || !name.is_ascii() || name.chars().any(is_forbidden) {
        return None;
    }
    if ends_in_a_number(&name) {
        return ipv4(&name).map(|ip| ip.to_string());
    }
    let name = name.strip_suffix('.').unwrap_or(&name);
    (!name.is_empty()).then(|| name.to_owned())
}

/// As browsers write it: of a mapped IPv4 address, too, all groups are hexadecimal.
fn shown(ip: Ipv6Addr) -> String {
    match ip.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] => format!("::ffff:{high:x}:{low:x}"),
        _ => ip.to_string(),
    }
}

fn percent_decoded(host: &str) -> Option<String> {
    if !host.contains('%') {
        return Some(host.to_owned());
    }
    let bytes = host.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digit = |place: usize| bytes.get(place).and_then(|byte| char::from(*byte).to_digit(16));
        match (bytes[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, ..) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(decoded).ok()
}

/// Code points that no name may have.
fn is_forbidden(c: char) -> bool {
    c <= ' ' || c == '\u{7f}' || "#/:<>?@[\\]^|%".contains(c)
}

/// Then a browser takes the name for an IPv4 address, or for nothing.
fn ends_in_a_number(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_decimal = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    is_decimal || last.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// An IPv4 address in any of its spellings: decimal, octal, hexadecimal, with fewer than four parts.
fn ipv4(name: &str) -> Option<Ipv4Addr> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let parts: Vec<u64> = name.split('.').map(ipv4_part).collect::<Option<_>>()?;
    let (last, before) = parts.split_last()?;
    if before.len() > 3 || before.iter().any(|part| *part > 255) {
        return None;
    }
    let room = 1_u64 << (8 * (4 - before.len()));
    let high = before.iter().enumerate().map(|(place, part)| part << (8 * (3 - place))).sum::<u64>();
    (*last < room).then(|| Ipv4Addr::from((high + last) as u32))
}

fn ipv4_part(part: &str) -> Option<u64> {
    let (digits, radix) = match part.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None if part.len() > 1 && part.starts_with('0') => (&part[1..], 8),
        None => (part, 10),
    };
    if part.is_empty() || !digits.bytes().all(|byte| char::from(byte).is_digit(radix)) {
        return None;
    }
    let digits = digits.trim_start_matches('0');
    // What does not fit is larger than any part may be.
    if digits.is_empty() { Some(0) } else { u64::from_str_radix(digits, radix).ok().or(Some(u64::MAX >> 8)) }
}

#[cfg(test)]
mod tests;
