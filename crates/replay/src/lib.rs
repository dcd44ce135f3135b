//! Runs the tasks in this process over recorded files; splits, restarts and duplicates by seed.
