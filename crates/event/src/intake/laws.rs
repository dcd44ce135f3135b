//! What holds for every line: no bytes panic, what is refused says why, and an event that is written
//! and read again is the same event.

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

/// Valid lines of several types, with everything that a reader treats in its own way.
const LINES: [&str; 6] = [
    r#"{"type":"request","event_id":"e1","event_time":"2026-02-23T09:15:00.25Z","tenant":"north","account_id":"a1","model":"m1","stream":true,"input_tokens":12,"temperature":0.7,"latency_ms":1834.25,"client":{"ip":"203.0.113.7","asn":64500,"user_agent":"x \ud83d\ude00"},"system":"a\nb","turns":[{"role":"user","text":"é \"q\" \\"},{"role":"assistant","text":""}],"tools":["t",{"name":"n","p":[1, 2.5,null]}],"content_hashes":["h"]}"#,
    r#"{"account_id":"a1","email":"a@b.example","form_ms":12.0,"event_time":1771838100250,"event_id":"e2","type":"signup"}"#,
    r#"{"type":"payment","event_id":"e3","event_time":1771838100250,"account_id":"a1","amount_micros":-5,"x":{"y":[[[]]]}}"#,
    r#"{"type":"approval","event_id":"e4","event_time":1771838100250,"unit":"api_key","api_key_id":"k","action":"rotate_key","expires_at":"2026-06-01T00:00:00+02:00"}"#,
    r#"{"type":"indicator","event_id":"e5","event_time":1771838100250,"origin":"o","stix":{"type": "bundle"}}"#,
    r#"{"type":"declared_use","event_id":"e6","event_time":1771838100250,"organization_id":"o","use":"reseller"}"#,
];

/// What the quick reader takes, the other one reads as the same.
fn check_plain(line: &[u8]) -> Result<(), TestCaseError> {
    let Ok(text) = std::str::from_utf8(line) else { return Ok(()) };
    if let Some(plain) = parse_plain(text, &Limits::default()) {
        prop_assert_eq!(Ok(plain), parse_any(text, &Limits::default()));
    }
    Ok(())
}

/// Whatever the bytes are: an event that survives writing and reading, or a reason.
fn check(line: &[u8]) -> Result<(), TestCaseError> {
    check_plain(line)?;
    match parse_json(line, &Limits::default()) {
        Ok(parsed) => {
            let written = serde_json::to_string(&parsed.event)
                .map_err(|error| TestCaseError::fail(error.to_string()))?;
            let again = parse_json(written.as_bytes(), &Limits::default())
                .map_err(|reject| TestCaseError::fail(format!("{written}\n{reject}")))?;
            prop_assert_eq!(&again.event, &parsed.event);
            prop_assert_eq!(again.unknown_fields, 0);
        }
        Err(reject) => {
            prop_assert!(!reject.detail.is_empty());
            prop_assert!(reject.detail.len() < 2_000, "{}", reject.detail);
        }
    }
    Ok(())
}

#[test]
fn the_quick_reader_takes_what_machines_write() {
    // All but the one with a pair of surrogates.
    let taken = LINES.map(|line| parse_plain(line, &Limits::default()).is_some());
    assert_eq!(taken, [false, true, true, true, true, true]);
    let whole = LINES[0].replace("\\ud83d\\ude00", "\\u00e9\\/");
    assert!(parse_plain(&whole, &Limits::default()).is_some());
    check(whole.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn every_line_is_an_event_that_survives() {
    for line in LINES {
        parse_json(line.as_bytes(), &Limits::default())
            .unwrap_or_else(|reject| panic!("{line}\n{reject}"));
        check(line.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    }
}

/// Values that stand where they should not.
const VALUES: [&str; 16] = [
    "null",
    "true",
    "0",
    "-1",
    "1e300",
    "-0.0",
    "12.0",
    "0.1",
    "\"\"",
    "\"\\ud800\"",
    "\"\\u0000\"",
    "[]",
    "{}",
    "[{}]",
    "NaN",
    "18446744073709551616",
];

/// Any number or text, as JSON.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(VALUES.as_slice()).prop_map(str::to_owned),
        any::<f64>().prop_map(|number| serde_json::json!(number).to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<String>().prop_map(|text| serde_json::json!(text).to_string()),
    ]
}

proptest! {
    #[test]
    fn any_bytes(line in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&line)?;
    }

    #[test]
    fn any_tokens(
        tokens in prop::collection::vec(
            prop::sample::select(vec![
                "{", "}", "[", "]", ",", ":", "\"type\"", "\"request\"", "\"turns\"", "\"client\"",
                "\"tools\"", "\"event_time\"", "1771838100250", "null", "\"a\\u00", "\\", "\"", " ",
            ]),
            0..40,
        )
    ) {
        check(tokens.concat().as_bytes())?;
    }

    #[test]
    fn altered_lines(
        line in prop::sample::select(LINES.as_slice()),
        changes in prop::collection::vec((any::<Index>(), 0_u8..3, any::<u8>()), 1..5),
    ) {
        let mut bytes = line.as_bytes().to_vec();
        for (at, change, byte) in changes {
            let at = at.index(bytes.len().max(1)).min(bytes.len());
            match change {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, byte),
                _ => bytes.get_mut(at).into_iter().for_each(|old| *old ^= byte),
            }
        }
        check(&bytes)?;
    }

    #[test]
    fn other_values(
        line in prop::sample::select(LINES.as_slice()),
        field in any::<Index>(),
        value in value(),
    ) {
        // After some colon, some other value: the rest of what stood there mostly breaks the line,
        // so it is taken away up to the next comma.
        let colons: Vec<usize> = line.match_indices("\":").map(|(at, _)| at + 2).collect();
        let at = colons[field.index(colons.len())];
        let rest = line[at..].find(',').map_or("}", |comma| &line[at + comma..]);
        check(format!("{}{value}{rest}", &line[..at]).as_bytes())?;
    }

    #[test]
    fn any_texts_and_numbers_survive(
        text in any::<String>(),
        number in any::<f64>().prop_filter("JSON has no others", |number| number.is_finite()),
        count in 0..=i64::MAX as u64,
        millis in 946_684_800_000_i64..4_102_444_800_000,
    ) {
        let line = serde_json::json!({
            "type": "request", "event_id": "e", "event_time": millis, "account_id": "a",
            "model": "m", "system": text, "temperature": number, "input_tokens": count,
            "turns": [{"role": text, "text": text}], "tools": [text, {"x": text}],
        })
        .to_string();
        let parsed = parse_json(line.as_bytes(), &Limits::default())
            .map_err(|reject| TestCaseError::fail(reject.to_string()))?;
        let crate::contract::Body::Request(request) = &parsed.event.body else { unreachable!() };
        prop_assert_eq!(request.system.as_deref(), Some(text.as_str()));
        prop_assert_eq!(request.temperature, Some(number));
        prop_assert_eq!(request.input_tokens, Some(count));
        prop_assert_eq!(parsed.event.event_time, EventTime(millis));
        check(line.as_bytes())?;
    }
}
