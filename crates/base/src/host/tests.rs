//! The `url` crate, which follows the same standard as browsers do, is the referee.

use proptest::prelude::*;

use super::*;

/// What the referee opens; `None`: nothing.
fn opened(address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok()?;
    if !["http", "https", "ws", "wss"].contains(&url.scheme()) {
        return None;
    }
    let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']');
    let host = host.strip_suffix('.').unwrap_or(host);
    (!host.is_empty()).then(|| host.to_owned())
}

#[track_caller]
fn check(address: &str, expected: Option<&str>) {
    assert_eq!(host(address).as_deref(), expected, "{address:?}");
    assert_eq!(opened(address).as_deref(), expected, "{address:?} by the referee");
}

#[test]
fn hosts_are_found_as_a_browser_finds_them() {
    check("http://Chat.example:5001/api", Some("chat.example"));
    check(" wss://chat.example", Some("chat.example"));
    check("HTTPS://me:secret@chat.example/", Some("chat.example"));
    check("http://127.0.0.1@evil.example/", Some("evil.example"));
    check("ws://allowed.example@evil.example/", Some("evil.example"));
    check("http://a@b@evil.example/", Some("evil.example"));
    check("http://evil.example\\@127.0.0.1/", Some("evil.example"));
    check("http:\\\\evil.example\\x", Some("evil.example"));
    check("http:evil.example", Some("evil.example"));
    check("ws:////evil.example", Some("evil.example"));
    check("\u{1}ht\ntp:/\t/ev\til.example\n/", Some("evil.example"));
    check("http://a.example./", Some("a.example"));
    check("http://a.example../", Some("a.example."));
    check("http://%65vil.example/", Some("evil.example"));
    check("http://evil%2Eexample/", Some("evil.example"));
    check("http://a%2fb/", None);
    check("http://a%zz/", None);
    check("http://a b/", None);
    check("http://a:99999/", None);
    check("http://a:8o/", None);
    check("http://a:/", Some("a"));
    check("http://a:0000080/", Some("a"));
    check("ws://[::1]:80/x", Some("::1"));
    check("ws://[0:0:0:0:0:0:0:1]/", Some("::1"));
    check("ws://[::FFFF:127.0.0.1]/", Some("::ffff:7f00:1"));
    check("ws://[::127.0.0.1]/", Some("::7f00:1"));
    check("ws://[::1/", None);
    check("ws://[::1]x/", None);
    check("ws://me@[2001:DB8::1]/", Some("2001:db8::1"));
    check("ftp://a", None);
    check("http://", None);
    check("no address", None);
    check("//evil.example/", None);
}

#[test]
fn an_ip_address_has_many_spellings() {
    for spelling in [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "0x7f.1",
        "0X7F.0x0.0.1",
        "2130706433",
        "017700000001",
        "0x7f000001",
        "127.0.0.1.",
        "%31%32%37.1",
        "127.0x.0.00001",
    ] {
        check(&format!("ws://{spelling}/"), Some("127.0.0.1"));
    }
    check("http://1.2.3.4.5/", None);
    check("http://256.1/", None);
    check("http://1.2.3.256/", None);
    check("http://4294967296/", None);
    check("http://99999999999999999999999/", None);
    check("http://1.2.3.08/", None);
    check("http://a.1/", None);
    check("http://a.0x/", None);
    check("http://1.2.3.4a/", Some("1.2.3.4a"));
    check("http://1..2/", None);
}

#[test]
fn a_name_beyond_ascii_has_to_be_written_in_its_own_form() {
    assert_eq!(host("http://bücher.example/"), None);
    assert_eq!(host("http://１２７.0.0.1/"), None, "a browser takes these digits for 127.0.0.1");
    assert_eq!(host("http://b%C3%BCcher.example/"), None);
    check("http://xn--bcher-kva.example/", Some("xn--bcher-kva.example"));
}

#[test]
fn of_a_sketch_the_host_is_known_or_computed() {
    #[track_caller]
    fn check(address: &str, expected: Sketch) {
        assert_eq!(sketched_host(&address.replace('?', &UNKNOWN.to_string())), expected, "{address}");
    }
    let known = |host: &str| Sketch::Known(host.to_owned());
    check("http://A.example:?/x", known("a.example"));
    check("http://a.example/?", known("a.example"));
    check("http://?@a.example/", known("a.example"));
    check("http://a.example?", Sketch::Computed);
    check("http://a?.example/", Sketch::Computed);
    check("ws://?/", Sketch::Computed);
    check("?://a.example/", Sketch::Computed);
    check("?", Sketch::Computed);
    check("no address", Sketch::Nothing);
}

#[test]
fn loopback_is_this_machine_and_no_name_that_looks_like_it() {
    for (host, expected) in [
        ("localhost", true),
        ("127.0.0.1", true),
        ("127.9.9.9", true),
        ("::1", true),
        ("127.0.0.1.evil.example", false),
        ("127.evil.example", false),
        ("0.0.0.0", false),
        ("localhost.example", false),
    ] {
        assert_eq!(is_loopback(host), expected, "{host}");
    }
}

#[test]
fn public_is_what_can_be_anybodys() {
    for host in ["chat.com", "8.8.8.8", "2606:4700::1", "a.b.co.uk", "127.0.0.1.nip.io"] {
        assert!(is_public(host), "{host}");
    }
    for host in ["localhost", "127.0.0.1", "::1", "10.0.0.1", "192.168.0.7", "fd00::1", "chat", "chat.local", "a.test"]
    {
        assert!(!is_public(host), "{host}");
    }
}

#[test]
fn a_person_names_a_host() {
    assert_eq!(named_host(" A.example "), Some("a.example".to_owned()));
    assert_eq!(named_host("::1"), Some("::1".to_owned()));
    assert_eq!(named_host("[::1]"), Some("::1".to_owned()));
    for text in ["", "http://a", "a:80", "a/b", "two words"] {
        assert_eq!(named_host(text), None, "{text}");
    }
}

#[test]
fn an_origin_is_the_browsers() {
    #[track_caller]
    fn check(address: &str, expected: &str) {
        assert_eq!(origin(address), expected, "{address:?}");
        let referee = url::Url::parse(address).map(|url| url.origin().ascii_serialization());
        assert_eq!(referee.as_deref(), Ok(expected), "{address:?} by the referee");
    }
    check(" HTTP://Chat.Example:80/x ", "http://chat.example");
    check("https://chat.example:443", "https://chat.example");
    check("wss://chat.example:00443/", "wss://chat.example");
    check("ws://chat.example:443/", "ws://chat.example:443");
    check("http://user:pw@a.example:5001/?x#y", "http://a.example:5001");
    check("http:\\\\a.example\\x", "http://a.example");
    check("http:a.example", "http://a.example");
    check("http://0x7f.1:8080", "http://127.0.0.1:8080");
    check("ht\ntps://[::1]:8443/", "https://[::1]:8443");
    assert_eq!(origin(" no address "), "no address");
    assert_eq!(origin("http://me:pw@bücher.example/?token=x"), "http://bücher.example");
    assert_eq!(origin("http://me:pw@two words:99999/"), "http://two words:99999");
}

#[test]
fn credentials_are_seen_however_they_are_written() {
    for address in
        ["http://me:pw@a.example", "WS://me@a.example/", " https:\\\\:pw@a.example", "http:me@a", "http://@a"]
    {
        assert!(has_credentials(address), "{address}");
    }
    for address in ["http://a.example/me@x", "http://a?b@c", "me@a.example", "mailto:me@a.example", ""] {
        assert!(!has_credentials(address), "{address}");
    }
}

#[test]
fn an_address_and_a_path_meet_in_one_slash() {
    #[track_caller]
    fn check(address: &str, path: &str, expected: &str) {
        let mut text = format!("{address}{path}");
        join(&mut text, address.len());
        assert_eq!(text, expected);
    }
    check("http://h", "/api", "http://h/api");
    check("http://h/", "/api", "http://h/api");
    check("http://h//", "/api", "http://h/api");
    check(" HTTP://H:1/ ", "/api", " HTTP://H:1/api");
    check("http://h ", "/api", "http://h/api");
    check("http://h/proxy/", "/api", "http://h/proxy/api");
    check("http://h/", "api", "http://h/api");
    check("http://h/", "?a=/", "http://h/?a=/");
    check("http://h/?next=/", "/api", "http://h/?next=//api");
    check("http://", "/api", "http:///api");
    check("and/", "/or", "and//or");
    check("look: http://h/", "/api", "look: http://h//api");
    check("h:5001/", "/api", "h:5001//api");
    check("", "/api", "/api");
    check("이름/", "/", "이름//");
}

#[test]
fn the_host_that_a_person_means() {
    for text in [
        " Chat.Example ",
        "chat.example:5001",
        "HTTP://chat.example/",
        "wss://chat.example:1/x",
        "chat.example/x",
        "chat.example.",
    ] {
        assert_eq!(meant_host(text).as_deref(), Some("chat.example"), "{text}");
    }
    assert_eq!(meant_host("::1").as_deref(), Some("::1"));
    assert_eq!(meant_host("two words"), None);
}

/// Whatever this finds is what the referee opens; what it does not find is nothing that is opened, but for names beyond ASCII.
fn agree(address: &str) -> Result<(), TestCaseError> {
    let (ours, referee) = (host(address), opened(address));
    if let (Some(ours), Some(referee)) = (&ours, &referee) {
        prop_assert_eq!(ours, referee, "{:?}", address);
    }
    let is_beyond = !address.is_ascii() || address.contains('%');
    if ours.is_none() && !is_beyond {
        prop_assert_eq!(referee, None, "{:?}", address);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn the_referee_agrees_on_odd_text(
        scheme in "(http|HTTPS|ws|wss|ftp|)", slashes in ":?[/\\\\]{0,3}", rest in "[a-zA-Z0-9.:@%/\\\\\\[\\]?# \t\nxX-]{0,24}",
    ) {
        agree(&format!("{scheme}{slashes}{rest}"))?;
    }

    #[test]
    fn the_referee_agrees_on_numbers(host in "(0[xX])?[0-9a-f]{0,12}(\\.(0[xX])?[0-9a-f]{0,4}){0,4}\\.?") {
        agree(&format!("http://{host}/"))?;
    }

    #[test]
    fn the_referee_agrees_on_ipv6(host in "[0-9a-fA-F:.]{0,30}", groups in proptest::array::uniform8(any::<u16>()), zeros in any::<u8>()) {
        agree(&format!("http://[{host}]/"))?;
        let group = |(place, group): (usize, &u16)| if zeros & (1 << place) == 0 { format!("{group:x}") } else { "0".to_owned() };
        let groups: Vec<String> = groups.iter().enumerate().map(group).collect();
        agree(&format!("ws://[{}]:1/", groups.join(":")))?;
    }

    #[test]
    fn the_referee_agrees_on_percent_encoding(bytes in proptest::collection::vec(any::<u8>(), 0..8), tail in "[a-z.]{0,6}") {
        let encoded: String = bytes.iter().map(|byte| format!("%{byte:02x}")).collect();
        agree(&format!("http://{encoded}{tail}/"))?;
    }

    #[test]
    fn the_referee_agrees_on_any_text(text: String) {
        agree(&text)?;
        agree(&format!("ws://{text}"))?;
    }
}

#[test]
fn a_place_is_a_host_and_a_port() {
    #[track_caller]
    fn check(address: &str, expected: Option<&str>) {
        assert_eq!(place(address).as_deref(), expected, "{address}");
    }
    check("http://Chat.example:5001/api", Some("chat.example:5001"));
    check("ws://chat.example/x:9", Some("chat.example:80"));
    check("HTTPS://me:7@chat.example", Some("chat.example:443"));
    check("ws:chat.example:007", Some("chat.example:7"));
    check("ws://chat.example:0", Some("chat.example:0"));
    check("wss://[::1]/x", Some("[::1]:443"));
    check("ws://[::1]:80/x", Some("[::1]:80"));
    check("http://0x7f.1:1", Some("127.0.0.1:1"));
    check("http://127.0.0.1:99999/", None);
    check("no address", None);
    let computed = format!("http://127.0.0.1:{UNKNOWN}/x");
    assert_eq!(sketched_place(&computed), Sketch::Known("127.0.0.1".to_owned()));
    for (place, host) in [("chat.example:80", "chat.example"), ("[::1]:80", "::1"), ("127.0.0.1", "127.0.0.1")] {
        assert_eq!(host_of_place(place), host);
    }
}

proptest! {
    /// The referee's port, too.
    #[test]
    fn a_port_is_found_as_a_browser_finds_it(scheme in "(http|https|ws|wss)", port in "0{0,3}[0-9]{0,5}") {
        let address = format!("{scheme}://chat.example:{port}/x");
        let referee = url::Url::parse(&address).ok().and_then(|url| url.port_or_known_default());
        prop_assert_eq!(place(&address), referee.map(|port| format!("chat.example:{port}")));
    }
}

#[test]
fn this_machine_is_known_however_it_is_written() {
    let own = [
        "localhost",
        "a.localhost",
        "localhost.",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0.0.0.0",
        "::",
        "::ffff:127.0.0.1",
    ];
    own.iter().for_each(|host| assert!(means_this_machine(host), "{host}"));
    let others = ["10.0.0.1", "chat.example", "127.0.0.1.evil.example", "localhost.example", "::2", "3com.example"];
    others.iter().for_each(|host| assert!(!means_this_machine(host), "{host}"));
}
