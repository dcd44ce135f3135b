//! One account's behaviour in bounded, decayed windows; sightings of shared objects.
