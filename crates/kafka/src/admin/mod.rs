//! What an operator does with a cluster before and beside the tasks: make the topics, check that the
//! cluster fits, give each task its rights, and look after dead letters.
//!
//! Nothing here runs while a task works. Whatever asks a broker does so within a stated time and says in
//! one line what it could not do.

pub mod acls;
pub mod check;
pub mod connection;
pub mod dead_letters;
pub mod load;
pub mod plan;
pub mod record;
pub mod topics;

pub use connection::Connection;
