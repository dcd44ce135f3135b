//! Which accounts share an object, and how surprising that is under a stratified null.
