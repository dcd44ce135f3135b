//! Every stage by itself, over everything at once: what comes out of one is written down, read back
//! and given to the next. No gates, no steps, no partitions; buckets are closed one by one to the end.
//!
//! The log must be regular: then each record counts at its own time, and nothing else has to be said.

use std::collections::{BTreeMap, BTreeSet};

use cluster::{Clusterer, In as ClusterIn, Out as ClusterOut};
use correlate::{Correlator, Gather, Gathered, Ground, Piece};
use decide::{
    AccountLane, AccountState, In as JointIn, JointLane, JointState, Out as JointOut, RuleTable,
};
use event::EventTime;
use event::link::Link;
use event::observation::Observation;
use event::sighting::{Sighting, SightingBlock, Stratum};
use event::table::{Entry, Row};
use fingerprint::{Fingerprinter, Out, Tables, Touched};
use pipeline::message::{Record, TableMessage};
use pipeline::{Config, Taken};
use step::{Bucket, Operator, Slot, Stamped};

use crate::driver::{line, passed};

/// What the stages said, each by itself.
#[derive(Debug, Default)]
pub struct Apart {
    /// Public records by topic, lane and place, as lines.
    lines: BTreeMap<(&'static str, EventTime, String, u64), String>,
    /// Table rows, in order.
    pub rows: Vec<Row>,
}

impl Apart {
    /// The lines of a topic, in the order of the files.
    #[must_use]
    pub fn lines(&self, topic: &str) -> Vec<String> {
        let of = self.lines.iter().filter(|(place, _)| place.0 == topic);
        of.map(|(_, line)| line.clone()).collect()
    }

    fn say(
        &mut self,
        topic: &'static str,
        as_of: EventTime,
        key: String,
        sequence: u64,
        record: &Record,
    ) {
        let before = self.lines.insert((topic, as_of, key, sequence), line(record));
        assert_eq!(before, None, "two records with one place");
    }
}

/// What passes from the account stages on.
#[derive(Default)]
struct Between {
    sighted: Vec<(Bucket, SightingBlock)>,
    totals: BTreeMap<(Bucket, Stratum), u64>,
    joint: Vec<(Bucket, ClusterIn)>,
    latest: EventTime,
}

/// Runs the stages one after the other. The tables of `tables` hold, as a fused run wrote them.
#[must_use]
pub fn apart(input: &[Taken], config: Config, tables: &[TableMessage]) -> Apart {
    let config = config.agreed();
    let mut apart = Apart::default();
    let mut between = Between { latest: EventTime::MIN, ..Between::default() };
    let (known, rules) = known(tables);
    let observed = fingerprint_alone(input, config, &known, &mut apart, &mut between);
    decide_alone(&observed, &rules, &mut apart);
    correlate_alone(config, &mut between);
    campaign_alone(config, between, &mut apart);
    apart
}

fn known(messages: &[TableMessage]) -> (Tables, RuleTable) {
    let (mut tables, mut rules) = (Tables::default(), RuleTable::default());
    for message in messages {
        let TableMessage::Row(Row { effect, entry }) = passed(message) else { continue };
        match entry {
            Entry::Template { fingerprint, template } => {
                tables.templates.insert(fingerprint, effect, template)
            }
            Entry::KnownText { fingerprint } => {
                tables.known_texts.insert(fingerprint, effect, Some(()))
            }
            Entry::Watched { account, watched } => {
                tables.watched.insert(account, effect, watched.then_some(()));
            }
            Entry::Rule { subject, tenant, rule } => rules.insert((tenant, subject), effect, rule),
        }
    }
    (tables, rules)
}

type Observed = Vec<(Slot, Stamped<Observation>)>;

fn fingerprint_alone(
    input: &[Taken],
    config: Config,
    tables: &Tables,
    apart: &mut Apart,
    between: &mut Between,
) -> Observed {
    let operator = Fingerprinter { config: config.fingerprint };
    let mut slots: BTreeMap<Slot, fingerprint::SlotState> = BTreeMap::new();
    let mut observed = Vec::new();
    for taken in input {
        let at = taken.time();
        between.latest = between.latest.max(at);
        let enriched = match taken {
            Taken::Account(enriched) => passed(enriched.as_ref()),
            Taken::Clock(_) => continue,
            Taken::Control(control) => {
                let bucket = Bucket::of(at, config.time.bucket);
                between.joint.push((bucket, ClusterIn::Control(control.clone())));
                continue;
            }
        };
        let slot = Slot::of_key(enriched.name.id().as_bytes());
        let stamped = Stamped { at, clamped: false, record: enriched };
        let mut out = Vec::new();
        operator.apply(slots.entry(slot).or_default(), tables, &stamped, &mut out);
        for one in passed(&out) {
            take(one, slot, at, apart, between, &mut observed);
        }
    }
    let mut totals = Vec::new();
    slots.values_mut().for_each(|state| state.take_totals(Bucket(i64::MAX), &mut totals));
    for (bucket, stratum, count) in totals {
        *between.totals.entry((bucket, stratum)).or_default() += count;
    }
    observed
}

fn take(
    out: Out,
    slot: Slot,
    at: EventTime,
    apart: &mut Apart,
    between: &mut Between,
    observed: &mut Observed,
) {
    match out {
        Out::Duplicate => {}
        Out::Observation(observation) => {
            observed.push((slot, Stamped { at, clamped: false, record: *observation }));
        }
        Out::Standing(bucket, standing) => {
            between.joint.push((bucket, ClusterIn::Standing(standing)));
        }
        Out::Fingerprint { as_of, sequence, fingerprint } => {
            let key = format!("{}:{}", fingerprint.tenant, fingerprint.account_id);
            apart.say("fingerprints", as_of, key, sequence, &Record::Fingerprint(fingerprint));
        }
        Out::Sighted { bucket, touched, by } => {
            // A block for each: how blocks are cut must not matter.
            let sighting =
                |Touched { object, layer, touch }| Sighting { object, layer, touch, by: 0 };
            let block = SightingBlock {
                accounts: vec![by],
                sightings: touched.into_iter().map(sighting).collect(),
            };
            between.sighted.push((bucket, block));
        }
    }
}

fn decide_alone(observed: &Observed, rules: &RuleTable, apart: &mut Apart) {
    let mut slots: BTreeMap<Slot, AccountState> = BTreeMap::new();
    for (slot, observation) in observed {
        let mut out = Vec::new();
        let observation = passed(observation);
        AccountLane.apply(slots.entry(*slot).or_default(), rules, &observation, &mut out);
        for one in out {
            let record = Record::Decision(Box::new(one.decision));
            apart.say("decisions", one.as_of, one.key, one.sequence, &record);
        }
    }
}

fn correlate_alone(config: Config, between: &mut Between) {
    let operator = Correlator { config: config.correlate };
    let (mut gather, mut ground) = (Gather::default(), Ground::new(config.time.bucket));
    let mut buckets: BTreeSet<Bucket> = between.totals.keys().map(|key| key.0).collect();
    for (bucket, block) in between.sighted.iter().rev() {
        buckets.insert(*bucket);
        gather.add(*bucket, passed(block));
    }
    let mut slots: BTreeMap<Slot, correlate::SlotState> = BTreeMap::new();
    let hour = event::time::HOUR / config.time.bucket;
    let mut last: Option<Bucket> = None;
    for bucket in buckets {
        if last.is_some_and(|last| last.0.div_euclid(hour) < bucket.0.div_euclid(hour)) {
            let before = Bucket(bucket.0.div_euclid(hour) * hour - 1);
            slots
                .values_mut()
                .for_each(|state| operator.close(state, &ground, before, &mut Vec::new()));
        }
        last = Some(bucket);
        for ((_, stratum), count) in between.totals.iter().filter(|(key, _)| key.0 == bucket) {
            ground.add(bucket, *stratum, *count);
        }
        let mut links: Vec<Link> = Vec::new();
        let mut objects = gather.read(bucket, Piece::first(1));
        let mut gathered = Gathered::default();
        while objects.next(&mut gathered) {
            let state = slots.entry(Slot::of_digest(gathered.object.0)).or_default();
            let at = bucket.end(config.time.bucket);
            let stamped = Stamped { at, clamped: false, record: (bucket, gathered.clone()) };
            operator.apply(state, &ground, &stamped, &mut links);
        }
        // A record for each, the last one first.
        let links = links.into_iter().rev();
        between.joint.extend(links.map(|link| (bucket, ClusterIn::Links(vec![link]))));
    }
}

fn campaign_alone(config: Config, between: Between, apart: &mut Apart) {
    let operator = Clusterer { config: config.cluster };
    let (mut state, mut joint) = (cluster::State::default(), JointState::default());
    let buckets: BTreeSet<Bucket> = between.joint.iter().map(|one| one.0).collect();
    for one in &between.joint {
        let stamped = Stamped { at: EventTime::MIN, clamped: false, record: passed(one) };
        operator.apply(&mut state, &(), &stamped, &mut Vec::new());
    }
    for bucket in closings(config, &buckets, between.latest) {
        let at = bucket.end(config.time.bucket);
        let (mut found, mut decided) = (Vec::new(), Vec::new());
        operator.close(&mut state, &(), bucket, &mut found);
        for one in found {
            let record = match one {
                ClusterOut::Row(entry) => {
                    let effect = at.plus(config.time.table_delay);
                    apart.rows.push(passed(&Row { effect, entry }));
                    continue;
                }
                ClusterOut::Control(control) => JointIn::Control(control),
                ClusterOut::Dossier(dossier) => JointIn::Dossier(dossier),
            };
            let stamped = Stamped { at, clamped: false, record: passed(&record) };
            JointLane.apply(&mut joint, &(), &stamped, &mut decided);
        }
        decided.into_iter().for_each(|one| hear(one, at, config, apart));
    }
}

/// The buckets that matter, to the end of the last epoch: those in which anything came, the last of
/// each epoch that has one of them, and the last of the epoch after a last one in which anything came.
fn closings(config: Config, buckets: &BTreeSet<Bucket>, latest: EventTime) -> BTreeSet<Bucket> {
    let epoch = config.time.epoch;
    let per_epoch = epoch / config.time.bucket;
    let end = Bucket::of(latest.floor(epoch).plus(epoch), config.time.bucket);
    let last = |bucket: Bucket| Bucket((bucket.0.div_euclid(per_epoch) + 1) * per_epoch - 1);
    let lasts: BTreeSet<Bucket> = buckets.iter().map(|bucket| last(*bucket)).collect();
    let after = lasts.intersection(buckets).map(|bucket| Bucket(bucket.0 + per_epoch));
    let all = buckets.iter().chain(&lasts).copied().chain(after);
    all.filter(|bucket| *bucket < end).collect()
}

fn hear(out: JointOut, at: EventTime, config: Config, apart: &mut Apart) {
    match out {
        JointOut::Row(entry) => {
            let effect = at.plus(config.time.table_delay);
            apart.rows.push(Row { effect, entry });
        }
        JointOut::Decided(one) => {
            let record = Record::Decision(Box::new(one.decision));
            apart.say("decisions", one.as_of, one.key, one.sequence, &record);
        }
        JointOut::Cluster(sequence, cluster) => {
            let key = format!("{}:{}", cluster.tenant, cluster.cluster_id);
            apart.say("clusters", at, key, sequence, &Record::Cluster(cluster));
        }
        JointOut::Alert(sequence, alert) => {
            let key = format!("{}:{}", alert.tenant, alert.cluster_id);
            apart.say("alerts", at, key, sequence, &Record::Alert(alert));
        }
    }
}
