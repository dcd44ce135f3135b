//! A request reduced: which texts are its blocks, and what its plain fields come to.

use event::contract::{Request, Text, Turn};
use event::enriched::{BlockSketch, Capabilities, RequestFact};
use event::id::Digest;

use crate::account::is_one_of;
use crate::origin::telling;
use crate::recent::{Recent, Reduced};
use crate::text::lexicon::capability;
use crate::text::sample::CAP;
use crate::{Enricher, Purpose, wire};

/// What a request's content came to, or what stood in its place.
#[derive(Default)]
struct Content {
    capabilities: Capabilities,
    system: BlockSketch,
    tools: BlockSketch,
    first: BlockSketch,
    last: BlockSketch,
}

impl Enricher {
    pub(crate) fn request(
        &self,
        tenant: &str,
        request: &Request<'_>,
        recent: &mut Recent,
    ) -> RequestFact {
        let content = self.content(tenant, request, recent);
        let client = request.client.as_ref();
        let session =
            self.known(Purpose::Session, tenant, &request.conversation_id).or_else(|| {
                client.and_then(|client| self.known(Purpose::Session, tenant, &client.session_id))
            });
        let artifacts = |ids: &[Text<'_>]| -> Vec<Digest> {
            let telling = ids.iter().filter_map(|id| telling(Some(id)));
            telling.map(|id| self.digest(Purpose::Artifact, tenant, id)).collect()
        };
        RequestFact {
            model: request.model.as_ref().into(),
            organization: self.known(Purpose::Organization, tenant, &request.organization_id),
            api_key: request.api_key_id.as_deref().map(Into::into),
            end_user: self.known(Purpose::EndUser, tenant, &request.end_user_id),
            channel: self.known(Purpose::Channel, tenant, &request.channel),
            session,
            input_tokens: count(request.input_tokens),
            output_tokens: count(request.output_tokens),
            cache_read_tokens: count(request.cache_read_input_tokens),
            status: request.status_code.unwrap_or_default(),
            refused: refused(request),
            batch: exhausts(request),
            turns: u16::try_from(request.turns.len()).unwrap_or(u16::MAX),
            capabilities: structural(request, content.capabilities),
            system: content.system,
            tools: content.tools,
            first: content.first,
            last: content.last,
            minted: artifacts(&request.minted_artifacts),
            referenced: artifacts(&request.referenced_artifacts),
            origin: self.origin(tenant, client),
        }
    }

    /// Text where there is text, else the sketch, else the hashes.
    fn content(&self, tenant: &str, request: &Request<'_>, recent: &mut Recent) -> Content {
        let salt = self.salt(tenant);
        let blocks = Blocks::of(request);
        if !blocks.is_empty() {
            let mut reduce = |text: Option<&str>| match text {
                Some(text) => self.block(salt, &[text], recent),
                None => Reduced::default(),
            };
            let (system, first, last) =
                (reduce(blocks.system), reduce(blocks.first), reduce(blocks.last));
            let signals = system.signals.and(first.signals).and(last.signals);
            return Content {
                capabilities: signals.capabilities(),
                system: system.sketch,
                tools: self.tools(salt, &request.tools, recent),
                first: first.sketch,
                last: last.sketch,
            };
        }
        let tools = self.tools(salt, &request.tools, recent);
        if let Some(text) = &request.sketch {
            match wire::decode(self.key_check(), text) {
                Some(sketch) => return Content::from(sketch),
                None => recent.notes.sketches_refused += 1,
            }
        }
        let last = self.prefix_blocks(tenant, &request.content_hashes);
        Content { tools, last, ..Content::default() }
    }

    /// Offered tools are a set: the order in which they are listed does not count.
    fn tools(&self, salt: u64, tools: &[Text<'_>], recent: &mut Recent) -> BlockSketch {
        let mut pieces: Vec<&str> = tools.iter().map(AsRef::as_ref).collect();
        pieces.sort_unstable();
        self.block(salt, &pieces, recent).sketch
    }

    /// Hashes of prefix blocks as if they were fingerprints of the last turn.
    fn prefix_blocks(&self, tenant: &str, hashes: &[Text<'_>]) -> BlockSketch {
        // Every request of a service begins with the service's own prompt: where there are several
        // blocks, sharing the first says nothing.
        let own = if hashes.len() > 1 { &hashes[1..] } else { hashes };
        if own.is_empty() {
            return BlockSketch::default();
        }
        let digest = |hash: &Text<'_>| self.digest(Purpose::ContentHash, tenant, hash);
        let mut fingerprints: Vec<Digest> = own.iter().map(digest).collect();
        let exact: Vec<u8> = fingerprints.iter().flat_map(|hash| hash.0.to_le_bytes()).collect();
        fingerprints.sort_unstable();
        fingerprints.dedup();
        fingerprints.truncate(CAP);
        BlockSketch {
            exact: self.keys.digest(Purpose::ContentHash, tenant, &exact),
            // How many words they stand for is not known.
            words: 0,
            fingerprints,
        }
    }
}

impl From<wire::Sketch> for Content {
    fn from(sketch: wire::Sketch) -> Content {
        Content {
            capabilities: sketch.capabilities,
            system: sketch.system,
            tools: sketch.tools,
            first: sketch.first,
            last: sketch.last,
        }
    }
}

/// The texts of a request that are sketched.
struct Blocks<'a> {
    system: Option<&'a str>,
    first: Option<&'a str>,
    last: Option<&'a str>,
}

impl<'a> Blocks<'a> {
    fn of(request: &'a Request<'_>) -> Blocks<'a> {
        let text = |turn: &'a Turn<'_>| turn.text.as_ref();
        let is_system = |turn: &&Turn<'_>| is_one_of(&turn.role, &["system", "developer"]);
        let is_user = |turn: &&Turn<'_>| is_one_of(&turn.role, &["user", "human"]);
        let mut users = request.turns.iter().filter(is_user);
        let (first, last) = (users.next(), users.next_back());
        // A single user turn is the last one; there is no other first.
        let (first, last) = if last.is_some() { (first, last) } else { (None, first) };
        Blocks {
            system: request
                .system
                .as_deref()
                .or_else(|| request.turns.iter().find(is_system).map(text)),
            first: first.map(text),
            last: last.map(text),
        }
    }

    fn is_empty(&self) -> bool {
        self.system.is_none() && self.last.is_none()
    }
}

/// The capabilities that a request's form shows, beside those of its text.
fn structural(request: &Request<'_>, of_text: Capabilities) -> Capabilities {
    let pictures = |kind: &Text<'_>| is_one_of(kind, &["image", "video"]);
    let tool_turn = |turn: &Turn<'_>| is_one_of(&turn.role, &["tool", "function"]);
    let mut all = of_text;
    if !request.tools.is_empty() || request.turns.iter().any(tool_turn) {
        all = all.with(capability::AGENTIC);
    }
    if request.modalities.iter().any(pictures) {
        all = all.with(capability::VISION);
    }
    if request.tools.iter().any(|tool| is_one_of(tool, &["computer", "computer_use", "browser"])) {
        all = all.with(capability::COMPUTER);
    }
    all
}

fn refused(request: &Request<'_>) -> bool {
    let category = telling(request.refusal_category.as_deref()).is_some();
    let reasons = ["refusal", "content_filter", "safety", "prohibited_content"];
    category || request.finish_reason.as_deref().is_some_and(|why| is_one_of(why, &reasons))
}

/// Whether the batch interface was used, or the output limit used up.
fn exhausts(request: &Request<'_>) -> bool {
    let limit = request.max_tokens.filter(|limit| *limit > 0);
    let used_up = limit.zip(request.output_tokens).is_some_and(|(limit, output)| output >= limit);
    request.batch == Some(true) || used_up
}

fn count(tokens: Option<u64>) -> u32 {
    u32::try_from(tokens.unwrap_or_default()).unwrap_or(u32::MAX)
}
