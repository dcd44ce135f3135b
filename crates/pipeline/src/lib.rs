//! Which stages form which task, and the loop body that both drivers run.
