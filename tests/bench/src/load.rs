//! Requests as a platform sends them: about 1 KB of text each, accounts that are new, and a clock that
//! says when each is due, whether or not the sender is there in time.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Result;

use crate::installation::Sender;

/// Accounts that take turns, so that one's requests do not follow each other at once.
const TURN: u64 = 200;

/// Requests of an account: with the fourth, its fingerprint is published.
pub const EACH: u64 = 4;

/// Words of the texts.
const WORDS: [&str; 32] = [
    "the", "order", "river", "engine", "letter", "garden", "theory", "winter", "market", "signal",
    "budget", "planet", "recipe", "harbor", "school", "ticket", "bridge", "record", "window",
    "copper", "forest", "doctor", "puzzle", "camera", "island", "violin", "meadow", "ladder",
    "basket", "silver", "and", "of",
];

/// Requests after which each account that sent one has sent all.
pub const ROUND: u64 = TURN * EACH;

/// The account of the nth request.
pub fn account(n: u64) -> u64 {
    n / ROUND * TURN + n % ROUND % TURN
}

/// The request with which an account publishes.
pub fn publishing(account: u64) -> u64 {
    let (block, within) = (account / TURN, account % TURN);
    block * ROUND + (EACH - 1) * TURN + within
}

/// The number in an account's id.
pub fn number_of(id: &str) -> Option<u64> {
    id.rsplit_once('a')?.1.parse().ok()
}

/// An account's id.
pub fn id(account: u64) -> String {
    format!("a{account:010}")
}

/// Writes requests into one buffer.
#[derive(Default)]
pub struct Writer {
    line: String,
}

impl Writer {
    /// The nth request, of an account, at a time.
    pub fn request(&mut self, n: u64, account: &str, at_ms: u64) -> &[u8] {
        use std::fmt::Write as _;
        let line = &mut self.line;
        line.clear();
        // Writing into a text fails never.
        let _ = write!(
            line,
            "{{\"type\":\"request\",\"event_id\":\"e{n:012}\",\"event_time\":{at_ms},\
             \"account_id\":\"{account}\",\"model\":\"m{}\",\"conversation_id\":\"c{n}\",\
             \"input_tokens\":{},\"output_tokens\":{},\"status_code\":200,\"client\":{{\
             \"ip\":\"10.{}.{}.{}\",\"user_agent\":\"sdk/{}\"}},\"turns\":[{{\"role\":\"user\",\
             \"text\":\"",
            n % 3,
            100 + n % 700,
            50 + n % 900,
            n % 200,
            n / 200 % 200,
            n / 40_000 % 200,
            n % 7,
        );
        words(line, n, 700);
        line.push_str("\"}],\"response\":\"");
        words(line, n ^ 0x5555, 300);
        line.push_str("\"}");
        line.as_bytes()
    }
}

impl Writer {
    /// The one request of an account that comes once: a line of text of its own, and little else.
    pub fn once(&mut self, n: u64, account: &str, at_ms: u64) -> &[u8] {
        use std::fmt::Write as _;
        let line = &mut self.line;
        line.clear();
        // Writing into a text fails never.
        let _ = write!(
            line,
            "{{\"type\":\"request\",\"event_id\":\"e{n:012}\",\"event_time\":{at_ms},\
             \"account_id\":\"{account}\",\"model\":\"m{}\",\"turns\":[{{\"role\":\"user\",\
             \"text\":\"",
            n % 3,
        );
        words(line, n, 40);
        line.push_str("\"}]}");
        line.as_bytes()
    }
}

fn words(to: &mut String, seed: u64, bytes: usize) {
    let end = to.len() + bytes;
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    while to.len() < end {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        for word in 0..8 {
            to.push_str(WORDS[(state >> (8 * word)) as usize % WORDS.len()]);
            to.push(' ');
        }
    }
}

/// Milliseconds since the epoch.
pub fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

/// A stream sent by the clock.
pub struct Schedule {
    /// The number of its first request.
    pub first: u64,
    /// How many.
    pub count: u64,
    /// When that is due.
    pub start: Instant,
    /// Requests a second.
    pub rate: u64,
}

impl Schedule {
    /// When a request is due.
    pub fn due(&self, n: u64) -> Option<Instant> {
        let place = n.checked_sub(self.first).filter(|place| *place < self.count)?;
        Some(self.start + Duration::from_nanos(place * 1_000_000_000 / self.rate))
    }

    /// Sends all of it. Returns how far behind the clock the sender was at worst.
    pub fn send(&self, sender: &Sender) -> Result<Duration> {
        let (mut writer, mut behind) = (Writer::default(), Duration::ZERO);
        for n in self.first..self.first + self.count {
            let Some(due) = self.due(n) else { break };
            let wait = due.saturating_duration_since(Instant::now());
            if wait > Duration::from_micros(300) {
                std::thread::sleep(wait);
            }
            behind = behind.max(due.elapsed());
            let account = id(account(n));
            sender.send(&account, writer.request(n, &account, now_ms()))?;
        }
        sender.finish()?;
        Ok(behind)
    }
}
