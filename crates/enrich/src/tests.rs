//! What enriching must do to whole events.
