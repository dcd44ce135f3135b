//! One broker, which is its own controller too: its settings, its process, its log.

use std::fmt::Write;
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::distribution::Distribution;
use crate::error::{Error, io};
use crate::options::Options;

/// Any will do: nothing else knows these clusters. The Base64 of sixteen bytes.
const CLUSTER_ID: &str = "MkU3OEVBNTcwNTJENDM2Qg";

/// Settings that tests want otherwise than installations do: few partitions, no waiting.
const FOR_TESTS: &str = "\
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=500
group.consumer.min.session.timeout.ms=1000
group.consumer.min.heartbeat.interval.ms=200
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
share.coordinator.state.topic.num.partitions=1
transaction.abort.timed.out.transaction.cleanup.interval.ms=500
";

/// The three ports of a broker.
#[derive(Clone, Copy, Debug)]
pub struct Address {
    /// For clients.
    pub client: u16,
    /// Where clients are told to come: the same, or a proxy.
    pub advertised: u16,
    /// For the other brokers, and for us, past all proxies and logins.
    pub internal: u16,
    /// For the controllers.
    pub controller: u16,
}

/// A broker.
pub struct Node {
    number: usize,
    folder: PathBuf,
    distribution: Distribution,
    process: Option<Child>,
    generation: u32,
}

impl Node {
    /// Writes its settings and formats its data folder. `number` counts from 1.
    pub fn format(
        number: usize,
        folder: &Path,
        distribution: &Distribution,
        options: &Options,
        addresses: &[Address],
    ) -> Result<Node, Error> {
        fs::create_dir_all(folder.join("data")).map_err(io("create a broker's folder"))?;
        fs::write(folder.join("server.properties"), properties(number, folder, options, addresses))
            .map_err(io("write server.properties"))?;
        fs::write(folder.join("log4j2.xml"), include_str!("../log4j2.xml"))
            .map_err(io("write log4j2.xml"))?;
        let mut format = distribution.java("kafka.tools.StorageTool", folder, None);
        format.args(["format", "--ignore-formatted", "-t", CLUSTER_ID, "-c"]);
        format.arg(folder.join("server.properties"));
        if addresses.len() == 1 {
            format.arg("--standalone");
        }
        for user in &options.users {
            let scram = format!("SCRAM-SHA-512=[name={},password={}]", user.name, user.password);
            format.args(["--add-scram", &scram]);
        }
        let done = format.output().map_err(io("start Kafka's storage tool"))?;
        if !done.status.success() {
            let said = [done.stdout, done.stderr].concat();
            let output = String::from_utf8_lossy(&said).into_owned();
            return Err(Error::Format { node: number, output });
        }
        Ok(Node {
            number,
            folder: folder.to_owned(),
            distribution: distribution.clone(),
            process: None,
            generation: 0,
        })
    }

    /// Starts the process. It is ready later.
    pub fn start(&mut self) -> Result<(), Error> {
        self.generation += 1;
        let container = self.container();
        let log = File::options().create(true).append(true).open(self.log_path());
        let log = log.map_err(io("open a broker's log"))?;
        let again = log.try_clone().map_err(io("open a broker's log"))?;
        let mut java = self.distribution.java("kafka.Kafka", &self.folder, Some(&container));
        java.arg(self.folder.join("server.properties")).stdout(log).stderr(again);
        // A group of its own: Ctrl-C at the terminal is for the tests, which then end the brokers.
        let child = java.process_group(0).spawn().map_err(io("start java"))?;
        self.note("pid", &child.id().to_string())?;
        if matches!(self.distribution, Distribution::Docker { .. }) {
            self.note("container", &container)?;
        }
        self.process = Some(child);
        Ok(())
    }

    fn container(&self) -> String {
        format!("iolaus-test-{}-{}-{}", std::process::id(), self.number, self.generation)
    }

    fn note(&self, file: &str, text: &str) -> Result<(), Error> {
        fs::write(self.folder.join(file), text).map_err(io("note a broker's process"))
    }

    fn log_path(&self) -> PathBuf {
        self.folder.join("kafka.log")
    }

    /// Says so if the process has ended.
    pub fn is_up(&mut self) -> Result<(), Error> {
        let Some(process) = &mut self.process else { return Ok(()) };
        match process.try_wait().map_err(io("ask for a broker's state"))? {
            None => Ok(()),
            Some(status) => Err(Error::Ended {
                node: self.number,
                status: status.to_string(),
                path: self.log_path(),
                log: self.log_end(),
            }),
        }
    }

    /// Whether it was started and not stopped since.
    pub fn is_started(&self) -> bool {
        self.process.is_some()
    }

    /// The last lines of its log.
    pub fn log_end(&self) -> String {
        let log = fs::read(self.log_path()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) -> Result<(), Error> {
        let Some(process) = &self.process else { return Ok(()) };
        if matches!(self.distribution, Distribution::Docker { .. }) {
            return self.docker_signal(signal);
        }
        let pid = i32::try_from(process.id()).ok().and_then(Pid::from_raw);
        let pid = pid.expect("the system gave this number to a process");
        kill_process(pid, signal).map_err(|error| io("send a signal to a broker")(error.into()))
    }

    fn docker_signal(&self, signal: Signal) -> Result<(), Error> {
        let mut command = Command::new("docker");
        match signal {
            Signal::STOP => command.arg("pause"),
            Signal::CONT => command.arg("unpause"),
            other => command.args(["kill", "--signal", &other.as_raw().to_string()]),
        };
        let status = command.arg(self.container()).stdout(Stdio::null()).status();
        status.map(drop).map_err(io("send a signal to a broker's container"))
    }

    /// Asks it to stop and waits, or kills it after `patience`.
    pub fn stop(&mut self, patience: Duration) -> Result<(), Error> {
        self.signal(Signal::TERM)?;
        let deadline = Instant::now() + patience;
        while let Some(process) = &mut self.process {
            if process.try_wait().map_err(io("wait for a broker"))?.is_some() {
                self.ended();
            } else if Instant::now() > deadline {
                return self.kill();
            } else {
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        Ok(())
    }

    /// Kills it: SIGKILL.
    pub fn kill(&mut self) -> Result<(), Error> {
        self.signal(Signal::KILL)?;
        if let Some(process) = &mut self.process {
            process.wait().map_err(io("wait for a killed broker"))?;
        }
        self.ended();
        Ok(())
    }

    fn ended(&mut self) {
        self.process = None;
        for file in ["pid", "container"] {
            // Not there for a process without a container; gone is gone.
            let _ = fs::remove_file(self.folder.join(file));
        }
    }
}

fn properties(number: usize, folder: &Path, options: &Options, addresses: &[Address]) -> String {
    let mut text = String::from(FOR_TESTS);
    let mut put = |key: &str, value: &str| {
        writeln!(text, "{key}={value}").expect("text takes everything");
    };
    let own = addresses[number - 1];
    let listeners = [("CLIENT", own.client), ("INTERNAL", own.internal)];
    let advertised = [("CLIENT", own.advertised), ("INTERNAL", own.internal)];
    let list = |listeners: &[(&str, u16)]| {
        let all = listeners.iter().map(|(name, port)| format!("{name}://127.0.0.1:{port}"));
        all.collect::<Vec<_>>().join(",")
    };
    let clients = if options.users.is_empty() { "PLAINTEXT" } else { "SASL_PLAINTEXT" };
    put("process.roles", "broker,controller");
    put("node.id", &number.to_string());
    put("listeners", &format!("{},CONTROLLER://127.0.0.1:{}", list(&listeners), own.controller));
    put("advertised.listeners", &list(&advertised));
    put("inter.broker.listener.name", "INTERNAL");
    put("controller.listener.names", "CONTROLLER");
    put(
        "listener.security.protocol.map",
        &format!("CLIENT:{clients},INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT"),
    );
    put("log.dirs", &folder.join("data").display().to_string());
    let quorum: Vec<_> =
        addresses.iter().map(|address| format!("127.0.0.1:{}", address.controller)).collect();
    if let [only] = quorum.as_slice() {
        put("controller.quorum.bootstrap.servers", only);
    } else {
        let voters: Vec<_> =
            quorum.iter().enumerate().map(|(at, host)| format!("{}@{host}", at + 1)).collect();
        put("controller.quorum.voters", &voters.join(","));
    }
    let (replicas, in_step) = if addresses.len() == 1 { ("1", "1") } else { ("3", "2") };
    for topic in ["offsets.topic", "transaction.state.log", "share.coordinator.state.topic"] {
        put(&format!("{topic}.replication.factor"), replicas);
    }
    put("transaction.state.log.min.isr", in_step);
    put("share.coordinator.state.topic.min.isr", in_step);
    put("min.insync.replicas", in_step);
    if !options.users.is_empty() {
        login(options, &mut put);
    }
    for (key, value) in &options.properties {
        put(key, value);
    }
    text
}

/// Clients must log in and may do what they are allowed to. Brokers and this harness come by the internal
/// listener, where nobody logs in, and may do everything.
fn login(options: &Options, put: &mut impl FnMut(&str, &str)) {
    put("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
    put("super.users", "User:ANONYMOUS;User:admin");
    put("allow.everyone.if.no.acl.found", "false");
    put("sasl.enabled.mechanisms", "PLAIN,SCRAM-SHA-512");
    let mut jaas = "org.apache.kafka.common.security.plain.PlainLoginModule required".to_owned();
    for user in &options.users {
        write!(jaas, " user_{}=\"{}\"", user.name, user.password).expect("text takes everything");
    }
    put("listener.name.client.plain.sasl.jaas.config", &format!("{jaas};"));
    put(
        "listener.name.client.scram-sha-512.sasl.jaas.config",
        "org.apache.kafka.common.security.scram.ScramLoginModule required;",
    );
}
