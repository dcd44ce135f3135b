//! The laws of the whole, the faults they must catch, and the house in order.

mod faults;
mod laws;
mod scenes;
mod tidy;
