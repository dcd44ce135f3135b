//! What a checkpoint holds, for people and for `iolaus state`.

use serde::Serialize;

use crate::identity::Identity;

/// What a checkpoint holds, after all of it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// What it belongs to, if that can be read.
    pub identity: Option<Identity>,
    /// The version of directory and pages.
    pub layout: u32,
    /// The first record of the changelog that is not in it.
    pub next_offset: i64,
    /// When it was written, in milliseconds since 1970.
    pub written_at_ms: i64,
    /// How many times it was written.
    pub writes: u64,
    /// Rows of all tables.
    pub rows: u64,
    /// Bytes of their keys and values.
    pub bytes: u64,
    /// The same of each table.
    pub tables: Vec<TableReport>,
    /// Slots that have rows.
    pub slots: u32,
    /// Layers of all slots.
    pub layers: u64,
    /// Pages of all layers.
    pub pages: u64,
    /// Bytes of all pages.
    pub page_bytes: u64,
    /// Bytes that filters and checks take in memory.
    pub memory_bytes: u64,
    /// Bytes of its files.
    pub disk_bytes: u64,
    /// What is wrong with it, if anything is.
    pub damage: Option<String>,
}

/// What a table holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableReport {
    /// The part of the shard.
    pub part: u8,
    /// The table of the part.
    pub table: u8,
    /// Its rows in all slots.
    pub rows: u64,
    /// Bytes of keys and values.
    pub bytes: u64,
}

/// What a write did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Rows that were given.
    pub rows: u64,
    /// Rows that were written: those given, and those made one with them.
    pub rows_written: u64,
    /// Pages that were written.
    pub pages: u64,
    /// Bytes of these pages.
    pub bytes: u64,
}
