//! Flows: the account's requests on each template it walks.

use event::EventTime;
use event::enriched::RequestFact;
use event::id::ObjectKey;
use event::standing::Flow;

use crate::account::{Account, FLOWS};
use crate::operator::Tables;

/// Counts the request on the templates it carries: at most one in the system prompt and one in the
/// user turns, each the one with the most fingerprints in it.
pub fn observe(
    account: &mut Account,
    tables: &Tables,
    fact: &RequestFact,
    at: EventTime,
    begins_session: bool,
) {
    if tables.templates.is_empty() {
        return;
    }
    let system = best(tables, at, &[&fact.system]);
    let user = best(tables, at, &[&fact.last, &fact.first]);
    for template in [system, user.filter(|user| Some(*user) != system)].into_iter().flatten() {
        count(account, template, fact, at, begins_session);
    }
}

/// The template with the most fingerprints in the blocks; of equals the smallest key.
fn best(
    tables: &Tables,
    at: EventTime,
    blocks: &[&event::enriched::BlockSketch],
) -> Option<ObjectKey> {
    let mut found: Vec<(ObjectKey, u32)> = Vec::new();
    for print in blocks.iter().flat_map(|block| &block.fingerprints) {
        if let Some(template) = tables.templates.at(&ObjectKey(*print), at) {
            match found.iter_mut().find(|(key, _)| key == template) {
                Some((_, hits)) => *hits += 1,
                None => found.push((*template, 1)),
            }
        }
    }
    found
        .into_iter()
        .max_by(|one, other| one.1.cmp(&other.1).then(other.0.cmp(&one.0)))
        .map(|(template, _)| template)
}

fn count(
    account: &mut Account,
    template: ObjectKey,
    fact: &RequestFact,
    at: EventTime,
    begins_session: bool,
) {
    let flows = &mut account.flows;
    let index = match flows.iter().position(|flow| flow.template == template) {
        Some(index) => index,
        None => {
            if flows.len() >= FLOWS {
                // Most used first, so the last one is the least used.
                flows.pop();
            }
            let before = account.requests.saturating_sub(1);
            flows.push(Flow { template, before, since: at, ..Flow::default() });
            flows.len() - 1
        }
    };
    let flow = &mut flows[index];
    flow.requests += 1;
    flow.sessions += u64::from(begins_session);
    flow.until = flow.until.max(at);
    if fact.api_key.is_some() && flow.api_key != fact.api_key {
        flow.api_key.clone_from(&fact.api_key);
    }
    flows.sort_by(|one, other| {
        other.requests.cmp(&one.requests).then(one.template.cmp(&other.template))
    });
}
