//! Why nothing comes back from an address: the browser does not even ask, or nobody answers.

use super::around::{Around, Diagnosis, found};
use base::url::{self, is_mixed_content, says_private};

/// What keeps a browser from even asking.
pub fn way_there(address: &str, is_socket: bool, around: &Around) -> Option<Diagnosis> {
    let Some(host) = url::host(address) else { return Some(bad_address(address)) };
    let scheme = address.split("//").next().unwrap_or_default().to_ascii_lowercase();
    let server = url::origin(address);
    let has_exception = is_socket && says_private(&host) && !around.nearby.private.is_empty();
    if is_mixed_content(&around.origin, &scheme, &host) && !has_exception {
        let secure = server.replacen("http:", "https:", 1).replacen("ws:", "wss:", 1);
        return Some(found(
            format!(
                "This page came by https, so the browser lets it reach only encrypted servers, and {server} is not."
            ),
            format!("Use {secure} if the server has it, or open this page by http, as a lab of your own serves it."),
        ));
    }
    kept_away(&host, address, around)
}

/// Browsers keep pages from nearer networks than their own, unless the person at the browser has allowed it.
fn kept_away(host: &str, address: &str, around: &Around) -> Option<Diagnosis> {
    let page = url::host(&around.origin).unwrap_or_default();
    let is_here = url::is_loopback(host);
    let is_nearer = if is_here { !url::is_loopback(&page) } else { is_private(host) && !is_private(&page) };
    let nearby = &around.nearby;
    let state = if is_here { &nearby.this_machine } else { &nearby.private };
    let silence = around.silence(address).filter(|_| is_nearer)?;
    let place = if is_here { "this machine itself" } else { "an address of a private network" };
    let whom = if is_here { "other apps on this device" } else { "devices on the local network" };
    match state.as_str() {
        "denied" if nearby.is_insecure => Some(found(
            format!("{host} is {place}, and the browser lets no page go there that came unencrypted from elsewhere."),
            "Open this page by https and allow it when the browser asks, or have a lab of your own serve it from there.",
        )),
        "denied" => Some(found(
            format!("{host} is {place}, and the browser does not let this page go there (denied)."),
            format!("Click the icon left of the address bar, allow access to {whom}, then try again."),
        )),
        // Where it asks, an answer takes a person's time; what fails at once failed for another reason.
        "prompt" if silence >= SLOW_MS => Some(found(
            format!("{host} is {place}, and the browser asks first whether this page may go there."),
            format!("Allow access to {whom} when the browser asks, then try again."),
        )),
        _ => None,
    }
}

pub fn bad_address(address: &str) -> Diagnosis {
    found(
        format!("\"{address}\" is no address that a browser can reach."),
        "Write it like https://chat.example or wss://chat.example.",
    )
}

pub fn unreachable(server: &str, around: &Around) -> Diagnosis {
    if around.silence(server).is_some_and(|ms| ms >= SLOW_MS) {
        return found(
            format!(
                "Nothing came back from {server} within {} s: the machine is off, a firewall drops what is sent there, or what listens there never answers. A browser does not say which.",
                SLOW_MS / 1e3
            ),
            "Check the address and the port, whether this network lets you out to it, and whether the server hangs.",
        );
    }
    let host = url::host(server).unwrap_or_default();
    // An address in numbers is there without asking anybody.
    let is_name = !url::is_loopback(&host) && host.parse::<std::net::IpAddr>().is_err();
    if server.starts_with("https:") || server.starts_with("wss:") {
        let nameless = if is_name { ", or there is no host of that name" } else { "" };
        return found(
            format!(
                "{server} could not be reached safely: either its TLS certificate is not trusted here, or nobody listens{nameless}. A browser does not say which."
            ),
            format!(
                "Open {} in a tab of this browser. A warning about the certificate means TLS: install a certificate that this machine trusts. \"Refused to connect\" means that nobody listens.",
                in_a_tab(server)
            ),
        );
    }
    if !is_name {
        return found(
            format!("The connection to {server} was refused: nobody listens on that port."),
            "Check the address and the port, and whether the server runs.",
        );
    }
    let kept = if around.nearby.private == "denied" {
        " If it stands in a private network: the browser does not let this page go there (denied)."
    } else {
        ""
    };
    found(
        format!(
            "{server} could not be reached: there is no host of that name, or nobody listens on that port. A browser does not say which."
        ),
        format!(
            "Open {} in a tab of this browser: it says whether the name or the port is wrong.{kept}",
            in_a_tab(server)
        ),
    )
}

/// The address as a tab opens it.
fn in_a_tab(server: &str) -> String {
    server.strip_prefix("ws").map_or_else(|| server.to_owned(), |rest| format!("http{rest}"))
}

/// An address of a private network, as browsers tell them from public ones.
fn is_private(host: &str) -> bool {
    // Names that no public server has.
    let by_name =
        !host.contains(['.', ':']) || [".lan", ".internal", ".home.arpa"].iter().any(|end| host.ends_with(end));
    says_private(host) || by_name || url::is_loopback(host)
}

/// A refusal comes at once; longer than this means that nothing comes at all.
const SLOW_MS: f64 = 3_000.0;
