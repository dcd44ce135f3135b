//! What must hold of every simulated stream, checked on a small demo with all scenarios.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::Value;

use super::{Counts, Plan, Scenario, simulate};

const SEED: u64 = 2;
const ACCOUNTS: u64 = 1_600;

struct World {
    events: Vec<Value>,
    /// Account to segment, in the order of the truth.
    accounts: Vec<(String, String)>,
    /// Harvest requests.
    harvest: BTreeMap<String, String>,
    counts: Counts,
}

fn lines(plan: &Plan) -> (Vec<u8>, Vec<u8>, Counts) {
    let (mut events, mut truth) = (Vec::new(), Vec::new());
    let counts = simulate(plan, &mut events, &mut truth, &mut |_, _| {}).expect("a good plan");
    (events, truth, counts)
}

fn world(plan: &Plan) -> World {
    let (events, truth, counts) = lines(plan);
    let parse = |bytes: &[u8]| -> Vec<Value> {
        let text = std::str::from_utf8(bytes).expect("UTF-8");
        text.lines().map(|line| serde_json::from_str(line).expect("every line is JSON")).collect()
    };
    let (mut accounts, mut harvest) = (Vec::new(), BTreeMap::new());
    for line in parse(&truth) {
        match line.get("account_id") {
            Some(_) => accounts.push((string(&line, "account_id"), string(&line, "segment"))),
            None => {
                harvest.insert(string(&line, "event_id"), string(&line, "campaign"));
            }
        }
    }
    World { events: parse(&events), accounts, harvest, counts }
}

fn string(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("{field} is missing in {value}")).to_owned()
}

static DEMO: LazyLock<World> = LazyLock::new(|| world(&Plan::demo(SEED, ACCOUNTS)));

impl World {
    fn requests(&self) -> impl Iterator<Item = &Value> {
        self.events.iter().filter(|event| event["type"] == "request")
    }

    fn segments(&self) -> BTreeMap<&str, &str> {
        self.accounts.iter().map(|(id, segment)| (id.as_str(), segment.as_str())).collect()
    }
}

fn account(event: &Value) -> &str {
    event["account_id"].as_str().expect("requests have an account")
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let plan = Plan::demo(5, 300);
    let first = lines(&plan);
    assert!(first == lines(&plan));
    assert_eq!(first.2.bytes, first.0.len() as u64);
    assert!(first.0 != lines(&Plan::demo(6, 300)).0);
}

/// Any change of this digest changes every recorded stream: that is then meant, and said.
#[test]
fn the_bytes_are_the_same_on_every_machine() {
    let (events, truth, _) = lines(&Plan::demo(1, 200));
    let digest = events.iter().chain(&truth).fold(0xCBF2_9CE4_8422_2325u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    });
    assert_eq!(format!("{digest:016x}"), "6d798ec6ee37d5f5");
}

#[test]
fn events_are_in_time_order_and_have_what_is_required() {
    let mut last = String::new();
    let mut ids = BTreeSet::new();
    for event in &DEMO.events {
        let time = string(event, "event_time");
        assert!(last <= time, "{last} before {time}");
        last = time;
        assert!(ids.insert(string(event, "event_id")), "an event id came twice");
        let kind = string(event, "type");
        if !kind.ends_with("_release") {
            string(event, "account_id");
        }
        if kind == "request" {
            string(event, "model");
            assert!(!event["turns"].as_array().expect("turns").is_empty());
        }
    }
    assert!(last.as_str() < "2026-03-03T00:00:00.000Z");
}

#[test]
fn the_truth_names_exactly_the_accounts_that_appear() {
    let named: BTreeSet<&str> = DEMO.accounts.iter().map(|(id, _)| id.as_str()).collect();
    let seen: BTreeSet<&str> = DEMO.requests().map(account).collect();
    assert_eq!(named.len(), DEMO.accounts.len());
    assert!(named.is_superset(&seen));
    assert!(named.len() - seen.len() <= named.len() / 100, "{} of {}", seen.len(), named.len());
    let ids: BTreeSet<String> = DEMO.requests().map(|event| string(event, "event_id")).collect();
    assert!(DEMO.harvest.keys().all(|id| ids.contains(id)));
}

#[test]
fn counts_are_near_the_plan() {
    let counts = &DEMO.counts;
    assert_eq!(counts.accounts, ACCOUNTS);
    let per_account = counts.requests as f64 / counts.accounts as f64;
    assert!((18.0..32.0).contains(&per_account), "{per_account}");
    let prompt = counts.prompt_bytes / counts.requests;
    assert!((800..1_300).contains(&prompt), "{prompt}");
    let wave = counts.segments.iter().find(|segment| segment.name.starts_with("N7"));
    assert_eq!(wave.expect("the demo has N7").accounts, 160);
    assert_eq!(counts.harvest_requests, DEMO.harvest.len() as u64);
}

/// The mean rank of attack accounts, by id and in the truth, is that of everybody, within four
/// standard errors.
#[test]
fn ids_and_order_do_not_reveal_the_class() {
    let attack = |segment: &str| segment.starts_with('S');
    let mut by_id = DEMO.accounts.clone();
    by_id.sort();
    for order in [&DEMO.accounts, &by_id] {
        let total = order.len() as f64;
        let ranks: Vec<usize> = order
            .iter()
            .enumerate()
            .filter(|(_, (_, s))| attack(s))
            .map(|(rank, _)| rank)
            .collect();
        let mean = ranks.iter().sum::<usize>() as f64 / ranks.len() as f64;
        let error = total / (12.0 * ranks.len() as f64).sqrt();
        assert!((mean - total / 2.0).abs() < 4.0 * error, "{mean} of {total}");
    }
}

/// Every field that attack requests have, benign ones have too, and the other way round.
#[test]
fn attack_and_benign_requests_have_the_same_fields() {
    let segments = DEMO.segments();
    let mut fields: [BTreeSet<String>; 2] = Default::default();
    for event in DEMO.requests() {
        let attack = segments[account(event)].starts_with('S');
        let parts = [event, &event["client"]];
        let names = parts.iter().filter_map(|part| part.as_object()).flat_map(|part| part.keys());
        fields[usize::from(attack)].extend(names.cloned());
    }
    let [benign, attack] = fields;
    assert_eq!(benign, attack);
}

#[test]
fn foreign_artifacts_appear_where_accounts_are_pooled_and_nowhere_else() {
    let segments = DEMO.segments();
    let mut minted: BTreeMap<&str, &str> = BTreeMap::new();
    let mut foreign: BTreeMap<&str, usize> = BTreeMap::new();
    let strings = |event: &'static Value, field: &str| -> Vec<&'static str> {
        event[field].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    };
    for event in DEMO.events.iter().filter(|event| event["type"] == "request") {
        for artifact in strings(event, "referenced_artifacts") {
            let origin = minted.get(artifact).expect("what is referenced was minted before");
            if *origin != account(event) {
                *foreign.entry(&segments[account(event)][..2]).or_default() += 1;
            }
        }
        for artifact in strings(event, "minted_artifacts") {
            assert!(minted.insert(artifact, account(event)).is_none(), "{artifact} came twice");
        }
    }
    assert!(foreign.keys().copied().eq(["S1", "S3", "S5"]), "{foreign:?}");
    assert!(foreign.values().all(|&count| count >= 20), "{foreign:?}");
}

/// Sessions dealt to each account of a segment that is there all day: variance over mean, which is
/// 1 for independent users.
fn dispersion(segment: &str) -> f64 {
    let late = DEMO.events.iter().filter(|event| event["type"] == "signup").map(account);
    let late: BTreeSet<&str> = late.collect();
    let mut sessions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (id, of) in &DEMO.accounts {
        if of.starts_with(segment) && !late.contains(id.as_str()) {
            sessions.insert(id, BTreeSet::new());
        }
    }
    for event in DEMO.requests() {
        if let Some(sessions) = sessions.get_mut(account(event)) {
            sessions.insert(event["conversation_id"].as_str().expect("it is always there"));
        }
    }
    let n = sessions.len() as f64;
    let mean = sessions.values().map(|of| of.len() as f64).sum::<f64>() / n;
    let square = |of: &BTreeSet<&str>| (of.len() as f64 - mean) * (of.len() as f64 - mean);
    sessions.values().map(square).sum::<f64>() / (n - 1.0) / mean
}

#[test]
fn a_relay_deals_session_starts_evenly_and_people_do_not() {
    for relay in ["S1", "S3", "S5 second"] {
        assert!(dispersion(relay) < 0.3, "{relay}: {}", dispersion(relay));
    }
    assert!(dispersion("background") > 2.0);
}

#[test]
fn the_ban_ends_the_first_pool_and_the_second_takes_over() {
    let segments = DEMO.segments();
    let mut blocked: BTreeMap<&str, String> = BTreeMap::new();
    for event in DEMO.events.iter().filter(|event| event["type"] == "enforcement") {
        blocked.insert(account(event), string(event, "event_time"));
    }
    let (mut denied, mut spare) = (0, None);
    for event in DEMO.requests() {
        let time = string(event, "event_time");
        if blocked.get(account(event)).is_some_and(|at| *at < time) {
            assert_eq!(event["status_code"], 403);
            denied += 1;
        }
        if segments[account(event)] == "S5 second pool" {
            spare.get_or_insert(time);
        }
    }
    assert!(blocked.len() >= 30 && denied >= 2, "{} {denied}", blocked.len());
    let spare = spare.expect("the second pool works");
    assert!(("2026-03-02T15:00".."2026-03-02T15:20").contains(&spare.as_str()), "{spare}");
}

#[test]
fn the_bulk_campaign_turns_to_the_new_model_and_people_do_so_slowly() {
    let segments = DEMO.segments();
    let share = |segment: &str, from: &str| {
        let (mut new, mut all) = (0.0, 0.0);
        for event in DEMO.requests().filter(|e| segments[account(e)].starts_with(segment)) {
            if string(event, "event_time").as_str() > from {
                all += 1.0;
                new += f64::from(u8::from(event["model"] == "aster-5"));
            }
        }
        new / all
    };
    assert!((0.36..0.60).contains(&share("S3", "2026-03-02T13:30")));
    assert!((0.05..0.30).contains(&share("background", "2026-03-02T16:00")));
}

#[test]
fn an_unknown_scenario_names_those_that_there_are() {
    let error = Plan::scenario("S29", 1, 100).expect_err("there is no S29").to_string();
    assert!(error.contains("S29") && error.contains("S1, S2, S3, S4"), "{error}");
}

#[test]
fn every_scenario_stands_alone() {
    for name in ["S1", "S3", "S5", "N1", "N3", "N5", "N7"] {
        let plan = Plan::scenario(name, 3, 250).expect("it exists");
        assert_eq!(plan.scenarios.iter().map(Scenario::name).collect::<Vec<_>>(), [name]);
        let (_, _, counts) = lines(&plan);
        assert_eq!(counts.accounts, 250, "{name}");
        assert_eq!(counts.harvest_requests > 0, name.starts_with('S'), "{name}");
        assert!(counts.segments.iter().all(|segment| segment.requests > 0), "{name}");
    }
}
