//! Which objects an event touches: what `correlate` will compare between accounts.
//!
//! An object is sighted again only when the account's short memory has lost it: what counts is who
//! shares it, not how often it was used.

use event::enriched::{BlockSketch, Origin, PaymentFact, RequestFact, SignupFact};
use event::id::{Digest, ObjectKey};
use event::sighting::{Layer, Touch};

use crate::account::{Account, ORIGINS, Ring, TEXT_SEEN, tag};

/// One object touched, before its account is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Touched {
    /// The object.
    pub object: ObjectKey,
    /// What kind of thing it is.
    pub layer: Layer,
    /// How it was touched.
    pub touch: Touch,
}

/// Fingerprints sighted of a system prompt, a last and a first user turn: always the smallest, so
/// that accounts sight the same ones of a shared text.
const SYSTEM: usize = 4;
const LAST: usize = 6;
const FIRST: usize = 2;
/// Artifacts sighted of one request.
const MINTS: usize = 4;
const REFERENCES: usize = 8;

/// What a request touches.
pub fn request(
    account: &mut Account,
    fact: &RequestFact,
    session: Digest,
    known: impl Fn(Digest) -> bool,
    out: &mut Vec<Touched>,
) {
    for (block, most) in [(&fact.system, SYSTEM), (&fact.last, LAST), (&fact.first, FIRST)] {
        text(&mut account.text_seen, block, most, &known, out);
    }
    // The newest references are the ones another account may have minted an hour ago.
    for artifact in fact.referenced.iter().rev().take(REFERENCES) {
        if !account.minted.holds(tag(*artifact)) {
            let touch = Touch::Reference(session);
            out.push(Touched { object: ObjectKey(*artifact), layer: Layer::Artifact, touch });
        }
    }
    for artifact in fact.minted.iter().take(MINTS) {
        account.minted.note(tag(*artifact));
        out.push(Touched {
            object: ObjectKey(*artifact),
            layer: Layer::Artifact,
            touch: Touch::Mint,
        });
    }
    origin(account, &fact.origin, out);
}

fn text(
    seen: &mut Ring<TEXT_SEEN>,
    block: &BlockSketch,
    most: usize,
    known: impl Fn(Digest) -> bool,
    out: &mut Vec<Touched>,
) {
    for print in block.fingerprints.iter().take(most) {
        if !known(*print) && seen.note(tag(*print)) {
            out.push(Touched { object: ObjectKey(*print), layer: Layer::Text, touch: Touch::Use });
        }
    }
}

fn origin(account: &mut Account, origin: &Origin, out: &mut Vec<Touched>) {
    if let Some(client) = origin.client {
        account.clients.note(tag(client));
    }
    let shared = [
        (&mut account.networks, origin.network, Layer::Network),
        (&mut account.devices, origin.device, Layer::Device),
    ];
    for (ring, digest, layer) in shared {
        sight_once(ring, digest, layer, out);
    }
}

fn sight_once(
    ring: &mut Ring<ORIGINS>,
    digest: Option<Digest>,
    layer: Layer,
    out: &mut Vec<Touched>,
) {
    if let Some(digest) = digest
        && ring.note(tag(digest))
    {
        out.push(Touched { object: ObjectKey(digest), layer, touch: Touch::Use });
    }
}

/// What a sign-up touches.
pub fn signup(account: &mut Account, fact: &SignupFact, out: &mut Vec<Touched>) {
    for trait_of_it in [fact.email_shape, fact.referral] {
        sight_once(&mut account.identity, trait_of_it, Layer::Registration, out);
    }
    origin(account, &fact.origin, out);
}

/// What a payment touches.
pub fn payment(account: &mut Account, fact: &PaymentFact, out: &mut Vec<Touched>) {
    sight_once(&mut account.identity, fact.instrument, Layer::Payment, out);
}
