//! One line, and what it is taken for.

use super::*;
use crate::contract::{Body, Request};

/// The smallest request, with `fields` in it.
fn request(fields: &str) -> String {
    let comma = if fields.is_empty() { "" } else { "," };
    format!(
        r#"{{"type":"request","event_id":"e1","event_time":"2026-02-23T09:15:00Z","account_id":"a1","model":"m1"{comma}{fields}}}"#
    )
}

/// The start of an event of any type, with `fields` in it.
fn event(kind: &str, fields: &str) -> String {
    format!(r#"{{"type":"{kind}","event_id":"e1","event_time":1771838100250,{fields}}}"#)
}

#[track_caller]
fn taken(line: &str) -> Parsed<'_> {
    match parse_json(line.as_bytes(), &Limits::default()) {
        Ok(parsed) => parsed,
        Err(reject) => panic!("{line}\n{reject}"),
    }
}

#[track_caller]
fn taken_request(line: &str) -> Request<'_> {
    match taken(line).event.body {
        Body::Request(request) => *request,
        other => panic!("{other:?}"),
    }
}

/// `expected` is the code, a colon and the whole detail.
#[track_caller]
fn refused(line: impl AsRef<[u8]>, expected: &str) {
    let line = line.as_ref();
    match parse_json(line, &Limits::default()) {
        Ok(parsed) => panic!("taken: {parsed:?}"),
        Err(reject) => assert_eq!(reject.to_string(), expected),
    }
}

/// As [`refused`], for messages that the parser words: only the code and the beginning count.
#[track_caller]
fn refused_like(line: impl AsRef<[u8]>, expected: &str) {
    match parse_json(line.as_ref(), &Limits::default()) {
        Ok(parsed) => panic!("taken: {parsed:?}"),
        Err(reject) => {
            let said = reject.to_string();
            assert!(said.starts_with(expected), "{said}");
        }
    }
}

#[test]
fn what_is_no_json_is_said_to_be_none() {
    refused("", "empty_line: expected a JSON object, found an empty line");
    refused(" \t\r\n", "empty_line: expected a JSON object, found an empty line");
    refused("null", "not_an_object: expected a JSON object, found null");
    refused("[{}]", "not_an_object: expected a JSON object, found a list");
    refused("\"e\"", "not_an_object: expected a JSON object, found text \"e\"");
    refused_like("{]", "invalid_json: not JSON: ");
    refused_like("nothing", "invalid_json: ");
    refused_like(request(r#""top_p":NaN"#), "invalid_json: `top_p`: not JSON: ");
    refused_like(request(r#""top_p":Infinity"#), "invalid_json: `top_p`: not JSON: ");
    refused_like(request(r#""top_p":1e999"#), "invalid_json: `top_p`: not JSON: number out of");
    refused_like(request("") + "{}", "invalid_json: not JSON: trailing characters");
    refused(b"{\"type\":\"\xff\"}", "invalid_utf8: expected UTF-8, found another byte at 9");
}

#[test]
fn a_line_cut_anywhere_is_truncated() {
    let line = request(r#""input_tokens":12,"stream":true,"turns":[{"role":"user","text":"a\n"}]"#);
    for end in 1..line.len() {
        refused_like(&line[..end], "truncated: ");
    }
    refused_like(&line[..line.len() - 4], "truncated: `turns[0].text`: the line ends too early");
}

#[test]
fn a_field_of_another_type_is_named_with_what_was_expected() {
    for (field, expected) in [
        (
            r#""input_tokens":"abc""#,
            "`input_tokens`: expected a whole number >= 0, found text \"abc\"",
        ),
        (r#""input_tokens":-1"#, "`input_tokens`: expected a whole number >= 0, found -1"),
        (r#""input_tokens":-0.5"#, "`input_tokens`: expected a whole number >= 0, found -0.5"),
        (r#""input_tokens":1.5"#, "`input_tokens`: expected a whole number >= 0, found 1.5"),
        (
            r#""input_tokens":9223372036854775808"#,
            "`input_tokens`: expected a whole number >= 0, found 9223372036854775808",
        ),
        (r#""input_tokens":1e30"#, "`input_tokens`: expected a whole number >= 0, found 1e30"),
        (r#""input_tokens":[]"#, "`input_tokens`: expected a whole number >= 0, found a list"),
        (
            r#""status_code":70000"#,
            "`status_code`: expected a whole number from 0 to 65535, found 70000",
        ),
        (r#""temperature":"hot""#, "`temperature`: expected a number, found text \"hot\""),
        (r#""stream":1"#, "`stream`: expected true or false, found 1"),
        (r#""channel":{}"#, "`channel`: expected text, found an object"),
        (r#""client":[]"#, "`client`: expected an object, found a list"),
        (r#""client":{"asn":{}}"#, "`client.asn`: expected a whole number >= 0, found an object"),
        (r#""turns":{}"#, "`turns`: expected a list, found an object"),
        (r#""turns":["hello"]"#, "`turns[0]`: expected an object, found text \"hello\""),
        (
            r#""turns":[{"role":"user","text":""},{"role":"user","text":5}]"#,
            "`turns[1].text`: expected text, found 5",
        ),
        (r#""turns":[null]"#, "`turns[0]`: expected no null in a list, found null"),
        (
            r#""modalities":["text",null]"#,
            "`modalities[1]`: expected no null in a list, found null",
        ),
        (r#""tools":["a",[1]]"#, "`tools[1]`: expected text or an object, found [1]"),
        (r#""tools":"a""#, "`tools`: expected a list, found text \"a\""),
    ] {
        refused(request(field), &format!("wrong_type: {expected}"));
    }
    let long = "x".repeat(100_000);
    let clipped = format!("text \"{}…\"", &long[..40]);
    refused(
        request(&format!(r#""stream":"{long}""#)),
        &format!("wrong_type: `stream`: expected true or false, found {clipped}"),
    );
}

#[test]
fn what_is_required_must_be_there() {
    let missing = |field: &str| format!("missing_field: `{field}`: required, but absent");
    refused("{}", &missing("type"));
    refused(r#"{"type":null}"#, &missing("type"));
    refused(r#"{"type":"request"}"#, &missing("event_id"));
    refused(r#"{"type":"request","event_id":"e"}"#, &missing("event_time"));
    for (kind, fields, field) in [
        ("request", r#""model":"m""#, "account_id"),
        ("request", r#""account_id":"a""#, "model"),
        ("request", r#""account_id":null,"model":"m""#, "account_id"),
        ("request", r#""account_id":"a","model":"m","turns":[{"text":""}]"#, "turns[0].role"),
        ("request", r#""account_id":"a","model":"m","turns":[{"role":""}]"#, "turns[0].text"),
        ("signup", r#""email":"a@b.c""#, "account_id"),
        ("payment", r#""bin":"4""#, "account_id"),
        ("verification", r#""kind":"k""#, "account_id"),
        ("enforcement", r#""action":"block""#, "account_id"),
        ("model_release", r#""kind":"release""#, "model"),
        ("feedback", r#""label":"benign""#, "account_id or cluster_id"),
        ("declared_use", r#""use":"reseller""#, "account_id or organization_id"),
        ("behaviour", r#""author":"a""#, "version"),
        ("behaviour", r#""version":0"#, "version"),
        ("lift", r#""unit":"api_key","account_id":"a""#, "api_key_id"),
    ] {
        refused(event(kind, fields), &missing(field));
    }
    for act in ["approval", "lift", "allow", "snooze"] {
        refused(
            event(act, r#""author":"ann""#),
            "missing_field: required: at least one of account_id, api_key_id, organization_id, \
             flow_id, cluster_id",
        );
    }
    for (kind, fields) in [
        ("policy", r#""mode":"shadow""#),
        ("client_release", r#""vendor":"v""#),
        ("indicator", r#""origin":"o""#),
        ("lift", r#""cluster_id":"c""#),
        ("lift", r#""unit":"api_key","account_id":"a","api_key_id":"k""#),
    ] {
        taken(&event(kind, fields));
    }
}

#[test]
fn closed_sets_are_closed_and_open_ones_open() {
    for (kind, fields, expected) in [
        (
            "model_release",
            r#""model":"m","kind":"launch""#,
            "`kind`: expected one of release, deprecation, safeguard_change, price_change, found text \"launch\"",
        ),
        (
            "lift",
            r#""unit":"user","account_id":"a""#,
            "`unit`: expected one of account, api_key, organization, flow, cluster, found text \"user\"",
        ),
        (
            "approval",
            r#""action":"BLOCK","account_id":"a""#,
            "`action`: expected one of observe, verify, shape, safeguard, rotate_key, block, lift, found text \"BLOCK\"",
        ),
        ("policy", r#""mode":"""#, "`mode`: expected one of shadow, enforce, found text \"\""),
    ] {
        refused(event(kind, fields), &format!("unknown_value: {expected}"));
    }
    refused_like(
        event("wish", r#""a":1"#),
        "unknown_type: `type`: expected one of request, signup",
    );
    taken(&request(
        r#""channel":"pigeon","operation":"sing","finish_reason":"tired","turns":[{"role":"oracle","text":""}]"#,
    ));
    taken(&event("enforcement", r#""account_id":"a","action":"frowned","result":"""#));
    taken(&event("signup", r#""account_id":"a","program":"none of yours""#));
}

#[test]
fn times_are_read_in_both_forms_and_only_within_the_accepted_years() {
    let timed =
        |time: &str| format!(r#"{{"type":"client_release","event_id":"e","event_time":{time}}}"#);
    for (time, millis) in [
        (r#""2026-02-23T09:15:00.250Z""#, 1_771_838_100_250),
        (r#""2026-02-23T10:15:00.250999999+01:00""#, 1_771_838_100_250),
        ("1771838100250", 1_771_838_100_250),
        ("1771838100250.0", 1_771_838_100_250),
        (r#""2000-01-01T00:00:00Z""#, 946_684_800_000),
        (r#""2099-12-31T23:59:59.999Z""#, 4_102_444_799_999),
    ] {
        assert_eq!(taken(&timed(time)).event.event_time, EventTime(millis), "{time}");
    }
    let range = "time_out_of_range: `event_time`: expected a time from 2000-01-01T00:00:00.000Z \
                 up to 2100-01-01T00:00:00.000Z, found ";
    for (time, found) in [
        ("0", "1970-01-01T00:00:00.000Z"),
        (r#""1999-12-31T23:59:59.999Z""#, "1999-12-31T23:59:59.999Z"),
        (r#""2100-01-01T00:00:00Z""#, "2100-01-01T00:00:00.000Z"),
        (
            "1771838100",
            "1970-01-21T12:10:38.100Z; these look like seconds, milliseconds are expected",
        ),
        ("-1", "1969-12-31T23:59:59.999Z"),
    ] {
        refused(timed(time), &format!("{range}{found}"));
    }
    refused(
        timed("1771838100250000"),
        "time_out_of_range: `event_time`: expected milliseconds of the years 0 to 9999, \
         found 1771838100250000",
    );
    for (time, found) in [
        (r#""yesterday""#, "text \"yesterday\""),
        (r#""2026-02-30T00:00:00Z""#, "text \"2026-02-30T00:00:00Z\""),
        ("1.5", "1.5"),
        ("true", "true"),
        ("{}", "an object"),
        ("18446744073709551615", "18446744073709551615"),
    ] {
        refused(
            timed(time),
            &format!(
                "invalid_time: `event_time`: expected RFC 3339 such as 2026-02-23T09:15:00Z, \
                 or whole epoch milliseconds, found {found}"
            ),
        );
    }
    // An end may lie where no event may.
    taken(&event("lift", r#""account_id":"a","expires_at":"9999-12-31T23:59:59Z""#));
}

#[test]
fn ids_can_stand_in_a_key_and_callers_texts_need_not() {
    for (field, code) in [
        (
            r#""organization_id":"""#,
            "empty_id: `organization_id`: expected an id, found empty text",
        ),
        (r#""tenant":"""#, "empty_id: `tenant`: expected an id, found empty text"),
        (
            "\"api_key_id\":\"a\\u001fb\"",
            "control_character: `api_key_id`: expected an id without control characters, found \"a\\u{1f}b\"",
        ),
        (
            "\"tenant\":\"\\u0085\"",
            "control_character: `tenant`: expected an id without control characters, found \"\\u{85}\"",
        ),
    ] {
        refused(request(field), code);
    }
    let long = "i".repeat(513);
    refused(
        request(&format!(r#""tenant":"{long}""#)),
        "long_id: `tenant`: expected an id of at most 512 bytes, found 513",
    );
    taken(&request(&format!(r#""tenant":"{}""#, &long[1..])));
    taken(&request(&format!(
        r#""end_user_id":"\u001f{long}","conversation_id":"","client":{{"user_agent":"\u0000"}}"#
    )));
}

#[test]
fn unknown_fields_are_kept_out_and_counted() {
    let line = request(
        r#""a":1,"b":{"c":[1,{"d":null}]},"client":{"x":1},"email":5,"turns":[{"role":"","text":"","y":[]}]"#,
    );
    assert_eq!(taken(&line).unknown_fields, 5);
    assert_eq!(taken(&request("")).unknown_fields, 0);
}

#[test]
fn type_may_stand_anywhere() {
    let early = r#"{"type":"verification","event_id":"e","event_time":1771838100250,"account_id":"a","kind":"k","model":5}"#;
    let late = r#"{"model":5,"kind":"k","account_id":"a","event_time":1771838100250,"event_id":"e","type":"verification"}"#;
    assert_eq!(taken(early), taken(late));
    assert_eq!(taken(late).unknown_fields, 1);
    let late = r#"{"model":"m","account_id":"a","event_time":1771838100250,"event_id":"e","type":"request"}"#;
    assert_eq!(taken_request(late).model, "m");
    refused(
        r#"{"account_id":5,"event_time":1771838100250,"event_id":"e","type":"verification"}"#,
        "wrong_type: `account_id`: expected text, found 5",
    );
    refused_like(r#"{"model":"m","type":"wish"}"#, "unknown_type: `type`: ");
}

#[test]
fn a_field_given_two_values_is_refused() {
    let twice = |field: &str| format!("duplicate_field: `{field}`: given two values, expected one");
    refused(request(r#""model":"m2""#), &twice("model"));
    refused(request(r#""type":"lift""#), &twice("type"));
    refused(request(r#""event_id":"e2""#), &twice("event_id"));
    refused(request(r#""stream":true,"stream":true"#), &twice("stream"));
    refused(request(r#""client":{"ip":"1","ip":"2"}"#), &twice("client.ip"));
    refused(request(r#""tools":["a"],"tools":["b"]"#), &twice("tools"));
    refused(
        event("model_release", r#""model":"m","kind":"deprecation","kind":"release""#),
        &twice("kind"),
    );
    // Null is what absence is: it contradicts nothing.
    taken(&request(r#""stream":null,"stream":true,"stream":null"#));
}

#[test]
fn json_inside_the_contract_is_kept_compact() {
    let read = taken_request(
        r#"{"type":"request","event_id":"e1","event_time":"2026-02-23T09:15:00Z","account_id":"a1","model":"m1",
            "tools":["plain","tab\t\u0041",{ "name" : "f \" {",  "n": [1.0, 2e3] },{"x":1}]}"#,
    )
    .tools;
    assert_eq!(read, ["plain", "tab\tA", r#"{"name":"f \" {","n":[1.0,2e3]}"#, r#"{"x":1}"#]);
    let stix = |value: &str| match taken(&event("indicator", &format!(r#""stix":{value}"#))).event {
        crate::contract::Event { body: Body::Indicator(indicator), .. } => {
            indicator.stix.map(|text| text.into_owned())
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(stix(r#"{"type": "bundle"}"#).as_deref(), Some(r#"{"type":"bundle"}"#));
    assert_eq!(stix(r#""as text""#).as_deref(), Some("as text"));
    assert_eq!(stix("null"), None);
    refused(
        event("indicator", r#""stix":[1]"#),
        "wrong_type: `stix`: expected text or an object, found [1]",
    );
}

#[test]
fn half_a_surrogate_pair_is_mended_and_keeps_nothing_out_of_sight() {
    let line = request(
        r#""system":"a\ud83d b\ude00 \\ud83d \ud83d\ude00 \uD83D\uD83D\uDE00","tools":["\udc00",{"t":"\ud800"}],"\ud800":"\ud800""#,
    );
    let parsed = taken(&line);
    let Body::Request(read) = &parsed.event.body else { panic!() };
    assert_eq!(read.system.as_deref(), Some("a\u{fffd} b\u{fffd} \\ud83d 😀 \u{fffd}😀"));
    assert_eq!(read.tools[0], "\u{fffd}");
    assert_eq!(parsed.unknown_fields, 1);
    // A broken line stays broken.
    refused_like(request(r#""system":"\ud83d","#), "invalid_json: ");
}

#[test]
fn a_byte_order_mark_and_a_carriage_return_are_no_part_of_the_line() {
    let line = format!("\u{feff}{}\r\n", request(""));
    taken(&line);
}

#[test]
fn depth_and_size_have_an_end() {
    let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    taken(&request(&format!(r#""x":{}"#, nested(63))));
    let deep = "nested deeper than 64 levels";
    refused(request(&format!(r#""x":{}"#, nested(64))), &format!("too_deep: `x`: {deep}"));
    refused(request(&format!(r#""x":{}"#, nested(100_000))), &format!("too_deep: `x`: {deep}"));
    let objects = "{\"a\":".repeat(100_000);
    refused(request(&format!(r#""x":{objects}"#)), &format!("too_deep: `x`: {deep}"));
    let tool = |levels: usize| format!("\"tools\":[{{\"a\":{}}}]", nested(levels));
    taken(&request(&tool(61)));
    refused(request(&tool(62)), &format!("too_deep: `tools[0]`: {deep}"));
    refused(request(&tool(100_000)), &format!("too_deep: `tools[0]`: {deep}"));
    refused_like("[".repeat(100_000), "not_an_object: ");
    refused_like("{\"a\":".repeat(100_000), "too_deep: ");

    let long = "x".repeat(10 << 20);
    let line = request(&format!(r#""system":"{long}""#));
    refused(
        &line,
        &format!("too_large: expected a record of at most 8388608 bytes, found {}", line.len()),
    );
    let line = request(&format!(r#""system":"{}""#, &long[..8_388_000]));
    assert_eq!(taken_request(&line).system.map(|text| text.len()), Some(8_388_000));
}

#[test]
fn texts_borrow_from_the_line_unless_they_were_escaped() {
    use std::borrow::Cow;
    let line = request(r#""system":"plain","response":"two\nlines","tools":[{"a":1}]"#);
    let read = taken_request(&line);
    assert!(matches!(read.system, Some(Cow::Borrowed("plain"))));
    assert!(matches!(&read.response, Some(Cow::Owned(text)) if text == "two\nlines"));
    assert!(matches!(read.tools[0], Cow::Borrowed(r#"{"a":1}"#)));
}

#[test]
fn codes_are_unique_and_kinds_find_their_names() {
    let codes: std::collections::BTreeSet<_> = Reason::ALL.map(Reason::code).into();
    assert_eq!(codes.len(), Reason::ALL.len());
    for kind in Kind::ALL {
        assert_eq!(Kind::from_name(kind.name()), Some(kind));
        assert_eq!(kind.blank().kind(), kind);
    }
}
