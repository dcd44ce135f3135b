//! Consumers, set up so that nothing uncommitted is seen and nothing is committed behind our back.

use rdkafka::ClientConfig;
use rdkafka::consumer::BaseConsumer;

use crate::error::Error;
use crate::ownership::Ownership;
use crate::settings::Settings;
use crate::task::Task;
use crate::worker::Shared;

/// Reads what a group does not divide.
pub fn side_consumer(settings: &Settings, task: Task) -> Result<BaseConsumer, Error> {
    let mut config = settings.client();
    config
        .set("group.id", settings.group(task.name()))
        .set("enable.auto.commit", "false")
        .set("isolation.level", "read_committed")
        .set("auto.offset.reset", "error");
    bounded(&mut config);
    config.create().map_err(Error::kafka("cannot make a consumer"))
}

/// Joins a task's group.
pub fn group_consumer(
    shared: &Shared,
    task: Task,
    number: usize,
) -> Result<BaseConsumer<Ownership>, Error> {
    let settings = &shared.settings;
    let mut config = settings.client();
    config
        .set("group.id", settings.group(task.name()))
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("isolation.level", "read_committed")
        .set("auto.offset.reset", "error")
        // Not the cooperative one. It hands out what it takes away in a second round, which the member
        // that gave it up must ask for; if that dies between the two and comes back under its static
        // name, the broker returns its share without a round, and the rest stays nobody's.
        .set("partition.assignment.strategy", "range")
        .set("enable.partition.eof", if shared.until_end { "true" } else { "false" });
    if settings.instance.is_some() {
        let id = format!("{}-{}-{number}", shared.instance, task.name());
        config.set("group.instance.id", id);
    }
    bounded(&mut config);
    config.create_with_context(Ownership::default()).map_err(Error::kafka("cannot make a consumer"))
}

/// The client's own buffers would take 64 MB each.
fn bounded(config: &mut ClientConfig) {
    for (key, value) in [("queued.max.messages.kbytes", "16384"), ("fetch.wait.max.ms", "20")] {
        if config.get(key).is_none() {
            config.set(key, value);
        }
    }
}
