//! The contract every stage keeps: time, buckets, slots, tables, state, exact arithmetic.
