//! What others call this machine.

use std::net::{IpAddr, Ipv6Addr, SocketAddr, UdpSocket};
use std::process::Command;

/// The host and port to put into links for whoever shall reach what listens on `address`.
pub fn authority(address: SocketAddr) -> String {
    if !address.ip().is_unspecified() {
        return address.to_string();
    }
    match lan_address() {
        Some(ip) => SocketAddr::new(ip, address.port()).to_string(),
        None => format!("{}:{}", host_name(), address.port()),
    }
}

/// The address from which we would speak to the rest of the world. Connecting a UDP socket sends nothing, it only looks up
/// the route; the other ends are reserved for documentation.
fn lan_address() -> Option<IpAddr> {
    let v4 = (IpAddr::from([0, 0, 0, 0]), IpAddr::from([192, 0, 2, 1]));
    let v6 = (IpAddr::from(Ipv6Addr::UNSPECIFIED), IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1]));
    [v4, v6].into_iter().find_map(|(from, to)| {
        let socket = UdpSocket::bind((from, 0)).ok()?;
        socket.connect((to, DISCARD)).ok()?;
        let ip = socket.local_addr().ok()?.ip();
        (!ip.is_loopback() && !ip.is_unspecified()).then_some(ip)
    })
}

/// Linux, macOS and Windows all have the command.
fn host_name() -> String {
    let output = Command::new("hostname").output().ok().filter(|output| output.status.success());
    let name = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "localhost".to_owned())
}

const DISCARD: u16 = 9;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, expected: &str) {
        assert_eq!(authority(address.parse().unwrap()), expected);
    }

    #[test]
    fn an_address_stays_as_it_is() {
        check("127.0.0.1:4280", "127.0.0.1:4280");
        check("10.1.2.3:80", "10.1.2.3:80");
        check("[::1]:4280", "[::1]:4280");
    }

    #[test]
    fn nobody_can_go_to_an_unspecified_address() {
        for address in ["0.0.0.0:4280", "[::]:4280"] {
            let authority = authority(address.parse().unwrap());
            let host = authority.strip_suffix(":4280").expect("the port stays");
            assert!(!host.is_empty() && !["0.0.0.0", "[::]"].contains(&host), "{authority}");
        }
        assert!(!host_name().is_empty());
    }
}
