//! What an installation remembers, read from its changelogs.

use std::collections::BTreeMap;

use pipeline::{Config, digest};
use step::Rows;

use crate::error::Error;
use crate::host::Host;
use crate::restore::Restorer;
use crate::settings::Settings;
use crate::task::{Counts, Task};

/// The digest of each task's state as its changelog has it: what a replay of the same input says.
///
/// # Errors
/// If a changelog can't be read.
pub fn digests(
    settings: &Settings,
    config: Config,
    counts: &Counts,
) -> Result<BTreeMap<String, String>, Error> {
    let mut digests = BTreeMap::new();
    for task in [Task::Account, Task::Object, Task::Campaign] {
        let restorer = Restorer::new(settings, task)?;
        let mut hosts = Vec::new();
        for partition in 0..counts.of(task) {
            let mut host = Host::new(task, partition, config, counts);
            let log = restorer.look(partition)?;
            restorer.restore(partition, log.low, &log, &mut |row, _| host.put_back(&row))?;
            hosts.push(host);
        }
        let rows = |place, to: &mut Rows| hosts.iter().for_each(|host| host.rows(place, to));
        digests.insert(task.name().to_owned(), digest::of_task(rows).0);
    }
    Ok(digests)
}
