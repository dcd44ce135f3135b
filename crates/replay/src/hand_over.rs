//! Writes what a running system goes on from: see [`pipeline::hand_over`].

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use pipeline::hand_over::{Entry, FORMAT, Head, Owner, Tail, configuration, encode};

use crate::error::Error;
use crate::run::{Changelog, Run};

/// A fast level: rows are digests and counts, which more effort makes little smaller.
const LEVEL: i32 = 1;

impl Run {
    /// Writes all state to a file, once everything that was read was taken.
    pub(crate) fn hand_over(&self, path: &Path) -> Result<(), Error> {
        for (reading, queue) in self.readings.iter().zip(&self.direct) {
            if let Some(first) = queue.peek() {
                return Err(Error::Ragged {
                    path: reading.path.clone(),
                    waiting: queue.waiting(),
                    from: event::rfc3339::format(first.time()),
                });
            }
        }
        let cannot = |source| Error::Output { path: path.to_owned(), source };
        let file = BufWriter::new(File::create(path).map_err(cannot)?);
        let mut to = zstd::Encoder::new(file, LEVEL).map_err(cannot)?;
        to.include_checksum(true).map_err(cannot)?;
        self.entries(&mut to).map_err(cannot)?;
        to.finish().and_then(|mut file| file.flush()).map_err(cannot)
    }

    fn entries(&self, to: &mut impl Write) -> std::io::Result<()> {
        to.write_all(&encode(&Entry::Head(Head {
            format: FORMAT,
            partitions: self.faults.partitions,
            configuration: configuration(&self.config),
            keys: self.keys,
            records: self.readings.iter().map(|reading| reading.delivered).collect(),
        })))?;
        let mut entries = 0;
        for (partition, log) in (0..).zip(&self.account_logs) {
            entries += rows(Owner::Account, partition, log, to)?;
        }
        for (partition, log) in (0..).zip(&self.object_logs) {
            entries += rows(Owner::Object, partition, log, to)?;
        }
        entries += rows(Owner::Campaign, 0, &self.campaign_log, to)?;
        for message in &self.tables {
            to.write_all(&encode(&Entry::Table(message.clone())))?;
        }
        entries += self.tables.len() as u64;
        to.write_all(&encode(&Entry::Tail(Tail { entries })))
    }
}

fn rows(
    owner: Owner,
    partition: u32,
    log: &Changelog,
    to: &mut impl Write,
) -> std::io::Result<u64> {
    for ((place, table, key), value) in log {
        let (key, value) = (key.clone(), value.clone());
        to.write_all(&encode(&Entry::Row {
            owner,
            partition,
            place: *place,
            table: *table,
            key,
            value,
        }))?;
    }
    Ok(log.len() as u64)
}
