//! Any writes, reopened anywhere, leave what a map would hold.

use proptest::prelude::*;
use tempfile::tempdir;

use super::*;

#[derive(Clone, Debug)]
enum Act {
    Write(Vec<(Place, Change)>),
    Reopen,
}

/// Few slots and keys, so that rows meet; short, long and nested keys.
fn change() -> impl Strategy<Value = (Place, Change)> {
    let key = prop_oneof![
        (0_u64..60).prop_map(account),
        (0_u8..6).prop_map(|byte| vec![byte; usize::from(byte)]),
        (0_u64..20, 0_u8..9).prop_map(|(number, more)| [account(number), vec![more]].concat()),
    ];
    let value = proptest::option::weighted(0.8, proptest::collection::vec(any::<u8>(), 0..2_000));
    (0_u8..4, 0_u8..3, 0_u8..3, key, value).prop_map(|(part, slot, table, key, value)| {
        (Place { part, slot: Slot(slot) }, (table, key, value))
    })
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => proptest::collection::vec(change(), 0..120).prop_map(Act::Write),
        1 => Just(Act::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_store_holds_what_a_map_would(acts in proptest::collection::vec(act(), 1..25)) {
        let dir = tempdir().expect("a directory");
        let (mut store, _) = open(dir.path());
        let (mut model, mut offset) = (Model::new(), None);
        for act in acts {
            match act {
                Act::Write(changes) => {
                    apply(&mut model, &changes);
                    let next = offset.unwrap_or(0) + changes.len() as i64;
                    store.write(changes, next, NOW).expect("it is written");
                    offset = Some(next);
                }
                Act::Reopen => {
                    drop(store);
                    let (again, opened) = open(dir.path());
                    if let Some(next_offset) = offset {
                        prop_assert_eq!(opened, Opened::Loaded { next_offset });
                    }
                    store = again;
                }
            }
            prop_assert_eq!(&held(&store).expect("it reads"), &model);
        }
        prop_assert_eq!(held_together(&store).expect("it reads"), of_together(&model));
        for (place, table, key) in model.keys() {
            if together(place.part, *table) {
                continue;
            }
            prop_assert!(store.maybe_has(place.slot, key));
            let fetched = store.fetch(place.slot, key).expect("it reads");
            let mut same = fetched.iter().map(|row| {
                model.get(&(row.place, row.table, row.key.clone())) == Some(&row.value)
            });
            prop_assert!(same.all(|same| same));
            let found = fetched.iter().any(|row| row.key == *key && row.place == *place);
            prop_assert!(found);
        }
    }
}
