//! What things of an installation are called on the broker.

use pipeline::topology::Topic;

use crate::settings::Settings;

impl Settings {
    /// The name of a topic of ours.
    #[must_use]
    pub fn topic(&self, topic: Topic) -> String {
        format!("{}{}", self.prefix, topic.name())
    }

    /// The name of the topic that keeps a task's state.
    #[must_use]
    pub fn changelog(&self, task: &str) -> String {
        format!("{}{task}-changelog", self.prefix)
    }

    /// The consumer group of a task.
    #[must_use]
    pub fn group(&self, task: &str) -> String {
        format!("{}{task}", self.prefix)
    }

    /// The transactional id of a worker: one that comes back with it ends what its predecessor left
    /// open.
    #[must_use]
    pub fn transactional_id(&self, task: &str, instance: &str, worker: usize) -> String {
        format!("{}{task}-{instance}-{worker}", self.prefix)
    }
}
