//! Where Kafka comes from.
//!
//! In this order: bootstrap servers named in `IOLAUS_TEST_KAFKA`; the image of `docker-compose.yml`,
//! where a Docker engine answers; the official artifacts from Maven Central, which are kept in the
//! user's cache, outside the checkout, under a name that has the pom's hash. `IOLAUS_TEST_KAFKA_FROM`
//! set to `docker` or `maven` takes that one. Tests that stop brokers or need settings of their own
//! never take the running one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use crate::error::{Error, io};

const POM: &str = include_str!("../pom.xml");
const COMPOSE: &str = include_str!("../../../docker-compose.yml");

/// A Kafka that can be started, or one that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// Somebody else's, by its bootstrap servers.
    Running(String),
    /// A Docker image.
    Docker {
        /// Its name.
        image: String,
    },
    /// Jars in a folder.
    Jars(PathBuf),
}

impl Distribution {
    /// Takes the first that is to be had.
    ///
    /// # Errors
    /// If there is none, or Maven fails.
    pub fn find() -> Result<Distribution, Error> {
        match environment("IOLAUS_TEST_KAFKA") {
            Some(servers) => Ok(Distribution::Running(servers)),
            None => Distribution::find_to_start(),
        }
    }

    /// Takes the first that we can start, and so stop, proxy and give rights.
    ///
    /// # Errors
    /// If there is none, or Maven fails.
    pub fn find_to_start() -> Result<Distribution, Error> {
        let wish = environment("IOLAUS_TEST_KAFKA_FROM");
        let wants = |name: &str| wish.as_deref().is_none_or(|wish| wish == name);
        if wants("docker") && docker_answers() {
            return Ok(Distribution::Docker { image: image().to_owned() });
        }
        let lacks: Vec<_> =
            ["java", "mvn"].into_iter().filter(|program| !answers(program)).collect();
        if wants("maven") && lacks.is_empty() {
            return Ok(Distribution::Jars(jars()?));
        }
        Err(Error::Nowhere { lacks: lacks.join(" and ") })
    }

    /// A program of Kafka's, to be given its arguments. `folder` is what it may read and write.
    #[must_use]
    pub(crate) fn java(&self, main: &str, folder: &Path, container: Option<&str>) -> Command {
        let mut command = match self {
            Distribution::Running(_) | Distribution::Jars(_) => Command::new("java"),
            Distribution::Docker { image } => docker_run(image, folder, container),
        };
        let jars = match self {
            Distribution::Jars(folder) => folder.join("*").display().to_string(),
            _ => "/opt/kafka/libs/*".to_owned(),
        };
        command.args(["-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]);
        command.arg(format!("-Dlog4j2.configurationFile={}", folder.join("log4j2.xml").display()));
        command.args(["-cp", &jars, main]);
        command.stdin(Stdio::null());
        command
    }

    /// What it is, for people.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Distribution::Running(servers) => {
                format!("the one at {servers}, as IOLAUS_TEST_KAFKA says")
            }
            Distribution::Docker { image } => format!("the Docker image {image}"),
            Distribution::Jars(folder) => format!("the jars in {}", folder.display()),
        }
    }
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn answers(program: &str) -> bool {
    let version = Command::new(program)
        .arg("-version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    version.is_ok_and(|status| status.success())
}

/// Whether a Docker engine answers within five seconds, on a system whose containers can share the
/// loopback.
fn docker_answers() -> bool {
    if !cfg!(target_os = "linux") {
        return false;
    }
    let asked = Command::new("docker")
        .args(["version", "--format", "{{.Server.Version}}"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut asked) = asked else { return false };
    let deadline = Instant::now() + Duration::from_secs(5);
    while Instant::now() < deadline {
        match asked.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) => std::thread::sleep(Duration::from_millis(20)),
            Err(_) => break,
        }
    }
    // It hangs; what it would have said doesn't matter any more.
    let _ = asked.kill();
    let _ = asked.wait();
    false
}

/// A program in a container that shares the network and the folder, as the user who runs the tests.
fn docker_run(image: &str, folder: &Path, container: Option<&str>) -> Command {
    let mut command = Command::new("docker");
    let user =
        format!("{}:{}", rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw());
    let volume = format!("{0}:{0}", folder.display());
    command.args(["run", "--rm", "--network", "host", "--user", &user, "--volume", &volume]);
    if let Some(name) = container {
        command.args(["--name", name]);
    }
    command.args(["--entrypoint", "java", image]);
    command
}

/// The image that `docker-compose.yml` names.
fn image() -> &'static str {
    let line = COMPOSE.lines().find_map(|line| line.trim().strip_prefix("image: "));
    line.expect("docker-compose.yml names the broker's image").trim()
}

/// The folder with Kafka's jars: fetched if they are not in the cache.
fn jars() -> Result<PathBuf, Error> {
    let hash: String =
        Sha256::digest(POM).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    let cache = cache().join("iolaus");
    let jars = cache.join(format!("kafka-{hash}"));
    if jars.is_dir() {
        return Ok(jars);
    }
    fs::create_dir_all(&cache).map_err(io(format!("create {}", cache.display())))?;
    // Under a name of its own, since other test programs may be fetching too: what has its right
    // name is whole.
    let fetched = tempfile::tempdir_in(&cache).map_err(io("create a folder for the jars"))?;
    fetch(fetched.path())?;
    match fs::rename(fetched.path().join("libs"), &jars) {
        Err(_) if jars.is_dir() => Ok(jars),
        renamed => renamed.map(|()| jars).map_err(io("put the jars in their place")),
    }
}

fn fetch(folder: &Path) -> Result<(), Error> {
    let pom = folder.join("pom.xml");
    fs::write(&pom, POM).map_err(io("write the pom"))?;
    let maven = Command::new("mvn")
        .args(["-q", "-B", "-C", "-Dstyle.color=never", "-f"])
        .arg(&pom)
        .arg("dependency:copy-dependencies")
        .arg(format!("-DoutputDirectory={}", folder.join("libs").display()))
        .arg("-DincludeScope=runtime")
        .stdin(Stdio::null())
        .output()
        .map_err(io("start mvn"))?;
    if maven.status.success() {
        return Ok(());
    }
    let said = [maven.stdout, maven.stderr].concat();
    Err(Error::Maven { output: String::from_utf8_lossy(&said).into_owned() })
}

fn cache() -> PathBuf {
    match (environment("XDG_CACHE_HOME"), environment("HOME")) {
        (Some(cache), _) => PathBuf::from(cache),
        (None, Some(home)) => Path::new(&home).join(".cache"),
        (None, None) => std::env::temp_dir(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_shares_network_folder_and_user_and_has_a_name_to_end_it_by() {
        let docker = Distribution::Docker { image: image().to_owned() };
        let command = docker.java("kafka.Kafka", Path::new("/data/broker-1"), Some("one"));
        let arguments: Vec<_> = command.get_args().map(|one| one.to_string_lossy()).collect();
        let line = arguments.join(" ");
        assert_eq!(command.get_program(), "docker");
        for part in [
            "run --rm --network host --user ",
            "--volume /data/broker-1:/data/broker-1 --name one --entrypoint java apache/kafka:",
            "-cp /opt/kafka/libs/* kafka.Kafka",
        ] {
            assert!(line.contains(part), "{line}");
        }
    }
}
