//! Who belongs together: templates, attachment, exact rebuilds, identity over time.
