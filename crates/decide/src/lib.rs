//! Evidence to graduated decisions with reasons, in two lanes.
