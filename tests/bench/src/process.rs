//! Programs that are measured: started, waited for, killed; and the CPU that each took.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// Ticks of the clock that `/proc` counts in, on every Linux of today.
const TICKS: f64 = 100.0;

/// Builds the program as it is delivered, if we were started by cargo.
pub fn build() -> Result<()> {
    let Some(cargo) = std::env::var_os("CARGO") else { return Ok(()) };
    let status = Command::new(cargo)
        .args(["build", "--release", "--quiet", "-p", "iolaus"])
        .stdout(Stdio::null())
        .status()
        .context("cargo")?;
    ensure!(status.success(), "the program could not be built");
    Ok(())
}

/// Where the program is: beside this one.
pub fn program() -> Result<PathBuf> {
    let own = std::env::current_exe().context("where this program is")?;
    let path = own.with_file_name("iolaus");
    ensure!(path.exists(), "{} is not there: cargo build --release", path.display());
    Ok(path)
}

/// Runs the program to its end.
pub fn run(arguments: &[&str]) -> Result<()> {
    let out = Command::new(program()?).args(arguments).output().context("the program")?;
    let said = String::from_utf8_lossy(&out.stderr);
    ensure!(out.status.success(), "iolaus {}: {said}", arguments.join(" "));
    Ok(())
}

/// A program that runs. It ends with this value.
pub struct Process {
    child: Child,
    log: PathBuf,
    peak: f64,
    ended: bool,
}

impl Process {
    /// Starts a program; what it logs goes to a file.
    pub fn start(program: &Path, arguments: &[&str], log: &Path) -> Result<Process> {
        let to = File::create(log).with_context(|| log.display().to_string())?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(to);
        let child = command.spawn().with_context(|| program.display().to_string())?;
        Ok(Process { child, log: log.to_owned(), peak: 0.0, ended: false })
    }

    /// Seconds of CPU so far, in user code and in the system, of all its threads.
    pub fn cpu(&self) -> Result<f64> {
        Ok(self.stat()?.1)
    }

    /// Whether it has ended (and its figures are still kept), and the CPU it took.
    fn stat(&self) -> Result<(bool, f64)> {
        let path = format!("/proc/{}/stat", self.child.id());
        let text = std::fs::read_to_string(&path).context(path)?;
        // The second field is a name, which may hold anything.
        let rest = text.rsplit_once(')').map_or("", |(_, rest)| rest);
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let number = |place: usize| -> Result<f64> {
            Ok(fields.get(place).context("a short stat")?.parse::<f64>()?)
        };
        let ended = matches!(fields.first(), Some(&("Z" | "X")));
        Ok((ended, (number(11)? + number(12)?) / TICKS))
    }

    /// The most memory that it had while it was waited for, in bytes.
    pub fn peak_memory(&self) -> f64 {
        self.peak
    }

    fn note_memory(&mut self) -> Option<()> {
        self.peak = self.peak.max(self.memory("VmHWM:")?);
        Some(())
    }

    /// Bytes that the system says it has or had, under this name.
    fn memory(&self, name: &str) -> Option<f64> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        let kilobytes = line.split_whitespace().next()?.parse::<f64>().ok()?;
        Some(kilobytes * 1024.0)
    }

    /// The memory that it has now and that it had at most, in bytes.
    pub fn resident(&self) -> Result<(f64, f64)> {
        let both = self.memory("VmRSS:").zip(self.memory("VmHWM:"));
        both.with_context(|| format!("it has ended\n{}", self.said()))
    }

    /// Waits for its end. Returns the CPU it took.
    pub fn wait(&mut self, patience: Duration) -> Result<f64> {
        let deadline = Instant::now() + patience;
        loop {
            let (ended, cpu) = self.stat()?;
            // One that has just ended has none.
            let _ = self.note_memory();
            if ended {
                self.ended = true;
                let status = self.child.wait()?;
                ensure!(status.success(), "{status}\n{}", self.said());
                return Ok(cpu);
            }
            if Instant::now() > deadline {
                bail!("no end after {patience:?}\n{}", self.said());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What it has logged.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Kills it, SIGKILL.
    pub fn kill(&mut self) {
        if !self.ended {
            // It may have ended by itself just now.
            let _ = self.child.kill();
            let _ = self.child.wait();
            self.ended = true;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
