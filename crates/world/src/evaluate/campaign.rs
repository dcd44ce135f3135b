//! Each campaign: who was found, what leaked, how long it took, how soon newcomers were linked.

use std::collections::BTreeMap;

use event::EventTime;
use event::time::SECOND;

use super::interval::{share, wilson};
use super::membership::Membership;
use super::pivot::{Alerts, Moved};
use super::report::{Campaign, Part};
use super::stream::{Requests, Stream};
use super::touched::Touched;
use super::truth::{Role, Truth};

/// What the input says about one campaign.
#[derive(Clone, Default)]
struct Activity {
    /// All its harvest exchanges.
    harvest: Requests,
    /// Harvest exchanges its truth names, made or not.
    named: u64,
    /// Made by accounts of which the truth does not speak request by request.
    unnamed: u64,
    /// What it harvested from models released within the stream; none without a release.
    moved: Option<Option<Moved>>,
    /// Other requests of its accounts that carry both.
    customers: Requests,
}

/// The campaigns of a truth, with what their accounts did.
pub struct Campaigns<'a> {
    truth: &'a Truth,
    activity: Option<Vec<Activity>>,
    /// Harvest exchanges of accounts of operations.
    harvest: BTreeMap<u32, Requests>,
    /// When each account was found.
    found: BTreeMap<u32, EventTime>,
}

/// How long newcomers took to be linked, for those that were.
#[derive(Clone, Default)]
pub struct Newcomers {
    /// How many there were.
    pub accounts: u64,
    /// Milliseconds of those that were linked.
    pub delays: Vec<i64>,
}

impl Newcomers {
    /// The median in seconds, an account never linked counting as for ever.
    #[must_use]
    pub fn median_s(&self) -> Option<f64> {
        let mut delays = self.delays.clone();
        delays.sort_unstable();
        let middle = usize::try_from(self.accounts.checked_sub(1)? / 2).ok()?;
        delays.get(middle).map(|delay| seconds(*delay))
    }
}

fn seconds(millis: i64) -> f64 {
    millis as f64 / SECOND as f64
}

impl<'a> Campaigns<'a> {
    /// Brings truth, acts and input together.
    #[must_use]
    pub fn new(truth: &'a Truth, touched: &Touched, stream: Option<&Stream>) -> Campaigns<'a> {
        let mut harvest = BTreeMap::new();
        let activity = stream.map(|stream| activity(truth, stream, &mut harvest));
        let mut found = BTreeMap::new();
        for (id, campaign, _) in truth.attackers() {
            let time = match &activity {
                None => touched.found(id, None),
                Some(all) => {
                    let run = &all[campaign as usize].harvest;
                    // A campaign that never ran in this stream can't have been found in it.
                    (run.made > 0).then(|| touched.found(id, Some((run.first, run.last)))).flatten()
                }
            };
            found.extend(time.map(|time| (id, time)));
        }
        Campaigns { truth, activity, harvest, found }
    }

    /// How many accounts were found.
    #[must_use]
    pub fn found(&self) -> u64 {
        self.found.len() as u64
    }

    /// Harvest exchanges by account.
    #[must_use]
    pub fn harvest(&self) -> &BTreeMap<u32, Requests> {
        &self.harvest
    }

    /// Whether an account was found.
    #[must_use]
    pub fn was_found(&self, account: u32) -> bool {
        self.found.contains_key(&account)
    }

    /// Whether the input was there to be read.
    #[must_use]
    pub fn knows_the_stream(&self) -> bool {
        self.activity.is_some()
    }

    /// All campaigns by name, and the newcomers of all of them.
    #[must_use]
    pub fn report(
        &self,
        membership: &Membership,
        pivots: &Alerts,
    ) -> (Vec<Campaign>, Option<Newcomers>) {
        let mut accounts = vec![Vec::new(); self.truth.campaigns.len()];
        for (id, campaign, role) in self.truth.attackers() {
            accounts[campaign as usize].push((id, role));
        }
        let mut all = self.activity.as_ref().map(|_| Newcomers::default());
        let mut campaigns = Vec::new();
        for (number, accounts) in (0u32..).zip(&accounts) {
            let (mut campaign, newcomers) = self.one(number, accounts, membership);
            self.pivot(&mut campaign, number, accounts, membership, pivots);
            if let (Some(all), Some(newcomers)) = (&mut all, newcomers) {
                all.accounts += newcomers.accounts;
                all.delays.extend(newcomers.delays);
            }
            campaigns.push(campaign);
        }
        campaigns.sort_by(|left, right| left.name.cmp(&right.name));
        (campaigns, all)
    }

    fn one(
        &self,
        number: u32,
        accounts: &[(u32, Role)],
        membership: &Membership,
    ) -> (Campaign, Option<Newcomers>) {
        let activity = self.activity.as_ref().map(|all| &all[number as usize]);
        let (harvest, pool) = (self.part(accounts, Role::Harvest), self.part(accounts, Role::Pool));
        let (count, found) = (harvest.accounts + pool.accounts, harvest.found + pool.found);
        let mut campaign = Campaign {
            name: self.truth.campaigns.text(number).to_owned(),
            accounts: count,
            found,
            recall: share(found, count),
            recall_interval: wilson(found, count),
            harvest,
            pool,
            ..Campaign::default()
        };
        campaign.verdicts = verdicts(accounts, membership);
        let Some(activity) = activity else { return (campaign, None) };
        // A campaign without any exchange has no leak to speak of: unknown, not 0.
        let planned = Some(activity.named + activity.unnamed).filter(|planned| *planned > 0);
        campaign.planned = planned;
        campaign.made = Some(activity.harvest.made);
        campaign.leaked = planned.map(|_| activity.harvest.made - activity.harvest.contained);
        campaign.leaked_share =
            planned.zip(campaign.leaked).and_then(|(planned, leaked)| share(leaked, planned));
        campaign.leaked_per_account = campaign.leaked.and_then(|leaked| share(leaked, count));
        campaign.timeline = activity.harvest.timeline.clone();
        campaign.customer_requests = Some(activity.customers.made);
        campaign.customer_requests_shaped = Some(activity.customers.shaped);
        let newcomers = self.time(&mut campaign, accounts, activity, membership);
        (campaign, Some(newcomers))
    }

    /// Fills in whether and how soon its move to a new model was noticed.
    fn pivot(
        &self,
        campaign: &mut Campaign,
        number: u32,
        accounts: &[(u32, Role)],
        membership: &Membership,
        pivots: &Alerts,
    ) {
        let activity = self.activity.as_ref().map(|all| &all[number as usize]);
        let Some(moved) = activity.and_then(|activity| activity.moved) else { return };
        campaign.pivoted = Some(moved.map_or(0, |moved| moved.exchanges));
        let Some(moved) = moved else { return };
        let those = accounts.iter().map(|(id, _)| *id);
        let noticed = pivots.first(those, membership, moved.first);
        campaign.pivot_delay_s = noticed.map(|time| seconds(time.since(moved.first)));
    }

    /// Fills in how long things took.
    fn time(
        &self,
        campaign: &mut Campaign,
        accounts: &[(u32, Role)],
        activity: &Activity,
        membership: &Membership,
    ) -> Newcomers {
        let start = activity.harvest.first;
        let detected = self.detected(accounts, activity);
        let newcomers = self.newcomers(accounts, detected, membership);
        campaign.time_to_detection_s = detected.map(|time| seconds(time.since(start)));
        campaign.time_to_half_found_s = self.half_found(accounts, start).map(seconds);
        campaign.replacement_link_time_s = newcomers.median_s();
        campaign.replacements = Some(newcomers.accounts);
        campaign.replacements_linked = Some(newcomers.delays.len() as u64);
        newcomers
    }

    fn part(&self, accounts: &[(u32, Role)], role: Role) -> Part {
        let known = self.activity.as_ref().map(|_| 0);
        let mut part = Part { made: known, leaked: known, ..Part::default() };
        for (id, _) in accounts.iter().filter(|(_, other)| *other == role) {
            part.accounts += 1;
            part.found += u64::from(self.found.contains_key(id));
            if let Some(requests) = self.harvest.get(id) {
                part.made = part.made.map(|made| made + requests.made);
                let leaked = requests.made - requests.contained;
                part.leaked = part.leaked.map(|sum| sum + leaked);
            }
        }
        part
    }

    /// When a campaign was first acted on: an account found, or an exchange contained (the only
    /// sign where it harvests through stolen keys).
    fn detected(&self, accounts: &[(u32, Role)], activity: &Activity) -> Option<EventTime> {
        let found = accounts.iter().filter_map(|(id, _)| self.found.get(id).copied()).min();
        let contained = activity.harvest.first_contained;
        found.into_iter().chain(contained).min()
    }

    /// From the campaign's start until half of its accounts had been found.
    fn half_found(&self, accounts: &[(u32, Role)], start: EventTime) -> Option<i64> {
        let mut times: Vec<EventTime> =
            accounts.iter().filter_map(|(id, _)| self.found.get(id).copied()).collect();
        times.sort_unstable();
        let half = accounts.len().div_ceil(2).checked_sub(1)?;
        times.get(half).map(|time| time.since(start))
    }

    /// Accounts that began to harvest after the campaign was detected, and how soon they were
    /// linked to it: by a cluster they share with another account of it, or by being found.
    fn newcomers(
        &self,
        accounts: &[(u32, Role)],
        detected: Option<EventTime>,
        membership: &Membership,
    ) -> Newcomers {
        let mut newcomers = Newcomers::default();
        let Some(detected) = detected else { return newcomers };
        for (id, _) in accounts {
            let Some(requests) = self.harvest.get(id).filter(|own| own.first > detected) else {
                continue;
            };
            newcomers.accounts += 1;
            let linked = membership.linked.get(id).into_iter().chain(self.found.get(id)).min();
            newcomers.delays.extend(linked.map(|time| time.since(requests.first).max(0)));
        }
        newcomers
    }
}

/// What the clusters that hold its accounts say of a campaign, with how many accounts each.
fn verdicts(accounts: &[(u32, Role)], membership: &Membership) -> BTreeMap<String, u64> {
    let mut said = BTreeMap::new();
    for (id, _) in accounts {
        let cluster = membership.cluster_of.get(id);
        let verdict = cluster.and_then(|cluster| membership.verdicts.get(cluster));
        let words = verdict.map_or("in no cluster", String::as_str);
        *said.entry(words.to_owned()).or_default() += 1;
    }
    said
}

/// Sorts the input's requests into campaigns. Where the truth speaks of an account's requests one
/// by one, they are taken as it says; else all requests of a `harvest` account are harvest.
fn activity(
    truth: &Truth,
    stream: &Stream,
    harvest: &mut BTreeMap<u32, Requests>,
) -> Vec<Activity> {
    let mut all = vec![Activity::default(); truth.campaigns.len()];
    for campaign in truth.exchanges.values().filter_map(|exchange| exchange.campaign) {
        all[campaign as usize].named += 1;
    }
    // Only a truth request by request says which model was harvested.
    for (number, activity) in (0u32..).zip(&mut all) {
        let told = activity.named > 0 && !stream.released.is_empty();
        activity.moved = told.then(|| stream.moved.get(&number).copied());
    }
    for (&(account, campaign), requests) in &stream.harvest {
        all[campaign as usize].harvest.add(requests);
        let own = account.filter(|id| truth.accounts[*id as usize].campaign == Some(campaign));
        if let Some(id) = own {
            harvest.entry(id).or_default().add(requests);
        }
    }
    for (&id, requests) in &stream.other {
        let account = truth.accounts[id as usize];
        let campaign = account.campaign.expect("only accounts of operations are kept");
        let activity = &mut all[campaign as usize];
        if stream.labelled.contains(&id) || account.role == Role::Pool {
            activity.customers.add(requests);
        } else {
            activity.unnamed += requests.made;
            activity.harvest.add(requests);
            harvest.entry(id).or_default().add(requests);
        }
    }
    all
}
