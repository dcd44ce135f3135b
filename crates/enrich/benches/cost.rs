//! What enriching costs: fresh text in two scripts, a conversation sent again, a whole request.
fn main() {}
