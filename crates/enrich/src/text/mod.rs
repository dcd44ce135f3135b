//! From text to sketches, in one pass and without a copy of the text: canonical characters, words,
//! fingerprints, cues.

pub mod canon;
pub mod cues;
pub mod lexicon;
pub mod sample;
pub mod words;
