//! What the store promises, tried: by example, against a model, with damaged files, with kills.

mod damage;
mod kills;
mod laws;
mod stories;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use pipeline::message::Place;
use step::{Change, Slot, TableId};

use crate::{Error, Identity, Opened, Refused, Store};

pub(crate) const NOW: i64 = 1_800_000_000_000;
pub(crate) const DAY: i64 = 86_400_000;
pub(crate) const CACHE: u64 = 8 << 20;

/// What a store should hold.
pub(crate) type Model = BTreeMap<(Place, TableId, Vec<u8>), Vec<u8>>;

pub(crate) fn identity() -> Identity {
    Identity {
        application: "iolaus".into(),
        task: "account".into(),
        partition: 3,
        partitions: 8,
        changelog_topic: "iolaus-account-changelog".into(),
        changelog_topic_id: "lbhbbo2kTWOzwPxkzMwC6Q".into(),
        configuration: "c0ffee".into(),
        format: 1,
    }
}

/// Of the changes that the tests make, these stand together.
pub(crate) fn together(part: u8, table: TableId) -> bool {
    (part, table) == (2, 1)
}

/// Held while a process is started: until it runs its program it holds a copy of every lock.
pub(crate) static STARTING: RwLock<()> = RwLock::new(());

/// Nobody starts a process meanwhile.
pub(crate) fn quiet() -> RwLockReadGuard<'static, ()> {
    STARTING.read().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn open(dir: &Path) -> (Store, Opened) {
    let _quiet = quiet();
    Store::open(dir, &identity(), NOW, DAY, CACHE, together).expect("it opens")
}

pub(crate) fn held(store: &Store) -> Result<Model, Error> {
    let mut rows = Model::new();
    store.rows::<Error>(|place, table, key, value| {
        let before = rows.insert((place, table, key.to_owned()), value.to_owned());
        assert_eq!(before, None, "a row came twice");
        Ok(())
    })?;
    Ok(rows)
}

/// The rows that stand together, as the store gives them and as a model has them.
pub(crate) fn held_together(store: &Store) -> Result<Model, Error> {
    let rows = store.together()?.into_iter();
    Ok(rows.map(|row| ((row.place, row.table, row.key), row.value)).collect())
}

pub(crate) fn of_together(model: &Model) -> Model {
    let rows = model.iter().filter(|((place, table, _), _)| together(place.part, *table));
    rows.map(|(name, value)| (name.clone(), value.clone())).collect()
}

pub(crate) fn apply(model: &mut Model, changes: &[(Place, Change)]) {
    for (place, (table, key, value)) in changes {
        let name = (*place, *table, key.clone());
        match value {
            Some(value) => model.insert(name, value.clone()),
            None => model.remove(&name),
        };
    }
}

/// A source of numbers that is the same for a seed (xorshift).
pub(crate) struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Numbers {
        let mut numbers = Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        (0..8).for_each(|_| _ = numbers.next());
        numbers
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count.div_ceil(8)).flat_map(|_| self.next().to_le_bytes()).take(count).collect()
    }
}

/// Changes of `count` rows among `accounts`, some of them removals.
pub(crate) fn changes(numbers: &mut Numbers, accounts: u64, count: u64) -> Vec<(Place, Change)> {
    (0..count)
        .map(|_| {
            let account = account(numbers.below(accounts));
            let place = Place { part: numbers.below(3) as u8, slot: Slot(account[0]) };
            let table = numbers.below(2) as u8;
            let bytes = 20 + numbers.below(300) as usize;
            let value = (numbers.below(10) > 0).then(|| numbers.bytes(bytes));
            (place, (table, account, value))
        })
        .collect()
}

/// The key of an account: a digest.
pub(crate) fn account(number: u64) -> Vec<u8> {
    xxhash_rust::xxh3::xxh3_64(&number.to_le_bytes()).to_le_bytes().to_vec()
}
