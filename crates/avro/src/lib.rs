//! Avro: canonical events in object container files, and the schemas of every topic.
//!
//! Reading gives the same [`event::contract::Event`] as the same event in JSON, by the same rules
//! and with the same reasons; writing is the way back. Values and schemas are apache-avro's; the
//! framing of files is ours, since a reader of other people's files must notice what is cut off.
//! A crate of its own, because nothing else needs what Avro brings along.

mod blocks;
mod convert;
mod decoded;
mod error;
mod layout;
mod read;
pub mod schemas;
#[cfg(test)]
mod tests;
mod write;

pub use apache_avro::Codec;
pub use convert::{to_avro, to_json};
pub use error::Error;
pub use read::{AvroEvents, Record};
pub use write::{AvroWriter, write_avro};
