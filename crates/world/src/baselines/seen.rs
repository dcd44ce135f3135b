//! What the methods see of an event.

use std::borrow::Cow;
use std::cell::OnceCell;

use serde::Deserialize;

use super::embed::{self, Point};
use crate::evaluate::{When, json};

/// A text that stays in its line, unless it holds escapes.
#[derive(Deserialize)]
pub struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// An event, as far as a method may look.
#[derive(Deserialize)]
pub struct Seen<'a> {
    /// What kind of event it is.
    #[serde(rename = "type", borrow)]
    pub kind: Text<'a>,
    /// Whose.
    #[serde(borrow)]
    pub account_id: Option<Text<'a>>,
    /// When.
    pub event_time: When,
    /// From where.
    #[serde(borrow)]
    pub client: Option<Client<'a>>,
    /// The system prompt.
    #[serde(borrow)]
    pub system: Option<Text<'a>>,
    /// The conversation.
    #[serde(borrow, default)]
    pub turns: Vec<Turn<'a>>,
    /// The card.
    #[serde(borrow)]
    pub instrument: Option<Text<'a>>,
    #[serde(skip)]
    point: OnceCell<Option<Point>>,
}

/// Where an event came from.
#[derive(Deserialize)]
pub struct Client<'a> {
    /// The address.
    #[serde(borrow)]
    pub ip: Option<Text<'a>>,
    /// The device.
    #[serde(borrow)]
    pub device_id: Option<Text<'a>>,
}

/// One turn.
#[derive(Deserialize)]
pub struct Turn<'a> {
    /// Who speaks.
    #[serde(borrow)]
    pub role: Text<'a>,
    /// What is said.
    #[serde(borrow)]
    pub text: Text<'a>,
}

/// Reads an event.
///
/// # Errors
/// What is wrong with it.
pub fn see(line: &[u8]) -> Result<Seen<'_>, String> {
    json(line)
}

impl Seen<'_> {
    /// What the user said last, for requests with text.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        let mut users = self.turns.iter().filter(|turn| &*turn.role == "user");
        users.next_back().map(|turn| &*turn.text)
    }

    /// The point of what the user said last, found once for all methods.
    #[must_use]
    pub fn point(&self) -> Option<Point> {
        let query = || self.query().filter(|_| self.is_request());
        *self.point.get_or_init(|| query().map(embed::point))
    }

    /// Whether it is a request.
    #[must_use]
    pub fn is_request(&self) -> bool {
        &*self.kind == "request"
    }

    /// The address without its last part.
    #[must_use]
    pub fn network(&self) -> Option<&str> {
        let ip = self.client.as_ref()?.ip.as_deref()?;
        ip.rsplit_once(['.', ':']).map(|(network, _)| network)
    }
}

/// A number for a text.
#[must_use]
pub fn hash(text: &str) -> u64 {
    let fold = |sum: u64, byte: u8| (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
    crate::simulate::random::mix(text.bytes().fold(0xCBF2_9CE4_8422_2325, fold))
}
