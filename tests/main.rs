//! The laws of the whole, the faults they must catch, the stories, and the house in order.

mod apart;
mod faults;
mod laws;
mod real_input;
mod scenes;
mod step_laws;
mod stories;
mod tidy;
