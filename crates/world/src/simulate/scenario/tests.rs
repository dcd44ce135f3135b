//! What must hold of every scenario that a file describes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::{Counts, Plan, simulate};
use super::{NAMES, TYPED};

fn run(plan: &Plan) -> (Vec<Value>, Vec<Value>, Counts) {
    let (mut events, mut truth) = (Vec::new(), Vec::new());
    let counts = simulate(plan, &mut events, &mut truth, &mut |_, _| {}).expect("a good plan");
    let parse = |bytes: &[u8]| -> Vec<Value> {
        let text = std::str::from_utf8(bytes).expect("UTF-8");
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    (parse(&events), parse(&truth), counts)
}

fn plan(name: &str, accounts: u64) -> Plan {
    let plan = Plan::scenario(name, 3, accounts);
    let plan = plan.unwrap_or_else(|error| panic!("{name}: {error}"));
    Plan { requests_per_account: 1.0, ..plan }
}

#[test]
fn every_built_in_scenario_runs_and_its_truth_is_whole() {
    for name in NAMES {
        let (events, truth, counts) = run(&plan(name, 700));
        let attacks = !name.starts_with('N');
        assert_eq!(counts.harvest_requests > 0, attacks, "{name}: {counts:?}");
        let accounts: BTreeMap<&str, &Value> =
            truth.iter().filter_map(|line| Some((line["account_id"].as_str()?, line))).collect();
        let requests = events.iter().filter(|event| event["type"] == "request");
        let mut last = "";
        for event in &events {
            let time = event["event_time"].as_str().expect("a time");
            assert!(last <= time, "{name}: {last} before {time}");
            last = time;
        }
        let mut seen = BTreeSet::new();
        for request in requests {
            let account = request["account_id"].as_str().expect("an account");
            assert!(accounts.contains_key(account), "{name}: {account} has no truth");
            seen.insert(account);
        }
        assert!(
            seen.len() * 100 >= accounts.len() * 85,
            "{name}: {} of {}",
            seen.len(),
            accounts.len()
        );
        let silent = counts.segments.iter().find(|segment| segment.requests == 0);
        assert!(silent.is_none(), "{name}: nobody of {silent:?} says anything");
    }
}

#[test]
fn the_files_of_the_demo_say_its_defaults() {
    for name in TYPED {
        let file = super::source(name).expect("it is built in");
        let plan = Plan::from_toml(&file.replace("hours = 24\n", "hours = 24\nseed = 2\n"));
        let plan = plan.unwrap_or_else(|error| panic!("{name}: {error}"));
        let demo = Plan::scenario(name, 2, 20_000).expect("it is built in");
        assert_eq!(plan.scenarios, demo.scenarios, "{name}");
    }
}

#[test]
fn what_a_plan_changes_is_laid_over_the_file() {
    let plan = Plan::from_toml(
        "accounts = 50\nhours = 48\n[[scenario]]\nname = \"S6\"\n[scenario.group.pool]\naccounts = 30\n",
    );
    assert_eq!(plan.expect("a good plan").scenarios[0].accounts(), 30);
}

#[test]
fn what_is_wrong_is_named() {
    let error = |text: &str| {
        let text = format!("accounts = 50\n[[scenario]]\nname = \"S6\"\n{text}");
        Plan::from_toml(&text).expect_err("a bad plan").to_string()
    };
    let named = |text: &str, key: &str| {
        let error = error(text);
        assert!(error.contains("S6") && error.contains(key), "{error}");
    };
    named("[scenario.group.pool]\ncolour = 3", "colour");
    named("[scenario.group.pool]\nnetwork = \"moon\"", "moon");
    named("[scenario.group.pool]\naccounts = 0", "accounts");
    named("[scenario.group.pool]\ncountries = [\"XX\"]", "countries");
    named("[scenario.relay.gateway]\npools = [\"sea\"]", "sea");
    named("[scenario.relay.gateway]\nday_rhythm = 1.5", "day_rhythm");
    named("[scenario.relay.gateway]\nfrom_hour = 30.0", "from_hour");
    named("[scenario.relay.gateway.client.customers]\nword_noise = -0.5", "word_noise");
    named("[scenario.relay.gateway.client.customers]\nwork = \"art\"", "art");
}

/// Accounts by segment, and the ids that one got and another brought back.
fn foreign(events: &[Value], truth: &[Value]) -> BTreeMap<String, usize> {
    let segment: BTreeMap<&str, &str> = truth
        .iter()
        .filter_map(|line| Some((line["account_id"].as_str()?, line["segment"].as_str()?)))
        .collect();
    let (mut minted, mut counts) = (BTreeMap::new(), BTreeMap::new());
    for event in events.iter().filter(|event| event["type"] == "request") {
        let account = event["account_id"].as_str().expect("an account");
        for id in event["referenced_artifacts"].as_array().into_iter().flatten() {
            if minted.get(id.as_str().expect("text")).is_some_and(|other| *other != account) {
                *counts.entry(segment[account].to_owned()).or_default() += 1;
            }
        }
        for id in event["minted_artifacts"].as_array().into_iter().flatten() {
            minted.insert(id.as_str().expect("text"), account);
        }
    }
    counts
}

#[test]
fn what_one_account_got_comes_back_at_another_where_sessions_move() {
    let (events, truth, _) = run(&plan("S7", 1_500));
    assert!(foreign(&events, &truth)["S7 pool"] > 30);
    let (events, truth, _) = run(&plan("N9", 1_500));
    assert!(foreign(&events, &truth)["N9 keys"] > 5, "an honest gateway moves sessions too");
    let (events, truth, _) = run(&plan("L4", 1_500));
    let moved = foreign(&events, &truth);
    assert!(!moved.keys().any(|name| name.starts_with("L4")), "{moved:?}");
}

#[test]
fn banned_accounts_are_replaced_and_the_new_ones_sign_up_first() {
    let (events, truth, counts) = run(&plan("L3", 2_000));
    let enforced = events.iter().filter(|event| event["type"] == "enforcement").count();
    assert!(enforced > 3, "{enforced}");
    let mut signed = BTreeSet::new();
    let mut replaced = 0;
    let pool: BTreeSet<&str> = truth
        .iter()
        .filter(|line| line["segment"] == "L3 pool")
        .filter_map(|line| line["account_id"].as_str())
        .collect();
    for event in &events {
        let account = event["account_id"].as_str().unwrap_or_default();
        if event["type"] == "signup" && pool.contains(account) {
            replaced += usize::from(signed.insert(account));
        }
    }
    assert!(replaced > 3, "{replaced}");
    assert_eq!(
        counts.accounts,
        truth.iter().filter(|line| !line["account_id"].is_null()).count() as u64
    );
}

#[test]
fn a_request_that_met_no_room_goes_out_again_from_another_account() {
    let (events, truth, _) = run(&plan("S4", 1_500));
    let pool: BTreeSet<&str> = truth
        .iter()
        .filter(|line| line["segment"] == "S4 pool")
        .filter_map(|line| line["account_id"].as_str())
        .collect();
    let mut refused: BTreeMap<String, &str> = BTreeMap::new();
    let mut again = 0;
    for event in events.iter().filter(|event| event["type"] == "request") {
        let account = event["account_id"].as_str().expect("an account");
        if !pool.contains(account) {
            continue;
        }
        let body = event["turns"].to_string();
        if event["status_code"].as_u64() >= Some(400) {
            refused.insert(body, account);
        } else if let Some(other) = refused.remove(&body) {
            again += usize::from(other != account);
        }
    }
    assert!(again > 10, "{again}");
}

#[test]
fn forged_indicators_name_where_framed_customers_come_from() {
    let (events, truth, _) = run(&plan("S17", 4_000));
    let framed: BTreeSet<&str> = truth
        .iter()
        .filter(|line| line["role"] == "bystander")
        .filter_map(|line| line["account_id"].as_str())
        .collect();
    let network = |ip: &str| ip.rsplit_once('.').expect("four numbers").0.to_owned();
    let from = |event: &Value| Some(network(event["client"]["ip"].as_str()?));
    let of_framed = events
        .iter()
        .filter(|event| event["account_id"].as_str().is_some_and(|id| framed.contains(id)));
    let networks: BTreeSet<String> = of_framed.filter_map(from).collect();
    let indicators: Vec<&Value> =
        events.iter().filter(|event| event["type"] == "indicator").collect();
    assert!(indicators.len() * 4 >= framed.len(), "{} of {}", indicators.len(), framed.len());
    for indicator in indicators {
        let stix = indicator["stix"].as_str().expect("STIX as text");
        let stix: Value = serde_json::from_str(stix).expect("JSON");
        let pattern = stix["pattern"].as_str().expect("a pattern");
        let address = pattern.split('\'').nth(1).expect("an address");
        assert!(networks.contains(&network(address)), "{pattern}");
    }
}

#[test]
fn the_standing_benchmark_has_all_it_must() {
    let plan = Plan::world_1(false).expect("a good plan");
    assert!(plan.accounts >= 400_000 && plan.hours >= 720 && plan.requests_per_account <= 5.0);
    for plan in [plan, Plan::world_1(true).expect("a good plan")] {
        let names: Vec<&str> = plan.scenarios.iter().map(super::super::Scenario::name).collect();
        let wanted = NAMES.iter().filter(|name| name.starts_with('N') || **name < "L5");
        for name in wanted.filter(|name| !name.starts_with('S')) {
            assert!(names.contains(name), "{name} is missing");
        }
    }
}
