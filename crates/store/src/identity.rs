//! What a checkpoint belongs to, as a small file beside the database: it can be read, and a
//! directory of somebody else recognised, without opening the database.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::error::Refused;

/// The version of what this crate writes: directory, pages, position.
pub(crate) const LAYOUT: u32 = 2;

/// What every identity file begins with, whatever its layout.
const TITLE: &str = "iolaus checkpoint ";

/// What a checkpoint belongs to. Any difference means that it is not ours to load.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The prefix of the topics and the consumer group.
    pub application: String,
    /// Which task.
    pub task: String,
    /// Which partition of it.
    pub partition: u32,
    /// Of how many.
    pub partitions: u32,
    /// The topic that holds the truth.
    pub changelog_topic: String,
    /// Its id, which differs if it was deleted and made again.
    pub changelog_topic_id: String,
    /// A digest of what results depend on.
    pub configuration: String,
    /// The version of the rows.
    pub format: u32,
}

impl Identity {
    /// The identity file.
    pub(crate) fn file(&self) -> String {
        let fields = serde_json::to_string(self).expect("strings and numbers have a JSON form");
        let body = format!("{TITLE}{LAYOUT}\n{fields}\n");
        format!("{body}{:016x}\n", xxh3_64(body.as_bytes()))
    }

    /// Reads an identity file.
    pub(crate) fn read(file: &[u8]) -> Result<Identity, Refused> {
        let damaged = |what: &str| Refused::Damaged { what: format!("its identity file {what}") };
        let text = std::str::from_utf8(file).map_err(|_| damaged("is no text"))?;
        let body = text.len().checked_sub(17).and_then(|at| text.split_at_checked(at));
        let (body, sum) = body.ok_or_else(|| damaged("is cut off"))?;
        if sum.trim_end() != format!("{:016x}", xxh3_64(body.as_bytes())) {
            return Err(damaged("does not match its checksum"));
        }
        let (title, fields) = body.split_once('\n').ok_or_else(|| damaged("is cut off"))?;
        let layout = title.strip_prefix(TITLE).and_then(|layout| layout.parse().ok());
        match layout {
            Some(LAYOUT) => serde_json::from_str(fields).map_err(|_| damaged("lacks a field")),
            Some(layout) if layout > LAYOUT => {
                Err(Refused::Newer { what: "layout".into(), found: layout, ours: LAYOUT })
            }
            Some(layout) => Err(Refused::Changed {
                what: "layout".into(),
                found: layout.to_string(),
                expected: LAYOUT.to_string(),
            }),
            None => Err(damaged("has no title")),
        }
    }

    /// Stands for this identity in the checksum of every page.
    pub(crate) fn digest(&self) -> u128 {
        xxh3_128(self.file().as_bytes())
    }

    /// Why a checkpoint with the identity `found` is not ours, if it isn't.
    pub(crate) fn refuses(&self, found: &Identity) -> Option<Refused> {
        let text = |what: &str, found: &dyn ToString, expected: &dyn ToString| {
            (what.to_owned(), found.to_string(), expected.to_string())
        };
        let whose = [
            text("application", &found.application, &self.application),
            text("task", &found.task, &self.task),
            text("partition", &found.partition, &self.partition),
        ];
        if let Some((what, found, expected)) = differing(whose) {
            return Some(Refused::Foreign { what, found, expected });
        }
        if found.format > self.format {
            let what = "format of rows".to_owned();
            return Some(Refused::Newer { what, found: found.format, ours: self.format });
        }
        let how = [
            text("partition count", &found.partitions, &self.partitions),
            text("changelog topic", &found.changelog_topic, &self.changelog_topic),
            text("changelog topic id", &found.changelog_topic_id, &self.changelog_topic_id),
            text("configuration", &found.configuration, &self.configuration),
            text("format of rows", &found.format, &self.format),
        ];
        differing(how).map(|(what, found, expected)| Refused::Changed { what, found, expected })
    }
}

type Compared = (String, String, String);

fn differing<const N: usize>(pairs: [Compared; N]) -> Option<Compared> {
    pairs.into_iter().find(|(_, found, expected)| found != expected)
}
