//! Why a file cannot be read or written at all.

/// Why a file cannot be read or written at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file or its disk.
    #[error("the file cannot be read or written: {0}")]
    Io(#[from] std::io::Error),
    /// The bytes are no object container.
    #[error("no Avro object container: {0}")]
    Container(String),
    /// The file ends too early.
    #[error("the file ends too early: {0}")]
    CutOff(&'static str),
    /// The schema is broken, hostile, or none of the contract.
    #[error("unusable schema: {0}")]
    Schema(String),
    /// A value does not fit its schema.
    #[error("{0}")]
    Value(String),
}

impl From<apache_avro::Error> for Error {
    fn from(error: apache_avro::Error) -> Error {
        Error::Value(error.to_string())
    }
}
