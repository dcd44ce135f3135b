//! Whether a cluster fits an installation: every difference, and what to do about it.

use std::collections::BTreeMap;
use std::fmt;

use pipeline::topology::Partitions;
use serde::Serialize;

use super::connection::{Connection, Seen, Topic};
use super::plan::{Layout, Wanted, divides_slots, in_step, replicas, topics};
use crate::error::Error;
use crate::settings::Settings;

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The topic.
    pub topic: String,
    /// What of it.
    pub what: String,
    /// How it is.
    pub found: String,
    /// How it should be.
    pub wanted: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { topic, what, found, wanted, remedy } = self;
        write!(to, "{topic}: {what} is {found}, should be {wanted}; {remedy}")
    }
}

/// What a check found.
#[derive(Clone, Debug)]
pub struct Findings {
    /// The partitions of everything.
    pub layout: Layout,
    /// The topics as they should be.
    pub wanted: Vec<Wanted>,
    /// What the cluster says of them and of the inputs.
    pub seen: BTreeMap<String, Seen>,
    /// What is not as it should be. A run needs none of the differences in settings to be gone, but all
    /// others.
    pub differences: Vec<Difference>,
}

/// Compares a cluster with what an installation wants.
///
/// # Errors
/// If the cluster does not answer.
pub fn check(connection: &Connection, settings: &Settings) -> Result<Findings, Error> {
    let inputs = connection.look(settings.input.iter().map(String::as_str))?;
    let mut differences: Vec<_> =
        inputs.iter().filter_map(|(name, seen)| input(name, seen, settings)).collect();
    let counts: Vec<_> = inputs.iter().filter_map(|(name, seen)| count(name, seen)).collect();
    let layout = Layout::of(settings, &counts);
    let wanted = topics(settings, &layout);
    let mut seen = connection.look(wanted.iter().map(|topic| topic.name.as_str()))?;
    let copies = replicas(connection.brokers());
    // What is wrong with the inputs comes first: all other partition counts follow from theirs.
    if differences.is_empty() {
        for topic in &wanted {
            differences.extend(compare(topic, &seen[&topic.name], copies, settings));
        }
    }
    seen.extend(inputs);
    Ok(Findings { layout, wanted, seen, differences })
}

/// Whether tasks can work here: every topic is there, with the partitions that follow from the settings
/// and the inputs. What of ours this user may not see is somebody else's to use.
///
/// # Errors
/// The first thing that is not so, and what to do about it; or the cluster does not answer.
pub fn workable(connection: &Connection, settings: &Settings) -> Result<Layout, Error> {
    let seen = connection.glance(settings.input.iter().map(String::as_str))?;
    let wrong = |difference: Difference| Error::Unfit(difference.to_string());
    if let Some(difference) = seen.iter().find_map(|(name, seen)| input(name, seen, settings)) {
        return Err(wrong(difference));
    }
    let counts: Vec<_> =
        settings.input.iter().filter_map(|name| count(name, &seen[name])).collect();
    let layout = Layout::of(settings, &counts);
    let wanted = topics(settings, &layout);
    let seen = connection.glance(wanted.iter().map(|topic| topic.name.as_str()))?;
    for wanted in &wanted {
        let difference = match &seen[&wanted.name] {
            Seen::Denied => None,
            Seen::Missing => absent(wanted, &Seen::Missing),
            Seen::There(topic) => uneven(wanted, topic, settings),
        };
        if let Some(difference) = difference {
            return Err(wrong(difference));
        }
    }
    Ok(layout)
}

fn count(name: &str, seen: &Seen) -> Option<(String, u32)> {
    match seen {
        Seen::There(topic) => Some((name.to_owned(), topic.partitions)),
        Seen::Missing | Seen::Denied => None,
    }
}

fn input(name: &str, seen: &Seen, settings: &Settings) -> Option<Difference> {
    let partitions =
        if settings.routed() { "there" } else { "there, with 1, 2, 4, 8, … partitions" };
    let (found, wanted, remedy) = match seen {
        Seen::Missing => (
            "missing".to_owned(),
            partitions,
            "create it, or correct kafka.input: input topics are yours and never created here",
        ),
        Seen::Denied => (
            "not this user's to see".to_owned(),
            partitions,
            "give the right to Describe and Read it; `iolaus topics acls` prints all rights",
        ),
        Seen::There(topic) if !settings.routed() && !divides_slots(topic.partitions) => (
            format!("there, with {} partitions", topic.partitions),
            "there, with a number of partitions that divides 256",
            "set kafka.keyed = false, so that it passes the task `route`, or move to a topic with 1, 2, \
             4, 8, … partitions",
        ),
        Seen::There(_) => return None,
    };
    Some(difference(name, "the input", &found, wanted, remedy.to_owned()))
}

fn difference(topic: &str, what: &str, found: &str, wanted: &str, remedy: String) -> Difference {
    Difference {
        topic: topic.to_owned(),
        what: what.to_owned(),
        found: found.to_owned(),
        wanted: wanted.to_owned(),
        remedy,
    }
}

fn absent(wanted: &Wanted, seen: &Seen) -> Option<Difference> {
    let (found, remedy) = match seen {
        Seen::There(_) => return None,
        Seen::Missing => ("missing", "`iolaus topics create` creates it"),
        Seen::Denied => (
            "not this user's to see",
            "give the right to Describe it; `iolaus topics acls` prints all rights",
        ),
    };
    let should = format!("there, with {} partition(s)", wanted.partitions);
    Some(difference(&wanted.name, "the topic", found, &should, remedy.to_owned()))
}

fn uneven(wanted: &Wanted, topic: &Topic, settings: &Settings) -> Option<Difference> {
    let (found, should) = (topic.partitions.to_string(), wanted.partitions.to_string());
    let remedy = || regrown(wanted, topic, settings);
    (found != should)
        .then(|| difference(&wanted.name, "the number of partitions", &found, &should, remedy()))
}

fn compare(wanted: &Wanted, seen: &Seen, copies: u32, settings: &Settings) -> Vec<Difference> {
    let name = wanted.name.as_str();
    let Seen::There(topic) = seen else { return absent(wanted, seen).into_iter().collect() };
    let mut differences: Vec<_> = uneven(wanted, topic, settings).into_iter().collect();
    if !topic.leaderless.is_empty() {
        let found = format!("missing for partition(s) {:?}", topic.leaderless);
        let remedy = "wait, or see after the brokers that hold it".to_owned();
        differences.push(difference(name, "the leader", &found, "one for each", remedy));
    }
    if topic.replicas < copies {
        let remedy =
            "assign more replicas with kafka-reassign-partitions.sh, or accept that one lost \
                      broker stops it"
                .to_owned();
        let (found, should) = (topic.replicas.to_string(), format!("{copies} or more"));
        differences.push(difference(name, "the number of replicas", &found, &should, remedy));
    }
    match &topic.settings {
        Some(found) => differences.extend(compare_settings(wanted, topic, found)),
        None => differences.push(difference(
            name,
            "its settings",
            "not this user's to see",
            "as `iolaus topics describe` shows",
            "give the right to DescribeConfigs, or run the check as somebody who has it".to_owned(),
        )),
    }
    differences
}

/// What to do about another number of partitions than follows from the inputs.
fn regrown(wanted: &Wanted, topic: &Topic, settings: &Settings) -> String {
    let name = &wanted.name;
    let anew = format!(
        "if nothing in it is needed, delete it and run `iolaus topics create`; if it is, start anew under \
         another kafka.prefix (now `{}`), since keys would lie in other partitions than their state",
        settings.prefix
    );
    let key = match wanted.partitions_from {
        Partitions::Objects => "kafka.object_partitions",
        Partitions::Accounts if settings.routed() => "kafka.account_partitions",
        Partitions::Inputs | Partitions::Accounts => {
            return format!("{name} was made when the input had {}: {anew}", topic.partitions);
        }
        Partitions::One => return anew,
    };
    if divides_slots(topic.partitions) {
        format!("set {key} = {}, as it was; or, {anew}", topic.partitions)
    } else {
        anew
    }
}

fn compare_settings(
    wanted: &Wanted,
    topic: &Topic,
    found: &BTreeMap<String, String>,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut differs = |key: &str, is: &str, should: &str, value: &str| {
        let remedy = format!(
            "kafka-configs.sh --alter --entity-type topics --entity-name {} --add-config {key}={value}",
            wanted.name
        );
        differences.push(difference(&wanted.name, key, is, should, remedy));
    };
    for (key, should) in &wanted.settings {
        let is = found.get(*key).map_or("unset", String::as_str);
        if key.ends_with(".ms") || key.ends_with(".bytes") {
            if !suffices(is, should) {
                differs(key, is, &format!("at least {should}"), should);
            }
        } else if is != should {
            differs(key, is, should, should);
        }
    }
    let key = "min.insync.replicas";
    let is = found.get(key).map_or("unset", String::as_str);
    let should = in_step(topic.replicas);
    let number: Option<u32> = is.parse().ok();
    if number.is_none_or(|number| number < should || number > topic.replicas) {
        differs(key, is, &should.to_string(), &should.to_string());
    }
    differences
}

/// Whether a time or size is at least as much as another; −1 is without end.
fn suffices(is: &str, should: &str) -> bool {
    let amount = |text: &str| match text.parse::<i64>() {
        Ok(-1) => Some(i64::MAX),
        other => other.ok(),
    };
    amount(is).zip(amount(should)).is_some_and(|(is, should)| is >= should)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::plan;

    fn settings() -> Settings {
        Settings::new("localhost:9092", &["requests"])
    }

    fn wanted(name: &str) -> Wanted {
        let layout = Layout::of(&settings(), &[("requests".to_owned(), 8)]);
        let all = plan::topics(&settings(), &layout);
        all.into_iter().find(|topic| topic.name == name).expect("a topic of the plan")
    }

    fn as_wanted(wanted: &Wanted, replicas: u32) -> Topic {
        let own = wanted.settings.iter().map(|(key, value)| ((*key).to_owned(), value.clone()));
        let mut settings: BTreeMap<_, _> = own.collect();
        settings.insert("min.insync.replicas".to_owned(), in_step(replicas).to_string());
        Topic {
            partitions: wanted.partitions,
            replicas,
            leaderless: Vec::new(),
            settings: Some(settings),
        }
    }

    fn told(wanted: &Wanted, topic: Topic) -> Vec<String> {
        let found = compare(wanted, &Seen::There(topic), 3, &settings());
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_as_it_should_be_or_keeps_longer_is_no_difference() {
        let wanted = wanted("iolaus.decisions");
        let mut topic = as_wanted(&wanted, 3);
        assert_eq!(told(&wanted, topic.clone()), [""; 0]);
        let settings = topic.settings.as_mut().expect("set above");
        settings.insert("retention.ms".to_owned(), "-1".to_owned());
        assert_eq!(told(&wanted, topic), [""; 0]);
    }

    #[test]
    fn each_difference_is_told_with_its_remedy() {
        let wanted = wanted("iolaus.account-changelog");
        let mut topic = as_wanted(&wanted, 2);
        topic.partitions = 4;
        let settings = topic.settings.as_mut().expect("set above");
        settings.insert("cleanup.policy".to_owned(), "delete".to_owned());
        settings.insert("delete.retention.ms".to_owned(), "1000".to_owned());
        settings.insert("min.insync.replicas".to_owned(), "3".to_owned());
        let told = told(&wanted, topic);
        let parts = [
            "the number of partitions is 4, should be 8; iolaus.account-changelog was made when the input",
            "the number of replicas is 2, should be 3 or more",
            "cleanup.policy is delete, should be compact; kafka-configs.sh --alter",
            "delete.retention.ms is 1000, should be at least 86400000",
            "min.insync.replicas is 3, should be 1",
        ];
        assert_eq!(told.len(), parts.len(), "{told:#?}");
        for (line, part) in told.iter().zip(parts) {
            assert!(line.contains(part), "{line}");
        }
    }

    #[test]
    fn an_input_that_slots_cannot_divide_is_refused_unless_it_is_routed() {
        let there = Seen::There(Topic { partitions: 12, replicas: 1, ..Topic::default() });
        let refused = input("requests", &there, &settings()).expect("12 does not divide 256");
        assert!(refused.remedy.contains("kafka.keyed = false"), "{refused}");
        let mut routed = settings();
        routed.keyed = false;
        assert_eq!(input("requests", &there, &routed), None);
        assert!(input("requests", &Seen::Missing, &routed).is_some());
    }
}
