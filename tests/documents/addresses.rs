//! Whoever decides where load may go sees the host that a browser opens. The `url` crate, which follows the same standard as browsers
//! do, is the referee.

use base::url;
use plan::Limits;

/// What the referee opens, without the dot at the end of a name; `None`: nothing.
fn opened(address: &str) -> Option<String> {
    let url = ::url::Url::parse(address).ok()?;
    let is_known = ["http", "https", "ws", "wss"].contains(&url.scheme());
    let host = url.host_str().filter(|_| is_known)?.trim_matches(['[', ']']);
    Some(host.strip_suffix('.').unwrap_or(host)).filter(|host| !host.is_empty()).map(str::to_owned)
}

fn allowing(host: &str) -> Limits {
    Limits { hosts: [host.to_owned()].into(), ..Limits::default() }
}

/// What may be opened is what a browser opens, also with the scheme of a WebSocket.
#[track_caller]
fn holds(address: &str) {
    let (ours, referee) = (url::host(address), opened(address));
    if let Some(host) = &ours {
        assert_eq!(referee.as_ref(), Some(host), "{address:?}");
        let socket = url::websocket_scheme(address);
        assert_eq!(opened(&socket).as_ref(), Some(host), "{address:?} as {socket:?}");
        assert_eq!(
            url::scheme(address),
            ::url::Url::parse(address).as_ref().map(|url| url.scheme()).ok(),
            "{address:?}"
        );
    }
    let limits = ours.as_deref().or(referee.as_deref()).map(allowing).unwrap_or_default();
    assert_eq!(limits.reaches(address), ours.is_some(), "{address:?}");
}

#[track_caller]
fn check(address: &str, expected: Option<&str>) {
    assert_eq!(url::host(address).as_deref(), expected, "{address:?}");
    holds(address);
    let other = if expected == Some("b.example") { "c.example" } else { "b.example" };
    let is_here = expected.is_some_and(url::is_loopback);
    assert_eq!(allowing(other).reaches(address), is_here, "{address:?} where only {other} is allowed");
}

#[test]
fn who_somebody_is_slashes_and_blanks_hide_no_host() {
    // Who somebody is, in front of where.
    check("http://b.example@a.example/", Some("a.example"));
    check("http://b.example:80@a.example/", Some("a.example"));
    check("http://b.example%40a.example/", None);
    check("http://a.example%2F@b.example/", Some("b.example"));
    check("ws://b.example/@a.example", Some("b.example"));
    check("ws://b.example?@a.example", Some("b.example"));
    check("ws://b.example#@a.example", Some("b.example"));
    check("https://@@a.example", Some("a.example"));
    check("https://:@a.example", Some("a.example"));
    check("https://b.example@", None);
    // Slashes of both kinds, too many and too few of them.
    check("ws:b.example", Some("b.example"));
    check("ws:/b.example", Some("b.example"));
    check("wss:\\b.example", Some("b.example"));
    check("http:/\\/\\b.example\\@a.example", Some("b.example"));
    check("http://b.example\\.a.example/", Some("b.example"));
    check("\\\\b.example\\", None);
    check("http//b.example", None);
    // What browsers drop, and what they do not.
    check("\thttp://b.exa\nmple\r/", Some("b.example"));
    check("h\ttt\np://b.example", Some("b.example"));
    check("http:\n//b.example", Some("b.example"));
    check("\u{0}http://b.example\u{1f}", Some("b.example"));
    check("http://b\u{b}.example", None);
    check("\u{a0}http://b.example", None);
    check("http://b\u{7f}.example", None);
}

#[test]
fn numbers_are_read_as_browsers_read_them() {
    check("http://0x7f.0.0.1/", Some("127.0.0.1"));
    check("http://0177.1", Some("127.0.0.1"));
    check("http://2130706433.", Some("127.0.0.1"));
    check("http://0xA9FEA9FE/", Some("169.254.169.254"));
    check("http://169.254.43518", Some("169.254.169.254"));
    check("http://0", Some("0.0.0.0"));
    check("http://0x", Some("0.0.0.0"));
    check("http://0x.0x.0", Some("0.0.0.0"));
    check("http://1.2.3.4..", Some("1.2.3.4."));
    check("http://09", None);
    check("http://0x100000000", None);
    check("http://b.example.0x1", None);
    check("http://%30%78%37%66.1", Some("127.0.0.1"));
    // IPv6.
    check("ws://[::1]", Some("::1"));
    check("ws://[0::1]:9", Some("::1"));
    check("ws://[::ffff:127.0.0.1]", Some("::ffff:7f00:1"));
    check("ws://[::ffff:0x7f.0.0.1]", None);
    check("ws://[1:0:0:2:0:0:0:3]", Some("1:0:0:2::3"));
    check("ws://[fe80::1%25eth0]", None);
    check("ws://[::1", None);
    check("ws://::1", None);
    check("ws://[::1].b.example", None);
    check("ws://[b.example]", None);
}

#[test]
fn names_in_other_spellings_are_the_same_host_or_none() {
    check("http://b.example.", Some("b.example"));
    check("http://b.example.:80", Some("b.example"));
    check("http://b.example%2e", Some("b.example"));
    check("http://.b.example", Some(".b.example"));
    check("http://.", None);
    // Names in other spellings.
    check("http://B%2EEXAMPLE", Some("b.example"));
    check("http://b.example%00.a.example", None);
    check("http://b.example%20", None);
    check("http://b.example%", None);
    check("http://b.example%zz", None);
    check("http://ｂ.example", None);
    check("http://b。example", None);
    check("http://ß.example", None);
    check("http://b\u{ad}.example", None);
    check("http://%EF%BD%82.example", None);
    check("http://b_-.example", Some("b_-.example"));
    // Ports.
    check("http://b.example:", Some("b.example"));
    check("http://b.example:/a.example", Some("b.example"));
    check("http://b.example:00000000080", Some("b.example"));
    check("http://b.example:65536", None);
    check("http://b.example:-1", None);
    check("http://b.example:80:80", None);
    check("http://b.example:8 0", None);
    check("http://:80", None);
    // Other schemes have other rules.
    check("file://b.example", None);
    check("wsx://b.example", None);
    check("javascript://b.example/%0aalert(1)", None);
    check("blob:http://b.example/", None);
    check("view-source:http://b.example", None);
}

#[test]
fn all_combinations_of_odd_parts_lead_where_a_browser_goes_or_nowhere() {
    let schemes = ["http:", "WS:", "w\nss:", " https:", "ftp:", ""];
    let slashes = ["//", "", "/", "\\\\", "///\\", "/\t/"];
    let users = ["", "@", "a.example@", "a:b@c@", "a%40", "a\\@"];
    let hosts = [
        "b.example",
        "B.Example.",
        "127.1",
        "0x7f.1.",
        "017700000001",
        "1.2.3.4.5",
        "b.0x",
        "[::1]",
        "[::FFFF:1.2.3.4]",
        "[::1",
        "%62",
        "%2e",
        "%00",
        "b c",
        "b\u{ad}",
        "１.1",
        "b..c",
        "xn--bcher-kva",
        "",
    ];
    let ports = ["", ":", ":80", ":080", ":65536", ":8a", ":\t8"];
    let ends = ["", "/@c.example", "\\x", "?a@c.example", "#@c"];
    for scheme in schemes {
        for slashes in slashes {
            for user in users {
                for host in hosts {
                    for port in ports {
                        ends.iter().for_each(|end| holds(&format!("{scheme}{slashes}{user}{host}{port}{end}")));
                    }
                }
            }
        }
    }
}
