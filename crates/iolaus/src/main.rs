//! The program: reads the command line, hands over to one verb.
fn main() {}
