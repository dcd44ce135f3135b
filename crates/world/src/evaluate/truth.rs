//! Reads the truth: who belongs to which campaign, and, where known, which requests were harvest.

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use serde::Deserialize;

use super::{Error, source};

/// Texts as small numbers, in the order they were first met.
#[derive(Default)]
pub struct Names {
    ids: BTreeMap<Rc<str>, u32>,
    texts: Vec<Rc<str>>,
}

impl Names {
    /// The number of `text`, a new one if it was not met before.
    pub fn intern(&mut self, text: &str) -> u32 {
        if let Some(id) = self.get(text) {
            return id;
        }
        let id = u32::try_from(self.texts.len()).expect("files name fewer than 2^32 things");
        let text: Rc<str> = text.into();
        self.texts.push(Rc::clone(&text));
        self.ids.insert(text, id);
        id
    }

    /// The number of `text`, if it was met.
    #[must_use]
    pub fn get(&self, text: &str) -> Option<u32> {
        self.ids.get(text).copied()
    }

    /// The text of a number.
    #[must_use]
    pub fn text(&self, id: u32) -> &str {
        &self.texts[id as usize]
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.texts.len()
    }
}

/// What an account is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It harvests for its campaign.
    Harvest,
    /// It belongs to the operation and carries its customers' requests too.
    Pool,
    /// Its owner has no part in the campaign it stands next to.
    Bystander,
    /// It has nothing to do with any campaign.
    Benign,
}

/// The truth about one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its campaign, for accounts of an operation only.
    pub campaign: Option<u32>,
    /// What it is there for.
    pub role: Role,
    /// The part of the population it stands for.
    pub segment: u32,
}

/// One request of the truth.
pub struct Exchange {
    /// The campaign it harvested for; none where the truth says that it did not.
    pub campaign: Option<u32>,
    /// Whether the input held it, so that a duplicate delivery counts once.
    pub seen: bool,
}

/// Everything the truth says.
#[derive(Default)]
pub struct Truth {
    /// Account ids: those of the truth first, then whom the outputs name besides.
    pub names: Names,
    /// By number of the account.
    pub accounts: Vec<Account>,
    /// Names of the campaigns.
    pub campaigns: Names,
    /// Names of the segments.
    pub segments: Names,
    /// The requests the truth speaks of, by event id.
    pub exchanges: BTreeMap<Box<str>, Exchange>,
}

/// A line of either kind.
#[derive(Deserialize)]
struct Line {
    account_id: Option<String>,
    event_id: Option<String>,
    campaign: Option<String>,
    role: Option<Role>,
    segment: Option<String>,
}

impl Truth {
    /// The truth about an account, if there is one.
    #[must_use]
    pub fn account(&self, id: u32) -> Option<&Account> {
        self.accounts.get(id as usize)
    }

    /// The accounts of all operations, with their campaign.
    pub fn attackers(&self) -> impl Iterator<Item = (u32, u32, Role)> {
        let numbered = (0u32..).zip(&self.accounts);
        numbered.filter_map(|(id, account)| Some((id, account.campaign?, account.role)))
    }

    /// Takes in one line; a line with an `event_id` is about a request.
    fn add(&mut self, line: Line) -> Result<(), String> {
        let campaign = line.campaign.as_deref().map(|name| self.campaigns.intern(name));
        match (line.event_id, line.account_id) {
            (Some(event), _) => self.add_exchange(&event, campaign),
            (None, Some(account)) => {
                self.add_account(&account, campaign, line.role, line.segment.as_deref())
            }
            (None, None) => Err("neither an account_id nor an event_id".to_owned()),
        }
    }

    fn add_exchange(&mut self, event: &str, campaign: Option<u32>) -> Result<(), String> {
        let exchange = Exchange { campaign, seen: false };
        match self.exchanges.insert(event.into(), exchange) {
            Some(before) if before.campaign != campaign => {
                Err(format!("event {event:?} already has another campaign"))
            }
            _ => Ok(()),
        }
    }

    fn add_account(
        &mut self,
        id: &str,
        campaign: Option<u32>,
        role: Option<Role>,
        segment: Option<&str>,
    ) -> Result<(), String> {
        let role = role.unwrap_or(if campaign.is_some() { Role::Harvest } else { Role::Benign });
        let campaign = match role {
            Role::Benign | Role::Bystander => None,
            Role::Harvest | Role::Pool => {
                Some(campaign.ok_or_else(|| format!("account {id:?} harvests for no campaign"))?)
            }
        };
        let segment = self.segments.intern(segment.unwrap_or("unspecified"));
        let account = Account { campaign, role, segment };
        match self.names.get(id) {
            Some(known) if self.accounts[known as usize] != account => {
                Err(format!("account {id:?} already has another truth"))
            }
            Some(_) => Ok(()),
            None => {
                self.names.intern(id);
                self.accounts.push(account);
                Ok(())
            }
        }
    }
}

/// Reads the truth.
///
/// # Errors
/// Where the file can't be read, a line contradicts the form or an earlier line, or no account is
/// named.
pub fn read(path: &Path) -> Result<Truth, Error> {
    let mut truth = Truth::default();
    source::for_each_line(path, |_, line| truth.add(source::json(line)?))?;
    if truth.accounts.is_empty() {
        return Err(Error::NoTruth { path: path.to_owned() });
    }
    Ok(truth)
}
