//! The laws of the whole, the faults they must catch, and the stories.

mod faults;
mod laws;
mod scenes;
