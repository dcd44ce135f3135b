//! What happens to a checkpoint, by example.

use std::fs;

use tempfile::tempdir;

use super::*;

fn row(slot: u8, part: u8, key: &[u8], value: Option<&[u8]>) -> (Place, Change) {
    let place = Place { part, slot: Slot(slot) };
    (place, (0, key.to_vec(), value.map(<[u8]>::to_vec)))
}

fn write_something(dir: &Path) {
    let (store, _) = open(dir);
    store.write([row(1, 0, b"accountA", Some(b"one"))], 42, NOW).expect("it is written");
}

fn refused(dir: &Path, identity: &Identity, now: i64) -> Option<Refused> {
    let _quiet = quiet();
    let (store, opened) = Store::open(dir, identity, now, DAY, CACHE, together).expect("it opens");
    assert!(held(&store).expect("it reads").is_empty() || matches!(opened, Opened::Loaded { .. }));
    match opened {
        Opened::Fresh { why } => why,
        Opened::Loaded { .. } => None,
    }
}

#[test]
fn what_was_written_is_there_again() {
    let dir = tempdir().expect("a directory");
    let (store, opened) = open(dir.path());
    assert_eq!(opened, Opened::Fresh { why: None });
    let mut numbers = Numbers::new(1);
    let mut model = Model::new();
    for write in 1..=30 {
        let changes = changes(&mut numbers, 500, 200);
        apply(&mut model, &changes);
        store.write(changes, write * 200, NOW).expect("it is written");
        assert_eq!(held(&store).expect("it reads"), model);
    }
    drop(store);
    let (store, opened) = open(dir.path());
    assert_eq!(opened, Opened::Loaded { next_offset: 6_000 });
    assert_eq!(held(&store).expect("it reads"), model);
    let report = store.verify().expect("it reads");
    assert_eq!((report.rows, report.damage), (model.len() as u64, None));
}

#[test]
fn all_rows_of_an_account_are_fetched_together() {
    let dir = tempdir().expect("a directory");
    let (store, _) = open(dir.path());
    let mut numbers = Numbers::new(2);
    let mut model = Model::new();
    for write in 1..=20 {
        let changes = changes(&mut numbers, 300, 300);
        apply(&mut model, &changes);
        store.write(changes, write, NOW).expect("it is written");
    }
    for number in 0..400 {
        let key = account(number);
        let slot = Slot(key[0]);
        let fetched = store.fetch(slot, &key).expect("it reads");
        let fetched: Model =
            fetched.into_iter().map(|row| ((row.place, row.table, row.key), row.value)).collect();
        let expected = model
            .iter()
            .filter(|((place, table, other), _)| *other == key && !together(place.part, *table));
        let expected: Model = expected.map(|(name, value)| (name.clone(), value.clone())).collect();
        assert_eq!(fetched, expected);
        assert!(expected.is_empty() || store.maybe_has(slot, &key));
    }
    let unknown = (1_000..11_000).map(account);
    let wrong = unknown.filter(|key| store.maybe_has(Slot(key[0]), key)).count();
    assert!(wrong < 200, "{wrong} of 10,000 unknown accounts are taken for known");
}

#[test]
fn a_short_key_names_itself_and_a_long_one_what_begins_with_it() {
    let dir = tempdir().expect("a directory");
    let (store, _) = open(dir.path());
    let rows = [
        row(7, 0, b"ab", Some(b"short")),
        row(7, 0, b"abc", Some(b"other")),
        row(7, 1, b"accountA", Some(b"one")),
        row(7, 1, b"accountA+more", Some(b"two")),
        row(7, 1, b"accountAB", Some(b"three")),
    ];
    store.write(rows, 5, NOW).expect("it is written");
    let values = |key: &[u8]| -> Vec<Vec<u8>> {
        let rows = store.fetch(Slot(7), key).expect("it reads");
        rows.into_iter().map(|row| row.value).collect()
    };
    assert_eq!(values(b"ab"), [b"short"]);
    assert_eq!(values(b"accountA"), [&b"one"[..], b"two", b"three"]);
    assert_eq!(values(b"accountA+"), [b"two"]);
    assert_eq!(values(b"accountB"), [b""; 0]);
}

/// Opening reads no page: a damaged one is found by whoever wants it, and the checkpoint is put away then.
#[test]
fn a_damaged_page_is_found_when_it_is_read() {
    let dir = tempdir().expect("a directory");
    write_something(dir.path());
    let (store, _) = open(dir.path());
    store.lose_pages(Slot(1));
    assert_eq!(store.fetch(Slot(2), b"accountA").expect("it has none"), []);
    let error = store.fetch(Slot(1), b"accountA").expect_err("its page is gone");
    assert!(error.is_damage(), "{error}");
    drop(store);
    let (_, opened) = open(dir.path());
    assert!(matches!(opened, Opened::Fresh { why: Some(Refused::Damaged { .. }) }), "{opened:?}");
}

#[test]
fn rows_of_many_megabytes_are_kept() {
    let dir = tempdir().expect("a directory");
    let big = Numbers::new(3).bytes(20 << 20);
    let (store, _) = open(dir.path());
    for offset in 1..4 {
        store.write([row(0, 2, &[], Some(&big))], offset, NOW).expect("it is written");
    }
    drop(store);
    let (store, opened) = open(dir.path());
    assert_eq!(opened, Opened::Loaded { next_offset: 3 });
    assert!(store.fetch(Slot(0), &[]).expect("it reads")[0].value == big);
}

#[test]
fn what_can_not_be_used_is_put_away_with_its_reason() {
    type Case = (&'static str, fn(&mut Identity), i64, bool);
    let cases: [Case; 9] = [
        ("stale", |_| {}, NOW + DAY + 1, false),
        ("ahead", |_| {}, NOW - DAY, false),
        ("another application", |identity| identity.application = "other".into(), NOW, true),
        ("another task", |identity| identity.task = "object".into(), NOW, true),
        ("another partition", |identity| identity.partition = 4, NOW, true),
        (
            "another changelog topic id",
            |identity| identity.changelog_topic_id = "x".into(),
            NOW,
            false,
        ),
        ("another configuration", |identity| identity.configuration = "x".into(), NOW, false),
        ("newer format", |identity| identity.format = 0, NOW, true),
        ("older format", |identity| identity.format = 2, NOW, false),
    ];
    for (name, change, now, aside) in cases {
        let dir = tempdir().expect("a directory");
        write_something(dir.path());
        let mut identity = identity();
        change(&mut identity);
        let why = refused(dir.path(), &identity, now);
        assert!(why.is_some(), "{name}: it was loaded");
        assert_eq!(dir.path().join("refused-1").exists(), aside, "{name}: {why:?}");
        assert_eq!(refused(dir.path(), &identity, now), Some(Refused::Unfinished), "{name}");
    }
}

#[test]
fn two_do_not_hold_one_directory() {
    let dir = tempdir().expect("a directory");
    let (store, _) = open(dir.path());
    let second = Store::open(dir.path(), &identity(), NOW, DAY, CACHE, together);
    assert!(matches!(second, Err(Error::Locked { .. })), "{second:?}");
    assert!(matches!(Store::inspect(dir.path(), CACHE), Err(Error::Locked { .. })));
    assert!(matches!(Store::reset(dir.path()), Err(Error::Locked { .. })));
    drop(store);
    for _ in 0..20 {
        open(dir.path());
    }
}

#[test]
fn a_directory_of_somebody_else_is_left_alone() {
    let dir = tempdir().expect("a directory");
    fs::write(dir.path().join("thesis.tex"), "years of work").expect("a file");
    let opened = Store::open(dir.path(), &identity(), NOW, DAY, CACHE, together);
    assert!(matches!(opened, Err(Error::NotOurs { .. })), "{opened:?}");
    assert!(dir.path().join("thesis.tex").exists());
    assert!(matches!(Store::inspect(dir.path(), CACHE), Err(Error::Missing { .. })));
}

#[test]
fn reset_removes_what_is_there() {
    let dir = tempdir().expect("a directory");
    write_something(dir.path());
    {
        let _quiet = quiet();
        assert_eq!(Store::inspect(dir.path(), CACHE).expect("it reads").rows, 1);
        Store::reset(dir.path()).expect("it is removed");
        assert!(matches!(Store::inspect(dir.path(), CACHE), Err(Error::Missing { .. })));
    }
    assert_eq!(open(dir.path()).1, Opened::Fresh { why: None });
}
