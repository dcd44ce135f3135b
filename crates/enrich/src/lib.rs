//! Request to enriched event: text becomes keyed sketches, and ends here.
