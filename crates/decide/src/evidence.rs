//! Evidence on a cluster, family by family, each number beside what is normal.

use event::contract::Action;
use event::dossier::{Dossier, DossierMember, TemplateUse};
use event::public::{Family, Reason, Verdict};
use event::sighting::Layer;
use event::{Nats, ln, ln_ratio};

use crate::ladder;

/// Of independent requests at most 15 in 100 look like harvesting; in a harvest 60 in 100 do.
const HARVEST_SEEN: Nats = Nats::milli(1_386);
const HARVEST_MISSED: Nats = Nats::milli(-754);
/// More of any one family says nothing more.
const CONTENT_MOST: Nats = Nats::milli(30_000);
const COORDINATION_MOST: Nats = Nats::milli(18_420);
const IDENTITY_MOST: Nats = Nats::milli(13_800);
/// One more member on a template is worth at most this, however rare the template.
const MEMBER_ON_TEMPLATE: Nats = Nats::milli(4_600);

/// The evidence on a cluster.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Requests that look like harvesting, pooled over the members.
    pub harvest_words: Nats,
    /// A template that members carry far more often than accounts at large.
    pub shared_template: Nats,
    /// What only pooling produces.
    pub coordination: Nats,
    /// Shared cards, devices, sign-ups.
    pub identity: Nats,
    /// Whether artifacts passed between the members: at least one pair for every ten of them.
    pub echoes: bool,
    /// Each number in words, heaviest first.
    pub reasons: Vec<Reason>,
}

impl Evidence {
    /// The content family: the better of its two tests.
    #[must_use]
    pub fn content(&self) -> Nats {
        self.harvest_words.max(self.shared_template)
    }

    /// The families together, valid however they depend on each other: the mean of the e-values,
    /// bounded from below by the greatest of the three over three (V. Vovk and R. Wang 2021).
    #[must_use]
    pub fn combined(&self) -> Nats {
        let most = self.content().max(self.coordination).max(self.identity);
        (most - ln(3)).max(Nats::ZERO)
    }

    /// Whether the answers are harvested: content and coordination together, or not known.
    #[must_use]
    pub fn distillation(&self) -> Verdict {
        match () {
            () if self.content() >= ladder::SAFEGUARD && self.coordination >= ladder::SHAPE => {
                Verdict::Supported
            }
            () if self.content() >= ladder::VERIFY => Verdict::Suspected,
            () => Verdict::Undetermined,
        }
    }

    /// Whether access is pooled or resold: what the relays do, whatever is asked for.
    #[must_use]
    pub fn resale(&self) -> Verdict {
        match () {
            () if self.coordination >= ladder::SAFEGUARD => Verdict::Supported,
            () if self.coordination.max(self.identity) >= ladder::VERIFY => Verdict::Suspected,
            () => Verdict::Undetermined,
        }
    }
}

/// Weighs a dossier.
#[must_use]
pub fn weigh(dossier: &Dossier) -> Evidence {
    let harvest = harvest_words(&dossier.members);
    let template = shared_template(dossier);
    let coordination =
        quarter(dossier, |member| member.membership.coordination).min(COORDINATION_MOST);
    let identity = quarter(dossier, |member| member.membership.identity).min(IDENTITY_MOST);
    let mut reasons = Vec::new();
    reasons.extend(coordination_reason(dossier, coordination));
    reasons.extend(harvest.1);
    reasons.extend(template.1);
    reasons.extend(identity_reason(dossier, identity));
    reasons.sort_by_key(|one: &(Nats, Reason)| std::cmp::Reverse(one.0));
    Evidence {
        harvest_words: harvest.0,
        shared_template: template.0,
        coordination,
        identity,
        echoes: dossier.echoes * 10 >= dossier.members.len() as u64,
        reasons: reasons.into_iter().map(|(_, reason)| reason).collect(),
    }
}

/// What at least three quarters of the core members are tied with: a few strong ties must not speak
/// for the many.
fn quarter(dossier: &Dossier, of: impl Fn(&DossierMember) -> Nats) -> Nats {
    let core = dossier.members.iter().filter(|member| member.membership.core);
    let mut ties: Vec<Nats> = core.map(of).collect();
    ties.sort_unstable();
    ties.get(ties.len() / 4).copied().unwrap_or(Nats::ZERO)
}

fn reason(
    code: &str,
    family: Family,
    nats: Nats,
    value: String,
    normal: &str,
    text: String,
) -> (Nats, Reason) {
    let reason = Reason {
        code: code.into(),
        family,
        nats: nats.to_f64(),
        value: value.into(),
        normal: normal.into(),
        text: text.into(),
    };
    (nats, reason)
}

fn percent(part: u64, whole: u64) -> u64 {
    part * 100 / whole.max(1)
}

fn harvest_words(members: &[DossierMember]) -> (Nats, Option<(Nats, Reason)>) {
    let standings = || members.iter().filter_map(|member| member.standing.as_ref());
    let requests: u64 = standings().map(|standing| standing.requests).sum();
    let seen: u64 = standings().map(|standing| standing.harvest_like).sum();
    let missed = requests.saturating_sub(seen);
    let nats = (HARVEST_SEEN.times(seen as i64) + HARVEST_MISSED.times(missed as i64))
        .clamp(Nats::ZERO, CONTENT_MOST);
    let share = percent(seen, requests);
    let said = (nats > Nats::ZERO).then(|| {
        reason(
            "harvest_like_requests",
            Family::Content,
            nats,
            format!("{share} % of {requests} requests"),
            "at most 15 %",
            format!(
                "{share} % of the members' {requests} requests ask in so many words for what trains a \
                 copy (reasoning written out, grading, safe rewriting, task generation); ordinary \
                 accounts stay under 15 %."
            ),
        )
    });
    (nats, said)
}

/// The likelihood ratio of the members' use of a template against accounts at large: for each member
/// that carries it, how surprising that is by chance, less what it costs that not all members do.
fn shared_template(dossier: &Dossier) -> (Nats, Option<(Nats, Reason)>) {
    let heard = dossier.members.iter().filter(|one| one.standing.is_some()).count() as u64;
    let worth = |one: &TemplateUse| {
        let each = one.surprise.min(MEMBER_ON_TEMPLATE) - ln_ratio(heard, one.members);
        each.max(Nats::ZERO).times(one.members as i64)
    };
    let common = dossier.templates.iter().filter(|one| one.is_common(heard));
    let Some(best) = common.max_by_key(|one| (worth(one), one.template)) else {
        return (Nats::ZERO, None);
    };
    let nats = worth(best).min(CONTENT_MOST);
    let members = dossier.members.len();
    let said = reason(
        "shared_template",
        Family::Content,
        nats,
        format!("{} of {members} members, about {} accounts in all", best.members, best.population),
        "a rare text is spread over unrelated accounts",
        format!(
            "{} of the {members} members send the same template with changing content ({} requests); \
             about {} accounts ever sent it.",
            best.members, best.requests, best.population
        ),
    );
    (nats, Some(said))
}

fn coordination_reason(dossier: &Dossier, nats: Nats) -> Option<(Nats, Reason)> {
    if nats == Nats::ZERO {
        return None;
    }
    let members = dossier.members.len();
    if let (0, Some(dispersion)) = (dossier.echoes, dossier.dispersion) {
        let value = format!("{}.{:03}", dispersion / 1_000, dispersion % 1_000);
        let text = format!(
            "The {members} members begin almost equally many sessions on one template (dispersion \
             {value}, where 1 is what one scheduler's chance gives and independent people are \
             several times above): somebody deals the work out."
        );
        return Some(reason(
            "served_alike",
            Family::Coordination,
            nats,
            value,
            "above 3.5 for independent accounts",
            text,
        ));
    }
    Some(reason(
        "artifacts_from_others",
        Family::Coordination,
        nats,
        format!("{} pairs of accounts", dossier.echoes),
        "1 session in 10,000",
        format!(
            "Between {} pairs of the {members} members, things the platform made for one account \
             (message ids, tool calls, signatures) came back from the other: conversations move \
             between the accounts as behind one pool. Of ordinary sessions one in 10,000 does that.",
            dossier.echoes
        ),
    ))
}

fn identity_reason(dossier: &Dossier, nats: Nats) -> Option<(Nats, Reason)> {
    if nats == Nats::ZERO {
        return None;
    }
    let named = |layer: Layer| match layer {
        Layer::Payment => "payment instruments",
        Layer::Device => "devices",
        Layer::Registration => "sign-up patterns",
        Layer::Network => "networks",
        Layer::Artifact | Layer::Text | Layer::LoadBalance => "objects",
    };
    let parts: Vec<String> = dossier
        .shared
        .iter()
        .map(|(layer, things, members)| format!("{members} on {things} {}", named(*layer)))
        .collect();
    let value = parts.join(", ");
    let text = format!(
        "Members of different organisations share what people keep to themselves: {value}."
    );
    Some(reason(
        "shared_identity",
        Family::Identity,
        nats,
        value,
        "a family or team of a few accounts",
        text,
    ))
}

/// What would make a cluster's picture benign after all.
#[must_use]
pub fn benign_if(action: Action) -> &'static str {
    match action {
        Action::Observe => "nothing needs to be done: this is only watched",
        _ => {
            "one customer runs these accounts openly (a gateway with several keys, an evaluation, a \
             class): then declare the use, or give the accounts one organisation"
        }
    }
}
