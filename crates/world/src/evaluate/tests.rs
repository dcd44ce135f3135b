//! Small worlds made by hand, evaluated through files as a user would.

#![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Error, Evaluation, evaluate, table};

/// A world in files: truth, outputs and events, one JSON value a line.
struct World {
    directory: TempDir,
}

impl World {
    fn new() -> World {
        World { directory: tempfile::tempdir().unwrap() }
            .with("decisions.jsonl", &[])
            .with("clusters.jsonl", &[])
    }

    fn with(self, file: &str, lines: &[Value]) -> World {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        self.raw(file, text.as_bytes())
    }

    fn raw(self, file: &str, bytes: &[u8]) -> World {
        fs::write(self.directory.path().join(file), bytes).unwrap();
        self
    }

    fn try_evaluate(&self, inputs: &[&str]) -> Result<Evaluation, Error> {
        let inputs: Vec<PathBuf> =
            inputs.iter().map(|name| self.directory.path().join(name)).collect();
        evaluate(&self.directory.path().join("truth.jsonl"), self.directory.path(), &inputs)
    }

    /// With the events.
    fn evaluate(&self) -> Evaluation {
        self.try_evaluate(&["events.jsonl"]).unwrap()
    }
}

/// Minutes after the start, as RFC 3339.
fn at(minute: i64) -> String {
    event::rfc3339::format(event::EventTime(1_772_000_000_000 + minute * 60_000))
}

fn member(id: &str, campaign: &str, role: &str) -> Value {
    json!({"account_id": id, "campaign": campaign, "role": role, "segment": "attack"})
}

fn benign(id: &str, segment: &str) -> Value {
    json!({"account_id": id, "campaign": null, "role": "benign", "segment": segment})
}

fn request(id: &str, account: &str, minute: i64) -> Value {
    json!({"type": "request", "event_id": id, "event_time": at(minute), "account_id": account,
        "model": "m", "organization_id": format!("org-{account}"),
        "api_key_id": format!("key-{account}"),
        "turns": [{"role": "user", "text": "an \"escaped\" \n text"}]})
}

/// An act on an account by the joint lane.
fn act(account: &str, action: &str, minute: i64, until: Option<i64>, sequence: u64) -> Value {
    json!({"event_time": at(minute), "expires_at": until.map(at), "tenant": "", "lane": "joint",
        "unit": "account", "account_id": account, "action": action, "mode": "enforce",
        "decision_id": "d", "reasons": [], "as_of": at(minute), "sequence": sequence})
}

/// An act on another unit.
fn act_on(unit: &str, ids: Value, action: &str, minute: i64) -> Value {
    let mut record = act("", action, minute, None, 0);
    record["unit"] = unit.into();
    record.as_object_mut().unwrap().remove("account_id");
    record.as_object_mut().unwrap().extend(ids.as_object().unwrap().clone());
    record
}

fn cluster(id: &str, minute: i64, members: &[&str]) -> Value {
    let members: Vec<Value> =
        members.iter().map(|id| json!({"account_id": id, "weight": 1.0})).collect();
    json!({"event_time": at(minute), "cluster_id": id, "tenant": "", "status": "changed",
        "members": members})
}

/// Two harvesters of one campaign, each asking at minutes 0, 10, 20, 30, and two benign accounts.
fn two_against_two() -> World {
    let mut events = Vec::new();
    for minute in [0, 10, 20, 30] {
        for account in ["h1", "h2", "b1", "b2"] {
            events.push(request(&format!("{account}-{minute}"), account, minute));
        }
    }
    World::new()
        .with(
            "truth.jsonl",
            &[
                member("h1", "alpha", "harvest"),
                member("h2", "alpha", "harvest"),
                benign("b1", "office"),
                benign("b2", "school"),
            ],
        )
        .with("events.jsonl", &events)
}

#[test]
fn counts_found_leaked_and_harmed() {
    let result = two_against_two()
        .with(
            "decisions.jsonl",
            &[
                act("h1", "safeguard", 15, None, 1),
                act("h2", "shape", 25, None, 1),
                act("b1", "shape", 5, None, 1),
                act("b2", "observe", 5, None, 1),
            ],
        )
        .evaluate();
    assert_eq!(result.accounts.recall, Some(1.0));
    assert_eq!(result.accounts.precision, Some(2.0 / 3.0));
    assert_eq!(
        (
            result.benign.accounts,
            result.benign.above_observe,
            result.benign.shaped,
            result.benign.blocked
        ),
        (2, 1, 1, 0)
    );
    let alpha = &result.campaigns[0];
    assert_eq!((alpha.accounts, alpha.found), (2, 2));
    // h1 is contained at 20 and 30; shaping h2 contains nothing.
    assert_eq!((alpha.planned, alpha.made, alpha.leaked), (Some(8), Some(8), Some(6)));
    assert_eq!(alpha.leaked_share, Some(0.75));
    assert_eq!(alpha.time_to_detection_s, Some(900.0));
    assert_eq!(alpha.time_to_half_found_s, Some(900.0));
    assert_eq!(alpha.customer_requests, Some(0));
    let names: Vec<_> =
        result.segments.iter().map(|s| (s.name.as_str(), s.above_observe)).collect();
    assert_eq!(names, [("office", 1), ("school", 0)]);
    assert!(!result.feedback);
}

#[test]
fn expiry_lift_and_replacement_end_an_act() {
    let leaked = |decisions: &[Value]| {
        let result = two_against_two().with("decisions.jsonl", decisions).evaluate();
        (result.campaigns[0].leaked.unwrap(), result.campaigns[0].found)
    };
    assert_eq!(leaked(&[act("h1", "block", 0, None, 1)]), (4, 1));
    assert_eq!(leaked(&[act("h1", "block", 0, Some(10), 1)]), (7, 1));
    let lifted = [act("h1", "block", 0, None, 1), act("h1", "lift", 20, None, 2)];
    assert_eq!(leaked(&lifted), (6, 1));
    let weaker = [act("h1", "block", 0, None, 1), act("h1", "verify", 10, None, 2)];
    assert_eq!(leaked(&weaker), (7, 1));
    // The sequence is the order within a key, wherever the lines stand.
    let shuffled = [act("h1", "lift", 20, None, 2), act("h1", "block", 0, None, 1)];
    assert_eq!(leaked(&shuffled), (6, 1));
    // The account lane's lift does not end the joint lane's block.
    let mut other_lane = act("h1", "lift", 5, None, 2);
    other_lane["lane"] = "account".into();
    assert_eq!(leaked(&[act("h1", "block", 0, None, 1), other_lane]), (4, 1));
    // An act that was over before the campaign began, or came after it ended, finds nobody.
    assert_eq!(leaked(&[act("h1", "block", -9, Some(-5), 1)]), (8, 0));
    assert_eq!(leaked(&[act("h1", "block", 31, None, 1)]), (8, 0));
    // In force already when the campaign begins: found at once.
    assert_eq!(leaked(&[act("h1", "block", -9, None, 1)]), (4, 1));
}

#[test]
fn acts_on_clusters_flows_keys_and_organisations_touch_their_accounts() {
    let outcome = |decisions: &[Value]| {
        let clusters = [
            cluster("c", 4, &["h1"]),
            cluster("c", 12, &["h1", "b1"]),
            cluster("c", 25, &["h1", "h2", "b1", "b2"]),
        ];
        let world =
            two_against_two().with("decisions.jsonl", decisions).with("clusters.jsonl", &clusters);
        let result = world.evaluate();
        let alpha = &result.campaigns[0];
        (alpha.found, alpha.leaked.unwrap(), result.benign.above_observe)
    };
    // The members when the act began: h1 and b1.
    let on_cluster = act_on("cluster", json!({"cluster_id": "c"}), "block", 15);
    assert_eq!(outcome(&[on_cluster]), (1, 6, 1));
    // Before the first record of the cluster: that record's members.
    let early = act_on("cluster", json!({"cluster_id": "c"}), "block", 1);
    assert_eq!(outcome(&[early]), (1, 5, 0));
    let ids = json!({"flow_id": "f", "account_id": "h2", "cluster_id": "c"});
    assert_eq!(outcome(&[act_on("flow", ids, "safeguard", 15)]), (1, 6, 0));
    let ids = json!({"organization_id": "org-h2"});
    assert_eq!(outcome(&[act_on("organization", ids, "block", 15)]), (1, 6, 0));
    let ids = json!({"api_key_id": "key-b2"});
    assert_eq!(outcome(&[act_on("api_key", ids, "rotate_key", 15)]), (0, 8, 1));
}

#[test]
fn a_stolen_key_is_detected_by_its_rotation_and_harms_nobody() {
    let harvest = json!({"event_id": "v-1", "campaign": "theft"});
    let second = json!({"event_id": "v-2", "campaign": "theft"});
    let own = json!({"event_id": "v-3", "campaign": null});
    let key = json!({"api_key_id": "key-v", "account_id": "v"});
    let result = World::new()
        .with("truth.jsonl", &[benign("v", "victim"), harvest, second, own])
        .with(
            "events.jsonl",
            &[request("v-1", "v", 0), request("v-3", "v", 1), request("v-2", "v", 9)],
        )
        .with("decisions.jsonl", &[act_on("api_key", key, "rotate_key", 5)])
        .evaluate();
    let theft = &result.campaigns[0];
    assert_eq!((theft.accounts, theft.recall), (0, None));
    assert_eq!((theft.planned, theft.leaked), (Some(2), Some(1)));
    assert_eq!(theft.time_to_detection_s, Some(540.0));
    assert_eq!(result.benign.above_observe, 0);
}

#[test]
fn a_pool_is_taken_request_by_request() {
    let mut truth = vec![member("p", "proxy", "pool"), member("h", "proxy", "harvest")];
    truth.extend(["p-1", "p-3", "never"].map(|id| json!({"event_id": id, "campaign": "proxy"})));
    let events = [
        request("p-1", "p", 0),
        request("p-2", "p", 1),
        request("p-3", "p", 2),
        request("p-3", "p", 2),
        request("p-4", "p", 3),
        request("h-1", "h", 4),
    ];
    let mut claimed = cluster("c", 5, &["p", "h"]);
    claimed["requests"] = 5.into();
    claimed["template_requests"] = 4.into();
    let result = World::new()
        .with("truth.jsonl", &truth)
        .with("events.jsonl", &events)
        .with("clusters.jsonl", &[claimed])
        .with("decisions.jsonl", &[act("p", "shape", 3, None, 1)])
        .evaluate();
    let proxy = &result.campaigns[0];
    // Three named (one never made, one delivered twice), and one of the account that is not
    // labelled request by request.
    assert_eq!((proxy.planned, proxy.made, proxy.leaked), (Some(4), Some(3), Some(3)));
    assert_eq!((proxy.pool.made, proxy.harvest.made), (Some(2), Some(1)));
    assert_eq!((proxy.customer_requests, proxy.customer_requests_shaped), (Some(2), Some(1)));
    // The cluster claims .8 of its members' traffic; half of the pool account's is harvest.
    assert!((result.demix_error.unwrap() - 0.3).abs() < 1e-12);
    assert_eq!(result.demix_f1, None, "no act said which requests are harvest");
}

#[test]
fn an_act_on_a_whole_account_says_that_all_its_requests_are_harvest() {
    let mut truth = vec![member("p", "proxy", "pool"), member("q", "proxy", "pool")];
    truth.extend(
        ["p-0", "p-2", "p-3", "q-0"].map(|id| json!({"event_id": id, "campaign": "proxy"})),
    );
    let mut events: Vec<Value> =
        (0..5).map(|minute| request(&format!("p-{minute}"), "p", minute)).collect();
    events.extend([request("q-0", "q", 6), request("q-1", "q", 7)]);
    let mut on_flow = act("q", "safeguard", 0, None, 1);
    on_flow["unit"] = "flow".into();
    on_flow["flow_id"] = "f".into();
    let result = World::new()
        .with("truth.jsonl", &truth)
        .with("events.jsonl", &events)
        .with("decisions.jsonl", &[act("p", "safeguard", 1, None, 1), on_flow])
        .evaluate();
    // Of p, two of three harvested exchanges and two customers' requests fall under the act; what an
    // act on a flow of q means is not said.
    assert!((result.demix_f1.unwrap() - 4.0 / 7.0).abs() < 1e-12, "{:?}", result.demix_f1);
}

#[test]
fn a_pivot_is_timed_from_the_first_exchange_on_the_new_model_to_its_alert() {
    let mut truth = vec![member("h", "lab", "harvest"), member("i", "lab", "harvest")];
    truth.extend(["h-0", "h-5", "h-9"].map(|id| json!({"event_id": id, "campaign": "lab"})));
    let on = |id: &str, minute, model: &str| {
        let mut request = request(id, "h", minute);
        request["model"] = model.into();
        request
    };
    let release = json!({"type": "model_release", "event_id": "m", "event_time": at(3),
        "model": "new", "kind": "release"});
    let events = [on("h-0", 0, "old"), release, on("h-5", 5, "new"), on("h-9", 9, "new")];
    let alert =
        |kind: &str, minute| json!({"kind": kind, "event_time": at(minute), "cluster_id": "c"});
    let world = |alerts: &[Value]| {
        let world = World::new()
            .with("truth.jsonl", &truth)
            .with("events.jsonl", &events)
            .with("clusters.jsonl", &[cluster("c", 1, &["h", "i"])])
            .with("alerts.jsonl", alerts);
        let campaign = world.evaluate().campaigns.remove(0);
        (campaign.pivoted, campaign.pivot_delay_s)
    };
    assert_eq!(world(&[alert("pivot", 2), alert("campaign", 6), alert("pivot", 8)]).1, Some(180.0));
    assert_eq!(world(&[alert("campaign", 6)]), (Some(2), None), "it moved, and nobody said so");
}

#[test]
fn what_chance_links_is_counted_by_account_and_week() {
    let world = World::new()
        .with("truth.jsonl", &[member("a", "x", "harvest"), member("b", "x", "harvest")])
        .with("events.jsonl", &[request("1", "a", 0), request("2", "b", 7 * 24 * 60)]);
    let mut evaluation = world.evaluate();
    assert!(evaluation.chance.is_none());
    let none = evaluation.beside_chance(world.directory.path());
    assert!(matches!(none, Err(Error::NoOutput { .. })), "{none:?}");
    let shuffled = World::new()
        .with("summary.json", &[json!({})])
        .with("clusters.jsonl", &[cluster("c", 5, &["a"]), cluster("d", 6, &["a"])]);
    evaluation.beside_chance(shuffled.directory.path()).unwrap();
    let chance = evaluation.chance.unwrap();
    assert_eq!((chance.linked, chance.linked_per_account_week), (1, Some(0.5)));
}

#[test]
fn newcomers_after_the_detection_are_timed_until_they_are_linked() {
    let accounts = ["old", "soon", "later", "never"];
    let truth = accounts.map(|id| member(id, "alpha", "harvest"));
    let events = [
        request("1", "old", 0),
        request("2", "soon", 20),
        request("3", "later", 20),
        request("4", "never", 25),
        request("5", "old", 90),
    ];
    let clusters =
        [cluster("c", 22, &["old", "soon"]), cluster("c", 50, &["old", "soon", "later"])];
    let result = World::new()
        .with("truth.jsonl", &truth)
        .with("events.jsonl", &events)
        .with("clusters.jsonl", &clusters)
        .with("decisions.jsonl", &[act("old", "block", 10, None, 1)])
        .evaluate();
    let alpha = &result.campaigns[0];
    assert_eq!((alpha.replacements, alpha.replacements_linked), (Some(3), Some(2)));
    assert_eq!(alpha.replacement_link_time_s, Some(1_800.0));
    assert_eq!(result.replacement_link_time_s, Some(1_800.0));
    assert_eq!(alpha.time_to_half_found_s, None);
}

#[test]
fn clusters_are_compared_by_their_last_records() {
    let ids = ["a1", "a2", "a3", "z1", "z2", "b1", "b2"];
    let mut truth: Vec<Value> = ids[..3].iter().map(|id| member(id, "a", "harvest")).collect();
    truth.extend(ids[3..5].iter().map(|id| member(id, "z", "pool")));
    truth.extend(ids[5..].iter().map(|id| benign(id, "office")));
    let mut merged = cluster("c3", 3, &["a3"]);
    merged["status"] = "merged".into();
    merged["merged_into"] = "c1".into();
    let mut ended = cluster("c2", 9, &[]);
    ended["status"] = "ended".into();
    let records = [
        cluster("c1", 1, &["z1", "b2"]),
        cluster("c2", 1, &["z1", "z2", "b1"]),
        cluster("c1", 2, &["a1", "a2"]),
        merged,
        ended,
    ];
    let result = World::new()
        .with("truth.jsonl", &truth)
        .with("clusters.jsonl", &records)
        .try_evaluate(&[])
        .unwrap();
    let clusters = &result.clusters;
    // c1 = a1 a2 a3, c2 = z1 z2 b1: pairs together 3 + 1, by class 4, by cluster 6, of 15.
    assert_eq!((clusters.clusters, clusters.accounts, clusters.clustered), (2, 6, 6));
    let expected = 4.0 * 6.0 / 15.0;
    assert!((clusters.agreement.ari.unwrap() - (4.0 - expected) / (5.0 - expected)).abs() < 1e-12);
    assert_eq!(clusters.agreement.purity, Some(5.0 / 6.0));
    // Without input nothing is known of time and traffic.
    let campaign = &result.campaigns[0];
    assert_eq!(
        (campaign.planned, campaign.leaked, campaign.time_to_detection_s),
        (None, None, None)
    );
    assert_eq!(result.input, None);
}

#[test]
fn what_has_no_support_is_null_in_the_file() {
    let world = World::new()
        .with("truth.jsonl", &[benign("b", "office")])
        .with("events.jsonl", &[request("1", "b", 0)]);
    let path = world.evaluate().write(world.directory.path()).unwrap();
    let value: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    assert_eq!(value["accounts"]["precision"], Value::Null);
    assert_eq!(value["accounts"]["recall"], Value::Null);
    for key in ["ari", "purity", "v_measure"] {
        assert_eq!(value["clusters"][key], Value::Null, "{key}");
    }
    assert_eq!(value["campaigns"], json!([]));
    assert_eq!(value["benign"]["above_observe"], 0);
    assert!(value["segments"][0]["wilson_high"].as_f64().unwrap() > 0.7);
    assert_eq!(value["feedback"], false);

    let only_attack = World::new()
        .with("truth.jsonl", &[member("h", "alpha", "harvest")])
        .with(
            "events.jsonl",
            &[json!({"type": "signup", "event_id": "s", "event_time": 5, "account_id": "h"})],
        )
        .evaluate();
    assert_eq!(only_attack.benign.blocked_interval, None);
    assert_eq!(only_attack.accounts.recall, Some(0.0));
    let alpha = &only_attack.campaigns[0];
    assert_eq!((alpha.planned, alpha.leaked, alpha.time_to_detection_s), (None, None, None));
}

#[test]
fn wrong_files_are_named() {
    let world = two_against_two();
    let message = |world: &World, inputs: &[&str]| {
        world.try_evaluate(inputs).expect_err("the files are wrong").to_string()
    };
    let stranger = world.with("events.jsonl", &[request("1", "x", 0)]);
    let text = message(&stranger, &["events.jsonl"]);
    assert!(text.contains("does not belong to this stream") && text.contains("\"h1\""), "{text}");
    assert!(message(&stranger, &["missing.jsonl"]).contains("missing.jsonl"));
    let broken = stranger.raw("decisions.jsonl", b"\n{\"event_time\": 1}\n");
    assert!(
        message(&broken, &[]).contains("decisions.jsonl:2: missing field"),
        "{}",
        message(&broken, &[])
    );
    let truth = br#"{"account_id":"a","campaign":null,"role":"villain"}"#;
    let broken = broken.raw("truth.jsonl", truth);
    assert!(message(&broken, &[]).contains("truth.jsonl:1: unknown variant `villain`"));
    let broken = broken.with("truth.jsonl", &[member("a", "x", "pool"), member("a", "y", "pool")]);
    assert!(
        message(&broken, &[]).contains("truth.jsonl:2: account \"a\" already has another truth")
    );
    fs::remove_file(broken.directory.path().join("decisions.jsonl")).unwrap();
    fs::remove_file(broken.directory.path().join("clusters.jsonl")).unwrap();
    let broken = broken.with("truth.jsonl", &[member("a", "x", "pool")]);
    assert!(message(&broken, &[]).contains("holds neither decisions.jsonl"));
}

#[test]
fn broken_lines_of_the_input_are_counted_and_compression_is_seen_through() {
    let world = two_against_two();
    let mut text = fs::read(world.directory.path().join("events.jsonl")).unwrap();
    text.extend_from_slice(b"{\"type\": \"request\"\nno json\n");
    let plain = world.raw("events.jsonl", &text);
    let expected = plain.evaluate();
    let input = expected.input.as_ref().unwrap();
    assert_eq!((input.events, input.requests, input.unreadable, input.accounts), (16, 16, 2, 4));
    assert!(expected.notes.iter().any(|note| note.contains("events.jsonl:17: ")));

    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, &text).unwrap();
    let packed = plain
        .raw("gzip", &gzip.finish().unwrap())
        .raw("zstd", &zstd::encode_all(text.as_slice(), 1).unwrap())
        .raw("avro", b"Obj\x01...");
    for name in ["gzip", "zstd"] {
        let result = packed.try_evaluate(&[name]).unwrap();
        assert_eq!(result.campaigns, expected.campaigns, "{name}");
    }
    assert!(matches!(packed.try_evaluate(&["avro"]), Err(Error::Avro { .. })));
}

#[test]
fn the_table_says_it_in_words() {
    let mut shadow = act("h1", "block", 15, None, 1);
    shadow["mode"] = "shadow".into();
    let text = table(&two_against_two().with("decisions.jsonl", &[shadow]).evaluate());
    for expected in [
        "campaign  accounts found  recall  exchanges leaked  of planned  detected after",
        "alpha             1 of 2  50.0 %                 6  8 (75.0 %)      15 min 0 s",
        "office                 1",
        "note: 1 of 1 decisions were in shadow mode",
        "note: open loop",
    ] {
        assert!(text.contains(expected), "{expected}\nis not in\n{text}");
    }
}
