//! Sees to it that no broker outlives the process that started it.
//!
//! A shell waits on a pipe whose other end this process holds. However this process ends, also by
//! SIGKILL, the pipe closes; then the shell kills what is named in the folder's `*/pid` files and
//! removes the folder. (The kernel's parent-death signal would not do: it is sent when the *thread*
//! that started a program ends, and tests run on threads that come and go.)

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::error::{Error, io};

/// The shell. Dropping it clears up at once.
pub struct Watchdog(Child);

const SCRIPT: &str = r#"
trap '' INT TERM HUP
cat >/dev/null
for file in "$1"/*/pid; do [ -e "$file" ] && kill -9 "$(cat "$file")"; done
for file in "$1"/*/container; do [ -e "$file" ] && docker rm --force "$(cat "$file")" >/dev/null; done
for _ in 1 2 3; do rm -rf "$1" && break; done
"#;

impl Watchdog {
    /// Watches over what runs in `folder`.
    pub fn over(folder: &Path) -> Result<Watchdog, Error> {
        let child = Command::new("sh")
            .args(["-c", SCRIPT, "watchdog"])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(io("start the shell that clears up"))?;
        Ok(Watchdog(child))
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // Nothing more can be done about a shell that can't be waited for.
        let _ = self.0.wait();
    }
}
