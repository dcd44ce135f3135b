//! A cluster of one broker or three, from its first port to its last file.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rustix::process::Signal;
use tempfile::TempDir;

use crate::distribution::Distribution;
use crate::error::{Error, io};
use crate::node::{Address, Node};
use crate::options::{Options, User};
use crate::ports::Ports;
use crate::proxy::Proxy;
use crate::watchdog::Watchdog;

/// How long a cluster may take until it serves, on a machine that is busy with other things.
const START: Duration = Duration::from_secs(180);

/// How long a broker may take to stop by itself.
const STOP: Duration = Duration::from_secs(30);

/// How long the brokers may take for what they are asked.
const REQUEST: Duration = Duration::from_secs(60);

/// A Kafka. What was started for it ends when it is dropped.
pub struct Cluster {
    bootstrap: String,
    distribution: Distribution,
    users: Vec<User>,
    proxies: Vec<Proxy>,
    addresses: Vec<Address>,
    // Dropped in this order: the watchdog kills what still runs and removes the folder.
    nodes: Mutex<Vec<Node>>,
    _watchdog: Option<Watchdog>,
}

impl Cluster {
    /// Starts a cluster and waits until every broker serves.
    ///
    /// # Errors
    /// If there is no Kafka to be had, or it does not start.
    pub fn start(options: &Options) -> Result<Cluster, Error> {
        let distribution = Distribution::find_to_start()?;
        // Somebody else may take a port between our search and the broker's start.
        let mut attempt = Cluster::start_on_free_ports(options, &distribution);
        for _ in 0..2 {
            match attempt {
                Err(Error::Ended { log, .. }) if log.contains("Address already in use") => {
                    attempt = Cluster::start_on_free_ports(options, &distribution);
                }
                other => return other,
            }
        }
        attempt
    }

    /// The cluster that `IOLAUS_TEST_KAFKA` names, or else one broker of our own.
    ///
    /// # Errors
    /// If there is no Kafka to be had, or it does not start or answer.
    pub fn one_broker() -> Result<Cluster, Error> {
        let Distribution::Running(bootstrap) = Distribution::find()? else {
            return Cluster::start(&Options::one());
        };
        let cluster = Cluster {
            bootstrap: bootstrap.clone(),
            distribution: Distribution::Running(bootstrap),
            users: Vec::new(),
            proxies: Vec::new(),
            addresses: Vec::new(),
            nodes: Mutex::default(),
            _watchdog: None,
        };
        cluster.wait_until_ready()?;
        Ok(cluster)
    }

    fn start_on_free_ports(
        options: &Options,
        distribution: &Distribution,
    ) -> Result<Cluster, Error> {
        let folder = TempDir::with_prefix("iolaus-kafka-")
            .map_err(io("create a folder for the brokers"))?
            .keep();
        // From here on the watchdog removes the folder.
        let watchdog = Watchdog::over(&folder)?;
        let ports = Ports::find(3 * options.nodes)?;
        let mut addresses = Vec::new();
        let mut proxies = Vec::new();
        for ports in ports.numbers()?.chunks_exact(3) {
            let [client, internal, controller] = [ports[0], ports[1], ports[2]];
            let mut advertised = client;
            if options.proxied {
                let proxy = Proxy::before(client)?;
                advertised = proxy.port();
                proxies.push(proxy);
            }
            addresses.push(Address { client, advertised, internal, controller });
        }
        let mut nodes = format_all(&folder, distribution, options, &addresses)?;
        drop(ports);
        for node in &mut nodes {
            node.start()?;
        }
        let bootstrap: Vec<_> =
            addresses.iter().map(|address| format!("127.0.0.1:{}", address.advertised)).collect();
        let cluster = Cluster {
            bootstrap: bootstrap.join(","),
            distribution: distribution.clone(),
            users: options.users.clone(),
            proxies,
            addresses,
            nodes: Mutex::new(nodes),
            _watchdog: Some(watchdog),
        };
        cluster.wait_until_ready()?;
        Ok(cluster)
    }

    /// Its bootstrap servers, as clients name them.
    #[must_use]
    pub fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// Where it came from.
    #[must_use]
    pub fn distribution(&self) -> &Distribution {
        &self.distribution
    }

    /// How many brokers we started; none if it is somebody else's.
    #[must_use]
    pub fn size(&self) -> usize {
        self.addresses.len()
    }

    /// The settings of a client that nobody has to know.
    #[must_use]
    pub fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.bootstrap);
        config
    }

    /// The settings of a client that logs in as one of `Options::user`.
    ///
    /// # Panics
    /// If there is no such user.
    #[must_use]
    pub fn client_of(&self, user: &str) -> ClientConfig {
        let known = self.users.iter().find(|known| known.name == user);
        let user = known.unwrap_or_else(|| panic!("the cluster was started without {user}"));
        let mut config = self.client();
        config.set("security.protocol", "SASL_PLAINTEXT").set("sasl.mechanism", "PLAIN");
        config.set("sasl.username", &user.name).set("sasl.password", &user.password);
        config
    }

    /// The settings of a client that may do everything and meets no proxy.
    #[must_use]
    pub fn client_inside(&self) -> ClientConfig {
        let mut config = self.client();
        if !self.addresses.is_empty() {
            config.set("bootstrap.servers", self.inside());
        }
        config
    }

    pub(crate) fn inside(&self) -> String {
        let all = self.addresses.iter().map(|address| format!("127.0.0.1:{}", address.internal));
        all.collect::<Vec<_>>().join(",")
    }

    /// Creates a topic with as many replicas as there are brokers, and waits until it can be used.
    ///
    /// # Errors
    /// If the cluster refuses.
    pub fn create_topic(
        &self,
        name: &str,
        partitions: i32,
        settings: &[(&str, &str)],
    ) -> Result<(), Error> {
        let doing = || format!("create topic {name}");
        let client = |source| Error::Client { doing: doing(), source };
        let refused = |code: String| Error::Refused { doing: doing(), code };
        let admin: AdminClient<DefaultClientContext> =
            self.client_inside().create().map_err(client)?;
        let replicas = if self.size() == 3 { 3 } else { 1 };
        let mut topic = NewTopic::new(name, partitions, TopicReplication::Fixed(replicas));
        for (key, value) in settings {
            topic = topic.set(key, value);
        }
        let options = AdminOptions::new().operation_timeout(Some(REQUEST));
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let created = runtime
            .map_err(io("make a runtime"))?
            .block_on(admin.create_topics([&topic], &options))
            .map_err(client)?;
        for result in created {
            result.map_err(|(_, code)| refused(code.to_string()))?;
        }
        let deadline = Instant::now() + REQUEST;
        loop {
            let seen = admin.inner().fetch_metadata(Some(name), REQUEST).map_err(client)?;
            let count = seen.topics().first().map_or(0, |topic| topic.partitions().len());
            if count == partitions as usize {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(refused(format!("{count} of {partitions} partitions are seen")));
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The proxy before a broker; brokers count from 1.
    ///
    /// # Panics
    /// If the cluster was not started with `Options::through_proxy`.
    #[must_use]
    pub fn proxy(&self, broker: usize) -> &Proxy {
        self.proxies.get(broker - 1).expect("the cluster was started with a proxy per broker")
    }

    /// Stops a broker as an operator would, and waits for its end.
    ///
    /// # Errors
    /// If the cluster is not ours or the system refuses.
    pub fn stop(&self, broker: usize) -> Result<(), Error> {
        self.with(broker, "stopping a broker", |node| node.stop(STOP))
    }

    /// Kills a broker, SIGKILL, and waits for its end.
    ///
    /// # Errors
    /// If the cluster is not ours or the system refuses.
    pub fn kill(&self, broker: usize) -> Result<(), Error> {
        self.with(broker, "killing a broker", Node::kill)
    }

    /// Lets a broker stand still: its connections stay open and nothing comes.
    ///
    /// # Errors
    /// If the cluster is not ours or the system refuses.
    pub fn freeze(&self, broker: usize) -> Result<(), Error> {
        self.with(broker, "freezing a broker", |node| node.signal(Signal::STOP))
    }

    /// Lets it go on.
    ///
    /// # Errors
    /// If the cluster is not ours or the system refuses.
    pub fn thaw(&self, broker: usize) -> Result<(), Error> {
        self.with(broker, "thawing a broker", |node| node.signal(Signal::CONT))
    }

    /// Starts a stopped or killed broker again, on its old ports, and waits until all that are started serve.
    ///
    /// # Errors
    /// If the cluster is not ours or the broker does not come up.
    pub fn start_again(&self, broker: usize) -> Result<(), Error> {
        self.with(broker, "starting a broker again", Node::start)?;
        self.wait_until_ready()
    }

    fn with<T>(
        &self,
        broker: usize,
        what: &'static str,
        act: impl FnOnce(&mut Node) -> Result<T, Error>,
    ) -> Result<T, Error> {
        match self.nodes().get_mut(broker - 1) {
            Some(node) => act(node),
            None => Err(Error::NotOurs { what, bootstrap: self.bootstrap.clone() }),
        }
    }

    fn nodes(&self) -> MutexGuard<'_, Vec<Node>> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until every broker that was started is known to every other.
    fn wait_until_ready(&self) -> Result<(), Error> {
        let deadline = Instant::now() + START;
        let expected = self.nodes().iter().filter(|node| node.is_started()).count().max(1);
        let mut config = self.client_inside();
        config.set("reconnect.backoff.ms", "20").set("reconnect.backoff.max.ms", "100");
        let client: BaseConsumer = config
            .create()
            .map_err(|source| Error::Client { doing: "create a client".to_owned(), source })?;
        loop {
            let metadata = client.fetch_metadata(None, Duration::from_millis(500));
            if metadata.is_ok_and(|metadata| metadata.brokers().len() >= expected) {
                return Ok(());
            }
            let mut nodes = self.nodes();
            nodes.iter_mut().try_for_each(Node::is_up)?;
            if Instant::now() > deadline {
                let logs: Vec<_> = nodes.iter().map(Node::log_end).collect();
                let what = format!("the start of {expected} brokers at {}", self.bootstrap);
                return Err(Error::Late { what, seconds: START.as_secs(), log: logs.join("\n") });
            }
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for node in self.nodes().iter_mut() {
            // What could not be killed here the watchdog kills next.
            let _ = node.kill();
        }
    }
}

fn format_all(
    folder: &std::path::Path,
    distribution: &Distribution,
    options: &Options,
    addresses: &[Address],
) -> Result<Vec<Node>, Error> {
    thread::scope(|scope| {
        let threads: Vec<_> = (1..=addresses.len())
            .map(|number| {
                let own = folder.join(format!("broker-{number}"));
                scope.spawn(move || Node::format(number, &own, distribution, options, addresses))
            })
            .collect();
        let formatted = threads.into_iter().map(|one| one.join().expect("formatting panics never"));
        formatted.collect()
    })
}
