//! Who goes first where there are fewer processors than threads: a request's answer waits for the account
//! task, a bucket's for the object and campaign tasks, and nobody for a checkpoint.

use crate::task::Task;

/// Lets the threads of tasks that answer by the request go before the calling one, if its task answers
/// by the bucket.
pub fn of_task(task: Task) {
    if matches!(task, Task::Object | Task::Campaign) {
        give_way(5);
    }
}

/// Lets all tasks go before the calling thread.
pub fn of_checkpoints() {
    give_way(15);
}

/// Sets the niceness of the calling thread, where that is one of a thread's: on Linux. Without the right to
/// it, things are only slower.
fn give_way(niceness: i32) {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, niceness);
    #[cfg(not(target_os = "linux"))]
    let _ = niceness;
}
