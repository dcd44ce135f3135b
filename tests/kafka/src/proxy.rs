//! A proxy before a broker that knows requests apart, and can hold back, refuse or answer badly those of a
//! chosen kind.
//!
//! It reads of a request its length and its API key, and passes everything else on as it came. A request
//! that is held back reaches the broker later even if the client has given up and left: that is how a
//! late `EndTxn` meets a transaction it was not meant for.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Error, io};

/// A kind of request, by its number in Kafka's protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiKey(pub i16);

#[allow(missing_docs, reason = "the protocol's own names")]
impl ApiKey {
    pub const PRODUCE: ApiKey = ApiKey(0);
    pub const FETCH: ApiKey = ApiKey(1);
    pub const METADATA: ApiKey = ApiKey(3);
    pub const HEARTBEAT: ApiKey = ApiKey(12);
    pub const INIT_PRODUCER_ID: ApiKey = ApiKey(22);
    pub const ADD_PARTITIONS_TO_TXN: ApiKey = ApiKey(24);
    pub const ADD_OFFSETS_TO_TXN: ApiKey = ApiKey(25);
    pub const END_TXN: ApiKey = ApiKey(26);
    pub const TXN_OFFSET_COMMIT: ApiKey = ApiKey(28);
    pub const CONSUMER_GROUP_HEARTBEAT: ApiKey = ApiKey(68);
}

/// What happens to a request of a chosen kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It, and what follows on its connection, reaches the broker after this time.
    Delay(Duration),
    /// It waits until `Proxy::release`.
    Hold,
    /// Its connection is closed before the broker sees it.
    Refuse,
    /// The broker sees it, and its connection is closed before the client sees an answer.
    LoseAnswer,
}

/// What is to be done with one kind of request, and how often still.
#[derive(Clone, Copy, Debug)]
struct Rule {
    action: Action,
    times: u64,
}

#[derive(Debug, Default)]
struct State {
    rules: BTreeMap<ApiKey, Rule>,
    seen: BTreeMap<ApiKey, u64>,
    /// How often `release` was called: who holds a request waits for the next time.
    releases: u64,
    /// Whether new connections are closed at once.
    cut: bool,
    connections: Vec<TcpStream>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A proxy that listens on a port of the loopback.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

impl Proxy {
    /// Leads to the broker at this port of the loopback, which need not listen yet.
    ///
    /// # Errors
    /// If there is no port to listen on.
    pub fn before(broker: u16) -> Result<Proxy, Error> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(io("open a proxy"))?;
        let port = listener.local_addr().map_err(io("open a proxy"))?.port();
        let shared = Arc::new(Shared::default());
        let of_listener = Arc::clone(&shared);
        // It ends with the process: whoever has the proxy may be gone before its last client.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = Arc::clone(&of_listener);
                // A connection that breaks is closed; the client sees that.
                thread::spawn(move || drop(connect(client, broker, &shared)));
            }
        });
        Ok(Proxy { port, shared })
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// From now on, every request of this kind is treated so.
    pub fn always(&self, key: ApiKey, action: Action) {
        self.shared.state().rules.insert(key, Rule { action, times: u64::MAX });
    }

    /// The next request of this kind is treated so.
    pub fn once(&self, key: ApiKey, action: Action) {
        self.shared.state().rules.insert(key, Rule { action, times: 1 });
    }

    /// Requests that come from now on pass again. Those that are held stay so.
    pub fn pass(&self) {
        self.shared.state().rules.clear();
    }

    /// Lets the requests go that are held.
    pub fn release(&self) {
        self.shared.state().releases += 1;
        self.shared.changed.notify_all();
    }

    /// Closes every connection and takes no new ones.
    pub fn cut(&self) {
        let mut state = self.shared.state();
        state.cut = true;
        for connection in state.connections.drain(..) {
            // What is closed already needs no closing.
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    /// Takes connections again.
    pub fn mend(&self) {
        self.shared.state().cut = false;
    }

    /// How many requests of this kind have come, those that are held or refused included.
    #[must_use]
    pub fn seen(&self, key: ApiKey) -> u64 {
        self.shared.state().seen.get(&key).copied().unwrap_or(0)
    }

    /// Waits until at least this many requests of this kind have come; whether they did in time.
    #[must_use]
    pub fn wait_until_seen(&self, key: ApiKey, count: u64, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        let mut state = self.shared.state();
        while state.seen.get(&key).copied().unwrap_or(0) < count {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.shared.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

fn connect(client: TcpStream, broker: u16, shared: &Arc<Shared>) -> io::Result<()> {
    let broker = TcpStream::connect((Ipv4Addr::LOCALHOST, broker))?;
    for stream in [&client, &broker] {
        stream.set_nodelay(true)?;
    }
    {
        let mut state = shared.state();
        if state.cut {
            return Ok(());
        }
        state.connections.retain(|old| old.peer_addr().is_ok());
        state.connections.extend([client.try_clone()?, broker.try_clone()?]);
    }
    let (answers, asker) = (broker.try_clone()?, client.try_clone()?);
    thread::spawn(move || pass_answers(answers, asker));
    let passed = pass_requests(&client, &broker, shared);
    // The broker may still answer, to nobody: what was asked must reach it first.
    let closed = broker.shutdown(Shutdown::Write);
    passed.and(closed)
}

/// Passes requests on, each as its rule says, until the client has no more.
fn pass_requests(
    mut client: &TcpStream,
    mut broker: &TcpStream,
    shared: &Shared,
) -> io::Result<()> {
    loop {
        let mut head = [0; 6];
        client.read_exact(&mut head)?;
        let length = u64::from(u32::from_be_bytes([head[0], head[1], head[2], head[3]]));
        let key = ApiKey(i16::from_be_bytes([head[4], head[5]]));
        let mut rest = client.take(length.saturating_sub(2));
        match meet(shared, key) {
            None => {
                broker.write_all(&head)?;
                io::copy(&mut rest, &mut broker)?;
            }
            Some(Action::Refuse) => {
                client.shutdown(Shutdown::Both)?;
                return Ok(());
            }
            Some(action) => {
                // Read before it waits: the client may leave meanwhile.
                let mut body = Vec::new();
                rest.read_to_end(&mut body)?;
                wait(shared, action);
                if action == Action::LoseAnswer {
                    client.shutdown(Shutdown::Both)?;
                }
                broker.write_all(&[&head[..], &body].concat())?;
            }
        }
    }
}

/// Counts a request, and says what is to be done with it.
fn meet(shared: &Shared, key: ApiKey) -> Option<Action> {
    let mut state = shared.state();
    *state.seen.entry(key).or_default() += 1;
    shared.changed.notify_all();
    let rule = state.rules.get_mut(&key)?;
    rule.times -= 1;
    let Rule { action, times } = *rule;
    if times == 0 {
        state.rules.remove(&key);
    }
    Some(action)
}

fn wait(shared: &Shared, action: Action) {
    match action {
        Action::Delay(time) => thread::sleep(time),
        Action::Hold => {
            let mut state = shared.state();
            let before = state.releases;
            while state.releases == before {
                state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
        Action::Refuse | Action::LoseAnswer => {}
    }
}

/// Passes answers on until the broker has no more; if the client has left, to nobody.
fn pass_answers(mut broker: TcpStream, mut client: TcpStream) {
    let mut bytes = [0; 1 << 16];
    let mut listens = true;
    while let Ok(read @ 1..) = broker.read(&mut bytes) {
        listens = listens && client.write_all(&bytes[..read]).is_ok();
    }
    // The client may have closed it before us.
    let _ = client.shutdown(Shutdown::Both);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A broker that answers each request with its bytes, and shuts up when the client does.
    fn echo() -> (u16, std::sync::mpsc::Receiver<Vec<u8>>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, receiver) = std::sync::mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, sender) = (stream.unwrap(), sender.clone());
                thread::spawn(move || {
                    let mut head = [0; 4];
                    while stream.read_exact(&mut head).is_ok() {
                        let mut body = vec![0; u32::from_be_bytes(head) as usize];
                        stream.read_exact(&mut body).unwrap();
                        let _ = sender.send(body.clone());
                        let _ = stream.write_all(&[&head[..], &body].concat());
                    }
                });
            }
        });
        (port, receiver)
    }

    fn request(key: i16, text: &[u8]) -> Vec<u8> {
        let body = [&key.to_be_bytes()[..], text].concat();
        [&u32::try_from(body.len()).unwrap().to_be_bytes()[..], &body].concat()
    }

    fn ask(stream: &mut TcpStream, request: &[u8]) -> io::Result<Vec<u8>> {
        stream.write_all(request)?;
        let mut answer = vec![0; request.len()];
        stream.read_exact(&mut answer)?;
        Ok(answer)
    }

    fn client(proxy: &Proxy) -> TcpStream {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port())).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    #[test]
    fn without_a_rule_everything_passes_as_it_came() {
        let (broker, _) = echo();
        let proxy = Proxy::before(broker).unwrap();
        let mut stream = client(&proxy);
        for length in [0_usize, 1, 5_000, 300_000] {
            let request = request(0, &vec![7; length]);
            assert_eq!(ask(&mut stream, &request).unwrap(), request);
        }
        assert_eq!(proxy.seen(ApiKey::PRODUCE), 4);
    }

    #[test]
    fn a_delayed_request_arrives_though_its_client_has_left_and_after_later_ones_of_others() {
        let (broker, arrived) = echo();
        let proxy = Proxy::before(broker).unwrap();
        proxy.once(ApiKey::END_TXN, Action::Hold);
        let mut left = client(&proxy);
        left.write_all(&request(26, b"early")).unwrap();
        assert!(proxy.wait_until_seen(ApiKey::END_TXN, 1, Duration::from_secs(20)));
        drop(left);
        let mut other = client(&proxy);
        ask(&mut other, &request(26, b"late")).unwrap();
        assert_eq!(arrived.recv().unwrap(), [&[0, 26], &b"late"[..]].concat());
        proxy.release();
        assert_eq!(arrived.recv().unwrap(), [&[0, 26], &b"early"[..]].concat());
    }

    #[test]
    fn a_lost_answer_is_of_a_request_that_arrived_and_a_refused_one_did_not() {
        let (broker, arrived) = echo();
        let proxy = Proxy::before(broker).unwrap();
        proxy.once(ApiKey::END_TXN, Action::LoseAnswer);
        assert!(ask(&mut client(&proxy), &request(26, b"one")).is_err());
        assert_eq!(arrived.recv().unwrap(), [&[0, 26], &b"one"[..]].concat());
        proxy.once(ApiKey::END_TXN, Action::Refuse);
        assert!(ask(&mut client(&proxy), &request(26, b"two")).is_err());
        assert!(ask(&mut client(&proxy), &request(26, b"three")).is_ok());
        assert_eq!(arrived.recv().unwrap(), [&[0, 26], &b"three"[..]].concat());
    }

    #[test]
    fn delays_are_kept_for_the_chosen_kind_only() {
        let (broker, _) = echo();
        let proxy = Proxy::before(broker).unwrap();
        let delay = Duration::from_millis(300);
        proxy.always(ApiKey::TXN_OFFSET_COMMIT, Action::Delay(delay));
        let mut stream = client(&proxy);
        let start = Instant::now();
        ask(&mut stream, &request(28, b"slow")).unwrap();
        assert!(start.elapsed() >= delay);
        proxy.pass();
        let start = Instant::now();
        ask(&mut stream, &request(28, b"fast")).unwrap();
        assert!(start.elapsed() < delay);
    }

    #[test]
    fn a_cut_line_carries_nothing_until_it_is_mended() {
        let (broker, _) = echo();
        let proxy = Proxy::before(broker).unwrap();
        let mut stream = client(&proxy);
        ask(&mut stream, &request(3, b"before")).unwrap();
        proxy.cut();
        assert!(ask(&mut stream, &request(3, b"cut")).is_err());
        assert!(ask(&mut client(&proxy), &request(3, b"still cut")).is_err());
        proxy.mend();
        assert!(ask(&mut client(&proxy), &request(3, b"mended")).is_ok());
    }
}
