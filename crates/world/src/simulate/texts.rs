//! Real prompts from a folder, for ordinary accounts to say.
//!
//! Files are read in the order of their names: `.txt` has one text a line; `.jsonl` has objects
//! whose `text`, `prompt`, `instruction` or `question` is one. Both may be compressed. What is too
//! short to be a prompt or too long to be typed is left out.

use std::path::{Path, PathBuf};

use crate::evaluate::Error;
use crate::evaluate::for_each_line;

/// The most texts that are kept, and their lengths in bytes.
const TEXTS_MOST: usize = 200_000;
const SHORTEST: usize = 20;
const LONGEST: usize = 4_000;

/// Fields that hold a text.
const FIELDS: [&str; 4] = ["text", "prompt", "instruction", "question"];

/// Reads the texts of a folder and of the folders in it.
///
/// # Errors
/// Where a file can't be read, or the folder holds no text.
pub fn read(folder: &Path) -> Result<Vec<String>, Error> {
    let mut texts = Vec::new();
    for path in files(folder)? {
        let name = path.to_string_lossy().into_owned();
        let json = name.contains(".jsonl");
        if !json && !name.contains(".txt") {
            continue;
        }
        for_each_line(&path, |_, line| {
            let text = if json { field(line) } else { String::from_utf8(line.to_vec()).ok() };
            let fits = |text: &String| (SHORTEST..=LONGEST).contains(&text.len());
            if texts.len() < TEXTS_MOST {
                texts.extend(text.filter(fits));
            }
            Ok(())
        })?;
    }
    if texts.is_empty() { Err(Error::NoTexts { path: folder.to_owned() }) } else { Ok(texts) }
}

fn field(line: &[u8]) -> Option<String> {
    let object: serde_json::Value = serde_json::from_slice(line).ok()?;
    FIELDS.iter().find_map(|field| object.get(field)?.as_str().map(str::to_owned))
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |source| Error::Open { path: folder.to_owned(), source };
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        entries.push(entry.map_err(failed)?.path());
    }
    entries.sort();
    let mut found = Vec::new();
    for path in entries {
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}
