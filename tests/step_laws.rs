//! Laws of the ground that every stage stands on: state, tables with effect times, clocks.

use std::collections::BTreeMap;

use event::EventTime;
use proptest::prelude::*;
use step::{Clock, Keyed, Rows, Stamp, TimeConfig, Versions};
use tests::trials;

/// What can be done to a table of state.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Insert(u8, u32),
    Remove(u8),
    /// Through `entry`, then changed.
    Add(u8, u32),
    /// Through `get_mut`, if it is there.
    Double(u8),
    /// Rows of even value go.
    Thin,
    /// The changes are written down.
    Commit,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = prop_oneof![
        4 => (0_u8..12, any::<u32>()).prop_map(|(key, value)| Deed::Insert(key, value)),
        2 => (0_u8..12).prop_map(Deed::Remove),
        3 => (0_u8..12, 0_u32..1_000).prop_map(|(key, value)| Deed::Add(key, value)),
        2 => (0_u8..12).prop_map(Deed::Double),
        1 => Just(Deed::Thin),
        3 => Just(Deed::Commit),
    ];
    prop::collection::vec(deed, 0..60)
}

fn rows(table: &Keyed<u8, u32>) -> Vec<(u8, u32)> {
    table.iter().map(|(key, value)| (key, *value)).collect()
}

fn does(table: &mut Keyed<u8, u32>, model: &mut BTreeMap<u8, u32>, deed: Deed) {
    match deed {
        Deed::Insert(key, value) => {
            table.insert(key, value);
            model.insert(key, value);
        }
        Deed::Remove(key) => assert_eq!(table.remove(key), model.remove(&key)),
        Deed::Add(key, value) => {
            let row = table.entry(key, || 0);
            *row = row.wrapping_add(value);
            let row = model.entry(key).or_default();
            *row = row.wrapping_add(value);
        }
        Deed::Double(key) => {
            table.get_mut(key).into_iter().for_each(|row| *row = row.wrapping_mul(2));
            model.get_mut(&key).into_iter().for_each(|row| *row = row.wrapping_mul(2));
        }
        Deed::Thin => {
            table.retain(|_, value| value % 2 == 1);
            model.retain(|_, value| *value % 2 == 1);
        }
        Deed::Commit => {}
    }
}

proptest! {
    #![proptest_config(trials(256))]

    #[test]
    fn what_changed_is_enough_to_get_the_state_back(deeds in deeds()) {
        let (mut table, mut model) = (Keyed::<u8, u32>::default(), BTreeMap::new());
        let mut changelog = BTreeMap::new();
        for deed in deeds.into_iter().chain([Deed::Commit]) {
            does(&mut table, &mut model, deed);
            prop_assert_eq!(rows(&table), model.clone().into_iter().collect::<Vec<_>>());
            if matches!(deed, Deed::Commit) {
                let mut changes = Vec::new();
                table.take_changes(7, &mut changes);
                for (id, key, value) in changes {
                    prop_assert_eq!(id, 7);
                    changelog.insert(key, value);
                }
                let mut restored = Keyed::<u8, u32>::default();
                for (key, value) in &changelog {
                    restored.restore(key, value.as_deref()).expect("it was just written");
                }
                prop_assert_eq!(rows(&restored), rows(&table));
                let (mut here, mut there) = (Rows::default(), Rows::default());
                table.all_rows(1, &mut here);
                restored.all_rows(1, &mut there);
                // They come in no particular order.
                here.sort();
                there.sort();
                prop_assert!(here.iter().eq(there.iter()));
            }
        }
    }

    #[test]
    fn a_table_answers_alike_in_whatever_order_its_rows_came(
        rows in prop::collection::btree_map((0_u8..4, 0_i64..50), any::<Option<u16>>(), 0..40),
        shuffle in any::<u64>(),
        pruned in 0_i64..60,
    ) {
        let rows: Vec<_> = rows.into_iter().collect();
        let mut order: Vec<usize> = (0..rows.len()).collect();
        let mut random = tests::Random::new(shuffle);
        order.sort_by_cached_key(|_| random.draw());
        let mut table = Versions::default();
        for index in order {
            let ((key, effect), value) = rows[index];
            table.insert(key, EventTime(effect), value);
        }
        let right = |key: u8, time: i64| {
            let before = rows.iter().filter(|((of, effect), _)| *of == key && *effect <= time);
            before.max_by_key(|((_, effect), _)| *effect).and_then(|(_, value)| *value)
        };
        for (key, time) in (0..4).flat_map(|key| (-1..60).map(move |time| (key, time))) {
            prop_assert_eq!(table.at(&key, EventTime(time)).copied(), right(key, time));
        }
        table.prune(EventTime(pruned));
        for (key, time) in (0..4).flat_map(|key| (pruned..60).map(move |time| (key, time))) {
            prop_assert_eq!(table.at(&key, EventTime(time)).copied(), right(key, time));
        }
    }

    #[test]
    fn a_clock_never_announces_past_what_it_later_yields(
        times in prop::collection::vec(prop_oneof![6 => 0_i64..400, 2 => 0_i64..5_000, 1 => 0_i64..100_000], 1..120),
        confirmations in 1_usize..6,
    ) {
        let config = TimeConfig {
            lateness: 20, bucket: 10, table_delay: 40, epoch: 60, lead: 500, confirmations,
        };
        let mut watch = Watch { config, clock: Clock::default(), announced: EventTime::MIN, yielded: Vec::new() };
        for (index, time) in times.iter().enumerate() {
            watch.take(EventTime(*time), index)?;
        }
        watch.clock.confirm();
        watch.drain()?;
        // Everything comes out, once.
        watch.yielded.sort_unstable();
        prop_assert_eq!(watch.yielded, (0..times.len()).collect::<Vec<_>>());
    }
}

/// A clock, used as the account shard uses it.
struct Watch {
    config: TimeConfig,
    clock: Clock<(EventTime, usize)>,
    announced: EventTime,
    yielded: Vec<usize>,
}

impl Watch {
    fn take(&mut self, time: EventTime, index: usize) -> Result<(), TestCaseError> {
        match self.clock.stamp(time, &self.config) {
            Stamp::Ahead => self.clock.hold(time, (time, index), &self.config),
            Stamp::At { at, clamped } => {
                self.announce(self.clock.watermark_with(time, &self.config));
                if self.clock.accept(time) {
                    self.clock.release(&self.config);
                    self.clock.follow(time, (time, index));
                } else {
                    self.yields(at, clamped, (time, index))?;
                }
            }
        }
        self.drain()
    }

    fn drain(&mut self) -> Result<(), TestCaseError> {
        while let Some((at, clamped, watermark)) = self.clock.peek_ready(&self.config) {
            self.announce(watermark);
            let stamped = self.clock.take_ready(&self.config).expect("it was just there");
            prop_assert_eq!((stamped.at, stamped.clamped), (at, clamped));
            self.yields(at, clamped, stamped.record)?;
            self.announce(self.clock.watermark(&self.config));
        }
        Ok(())
    }

    fn announce(&mut self, watermark: EventTime) {
        self.announced = self.announced.max(watermark);
    }

    fn yields(
        &mut self,
        at: EventTime,
        clamped: bool,
        of: (EventTime, usize),
    ) -> Result<(), TestCaseError> {
        prop_assert!(at >= self.announced, "{at:?} after {:?} was announced", self.announced);
        // What is not clamped keeps its time; what came too late moves forward; a clock that went
        // ahead alone is moved back.
        prop_assert!(clamped || at == of.0, "{at:?} is not {:?}", of.0);
        self.yielded.push(of.1);
        Ok(())
    }
}
