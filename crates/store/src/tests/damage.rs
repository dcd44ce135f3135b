//! Whatever happens to its files, a checkpoint is what one write left, or is put away with a reason.
//!
//! `STORE_DAMAGE_SEEDS=5000 cargo test -p store damage` tries more than the usual number.

use std::fs;
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use tempfile::{TempDir, tempdir};

use super::*;

const SEEDS: u64 = 250;

/// A checkpoint may take this long to open, and is then said to hang.
const LONGEST: Duration = Duration::from_secs(60);

/// A store's life: its files after some of its writes, and what it held after each.
struct Life {
    _dir: TempDir,
    /// Copies of the directory, with the offset that each was written for.
    copies: Vec<PathBuf>,
    models: BTreeMap<i64, Model>,
}

fn live(seed: u64) -> Life {
    let dir = tempdir().expect("a directory");
    let home = dir.path().join("home");
    let mut numbers = Numbers::new(seed);
    let (mut store, _) = open(&home);
    let (mut model, mut models, mut copies) = (Model::new(), BTreeMap::new(), Vec::new());
    let accounts = [300, 3_000][numbers.below(2) as usize];
    for write in 1..=12_i64 {
        let mut changes = changes(&mut numbers, accounts, 400);
        if numbers.below(3) == 0 {
            // Larger than what the database keeps in its log: without chunks, a file of its own.
            let place = Place { part: 2, slot: Slot(0) };
            changes.push((place, (0, Vec::new(), Some(numbers.bytes(400_000)))));
        }
        apply(&mut model, &changes);
        store.write(changes, write, NOW).expect("it is written");
        models.insert(write, model.clone());
        if write % 5 == 3 {
            drop(store);
            store = open(&home).0;
        }
        if write % 4 == 0 {
            let blobs = fs::read_dir(home.join("checkpoint/sled/blobs")).expect("a directory");
            assert_eq!(blobs.count(), 0, "the database made files that it does not sync");
            let copy = dir.path().join(format!("copy-{write}"));
            copy_all(&home, &copy);
            copies.push(copy);
        }
    }
    Life { _dir: dir, copies, models }
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a directory").flatten() {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_all(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("a copy");
        }
    }
}

/// Every file of a checkpoint, by its path from the directory, in order.
fn files(dir: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![dir.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a directory").flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                found.push(entry.path().strip_prefix(dir).expect("in it").to_owned());
            }
        }
    }
    found.sort();
    found
}

/// Damages a checkpoint; says how.
fn damage(life: &Life, dir: &Path, numbers: &mut Numbers) -> String {
    let files = files(dir);
    // The database is one of several files, and the one with the most to go wrong.
    let database = files.iter().position(|file| file.ends_with("db")).expect("a database");
    let chosen =
        if numbers.below(2) == 0 { database } else { numbers.below(files.len() as u64) as usize };
    let path = dir.join(&files[chosen]);
    let mut bytes = fs::read(&path).expect("a file");
    let length = bytes.len() as u64;
    let how = match numbers.below(6) {
        0 | 1 if length > 0 => {
            let flips = 1 + numbers.below(64);
            for _ in 0..flips {
                bytes[numbers.below(length) as usize] ^= 1 << numbers.below(8);
            }
            fs::write(&path, bytes).expect("a file");
            format!("{flips} bits flipped in")
        }
        2 => {
            bytes.truncate(numbers.below(length + 1) as usize);
            let kept = bytes.len();
            fs::write(&path, bytes).expect("a file");
            format!("cut to {kept} of {length} bytes:")
        }
        3 => {
            fs::remove_file(&path).expect("a file");
            "removed".to_owned()
        }
        4 => {
            let older = &life.copies[numbers.below(life.copies.len() as u64 - 1) as usize];
            if fs::copy(older.join(&files[chosen]), &path).is_err() {
                fs::remove_file(&path).expect("a file");
            }
            format!("as in {}:", older.display())
        }
        _ => {
            let from = numbers.below(length + 1) as usize;
            let end = (from + numbers.below(1 << 16) as usize).min(bytes.len());
            bytes[from..end].fill(0);
            fs::write(&path, bytes).expect("a file");
            format!("zero from {from} to {end} in")
        }
    };
    format!("{how} {}", files[chosen].display())
}

/// How an opening ended.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Newest,
    Older,
    Refused,
    /// It was opened, and a page that was read was not what was written.
    Found,
}

/// Reads a store that was opened, in whatever order; all that it says must be so.
fn read(store: &Store, model: &Model, numbers: &mut Numbers) -> Result<(), Error> {
    if numbers.below(2) == 0 {
        assert!(held(store)? == *model, "other rows");
    }
    for number in 0..200 {
        let key = account(number);
        let slot = Slot(key[0]);
        let mut fetched = Model::new();
        if store.maybe_has(slot, &key) {
            let rows = store.fetch(slot, &key)?.into_iter();
            fetched.extend(rows.map(|row| ((row.place, row.table, row.key), row.value)));
        }
        let alone = |(place, table, other): &(Place, TableId, Vec<u8>)| {
            *other == key && !together(place.part, *table)
        };
        let expected = model.iter().filter(|(name, _)| alone(name));
        let expected: Model = expected.map(|(name, value)| (name.clone(), value.clone())).collect();
        assert!(fetched == expected, "another account");
    }
    assert!(held_together(store)? == of_together(model), "other rows that stand together");
    assert!(held(store)? == *model, "other rows");
    Ok(())
}

fn check(life: &Life, seed: u64) -> (End, String) {
    let mut numbers = Numbers::new(seed + 1_000_000);
    let newest = life.copies.last().expect("a copy");
    let dir = tempdir().expect("a directory");
    copy_all(newest, dir.path());
    let how = damage(life, dir.path(), &mut numbers);
    let (mut store, opened) = Store::open(dir.path(), &identity(), NOW, DAY, CACHE, together)
        .unwrap_or_else(|error| panic!("seed {seed}, {how}: {error}"));
    let end = match opened {
        Opened::Fresh { why } => {
            assert!(why.is_some(), "seed {seed}, {how}: no reason");
            assert!(held(&store).expect("it reads").is_empty(), "seed {seed}, {how}");
            End::Refused
        }
        Opened::Loaded { next_offset } => {
            println!("seed {seed}, {how}: read");
            match read(&store, &life.models[&next_offset], &mut numbers) {
                Ok(()) if next_offset == 12 => End::Newest,
                Ok(()) => End::Older,
                Err(error) => {
                    assert!(error.is_damage(), "seed {seed}, {how}: {error}");
                    drop(store);
                    let (again, opened) = open(dir.path());
                    assert!(matches!(opened, Opened::Fresh { why: Some(_) }), "{how}: {error}");
                    store = again;
                    End::Found
                }
            }
        }
    };
    go_on(store, dir.path(), &mut numbers, &format!("seed {seed}, {how}"));
    (end, how)
}

/// Whatever was found, the store that came of it serves; or its first write finds more damage, which
/// is then known to the next who opens it.
fn go_on(mut store: Store, dir: &Path, numbers: &mut Numbers, what: &str) {
    let mut model = held(&store).expect("it reads");
    let first = changes(numbers, 300, 50);
    if let Err(error) = store.write(first.clone(), 13, NOW) {
        drop(store);
        let (again, opened) = open(dir);
        assert!(matches!(opened, Opened::Fresh { why: Some(_) }), "{what}: {error}");
        store = again;
        model.clear();
        store.write(first.clone(), 13, NOW).unwrap_or_else(|error| panic!("{what}: {error}"));
    }
    apply(&mut model, &first);
    drop(store);
    let (store, opened) = open(dir);
    assert_eq!(opened, Opened::Loaded { next_offset: 13 }, "{what}");
    assert!(held(&store).expect("it reads") == model, "{what}: after a write");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a watch on what may hang needs a thread")]
fn damaged_files_are_never_loaded_as_something_else() {
    let seeds = option_env!("STORE_DAMAGE_SEEDS").and_then(|seeds| seeds.parse().ok());
    let seeds = seeds.unwrap_or(SEEDS);
    let (sender, ends) = channel();
    let worker = std::thread::spawn(move || {
        let mut life = live(0);
        for seed in 0..seeds {
            if seed % 50 == 0 {
                life = live(seed);
            }
            sender.send(check(&life, seed)).expect("somebody listens");
        }
    });
    let mut counts: BTreeMap<End, u64> = BTreeMap::new();
    loop {
        match ends.recv_timeout(LONGEST) {
            Ok((end, how)) => {
                println!("{end:?}: {how}");
                *counts.entry(end).or_default() += 1;
            }
            Err(RecvTimeoutError::Timeout) => panic!("it hangs after {counts:?}"),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    println!("{counts:?}");
    assert_eq!(counts.values().sum::<u64>(), seeds);
    assert!(counts.len() == 4, "the damage is always of one kind: {counts:?}");
}
