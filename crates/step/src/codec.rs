//! Values to bytes and back: the form of state, changelog and internal topics.
//!
//! Postcard: compact, without self-description. What is read must have been written by the same
//! version of the type; whoever stores it stores a format version beside it.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Stored bytes that do not decode: damaged, or written by another version.
#[derive(Debug, thiserror::Error)]
#[error("stored {what} cannot be read")]
pub struct Corrupt {
    what: &'static str,
    source: postcard::Error,
}

/// The value as bytes.
#[must_use]
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    encode_to(value, Vec::new())
}

/// The value as bytes, appended to `buffer`.
#[must_use]
pub fn encode_to<T: Serialize>(value: &T, buffer: Vec<u8>) -> Vec<u8> {
    postcard::to_extend(value, buffer).expect("our types have known lengths, a vector never fills")
}

/// The value that was encoded as `bytes`; all of them must be used.
///
/// # Errors
/// If they are no encoding of a `T`.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Corrupt> {
    let what = std::any::type_name::<T>();
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        Ok(_) => Err(Corrupt { what, source: postcard::Error::DeserializeBadEncoding }),
        Err(source) => Err(Corrupt { what, source }),
    }
}

/// The value at the beginning of `bytes`, and the bytes behind it.
///
/// # Errors
/// If they do not begin with an encoding of a `T`.
pub fn decode_first<T: DeserializeOwned>(bytes: &[u8]) -> Result<(T, &[u8]), Corrupt> {
    let what = std::any::type_name::<T>();
    postcard::take_from_bytes(bytes).map_err(|source| Corrupt { what, source })
}
