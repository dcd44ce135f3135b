//! No leaks: what exists only because a generator wrote the stream must not tell attack from benign.
//!
//! A decision tree of depth two is grown on such fields of half of the accounts and judged on the
//! other half. Which program an account calls with is no such field (it decides honestly which fields
//! there are), so only requests of the same way in are compared.

use serde_json::Value;

use super::random::key;
use super::{Plan, simulate};

/// A request: its features, whether its account attacks, and which half it is in.
struct Row {
    features: Vec<f64>,
    attack: bool,
    grows: bool,
}

const PRESENCE: [&str; 14] = [
    "tenant",
    "api_key_id",
    "operation",
    "stream",
    "batch",
    "cache_read_input_tokens",
    "reasoning_output_tokens",
    "max_tokens",
    "temperature",
    "finish_reason",
    "latency_ms",
    "response",
    "minted_artifacts",
    "client",
];

const IDS: [&str; 4] = ["event_id", "account_id", "conversation_id", "api_key_id"];

fn features(event: &Value) -> Vec<f64> {
    let mut features: Vec<f64> =
        PRESENCE.iter().map(|field| f64::from(u8::from(!event[*field].is_null()))).collect();
    for field in IDS {
        let id = event[field].as_str().unwrap_or_default();
        let hex = id.rsplit('_').next().unwrap_or_default();
        let digits = u64::from_str_radix(hex, 16).unwrap_or_default();
        features.extend([id.len() as f64, (digits >> 56) as f64, (digits & 0xFF) as f64]);
    }
    let time = event["event_time"].as_str().unwrap_or_default();
    let part = |from: usize, to: usize| time.get(from..to).and_then(|part| part.parse().ok());
    // Milliseconds, seconds and minutes: the hour is a rhythm, and honest.
    features.extend([part(20, 23), part(17, 19), part(14, 16)].map(|value| value.unwrap_or(-1.0)));
    let tokens = event["input_tokens"].as_u64().unwrap_or_default();
    features.extend([(tokens % 2) as f64, (tokens % 10) as f64]);
    features.push(event["latency_ms"].as_f64().unwrap_or_default() % 10.0);
    features.push(event.as_object().map_or(0.0, |fields| {
        let own = ["system", "tools", "organization_id", "refusal_category", "end_user_id"];
        let honest = ["referenced_artifacts", "modalities"];
        let counted =
            |name: &&String| !own.contains(&name.as_str()) && !honest.contains(&name.as_str());
        fields.keys().filter(counted).count() as f64
    }));
    features
}

fn rows() -> Vec<Row> {
    let plan = Plan::scenario("all", 4, 4_000).expect("it is built in");
    let plan = Plan { requests_per_account: 1.5, ..plan };
    let (mut events, mut truth) = (Vec::new(), Vec::new());
    simulate(&plan, &mut events, &mut truth, &mut |_, _| {}).expect("a good plan");
    let lines = |bytes: &[u8]| -> Vec<Value> {
        let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    let truth = lines(&truth);
    let attacks: std::collections::BTreeMap<&str, bool> = truth
        .iter()
        .filter_map(|line| Some((line["account_id"].as_str()?, !line["campaign"].is_null())))
        .collect();
    let mut rows = Vec::new();
    for (place, event) in lines(&events).iter().enumerate() {
        let program = event["channel"] == "api" && event["status_code"] == 200;
        // A sixth is plenty.
        if event["type"] != "request" || !program || !key(&[place as u64]).is_multiple_of(6) {
            continue;
        }
        let account = event["account_id"].as_str().expect("an account");
        let grows = account.bytes().fold(7, |sum, byte| key(&[sum, byte.into()])) % 2 == 0;
        rows.push(Row { features: features(event), attack: attacks[account], grows });
    }
    rows
}

/// The best split of some rows: feature, level, and what it gains.
fn split(rows: &[&Row]) -> Option<(usize, f64)> {
    let impurity = |rows: &[&Row]| {
        let attacks = rows.iter().filter(|row| row.attack).count() as f64;
        let n = rows.len() as f64;
        if n == 0.0 { 0.0 } else { attacks * (n - attacks) / n }
    };
    let mut best = (impurity(rows) - 1e-9, None);
    for feature in 0..rows.first()?.features.len() {
        let mut values: Vec<f64> = rows.iter().map(|row| row.features[feature]).collect();
        values.sort_by(f64::total_cmp);
        values.dedup();
        let step = values.len().div_ceil(12).max(1);
        for level in values.iter().skip(step / 2).step_by(step) {
            let (low, high): (Vec<&Row>, Vec<&Row>) =
                rows.iter().partition(|row| row.features[feature] <= *level);
            let left = impurity(&low) + impurity(&high);
            if left < best.0 {
                best = (left, Some((feature, *level)));
            }
        }
    }
    best.1
}

/// The share of attacks in each row's leaf of a tree of that depth.
fn grow(rows: &[&Row], judged: &[&Row], depth: u32, out: &mut Vec<(f64, bool)>) {
    let found = if depth == 0 { None } else { split(rows) };
    let Some((feature, level)) = found else {
        let share = rows.iter().filter(|row| row.attack).count() as f64 / rows.len().max(1) as f64;
        out.extend(judged.iter().map(|row| (share, row.attack)));
        return;
    };
    let low = |row: &&&Row| row.features[feature] <= level;
    let part = |rows: &[&Row], side: bool| -> Vec<usize> {
        (0..rows.len()).filter(|&place| low(&&rows[place]) == side).collect()
    };
    for side in [true, false] {
        let own: Vec<&Row> = part(rows, side).into_iter().map(|place| rows[place]).collect();
        let other: Vec<&Row> = part(judged, side).into_iter().map(|place| judged[place]).collect();
        grow(&own, &other, depth - 1, out);
    }
}

/// The chance that an attack scores above a benign request, ties half.
fn auc(mut scored: Vec<(f64, bool)>) -> f64 {
    scored.sort_by(|left, right| left.0.total_cmp(&right.0));
    let (mut below, mut area, mut attacks) = (0.0, 0.0, 0.0);
    for group in scored.chunk_by(|left, right| left.0 == right.0) {
        let hits = group.iter().filter(|(_, attack)| *attack).count() as f64;
        let benign = group.len() as f64 - hits;
        area += hits * (below + benign / 2.0);
        below += benign;
        attacks += hits;
    }
    area / (attacks * below)
}

#[test]
fn a_shallow_tree_on_the_generators_own_fields_learns_nothing() {
    let rows = rows();
    let attacks = rows.iter().filter(|row| row.attack).count();
    assert!(attacks > 300 && rows.len() - attacks > 300, "{attacks} of {}", rows.len());
    let grows: Vec<&Row> = rows.iter().filter(|row| row.grows).collect();
    let judged: Vec<&Row> = rows.iter().filter(|row| !row.grows).collect();
    let mut scored = Vec::new();
    grow(&grows, &judged, 2, &mut scored);
    let auc = auc(scored);
    assert!(auc < 0.6, "AUC {auc}, split at {:?}", split(&grows));
}

#[test]
fn a_leak_would_be_seen() {
    let row = |place: u64| {
        let attack = place.is_multiple_of(3);
        let told = f64::from(u8::from(attack)) + (key(&[place]) % 100) as f64 / 150.0;
        Row { features: vec![0.0, told], attack, grows: place.is_multiple_of(2) }
    };
    let rows: Vec<Row> = (0..900).map(row).collect();
    let grows: Vec<&Row> = rows.iter().filter(|row| row.grows).collect();
    let judged: Vec<&Row> = rows.iter().filter(|row| !row.grows).collect();
    let mut scored = Vec::new();
    grow(&grows, &judged, 2, &mut scored);
    assert!(auc(scored) > 0.9);
}
