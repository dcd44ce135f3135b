//! The rights of each task, and no more: what a user of its own needs, from the topology.
//!
//! Kafka implies Describe by Read and Write. A transactional producer needs no right on the cluster.
//! Topics are made by somebody else (`Role::Topics`), so no task may create or change one.

use pipeline::topology::Task;
use serde::Serialize;

use super::plan::tasks;
use crate::settings::Settings;

/// What a right is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "Kafka's own names")]
pub enum Resource {
    Topic,
    Group,
    TransactionalId,
}

/// How a thing is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pattern {
    /// Exactly so.
    Literal,
    /// All whose name begins so.
    Prefixed,
}

/// A right.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Right {
    /// On what kind of thing.
    pub resource: Resource,
    /// How it is named.
    pub pattern: Pattern,
    /// Its name.
    pub name: String,
    /// To do what, in Kafka's words.
    pub operations: Vec<&'static str>,
}

/// A user and what it may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Grant {
    /// The task, or what else is done.
    pub role: &'static str,
    /// The user: `User:…`.
    pub principal: String,
    /// The rights.
    pub rights: Vec<Right>,
}

impl Grant {
    /// The rights as commands of Kafka's own tool, one a right.
    #[must_use]
    pub fn commands(&self, bootstrap: &str) -> Vec<String> {
        let command = |right: &Right| {
            let kind = match right.resource {
                Resource::Topic => "topic",
                Resource::Group => "group",
                Resource::TransactionalId => "transactional-id",
            };
            let pattern = match right.pattern {
                Pattern::Literal => "",
                Pattern::Prefixed => " --resource-pattern-type prefixed",
            };
            let operations: String = right
                .operations
                .iter()
                .map(|operation| format!(" --operation {operation}"))
                .collect();
            format!(
                "kafka-acls.sh --bootstrap-server {bootstrap} --add --allow-principal '{}'{operations} \
                 --{kind} '{}'{pattern}",
                self.principal, right.name
            )
        };
        self.rights.iter().map(command).collect()
    }
}

/// The rights of every task of an installation, of who makes its topics, and of who looks after its dead
/// letters. `principal` names the users, with `{task}` for what each does.
#[must_use]
pub fn grants(settings: &Settings, principal: &str) -> Vec<Grant> {
    let grant = |role: &'static str, rights| Grant {
        role,
        principal: principal.replace("{task}", role),
        rights,
    };
    tasks(settings)
        .map(|task| grant(task.name, of_task(settings, task)))
        .chain([grant("topics", of_topics(settings)), grant("dlq", of_dead_letters(settings))])
        .collect()
}

fn topic(name: String, operations: &[&'static str]) -> Right {
    let operations = operations.to_vec();
    Right { resource: Resource::Topic, pattern: Pattern::Literal, name, operations }
}

fn group(name: String) -> Right {
    let operations = vec!["Read"];
    Right { resource: Resource::Group, pattern: Pattern::Literal, name, operations }
}

fn transactions(beginning: String) -> Right {
    let operations = vec!["Write"];
    Right {
        resource: Resource::TransactionalId,
        pattern: Pattern::Prefixed,
        name: beginning,
        operations,
    }
}

fn of_task(settings: &Settings, task: &Task) -> Vec<Right> {
    use pipeline::topology::Topic;
    let takes_inputs = (task.name == "route") == settings.routed() && takes_requests(task);
    // All partition counts follow from the inputs', so everybody looks at those.
    let to_inputs = if takes_inputs { ["Read"] } else { ["Describe"] };
    let mut rights: Vec<_> =
        settings.input.iter().map(|input| topic(input.clone(), &to_inputs)).collect();
    let there = |one: &&Topic| settings.routed() || **one != Topic::Events;
    let reads = task.reads.iter().filter(there);
    rights.extend(reads.map(|read| topic(settings.topic(*read), &["Read"])));
    // Who takes no inputs knows of no silent one.
    let writes = task.writes.iter().filter(|one| takes_inputs || **one != Topic::Clocks);
    rights.extend(writes.map(|written| topic(settings.topic(*written), &["Write"])));
    // How long it keeps deletions decides which local copies may be used.
    let own = ["Read", "Write", "DescribeConfigs"];
    rights.push(topic(settings.changelog(task.name), &own));
    rights.push(group(settings.group(task.name)));
    rights.push(transactions(format!("{}-", settings.group(task.name))));
    rights
}

/// Whether a task reads what the user's platform sends, if there is no other that does.
fn takes_requests(task: &Task) -> bool {
    task.stages.contains(&pipeline::topology::Stage::Decode)
}

/// `iolaus topics create` and `check`.
fn of_topics(settings: &Settings) -> Vec<Right> {
    let operations = vec!["Create", "Describe", "DescribeConfigs"];
    let name = settings.prefix.clone();
    let own = Right { resource: Resource::Topic, pattern: Pattern::Prefixed, name, operations };
    let inputs =
        settings.input.iter().map(|one| topic(one.clone(), &["Describe", "DescribeConfigs"]));
    [own].into_iter().chain(inputs).collect()
}

/// `iolaus dlq list` and `replay`.
fn of_dead_letters(settings: &Settings) -> Vec<Right> {
    use pipeline::topology::Topic;
    let own = topic(settings.topic(Topic::DeadLetters), &["Read", "Write"]);
    let inputs = settings.input.iter().map(|one| topic(one.clone(), &["Read", "Write"]));
    let id = transactions(settings.group("dlq"));
    [own].into_iter().chain(inputs).chain([group(settings.group("dlq")), id]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(settings: &Settings, role: &str) -> Vec<String> {
        let grants = grants(settings, "User:iolaus-{task}");
        let grant = grants.into_iter().find(|grant| grant.role == role).expect("a role");
        let right = |right: &Right| format!("{} {}", right.name, right.operations.join("+"));
        grant.rights.iter().map(right).collect()
    }

    #[test]
    fn the_account_task_reads_its_input_or_what_route_sends_and_never_both() {
        let settings = Settings::new("localhost:9092", &["requests"]);
        let direct = told(&settings, "account");
        assert!(direct.contains(&"requests Read".to_owned()), "{direct:?}");
        assert!(direct.contains(&"iolaus.clocks Write".to_owned()), "{direct:?}");
        assert!(!direct.iter().any(|right| right.starts_with("iolaus.events")), "{direct:?}");
        let settings = Settings::new("localhost:9092", &["requests", "signups"]);
        let routed = told(&settings, "account");
        assert!(routed.contains(&"iolaus.events Read".to_owned()), "{routed:?}");
        assert!(routed.contains(&"requests Describe".to_owned()), "{routed:?}");
        assert!(!routed.contains(&"requests Read".to_owned()), "{routed:?}");
        assert!(!routed.iter().any(|right| right.starts_with("iolaus.clocks")), "{routed:?}");
        assert!(told(&settings, "route").contains(&"signups Read".to_owned()));
    }

    #[test]
    fn only_those_that_decide_may_write_decisions_and_no_task_may_create_topics() {
        let settings = Settings::new("localhost:9092", &["requests"]);
        for grant in grants(&settings, "User:{task}") {
            let mut rights = grant.rights.iter();
            let writes = rights.any(|right| {
                right.name == "iolaus.decisions" && right.operations.contains(&"Write")
            });
            assert_eq!(writes, ["account", "campaign"].contains(&grant.role), "{}", grant.role);
            let mut operations = grant.rights.iter().flat_map(|right| &right.operations);
            let creates = operations.any(|operation| ["Create", "Alter"].contains(operation));
            assert_eq!(creates, grant.role == "topics");
        }
    }

    #[test]
    fn a_right_is_one_line_for_the_shell() {
        let settings = Settings::new("localhost:9092", &["requests"]);
        let grants = grants(&settings, "User:iolaus-{task}");
        let object = grants.iter().find(|grant| grant.role == "object").expect("a role");
        assert_eq!(
            object.commands("kafka:9092")[1],
            "kafka-acls.sh --bootstrap-server kafka:9092 --add --allow-principal \
             'User:iolaus-object' --operation Read --topic 'iolaus.sightings'"
        );
    }
}
