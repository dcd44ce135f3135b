//! What ordinary accounts say: whose shared prompts they use, what they paste, what they ask.

use super::dialogue::{Dialogue, Injection, by_seed};
use super::group::speech::{self, Talk};
use super::person::Habit;
use super::population::{Member, Segment, account_key};
use super::random::{Rng, key, unit_of};
use super::setting::Setting;
use super::text::{OPENERS, Prose, Style, push_number};
use super::words::TOPICS;

/// The first topic that is about programs; all after it are too.
const CODE_TOPIC: usize = TOPICS.len() - 5;

/// Share of conversations that begin with a public prompt.
const PUBLIC_SHARE: f64 = 0.03;

/// What there is to know of an account before it speaks.
#[derive(Clone, Copy, Debug)]
pub struct Brief {
    /// Its number.
    pub number: u32,
    /// What it is part of.
    pub segment: Segment,
    /// Its place in that.
    pub index: u32,
    /// How it uses the platform.
    pub habit: Habit,
}

impl Brief {
    /// The account's conversation with a seed; `count` conversations came before it.
    #[must_use]
    pub fn dialogue<'s>(
        &self,
        setting: &'s Setting,
        seed: u64,
        count: u32,
        time: i64,
    ) -> Dialogue<'s> {
        if let Some(member) = setting.population.member(self.segment) {
            return self.of_group(setting, member, seed, count, time);
        }
        match (self.segment, self.habit) {
            (Segment::Classroom, _) if count == 0 || by_seed(seed, 1, 0.6) => {
                self.homework(setting, seed)
            }
            (Segment::NightlyEvaluation, _) => self.grading(setting, count),
            (_, Habit::Machine) => self.program(setting, seed),
            (_, Habit::Agent) => self.agent(setting, seed, time),
            _ => self.talk(setting, seed, time),
        }
    }

    fn of_group<'s>(
        &self,
        setting: &'s Setting,
        member: &Member,
        seed: u64,
        count: u32,
        time: i64,
    ) -> Dialogue<'s> {
        let topic = self.topic(setting, seed);
        let talk = Talk { member, index: self.index, seed, count, topic };
        let mut dialogue = match (speech::dialogue(setting, talk), self.habit) {
            (Some(dialogue), _) => dialogue,
            (None, Habit::Machine) => self.program(setting, seed),
            (None, Habit::Agent) => self.agent(setting, seed, time),
            (None, _) => self.talk(setting, seed, time),
        };
        let foreign = unit_of(self.own(setting, 0xF0)) < member.group.foreign_share;
        dialogue.tongue = foreign.then(|| self.own(setting, 0xF1));
        dialogue
    }

    fn own(&self, setting: &Setting, purpose: u64) -> u64 {
        account_key(setting.seed(), self.number, purpose)
    }

    /// One of the two things an account cares about.
    fn topic(&self, setting: &Setting, seed: u64) -> usize {
        let side = u64::from(by_seed(seed, 2, 0.3));
        let topic = (self.own(setting, 0x70 + side) % TOPICS.len() as u64) as usize;
        if self.habit == Habit::Agent { CODE_TOPIC + topic % 5 } else { topic }
    }

    fn talk<'s>(&self, setting: &'s Setting, seed: u64, time: i64) -> Dialogue<'s> {
        let system = match self.habit {
            Habit::Application => {
                let applications = &setting.catalogue.applications[..10];
                let draw = super::random::unit_of(self.own(setting, 0xA9));
                Some(applications[(draw * draw * 10.0) as usize].as_str().into())
            }
            Habit::Private => Some(self.private_prompt(setting).into()),
            _ => None,
        };
        let injected = self.wave(setting, time);
        Dialogue { system, injected, ..question(setting, seed, self.topic(setting, seed)) }
    }

    fn private_prompt(&self, setting: &Setting) -> String {
        let household = setting.population.household(self.number, setting.company_size());
        let own = key(&[household.id, 0x9417]);
        let mut prose = Prose::new(&setting.lexicon, own as usize % TOPICS.len(), own);
        let bytes = prose.rng.between(80, 420) as usize;
        prose.text(Style::Task, bytes)
    }

    fn wave<'s>(&self, setting: &'s Setting, time: i64) -> Option<Injection<'s>> {
        let n7 = setting.client_wave()?;
        let updated = self.segment == Segment::ClientWave && time >= setting.at_hour(n7.hour);
        updated
            .then(|| Injection { text: setting.catalogue.injected.as_str().into(), before: false })
    }

    fn agent<'s>(&self, setting: &'s Setting, seed: u64, time: i64) -> Dialogue<'s> {
        let catalogue = &setting.catalogue;
        let own = self.own(setting, 0xA6E);
        let (system, tools) = match self.segment {
            Segment::Framework => (catalogue.framework.as_str().into(), &catalogue.toolsets[0]),
            _ if own % 5 < 3 => {
                let harness = (own >> 8) as usize % 4;
                let prompt = &catalogue.applications[10 + harness];
                (prompt.as_str().into(), &catalogue.toolsets[1 + harness])
            }
            _ => {
                let tools = &catalogue.toolsets[5 + (own >> 8) as usize % 11];
                (self.private_prompt(setting).into(), tools)
            }
        };
        let topic = self.topic(setting, seed);
        let mut prose = Prose::new(&setting.lexicon, topic, seed);
        let bytes = prose.rng.between(50, 300) as usize;
        Dialogue {
            system: Some(system),
            tools,
            opening: prose.text(Style::Task, bytes),
            injected: self.wave(setting, time),
            ..bare(seed, topic)
        }
    }

    /// A program fills its own template with data.
    fn program<'s>(&self, setting: &'s Setting, seed: u64) -> Dialogue<'s> {
        let own = self.own(setting, 0x4A);
        let topic = self.topic(setting, own);
        let mut opening = Prose::new(&setting.lexicon, topic, own).text(Style::Task, 160);
        opening.push_str("\n\n");
        let mut data = Prose::new(&setting.lexicon, topic, seed);
        let style = [Style::Report, Style::Statement, Style::Statement][own as usize % 3];
        let bytes = data.rng.between(150, 800) as usize;
        data.write(style, bytes, &mut opening);
        let system = (own % 10 < 7).then(|| self.private_prompt(setting).into());
        Dialogue { system, opening, ..bare(seed, topic) }
    }

    fn homework<'s>(&self, setting: &'s Setting, seed: u64) -> Dialogue<'s> {
        let assignments = &setting.catalogue.assignments;
        let class = self.index as usize % assignments.len();
        let topic = CODE_TOPIC + class % 5;
        let mut prose = Prose::new(&setting.lexicon, topic, seed);
        let mut opening = assignments[class].clone();
        let bytes = prose.rng.between(160, 480) as usize;
        prose.write(Style::Code, bytes, &mut opening);
        Dialogue { opening, ..bare(seed, topic) }
    }

    /// The next item of a company's test set, which is the same every night.
    fn grading<'s>(&self, setting: &'s Setting, count: u32) -> Dialogue<'s> {
        let company = self.index / setting.company_size();
        let volume = setting.nightly_evaluation().map_or(1, |n3| n3.requests_per_account);
        let within = u64::from(self.index % setting.company_size());
        let item = within * volume + u64::from(count);
        let seed = key(&[setting.seed(), 0x6AD, company.into(), item]);
        let topic = company as usize % TOPICS.len();
        let mut prose = Prose::new(&setting.lexicon, topic, seed);
        let mut opening = setting.catalogue.rubrics[company as usize].clone();
        opening.push_str("Item ");
        push_number(item + 1, &mut opening);
        opening.push_str(": ");
        prose.write(Style::Question, 80, &mut opening);
        opening.push_str("\nAnswer: ");
        prose.write(Style::Statement, 260, &mut opening);
        Dialogue { opening, ..bare(seed, topic) }
    }
}

/// What anybody might ask, without any system prompt.
#[must_use]
pub fn question<'s>(setting: &'s Setting, seed: u64, topic: usize) -> Dialogue<'s> {
    let mut prose = Prose::new(&setting.lexicon, topic, seed);
    let texts = &setting.plan.texts;
    if !texts.is_empty() {
        return Dialogue { opening: prose.rng.pick(texts).clone(), ..bare(seed, topic) };
    }
    let mut opening = String::with_capacity(512);
    if prose.rng.chance(PUBLIC_SHARE) {
        let prompt = prose.rng.pick::<String>(&setting.catalogue.public_prompts);
        opening.push_str(prompt);
    } else if prose.rng.chance(0.35) {
        let opener = prose.rng.pick::<&str>(&OPENERS);
        opening.push_str(opener);
    }
    let bytes = prose.rng.log_normal(170.0, 0.7).clamp(24.0, 1_500.0) as usize;
    let style = if prose.rng.chance(0.55) { Style::Question } else { Style::Task };
    prose.write(style, bytes, &mut opening);
    if TOPICS[topic].code && prose.rng.chance(0.5) {
        opening.push('\n');
        prose.write(Style::Code, 260, &mut opening);
    } else if prose.rng.chance(0.25) {
        opening.push_str("\n\n");
        prose.write(Style::Statement, 360, &mut opening);
    }
    Dialogue { opening, ..bare(seed, topic) }
}

/// A dialogue with nothing said yet.
#[must_use]
pub fn bare<'s>(seed: u64, topic: usize) -> Dialogue<'s> {
    Dialogue {
        seed,
        topic,
        system: None,
        tools: &[],
        opening: String::new(),
        quoted: None,
        injected: None,
        traced: false,
        rewritten: false,
        tongue: None,
    }
}

/// A topic by chance, for those who care about none.
#[must_use]
pub fn any_topic(seed: u64) -> usize {
    Rng::new(key(&[seed, 0x70])).below(TOPICS.len() as u64) as usize
}
