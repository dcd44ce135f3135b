//! On a broker with its authorizer on, each task can do what it must with the rights that `iolaus topics
//! acls` prints, can't without any one of them, and can do nothing that is another's.

use std::time::Duration;

use kafka::Settings;
use kafka::admin::acls::{Grant, Pattern, Resource, Right, grants};
use kafka::admin::check::check;
use kafka::admin::{Connection, topics};
use kafka_harness::{Acl, Cluster, Options};
use pipeline::topology::{TOPICS, Topic};
use rdkafka::admin::{AdminClient, AdminOptions, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use crate::{SOON, eventually, settings};

const ROLES: [&str; 6] = ["route", "account", "object", "campaign", "topics", "dlq"];

fn start() -> Option<Cluster> {
    let mut options = Options::one().user("admin", "root");
    for role in ROLES {
        options = options.user(role, role);
    }
    kafka_harness::start_or_skip(&options)
}

/// The settings as a role's user has them.
fn as_role(settings: &Settings, role: &str) -> Settings {
    let mut settings = settings.clone();
    let login = [
        ("security.protocol", "SASL_PLAINTEXT"),
        ("sasl.mechanism", if cfg!(feature = "tls") { "SCRAM-SHA-512" } else { "PLAIN" }),
        ("sasl.username", role),
        ("sasl.password", role),
    ];
    settings.properties.extend(login.map(|(key, value)| (key.to_owned(), value.to_owned())));
    settings
}

fn acls(grant: &Grant, right: &Right) -> Vec<Acl> {
    let acl = |operation: &&'static str| Acl {
        principal: grant.principal.clone(),
        resource: match right.resource {
            Resource::Topic => kafka_harness::Resource::Topic,
            Resource::Group => kafka_harness::Resource::Group,
            Resource::TransactionalId => kafka_harness::Resource::TransactionalId,
        },
        pattern: match right.pattern {
            Pattern::Literal => kafka_harness::Pattern::Literal,
            Pattern::Prefixed => kafka_harness::Pattern::Prefixed,
        },
        name: right.name.clone(),
        operation: (*operation).to_owned(),
    };
    right.operations.iter().map(acl).collect()
}

fn all_acls(grant: &Grant) -> Vec<Acl> {
    grant.rights.iter().flat_map(|right| acls(grant, right)).collect()
}

/// A client of a role's user, in its group: without the right to that, the library reads nothing.
fn client(cluster: &Cluster, grant: &Grant, settings: &Settings) -> ClientConfig {
    let mut client = cluster.client_of(grant.role);
    client.set("group.id", settings.group(grant.role));
    client
}

/// One thing that a task does.
fn can(client: &ClientConfig, acl: &Acl) -> bool {
    match (acl.resource, acl.operation.as_str()) {
        (kafka_harness::Resource::Topic, "Read") => reads(client, &acl.name).is_ok(),
        (kafka_harness::Resource::Topic, "Write") => writes(client, &acl.name).is_ok(),
        (kafka_harness::Resource::Topic, "Describe") => knows(client, &acl.name).is_ok(),
        (kafka_harness::Resource::Topic, "DescribeConfigs") => describes(client, &acl.name),
        (kafka_harness::Resource::Group, "Read") => joins(client, &acl.name).is_ok(),
        (kafka_harness::Resource::TransactionalId, "Write") => begins(client, &acl.name).is_ok(),
        other => panic!("no task does {other:?}"),
    }
}

fn knows(client: &ClientConfig, topic: &str) -> KafkaResult<BaseConsumer> {
    let consumer: BaseConsumer = client.clone().set("enable.partition.eof", "true").create()?;
    let metadata = consumer.fetch_metadata(Some(topic), SOON)?;
    match metadata.topics()[0].error() {
        Some(error) => Err(KafkaError::MetadataFetch(error.into())),
        None => Ok(consumer),
    }
}

fn reads(client: &ClientConfig, topic: &str) -> KafkaResult<()> {
    // Of a topic that it may not know the library is silent, if it is assigned and not subscribed to.
    let consumer = knows(client, topic)?;
    let mut place = TopicPartitionList::new();
    place.add_partition_offset(topic, 0, Offset::Beginning)?;
    consumer.assign(&place)?;
    // Nothing may also mean that something else was heard.
    for _ in 0..SOON.as_secs() {
        match consumer.poll(Duration::from_secs(1)) {
            Some(Ok(_)) | Some(Err(KafkaError::PartitionEOF(_))) => return Ok(()),
            Some(Err(error)) => return Err(error),
            None => {}
        }
    }
    panic!("{topic}: neither a record nor a refusal")
}

fn writes(client: &ClientConfig, topic: &str) -> KafkaResult<()> {
    let told = std::sync::Arc::new(std::sync::Mutex::new(None));
    let context = Told(told.clone());
    let producer: BaseProducer<Told> = client.clone().create_with_context(context)?;
    let record = BaseRecord::with_opaque_to(topic, ()).partition(0).key("k").payload("p");
    producer.send(record).map_err(|(error, _)| error)?;
    producer.flush(SOON)?;
    let told = told.lock().expect("nobody panics with it").take();
    told.expect("delivered or refused")
}

/// What became of the one record.
struct Told(std::sync::Arc<std::sync::Mutex<Option<KafkaResult<()>>>>);

impl rdkafka::ClientContext for Told {}

impl rdkafka::producer::ProducerContext for Told {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &rdkafka::producer::DeliveryResult<'_>, (): ()) {
        let result = result.as_ref().map(drop).map_err(|(error, _)| error.clone());
        *self.0.lock().expect("nobody panics with it") = Some(result);
    }
}

fn describes(client: &ClientConfig, topic: &str) -> bool {
    let admin: AdminClient<DefaultClientContext> = client.create().expect("a client");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let resource = ResourceSpecifier::Topic(topic);
    let asked = admin.describe_configs([&resource], &AdminOptions::new());
    // A refusal comes as no settings at all.
    let answer = runtime.block_on(asked).expect("answered");
    answer.into_iter().all(|one| one.is_ok_and(|resource| !resource.entries.is_empty()))
}

fn joins(client: &ClientConfig, group: &str) -> KafkaResult<()> {
    let consumer: BaseConsumer = client.clone().set("group.id", group).create()?;
    let denied = KafkaError::OffsetFetch(RDKafkaErrorCode::GroupAuthorizationFailed);
    for _ in 0..SOON.as_secs() {
        let mut place = TopicPartitionList::new();
        place.add_partition("any", 0);
        if let Ok(committed) = consumer.committed_offsets(place, Duration::from_secs(1)) {
            // What is denied of the topic is another right's business.
            let mut elements = committed.elements().into_iter();
            let refused = elements.any(|element| element.error() == Err(denied.clone()));
            return if refused { Err(denied) } else { Ok(()) };
        }
        // Who may not know a group waits for its coordinator, and hears why beside.
        while let Some(event) = consumer.poll(Duration::ZERO) {
            let code = event.err().and_then(|error| error.rdkafka_error_code());
            if code == Some(RDKafkaErrorCode::GroupAuthorizationFailed) {
                return Err(denied);
            }
        }
    }
    panic!("{group}: neither offsets nor a refusal")
}

fn begins(client: &ClientConfig, beginning: &str) -> KafkaResult<()> {
    let id = format!("{beginning}one-0");
    let producer: BaseProducer = client.clone().set("transactional.id", id).create()?;
    producer.init_transactions(SOON)
}

/// A whole transaction as the task makes them: what it writes, its changelog, its offsets.
fn works(client: &ClientConfig, grant: &Grant, settings: &Settings) -> KafkaResult<()> {
    let names = |operation: &str| {
        let topics = grant.rights.iter().filter(|right| right.resource == Resource::Topic);
        let chosen = topics.filter(|right| right.operations.contains(&operation));
        chosen.map(|right| right.name.as_str()).collect::<Vec<_>>()
    };
    let mut consumer = client.clone();
    consumer.set("group.id", settings.group(grant.role)).set("auto.offset.reset", "earliest");
    let consumer: BaseConsumer = consumer.create()?;
    consumer.subscribe(&names("Read"))?;
    let mut polls = 0;
    while consumer.assignment()?.count() == 0 {
        if let Some(Err(error)) = consumer.poll(Duration::from_millis(200)) {
            return Err(error);
        }
        polls += 1;
        assert!(polls < 300, "{} is assigned nothing", grant.role);
    }
    let id = settings.transactional_id(grant.role, "one", 0);
    let producer: BaseProducer = client.clone().set("transactional.id", id).create()?;
    producer.init_transactions(SOON)?;
    producer.begin_transaction()?;
    for topic in names("Write") {
        let record = BaseRecord::to(topic).partition(0).key("k").payload("p");
        producer.send(record).map_err(|(error, _)| error)?;
    }
    let mut offsets = TopicPartitionList::new();
    offsets.add_partition_offset(names("Read")[0], 0, Offset::Offset(0))?;
    let group = consumer.group_metadata().expect("it is a member");
    producer.send_offsets_to_transaction(&offsets, &group, SOON)?;
    producer.commit_transaction(SOON)
}

/// An installation with its topics, made by the user `topics` with the rights of that role.
fn installed(cluster: &Cluster, name: &str, inputs: usize) -> (Settings, Vec<Grant>) {
    let mut settings = settings(cluster, name);
    for number in 1..inputs {
        settings.input.push(format!("{}more-{number}", settings.prefix));
    }
    for input in &settings.input {
        cluster.create_topic(input, 2, &[]).expect("the cluster does it");
    }
    let grants = grants(&settings, "User:{task}");
    let operator = as_role(&settings, "topics");
    let denied = |settings: &Settings| {
        let connection = Connection::open(settings).expect("who logs in is answered");
        let findings = check(&connection, settings).expect("answered");
        topics::missing(&findings).is_err()
    };
    assert!(denied(&operator), "without rights it sees nothing");
    let grant = grants.iter().find(|grant| grant.role == "topics").expect("a role");
    cluster.allow(&all_acls(grant)).expect("the cluster does it");
    eventually("the operator sees", || !denied(&operator));
    let connection = Connection::open(&operator).expect("the cluster does it");
    let findings = check(&connection, &operator).expect("the cluster does it");
    let missing = topics::missing(&findings).expect("the cluster does it");
    topics::create(&connection, &operator, &missing, 1).expect("the cluster does it");
    assert_eq!(check(&connection, &operator).expect("the cluster does it").differences, []);
    (settings, grants)
}

#[test]
fn each_task_can_work_with_its_rights_and_not_without_any_one_of_them() {
    let Some(cluster) = start() else { return };
    // Both ways in: directly, and through `route`.
    for (name, inputs) in [("direct", 1), ("routed", 2)] {
        let (settings, grants) = installed(&cluster, name, inputs);
        for grant in grants.iter().filter(|grant| !["topics", "dlq"].contains(&grant.role)) {
            let client = client(&cluster, grant, &settings);
            let acls = all_acls(grant);
            for acl in &acls {
                assert!(!can(&client, acl), "nobody has given {acl:?} yet");
            }
            cluster.allow(&acls).unwrap();
            for acl in &acls {
                eventually(&format!("{acl:?}"), || can(&client, acl));
            }
            kafka::Counts::ask(&as_role(&settings, grant.role)).unwrap_or_else(|error| {
                panic!("{name}: {} cannot start with its rights: {error}", grant.role)
            });
            works(&client, grant, &settings).unwrap_or_else(|error| {
                panic!("{name}: {} cannot work with its rights: {error}", grant.role)
            });
            if name == "direct" {
                for acl in &acls {
                    cluster.disallow(std::slice::from_ref(acl)).unwrap();
                    eventually(&format!("{acl:?} is needed"), || !can(&client, acl));
                    cluster.allow(std::slice::from_ref(acl)).unwrap();
                    eventually(&format!("{acl:?} is back"), || can(&client, acl));
                }
            }
            others_are_closed(&cluster, grant, &settings);
        }
    }
}

/// What is not in the grant is denied, of every topic, group and id of the installation.
fn others_are_closed(cluster: &Cluster, grant: &Grant, settings: &Settings) {
    let client = client(cluster, grant, settings);
    let may = |name: &str, operation: &str| {
        let mut rights = grant.rights.iter();
        rights.any(|right| right.name == name && right.operations.contains(&operation))
    };
    let tasks = ["account", "object", "campaign"];
    let ours = TOPICS.iter().filter(|row| settings.routed() || row.topic != Topic::Events);
    let names = ours.map(|row| settings.topic(row.topic));
    let names = names.chain(tasks.iter().map(|task| settings.changelog(task)));
    for name in names.chain(settings.input.iter().cloned()) {
        let role = grant.role;
        assert!(may(&name, "Read") || reads(&client, &name).is_err(), "{role} may read {name}");
        assert!(may(&name, "Write") || writes(&client, &name).is_err(), "{role} may write {name}");
    }
    for task in tasks.iter().filter(|task| **task != grant.role) {
        let group = settings.group(task);
        assert!(joins(&client, &group).is_err(), "{} may join {task}", grant.role);
        assert!(begins(&client, &format!("{group}-")).is_err(), "{} may be {task}", grant.role);
    }
}

#[test]
fn dead_letters_are_read_and_settled_with_the_rights_for_it() {
    let Some(cluster) = start() else { return };
    let (settings, grants) = installed(&cluster, "letters", 1);
    let keeper = as_role(&settings, "dlq");
    let read = || kafka::admin::dead_letters::read(&keeper, &Default::default());
    let refused = read().expect_err("it has no rights yet").to_string();
    assert!(refused.contains("iolaus topics acls"), "{refused}");
    let grant = grants.iter().find(|grant| grant.role == "dlq").expect("a role");
    cluster.allow(&all_acls(grant)).unwrap();
    eventually("the letters are read", || read().is_ok());
    let bytes: &[u8] = b"{\"cut";
    let input = &settings.input[0];
    let admin = crate::producer(cluster.client_of("admin"));
    crate::send(&admin, input, 0, "alice", bytes);
    let letter = event::public::DeadLetter {
        reason: "truncated".into(),
        detail: "as planned".into(),
        file: format!("{input}/0").into(),
        line: 0,
        digest: kafka::dead_letters::digest(bytes).into(),
        bytes: bytes.len() as u64,
    };
    let value = serde_json::to_vec(&letter).unwrap();
    crate::send(&admin, &settings.topic(Topic::DeadLetters), 0, &format!("{input}/0@0"), &value);
    let letters = read().unwrap();
    let waiting: Vec<_> = letters.standing.iter().collect();
    kafka::admin::dead_letters::replay(&keeper, &waiting).unwrap();
    assert!(read().unwrap().standing[0].settled);
}

#[test]
fn a_wrong_password_is_told_at_once_and_not_shown() {
    let Some(cluster) = start() else { return };
    let mut settings = as_role(&settings(&cluster, "wrong"), "account");
    settings.properties.insert("sasl.password".to_owned(), "hunter2".to_owned());
    let start = std::time::Instant::now();
    let error = Connection::open(&settings).err().expect("it is not let in").to_string();
    assert!(error.contains("Authentication failed") && !error.contains("hunter2"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(9), "{:?}", start.elapsed());
}
