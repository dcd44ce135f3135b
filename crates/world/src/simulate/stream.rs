//! The merge: everybody's events in time order, as lines of JSON, beside the truth.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{BufWriter, Write};

use event::contract::Text;
use event::time::MINUTE;
use serde::Serialize;

use super::campaign::{Campaign, Happening, campaigns};
use super::exchange::Exchange;
use super::facts::{Fact, Kind, facts};
use super::group;
use super::person::Person;
use super::population::Population;
use super::random::{key, mix};
use super::render::{Hands, Item, Lines};
use super::setting::Setting;
use super::{Counts, Error, SegmentCount};

/// Who makes the next event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Person(u32),
    Campaign(u32),
    Facts(u32),
}

/// What is due: its time, a random word that orders what is due together (or the order of the
/// sources would show in the stream), and its source.
type Due = Reverse<(i64, u64, Source)>;

/// One account of the truth.
#[derive(Serialize)]
struct AccountTruth<'t> {
    account_id: &'t str,
    campaign: Option<&'t str>,
    role: &'t str,
    segment: &'t str,
    #[serde(skip_serializing_if = "Option::is_none")]
    operator: Option<&'t str>,
}

/// One harvest request of the truth.
#[derive(Serialize)]
struct RequestTruth<'t> {
    event_id: &'t str,
    campaign: Option<&'t str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operator: Option<&'t str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<&'t str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
}

struct Stream<'s, 'w> {
    setting: &'s Setting,
    due: BinaryHeap<Due>,
    people: Vec<Person>,
    campaigns: Vec<Box<dyn Campaign>>,
    facts: Vec<Fact>,
    events: &'w mut dyn Write,
    hands: Hands<'s>,
    truth: BufWriter<&'w mut dyn Write>,
    counts: Counts,
}

/// Writes the stream and its truth.
#[expect(clippy::disallowed_methods, reason = "the lines do not depend on who writes them")]
pub fn write(
    setting: &Setting,
    events: &mut dyn Write,
    truth: &mut dyn Write,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Counts, Error> {
    std::thread::scope(|scope| {
        let hands = Hands::start(scope, setting);
        merge(Stream::new(setting, hands, events, truth), progress)
    })
}

fn merge(mut stream: Stream<'_, '_>, progress: &mut dyn FnMut(u64, u64)) -> Result<Counts, Error> {
    stream.account_truth()?;
    let setting = stream.setting;
    let minutes = (setting.span() / MINUTE) as u64;
    let mut done = 0;
    while let Some(Reverse((time, _, source))) = stream.due.pop() {
        let minute = ((time - setting.start) / MINUTE) as u64;
        if minute > done {
            done = minute;
            progress(done, minutes);
        }
        match source {
            Source::Person(person) => stream.person(person)?,
            Source::Campaign(campaign) => stream.campaign(campaign)?,
            Source::Facts(next) => stream.fact(next)?,
        }
    }
    progress(minutes, minutes);
    stream.finish()
}

impl<'s, 'w> Stream<'s, 'w> {
    fn new(
        setting: &'s Setting,
        hands: Hands<'s>,
        events: &'w mut dyn Write,
        truth: &'w mut dyn Write,
    ) -> Stream<'s, 'w> {
        let mut stream = Stream {
            setting,
            due: BinaryHeap::new(),
            people: Vec::new(),
            campaigns: campaigns(setting),
            facts: facts(setting),
            events,
            hands,
            truth: BufWriter::with_capacity(1 << 16, truth),
            counts: Counts::default(),
        };
        for block in setting.population.blocks() {
            let name = setting.population.name(block.segment).to_owned();
            let accounts = u64::from(block.count);
            stream.counts.segments.push(SegmentCount { name, accounts, requests: 0 });
            if group::acts(setting, block.segment) {
                let there = |account: &u32| !setting.population.in_reserve(*account);
                let people = block.accounts().filter(there);
                let people = people.filter_map(|account| Person::new(setting, account));
                stream.people.extend(people);
            }
        }
        for (index, person) in stream.people.iter().enumerate() {
            stream.due.push(due(setting, person.next, Source::Person(index as u32)));
        }
        for (index, campaign) in stream.campaigns.iter().enumerate() {
            if let Some(time) = campaign.next_time() {
                stream.due.push(due(setting, time, Source::Campaign(index as u32)));
            }
        }
        if let Some(first) = stream.facts.first() {
            stream.due.push(due(setting, first.time, Source::Facts(0)));
        }
        stream
    }

    fn account_truth(&mut self) -> Result<(), Error> {
        let population: &Population = &self.setting.population;
        for account in population.shuffled() {
            if !population.in_reserve(account) {
                self.one_account(account)?;
            }
        }
        Ok(())
    }

    fn one_account(&mut self, account: u32) -> Result<(), Error> {
        let population: &Population = &self.setting.population;
        let (block, _) = population.place(account);
        let member = population.member(block.segment);
        let line = AccountTruth {
            account_id: &population.account_id(account),
            campaign: population.campaign(block.segment),
            role: population.role(block.segment),
            segment: population.name(block.segment),
            operator: member.and_then(|member| member.relay.as_deref()),
        };
        serde_json::to_writer(&mut self.truth, &line)?;
        self.truth.write_all(b"\n")?;
        self.counts.accounts += 1;
        Ok(())
    }

    fn person(&mut self, index: u32) -> Result<(), Error> {
        let person = &mut self.people[index as usize];
        let (exchange, goes_on) = person.step(self.setting);
        if goes_on {
            self.due.push(due(self.setting, person.next, Source::Person(index)));
        }
        self.request(exchange)
    }

    fn campaign(&mut self, index: u32) -> Result<(), Error> {
        let campaign = &mut self.campaigns[index as usize];
        let happening = campaign.step(self.setting);
        if let Some(time) = campaign.next_time() {
            self.due.push(due(self.setting, time, Source::Campaign(index)));
        }
        match happening {
            Happening::Exchange(exchange) => self.request(*exchange),
            Happening::Fact(fact) => {
                if fact.kind == Kind::Signup {
                    self.one_account(fact.account)?;
                }
                self.one_fact(fact)
            }
            Happening::Nothing => Ok(()),
        }
    }

    fn fact(&mut self, index: u32) -> Result<(), Error> {
        let fact = self.facts[index as usize];
        if let Some(next) = self.facts.get(index as usize + 1) {
            self.due.push(due(self.setting, next.time, Source::Facts(index + 1)));
        }
        self.one_fact(fact)
    }

    fn one_fact(&mut self, fact: Fact) -> Result<(), Error> {
        match fact.kind {
            Kind::Signup => self.counts.signups += 1,
            Kind::Payment => self.counts.payments += 1,
            Kind::Verification => self.counts.verifications += 1,
            Kind::Enforcement => self.counts.enforcements += 1,
            Kind::ModelRelease | Kind::ClientRelease | Kind::DeclaredUse | Kind::Indicator => {}
        }
        let id = self.event_id();
        self.event(Item::Fact(id, fact))
    }

    fn request(&mut self, exchange: Exchange<'s>) -> Result<(), Error> {
        let id = self.event_id();
        let blocks = self.setting.population.blocks();
        let segment = blocks.partition_point(|block| block.first <= exchange.account) - 1;
        self.counts.segments[segment].requests += 1;
        self.counts.requests += 1;
        let origin = exchange.extras.origin.as_ref();
        self.counts.harvest_requests += u64::from(exchange.harvest_of.is_some());
        if exchange.harvest_of.is_some() || origin.is_some() {
            let line = RequestTruth {
                event_id: &id,
                campaign: exchange.harvest_of,
                operator: origin.map(|origin| origin.operator.as_str()),
                client: origin.map(|origin| origin.client.as_str()),
                session: origin.map(|origin| format!("ses_{:016x}", origin.session)),
            };
            serde_json::to_writer(&mut self.truth, &line)?;
            self.truth.write_all(b"\n")?;
        }
        self.event(Item::Request(id, Box::new(exchange)))
    }

    /// The id of the next event: a bijection of its number, so that it is unique and says nothing.
    fn event_id(&self) -> Text<'static> {
        let number = self.counts.events ^ key(&[self.setting.seed(), 0xE7]);
        format!("evt_{:016x}", mix(number)).into()
    }

    fn event(&mut self, item: Item<'s>) -> Result<(), Error> {
        self.counts.events += 1;
        match self.hands.take(item)? {
            Some(lines) => self.write(&lines),
            None => Ok(()),
        }
    }

    fn write(&mut self, lines: &Lines) -> Result<(), Error> {
        self.counts.bytes += lines.text.len() as u64;
        self.counts.prompt_bytes += lines.prompt_bytes;
        Ok(self.events.write_all(&lines.text)?)
    }

    fn finish(mut self) -> Result<Counts, Error> {
        while let Some(lines) = self.hands.drain()? {
            self.write(&lines)?;
        }
        self.events.flush()?;
        self.truth.flush()?;
        Ok(self.counts)
    }
}

fn due(setting: &Setting, time: i64, source: Source) -> Due {
    let word = match source {
        Source::Person(index) => u64::from(index),
        Source::Campaign(index) => 1 << 40 | u64::from(index),
        Source::Facts(_) => 2 << 40,
    };
    Reverse((time, key(&[setting.seed(), time as u64, word]), source))
}
