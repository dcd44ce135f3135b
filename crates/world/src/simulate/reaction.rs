//! What was decided about accounts, as the simulator reacts to it.
//!
//! A block refuses everything from then on; an operator learns of it by its errors. A safeguard
//! lets requests pass, but what they bring is of no use: only an operator that checks notices.

use std::collections::BTreeMap;

use event::contract::Action;

/// An act on an account, from a time until another, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Act {
    /// When it begins.
    pub from: i64,
    /// When it ends.
    pub until: i64,
    /// What it is.
    pub action: Action,
}

/// Acts by account id.
pub type Reactions = BTreeMap<String, Vec<Act>>;

/// What holds an account back at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Nothing.
    None,
    /// Its key was replaced: who stole the old one is refused.
    KeyRotated,
    /// Its answers are protected.
    Safeguarded,
    /// It is refused.
    Blocked,
}

/// Acts by account number, for those that have any.
#[derive(Debug, Default)]
pub struct Holds(BTreeMap<u32, Vec<Act>>);

impl Holds {
    /// Finds the accounts behind the ids.
    #[must_use]
    pub fn new(reactions: &Reactions, ids: impl Iterator<Item = (u32, String)>) -> Holds {
        if reactions.is_empty() {
            return Holds::default();
        }
        let known = ids.filter_map(|(account, id)| Some((account, reactions.get(&id)?.clone())));
        Holds(known.collect())
    }

    /// What holds an account back at a time; the strictest counts.
    #[must_use]
    pub fn at(&self, account: u32, time: i64) -> Hold {
        let Some(acts) = self.0.get(&account) else { return Hold::None };
        let mut strictest = Hold::None;
        for act in acts.iter().filter(|act| act.from <= time && time < act.until) {
            match act.action {
                Action::Block => return Hold::Blocked,
                Action::Safeguard => strictest = Hold::Safeguarded,
                Action::RotateKey if strictest == Hold::None => strictest = Hold::KeyRotated,
                _ => {}
            }
        }
        strictest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strictest_act_in_effect_holds() {
        let act = |from, until, action| Act { from, until, action };
        let acts = vec![act(10, 50, Action::Safeguard), act(20, 30, Action::Block)];
        let reactions = Reactions::from([("a".to_owned(), acts)]);
        let holds = Holds::new(&reactions, [(7, "a".to_owned()), (8, "b".to_owned())].into_iter());
        let at = |time| holds.at(7, time);
        assert_eq!(
            [at(9), at(10), at(20), at(30), at(50)],
            [Hold::None, Hold::Safeguarded, Hold::Blocked, Hold::Safeguarded, Hold::None]
        );
        assert_eq!(holds.at(8, 20), Hold::None);
    }
}
