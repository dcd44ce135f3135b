//! Who there is: the accounts by number, what each of them is, and what the truth says of it.
//!
//! Accounts are numbered in blocks, one per segment, and everything about an account is a function
//! of its number, so ten million of them need no memory. Numbers never leave this module's callers:
//! what is written is an id from a keyed bijection, in which no order of the numbers is left.

use super::plan::{Plan, Scenario};
use super::random::{Permutation, Rng, key, mix, unit_of};
use super::scenario::{Described, Group, Role};

/// What an account is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names of the scenarios say what they are")]
pub enum Segment {
    Background,
    Classroom,
    NightlyEvaluation,
    Framework,
    ClientWave,
    LoadBalancer,
    AgenticBulk,
    FirstPool,
    SecondPool,
    /// A group of a described scenario, by number.
    Group(u16),
}

impl Segment {
    /// As the truth writes it; groups have names of their own.
    fn name(self) -> &'static str {
        match self {
            Segment::Background | Segment::Group(_) => "background",
            Segment::Classroom => "N1 classroom",
            Segment::NightlyEvaluation => "N3 nightly evaluation",
            Segment::Framework => "N5 agent framework",
            Segment::ClientWave => "N7 client release wave",
            Segment::LoadBalancer => "S1 load balancer",
            Segment::AgenticBulk => "S3 agentic bulk",
            Segment::FirstPool => "S5 first pool",
            Segment::SecondPool => "S5 second pool",
        }
    }
}

/// A group of a described scenario, with what follows from where it stands.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its segment in the truth.
    pub name: String,
    /// The scenario's name.
    pub scenario: String,
    /// A key that no other group has.
    pub key: u64,
    /// The relay that uses it, if any, by scenario and name.
    pub relay: Option<String>,
    /// Share of its accounts that are opened only to replace others.
    pub reserve: f64,
    /// The group.
    pub group: Group,
}

/// Consecutive account numbers of one segment.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    /// What they are part of.
    pub segment: Segment,
    /// The first number.
    pub first: u32,
    /// How many.
    pub count: u32,
}

impl Block {
    /// Its account numbers.
    pub fn accounts(&self) -> std::ops::Range<u32> {
        self.first..self.first + self.count
    }
}

/// All accounts of a plan.
#[derive(Clone, Debug)]
pub struct Population {
    seed: u64,
    blocks: Vec<Block>,
    members: Vec<Member>,
    total: u32,
}

/// People who share a card and a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Household {
    /// Names it; for one who lives alone, it is that account's own.
    pub id: u64,
    /// How many they are.
    pub size: u32,
    /// Whether they are a small organisation and not a family.
    pub organization: bool,
}

/// Households are laid out anew in every so many accounts, which bounds the walk to find one.
const STRIDE: u32 = 48;

/// Accounts of a company that is a front, and accounts that share a card in S3.
pub const FRONT_SEATS: u32 = 5;

impl Population {
    /// The accounts of a plan, block after block.
    #[must_use]
    pub fn new(plan: &Plan) -> Population {
        let mut population =
            Population { seed: plan.seed, blocks: Vec::new(), members: Vec::new(), total: 0 };
        population.add(Segment::Background, plan.accounts);
        for scenario in &plan.scenarios {
            match scenario {
                Scenario::S1(s1) => population.add(Segment::LoadBalancer, s1.accounts),
                Scenario::S3(s3) => population.add(Segment::AgenticBulk, s3.accounts),
                Scenario::S5(s5) => {
                    population.add(Segment::FirstPool, s5.accounts_per_pool);
                    population.add(Segment::SecondPool, s5.accounts_per_pool);
                }
                Scenario::N1(n1) => population.add(Segment::Classroom, n1.students),
                Scenario::N3(_) => population.add(Segment::NightlyEvaluation, scenario.accounts()),
                Scenario::N5(n5) => population.add(Segment::Framework, n5.accounts),
                Scenario::N7(n7) => population.add(Segment::ClientWave, n7.accounts),
                Scenario::Described(described) => population.describe(described),
            }
        }
        population
    }

    fn describe(&mut self, described: &Described) {
        for (name, group) in &described.group {
            let number = self.members.len() as u16;
            let relay = described.relay.iter().find(|(_, relay)| relay.pools.contains(name));
            self.members.push(Member {
                name: format!("{} {name}", described.name),
                scenario: described.name.clone(),
                key: key(&[self.seed, 0x6707, u64::from(number)]),
                reserve: relay.map_or(0.0, |(_, relay)| relay.reserve_share),
                relay: relay.map(|(relay, _)| format!("{} {relay}", described.name)),
                group: group.clone(),
            });
            self.add(Segment::Group(number), group.accounts);
        }
    }

    fn add(&mut self, segment: Segment, count: u64) {
        let count = u32::try_from(count).expect("the plan was checked to stay below 4 billion");
        self.blocks.push(Block { segment, first: self.total, count });
        self.total += count;
    }

    /// How many accounts there are.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.total
    }

    /// The blocks, in the order of their numbers.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The block of a segment that the plan has.
    #[must_use]
    pub fn block(&self, segment: Segment) -> Option<Block> {
        self.blocks.iter().copied().find(|block| block.segment == segment)
    }

    /// The block an account is in, and its place there.
    #[must_use]
    pub fn place(&self, account: u32) -> (Block, u32) {
        let after = self.blocks.partition_point(|block| block.first <= account);
        let block = self.blocks[after - 1];
        (block, account - block.first)
    }

    /// The group of a segment, if it is one of a described scenario.
    #[must_use]
    pub fn member(&self, segment: Segment) -> Option<&Member> {
        match segment {
            Segment::Group(number) => self.members.get(usize::from(number)),
            _ => None,
        }
    }

    /// The name of a segment in the truth.
    #[must_use]
    pub fn name(&self, segment: Segment) -> &str {
        self.member(segment).map_or(segment.name(), |member| &member.name)
    }

    /// The campaign a segment belongs to, if any.
    #[must_use]
    pub fn campaign(&self, segment: Segment) -> Option<&str> {
        match segment {
            Segment::LoadBalancer => Some("S1"),
            Segment::AgenticBulk => Some("S3"),
            Segment::FirstPool | Segment::SecondPool => Some("S5"),
            _ => {
                let member = self.member(segment)?;
                member.group.role.attacks().then_some(member.scenario.as_str())
            }
        }
    }

    /// `harvest` where all of an account's traffic is harvest, `pool` where it is mixed.
    #[must_use]
    pub fn role(&self, segment: Segment) -> &'static str {
        match segment {
            Segment::LoadBalancer | Segment::AgenticBulk => Role::Harvest.word(),
            Segment::FirstPool | Segment::SecondPool => Role::Pool.word(),
            _ => self.member(segment).map_or(Role::Benign, |member| member.group.role).word(),
        }
    }

    /// Whether an account is opened only when another has to be replaced.
    #[must_use]
    pub fn in_reserve(&self, account: u32) -> bool {
        let (block, index) = self.place(account);
        let reserve = self.member(block.segment).map_or(0.0, |member| member.reserve);
        reserve > 0.0 && f64::from(index) >= f64::from(block.count) * (1.0 - reserve)
    }

    /// The id that events and truth carry.
    #[must_use]
    pub fn account_id(&self, account: u32) -> String {
        format!("acct_{:016x}", mix(u64::from(account) ^ key(&[self.seed, 0xACC7])))
    }

    /// All accounts in an order that says nothing about them.
    pub fn shuffled(&self) -> impl Iterator<Item = u32> + use<> {
        let order = Permutation::new(u64::from(self.total), key(&[self.seed, 0x0DE2]));
        (0..u64::from(self.total)).map(move |index| order.of(index) as u32)
    }

    /// Whom an account lives or works with. The accounts of look-alikes live as everybody does, a
    /// company's graders are one organisation, and most of an operator's accounts pretend to be
    /// alone.
    #[must_use]
    pub fn household(&self, account: u32, company_size: u32) -> Household {
        let (block, place) = self.place(account);
        match block.segment {
            Segment::Background | Segment::Framework | Segment::ClientWave => {
                self.neighbours(block, place)
            }
            Segment::NightlyEvaluation => {
                let company = u64::from(place / company_size);
                let id = key(&[self.seed, 0xC0_4A17, company]);
                Household { id, size: company_size, organization: true }
            }
            Segment::AgenticBulk => self.front(block, place),
            Segment::Group(_) => self.of_group(block, place),
            _ => self.alone(account),
        }
    }

    /// S3 has accounts of several kinds: some stand as companies of a few seats, the rest alone.
    fn front(&self, block: Block, place: u32) -> Household {
        let id = key(&[self.seed, 0xF407, u64::from(place / FRONT_SEATS)]);
        let first = place - place % FRONT_SEATS;
        let size = FRONT_SEATS.min(block.count - first);
        if unit_of(id) < 0.3 && size > 1 {
            return Household { id, size, organization: true };
        }
        self.alone(block.first + place)
    }

    fn of_group(&self, block: Block, place: u32) -> Household {
        let member = self.member(block.segment).expect("the block of a group");
        let seats = member.group.organization_seats.min(u64::from(block.count)) as u32;
        if seats > 1 {
            let id = key(&[member.key, 0x0F6, u64::from(place / seats)]);
            return Household { id, size: seats, organization: true };
        }
        // Honest people live as everybody does; an operator's accounts pretend to be alone.
        let honest = !member.group.role.attacks() && seats == 0;
        if honest { self.neighbours(block, place) } else { self.alone(block.first + place) }
    }

    fn alone(&self, account: u32) -> Household {
        Household { id: key(&[self.seed, 0xA10E, account.into()]), size: 1, organization: false }
    }

    fn neighbours(&self, block: Block, place: u32) -> Household {
        let first = place - place % STRIDE;
        let span = STRIDE.min(block.count - first);
        let mut rng = Rng::new(key(&[self.seed, 0x40E5, (block.first + first).into()]));
        let mut start = 0;
        loop {
            let draw = rng.unit();
            let (size, organization) = match () {
                () if draw < 0.82 => (1, false),
                () if draw < 0.965 => (rng.between(2, 5) as u32, false),
                () => (rng.between(2, 30) as u32, true),
            };
            let size = size.min(span - start);
            if place - first < start + size {
                let head = block.first + first + start;
                let id = self.alone(head).id;
                return Household { id, size, organization: organization && size > 1 };
            }
            start += size;
        }
    }
}

/// A key of one account for one purpose.
#[must_use]
pub fn account_key(seed: u64, account: u32, purpose: u64) -> u64 {
    key(&[seed, 0xACC0, u64::from(account), purpose])
}

/// A fraction in [0, 1) of one account for one purpose.
#[must_use]
pub fn account_unit(seed: u64, account: u32, purpose: u64) -> f64 {
    unit_of(account_key(seed, account, purpose))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn households_are_whole_and_mixed() {
        let population = Population::new(&Plan::demo(3, 4_000));
        let mut members: BTreeMap<u64, u32> = BTreeMap::new();
        let block = population.blocks()[0];
        for account in block.accounts() {
            *members.entry(population.household(account, 10).id).or_default() += 1;
        }
        for account in block.accounts() {
            let household = population.household(account, 10);
            assert_eq!(members[&household.id], household.size);
        }
        let alone = members.values().filter(|&&size| size == 1).count();
        assert!(alone > members.len() / 2 && alone < members.len());
    }

    #[test]
    fn ids_and_the_order_of_the_truth_are_bijections() {
        let population = Population::new(&Plan::demo(3, 1_000));
        let mut seen: Vec<u32> = population.shuffled().collect();
        seen.sort_unstable();
        assert!(seen.iter().copied().eq(0..population.total()));
        let mut ids: Vec<String> = seen.iter().map(|&a| population.account_id(a)).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), seen.len());
    }
}
