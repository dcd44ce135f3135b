//! One request and its answer, turned into the event that a platform would send.
//!
//! Attack and harmless requests pass through the same lines here, so they have the same fields.

use event::EventTime;
use event::contract::{Body, Client, Event, Request, Text};

use super::calibration;
use super::dialogue::{Dialogue, Rendered};
use super::population::account_key;
use super::random::{Rng, key};
use super::setting::Setting;

/// How a request went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It was answered.
    Served,
    /// The model declined, for a reason that the platform may name.
    Refused(Option<&'static str>),
    /// The platform had no room; the caller tries again.
    Overloaded,
    /// The account is blocked.
    Blocked,
}

/// Why models decline ordinary requests.
const REFUSALS: [Option<&str>; 6] =
    [None, None, None, Some("cyber"), Some("bio"), Some("reasoning_extraction")];

impl Status {
    /// How ordinary requests go.
    #[must_use]
    pub fn usual(rng: &mut Rng) -> Status {
        Status::with_refusals(rng, 0.004, &REFUSALS)
    }

    /// The same, with another share of refusals and other reasons.
    #[must_use]
    pub fn with_refusals(rng: &mut Rng, share: f64, reasons: &[Option<&'static str>]) -> Status {
        let draw = rng.unit();
        if draw < 0.008 {
            Status::Overloaded
        } else if draw < 0.008 + share {
            Status::Refused(*rng.pick(reasons))
        } else {
            Status::Served
        }
    }
}

/// One request and its answer.
#[derive(Debug)]
pub struct Exchange<'s> {
    /// Whose it is.
    pub account: u32,
    /// When it was answered.
    pub time: i64,
    /// What it says.
    pub dialogue: Dialogue<'s>,
    /// Which turn of it.
    pub turn: u32,
    /// A key of the conversation as the platform sees it.
    pub conversation: u64,
    /// Whether the turn before came from the same account, so that the cache holds it.
    pub resumed: bool,
    /// The model.
    pub model: &'static str,
    /// How it went.
    pub status: Status,
    /// The way in.
    pub channel: &'static str,
    /// Where it came from.
    pub client: Option<Client<'static>>,
    /// The campaign whose harvest it is, if it is any.
    pub harvest_of: Option<&'s str>,
    /// What only some requests have.
    pub extras: Extras,
}

/// What only some requests have.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// Who is behind the account.
    pub end_user: Option<String>,
    /// What was sent beside text.
    pub modalities: &'static [&'static str],
    /// What the truth says beside the campaign.
    pub origin: Option<Origin>,
}

/// Where a request through a relay comes from, for the truth.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The relay.
    pub operator: String,
    /// Whose request it carries.
    pub client: String,
    /// The session of that client, over all accounts it was moved to.
    pub session: u64,
}

/// Bytes of text per token.
const TOKEN_BYTES: usize = 4;

impl<'s> Exchange<'s> {
    /// The event that a platform would send, and how many bytes of prompt it carries.
    #[must_use]
    pub fn into_event(self, setting: &'s Setting, event_id: Text<'s>) -> (Event<'s>, usize) {
        let rendered = self.dialogue.render(setting, self.turn);
        let bytes = rendered.input_bytes;
        let time = EventTime(self.time);
        let tenant = setting.tenant(self.account).map(Into::into);
        let body = Body::Request(Box::new(self.into_request(setting, rendered)));
        (Event { event_id, event_time: time, tenant, body }, bytes)
    }

    fn into_request(mut self, setting: &'s Setting, mut rendered: Rendered<'s>) -> Request<'s> {
        let own = account_key(setting.seed(), self.account, 0x4E9);
        let mut rng = Rng::new(key(&[self.conversation, self.turn.into(), 0x109]));
        let served = matches!(self.status, Status::Served | Status::Refused(_));
        let (refusal, response) = self.answer(&mut rendered);
        let output = (response.len() / TOKEN_BYTES + 3) as u64;
        let thinks = !self.model.contains("mini") && own.is_multiple_of(3);
        let reasoning = if thinks { 40 + rng.below(600) } else { 0 };
        let (mut input, mut read, mut created) = self.input_tokens(&rendered);
        let mut output = output;
        if setting.calibrated {
            // What is shown of a text is a part of it; its tokens are those of recorded ones.
            let code = !self.dialogue.tools.is_empty();
            let whole = calibrated_tokens(code, &mut rng);
            let grown = whole.0.max(input);
            (read, created) = (read * grown / input, created * grown / input);
            (input, output) = (grown, whole.1.max(output.min(40)));
        }
        let program = self.channel != "app";
        let end_user = self.extras.end_user.take();
        Request {
            account_id: setting.population.account_id(self.account).into(),
            model: self.model.into(),
            organization_id: organization(setting, self.account),
            api_key_id: program.then(|| format!("key_{:016x}", key(&[own, own % 2, 7])).into()),
            end_user_id: end_user.map(Into::into),
            channel: Some(self.channel.into()),
            operation: Some("chat".into()),
            conversation_id: Some(format!("conv_{:016x}", key(&[self.conversation, 1])).into()),
            stream: Some(!program || own % 5 < 3),
            input_tokens: Some(input),
            output_tokens: Some(if served { output + reasoning } else { 0 }),
            cache_read_input_tokens: Some(read),
            cache_creation_input_tokens: Some(if served { created } else { 0 }),
            reasoning_output_tokens: Some(if served { reasoning } else { 0 }),
            max_tokens: program.then(|| [1_024, 2_048, 4_096, 8_192][(own >> 8) as usize % 4]),
            temperature: program.then(|| [0.0, 0.2, 0.7, 1.0][(own >> 16) as usize % 4]),
            status_code: Some(self.status_code(&mut rng)),
            finish_reason: served.then(|| self.finish(refusal.is_some()).into()),
            refusal_category: refusal.flatten().map(Into::into),
            latency_ms: Some(latency(served, output + reasoning, &mut rng)),
            client: self.client,
            system: rendered.system,
            turns: rendered.turns,
            modalities: self.extras.modalities.iter().map(|&kind| kind.into()).collect(),
            tools: self.dialogue.tools.iter().map(|tool| tool.as_str().into()).collect(),
            response: served.then(|| response.into()),
            minted_artifacts: if served { rendered.minted } else { Vec::new() },
            referenced_artifacts: rendered.referenced,
            ..Request::default()
        }
    }

    /// Tokens read, those read from the cache, and those written to it: a cache belongs to an
    /// account, so a session that moves has to write its history there again.
    fn input_tokens(&self, rendered: &Rendered) -> (u64, u64, u64) {
        let input = (rendered.input_bytes / TOKEN_BYTES + 7) as u64;
        let prefix = (rendered.prefix_bytes / TOKEN_BYTES) as u64;
        match prefix > 64 {
            true if self.resumed => (input, prefix, input - prefix),
            true => (input, 0, input),
            false => (input, 0, 0),
        }
    }

    /// Whether and why it was declined, and what the answer says.
    fn answer(&self, rendered: &mut Rendered) -> (Option<Option<&'static str>>, String) {
        match self.status {
            Status::Refused(reason) => {
                (Some(reason), "I'm sorry, but I can't help with that.".to_owned())
            }
            _ => (None, std::mem::take(&mut rendered.response)),
        }
    }

    fn status_code(&self, rng: &mut Rng) -> u16 {
        match self.status {
            Status::Served | Status::Refused(_) => 200,
            Status::Overloaded => *rng.pick(&[429, 429, 529, 500]),
            Status::Blocked => 403,
        }
    }

    fn finish(&self, refused: bool) -> &'static str {
        match refused {
            true => "refusal",
            false if self.dialogue.tools.is_empty() => "end_turn",
            false => "tool_use",
        }
    }
}

fn calibrated_tokens(code: bool, rng: &mut Rng) -> (u64, u64) {
    let (input, output) = match code {
        true => (calibration::CODE_INPUT, calibration::CODE_OUTPUT),
        false => (calibration::TALK_INPUT, calibration::TALK_OUTPUT),
    };
    (input.draw(rng) as u64, output.draw(rng) as u64)
}

fn latency(served: bool, output: u64, rng: &mut Rng) -> f64 {
    let first = 180 + rng.below(900);
    (if served { first + output * 14 } else { first / 4 }) as f64
}

/// The organisation an account belongs to, if it is in one.
#[must_use]
pub fn organization(setting: &Setting, account: u32) -> Option<Text<'static>> {
    let household = setting.population.household(account, setting.company_size());
    let id = key(&[household.id, 0x046]);
    household.organization.then(|| format!("org_{id:016x}").into())
}
