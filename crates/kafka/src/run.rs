//! A process: the workers of some tasks, started together and stopped together.

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use crate::checkpoint::claim;
use crate::error::Error;
use crate::status::Status;
use crate::task::Task;
use crate::time::{nap, now};
use crate::trouble::{explained, still_fits};
use crate::worker::{Shared, Worker};

/// Workers that run.
pub struct Running {
    workers: Vec<(Task, Arc<Status>, Handle)>,
    /// The directory of checkpoints is ours.
    _dir: Option<File>,
}

type Handle = std::thread::JoinHandle<Result<(), Error>>;

impl Running {
    /// Starts workers for tasks, `each` for every task that can be divided.
    ///
    /// # Errors
    /// If one of them can't join.
    #[expect(
        clippy::disallowed_methods,
        reason = "a worker is a thread: it owns its partitions' state and no one else touches it"
    )]
    pub fn start(shared: &Arc<Shared>, tasks: &[Task], each: usize) -> Result<Running, Error> {
        let dir = shared.settings.state_dir.as_deref().map(claim).transpose()?;
        let mut workers = Vec::new();
        for task in tasks {
            let most = shared.counts.of(*task) as usize;
            for number in 0..each.clamp(1, most) {
                let status = Arc::new(Status::default());
                let worker = Worker::new(Arc::clone(shared), *task, number, Arc::clone(&status))?;
                let (own, again) = (Arc::clone(&status), Again::new(shared, *task, number));
                let handle = std::thread::Builder::new()
                    .name(format!("{}-{number}", task.name()))
                    .spawn(move || {
                        let status = Arc::clone(&own);
                        own.watch(|| again.run(worker, &status))
                    })
                    .map_err(|error| Error::Unfit(format!("cannot start a thread: {error}")))?;
                workers.push((*task, status, handle));
            }
        }
        Ok(Running { workers, _dir: dir })
    }

    /// How each worker is doing.
    #[must_use]
    pub fn status(&self) -> Vec<(Task, Arc<Status>)> {
        self.workers.iter().map(|(task, status, _)| (*task, Arc::clone(status))).collect()
    }

    /// Asks all workers to stop.
    pub fn stop(&self) {
        self.workers.iter().for_each(|(_, status, _)| status.stop());
    }

    /// Whether all workers were asked to stop.
    #[must_use]
    pub fn stopping(&self) -> bool {
        self.workers.iter().all(|(_, status, _)| status.stopping())
    }

    /// Waits until every worker has ended; one that fails stops the others. `tick` is called now and
    /// then meanwhile.
    ///
    /// # Errors
    /// The first error of a worker.
    pub fn wait(self, mut tick: impl FnMut(&Running)) -> Result<(), Error> {
        while !self.workers.iter().all(|(_, status, _)| status.ended()) {
            nap(Duration::from_millis(20));
            tick(&self);
            if self.workers.iter().any(|(_, status, _)| status.failed()) {
                self.stop();
            }
        }
        let mut result = Ok(());
        for (_, _, handle) in self.workers {
            let ended = handle.join().unwrap_or(Err(Error::Bug));
            result = result.and(ended);
        }
        result
    }
}

/// Two workers that shut each other out do so within this time; one that a broker's restart shut out
/// stays in for longer.
const PEACE: Duration = Duration::from_secs(60);

/// How long to leave a broker alone that does not answer.
const PAUSE: Duration = Duration::from_secs(1);

/// How to make a worker anew: its group shut it out (after a broker's restart a member may find its own
/// name taken by itself), or the broker was away while it could do nothing but wait.
struct Again {
    shared: Arc<Shared>,
    task: Task,
    number: usize,
}

impl Again {
    fn new(shared: &Arc<Shared>, task: Task, number: usize) -> Again {
        Again { shared: Arc::clone(shared), task, number }
    }

    fn run(&self, worker: Worker, status: &Arc<Status>) -> Result<(), Error> {
        let mut first = Some(worker);
        loop {
            let began = now();
            let made = match first.take() {
                Some(worker) => Ok(worker),
                None => Worker::new(
                    Arc::clone(&self.shared),
                    self.task,
                    self.number,
                    Arc::clone(status),
                ),
            };
            // What the worker holds is let go before another is made.
            let error = match made.and_then(|mut worker| worker.run()) {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            let anew = match &error {
                Error::ShutOut { .. } => began.elapsed() > PEACE || !status.again(),
                error => error.passes() && !status.stopping(),
            };
            if !anew {
                return Err(explained(error, &self.shared.settings));
            }
            tracing::warn!(task = self.task.name(), %error, "joining again");
            if error.passes() {
                still_fits(&self.shared.settings)?;
                nap(PAUSE);
            }
        }
    }
}
