use proptest::prelude::*;

use super::*;

#[test]
fn packets_of_the_protocol_document() {
    #[track_caller]
    fn check(frame: &str, namespace: &str, packet: Packet<'_>) {
        assert_eq!(decode(&frame[1..]), Ok((namespace, packet.clone())), "{frame}");
        assert_eq!(encode(namespace, &packet), frame);
    }
    let event = |args, ack, attachments| Packet::Event { name: "foo".into(), args, ack, attachments };
    let (one, two) = (r#"{"_placeholder":true,"num":0}"#, r#"{"_placeholder":true,"num":1}"#);
    let both = format!("{one},{two}");
    check("40", "/", Packet::Connect { data: "" });
    check("40/admin,", "/admin", Packet::Connect { data: "" });
    check(r#"40/admin,{"sid":"x"}"#, "/admin", Packet::Connect { data: r#"{"sid":"x"}"# });
    check("41", "/", Packet::Disconnect);
    check("41/admin,", "/admin", Packet::Disconnect);
    check(r#"42["foo"]"#, "/", event("", None, 0));
    check(r#"42/admin,["foo",1]"#, "/admin", event("1", None, 0));
    check(r#"4212["foo"]"#, "/", event("", Some(12), 0));
    check(r#"42/admin,0["foo",null,[]]"#, "/admin", event("null,[]", Some(0), 0));
    check(r#"43/admin,13["bar"]"#, "/admin", Packet::Ack { id: 13, args: r#""bar""#, attachments: 0 });
    check("430[]", "/", Packet::Ack { id: 0, args: "", attachments: 0 });
    check(r#"44{"message":"no"}"#, "/", Packet::ConnectError { data: r#"{"message":"no"}"# });
    check(r#"44"bare""#, "/", Packet::ConnectError { data: r#""bare""# });
    check(r#"44/ns,"Invalid namespace""#, "/ns", Packet::ConnectError { data: r#""Invalid namespace""# });
    check(&format!(r#"451-["foo",{one}]"#), "/", event(one, None, 1));
    check(&format!(r#"452-/admin,7["foo",{both}]"#), "/admin", event(&both, Some(7), 2));
    check(&format!("461-15[{one}]"), "/", Packet::Ack { id: 15, args: one, attachments: 1 });
}

#[test]
fn other_spellings_of_valid_packets() {
    #[track_caller]
    fn check(text: &str, namespace: &str, name: &str, args: &str) {
        let packet = Packet::Event { name: name.into(), args, ack: None, attachments: 0 };
        assert_eq!(decode(text), Ok((namespace, packet)), "{text}");
    }
    check(r#"2/ns?token=a%2Cb&x=1,["e"]"#, "/ns", "e", "");
    check(r#"2/?x,["e"]"#, "/", "e", "");
    check(r#"2/,["e"]"#, "/", "e", "");
    check(r#"2 [ "e" , 1 ] "#, "/", "e", "1");
    check(r#"2["with \"quotes\", and \\",{}]"#, "/", r#"with "quotes", and \"#, "{}");
    check(r#"2["\ud55c\uae00"]"#, "/", "한글", "");
    check(r#"2["한글","값"]"#, "/", "한글", r#""값""#);
    check(r#"2["cut \ud800",1]"#, "/", "cut \u{fffd}", "1");
    check(r#"2[""]"#, "/", "", "");
    check("2[42,true]", "/", "42", "true");
    check("2[-1.5e3]", "/", "-1.5e3", "");
    check(r#"2["e","]"]"#, "/", "e", r#""]""#);
}

#[test]
fn hostile_packets_are_named() {
    #[track_caller]
    fn check(text: &str, code: &str) {
        assert_eq!(decode(text).unwrap_err().code(), code, "{text}");
    }
    check("", "empty_frame");
    check("7", "packet_type");
    check("x", "packet_type");
    check("é", "packet_type");
    check("0[]", "payload");
    check("0{", "payload");
    check("0{}{}", "payload");
    check("1{}", "payload");
    check("11", "payload");
    check("2", "payload");
    check("2[]", "payload");
    check("2[", "payload");
    check("2]", "payload");
    check(r#"2["#, "payload");
    check(r#"2["e"#, "payload");
    check(r#"2["e]"#, "payload");
    check(r#"2["e","#, "payload");
    check(r#"2["e",]"#, "payload");
    check(r#"2["e"1]"#, "payload");
    check(r#"2["e\"]"#, "payload");
    check(r#"2["\x"]"#, "payload");
    check(r#"2{"e":1}"#, "payload");
    check("2[null]", "payload");
    check("2[true,1]", "payload");
    check("2[{}]", "payload");
    check("2[01]", "payload");
    check(r#"2["disconnect"]"#, "reserved_event");
    check(r#"2["connect_error",{}]"#, "reserved_event");
    check(r#"2["\u0063onnect"]"#, "reserved_event");
    check(r#"299999999999999999999["e"]"#, "ack_id");
    check("3[]", "ack_id");
    check("3", "ack_id");
    check("31", "payload");
    check("31{}", "payload");
    check("399999999999999999999[]", "ack_id");
    check("4[]", "payload");
    check("41", "payload");
    check(r#"4"unfinished"#, "payload");
    check("5", "attachment_count");
    check(r#"5["e"]"#, "attachment_count");
    check(r#"50-["e"]"#, "attachment_count");
    check(r#"5-1-["e"]"#, "attachment_count");
    check(r#"51.5-["e"]"#, "attachment_count");
    check(r#"5257-["e"]"#, "attachment_count");
    check(r#"599999999999999999999-["e"]"#, "attachment_count");
    check("51", "attachment_count");
    check("51-", "payload");
    check("6-[]", "attachment_count");
    check("61-[]", "ack_id");
    check("2/ns", "payload");
    check("2/ns,", "payload");
    check("2/é", "payload");
}

fn namespaces() -> impl Strategy<Value = String> {
    prop_oneof![Just("/".to_owned()), "/[a-zé0-9/_-]{1,8}"]
}

proptest! {
    #[test]
    fn packets_survive_the_wire(
        namespace in namespaces(), name: String, args in "(1|\"a,b\"|\\[\\]|\\{\"k\":\\[null\\]\\})(,(2|\"]\"))*",
        ack: Option<u64>, id: u64, attachments in 0..=MAX_ATTACHMENTS,
    ) {
        let name = if is_reserved(&name) { String::new() } else { name };
        let data = format!("{{\"k\":{}}}", json::quote(&name));
        let refusal = json::quote(&name);
        let packets = [
            Packet::Connect { data: &data },
            Packet::Connect { data: "" },
            Packet::Disconnect,
            Packet::Event { name: Cow::Borrowed(&name), args: &args, ack, attachments },
            Packet::Event { name: Cow::Borrowed(&name), args: "", ack, attachments },
            Packet::Ack { id, args: &args, attachments },
            Packet::Ack { id, args: "", attachments },
            Packet::ConnectError { data: &data },
            Packet::ConnectError { data: &refusal },
        ];
        for packet in packets {
            let frame = encode(&namespace, &packet);
            prop_assert_eq!(decode(&frame[1..]), Ok((namespace.as_str(), packet)));
        }
    }

    #[test]
    fn no_text_panics(text: String) {
        let _ = decode(&text);
    }

    #[test]
    fn no_near_packet_panics(text in "[0-7]([0-9]{1,3}-)?(/[a?é]{0,3},)?[0-9]{0,22}[\\[\\]{}\",\\\\aé1 ]{0,20}") {
        let _ = decode(&text);
    }
}
