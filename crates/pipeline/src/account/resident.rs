//! Accounts that are not in memory: which rows are an account's, whether they are here, and letting go of
//! them.
//!
//! An account's rows are here all or none. Whoever drives a shard sees to it that an account is here
//! before a record of it is folded ([`AccountShard::look_next`], [`Resident::of`]), and restores its rows if
//! they are kept elsewhere; then no result can tell whether it ever was away. Nothing that a shard does
//! looks at all accounts.

use event::enriched::Enriched;
use event::id::{AccountKey, Digest};
use step::{Slot, TableId};

use super::{AccountShard, DECIDE, FINGERPRINT};
use crate::Taken;
use crate::message::Place;

/// The one table of each part that has a row an account.
const ACCOUNTS: TableId = 0;

/// An account, and the slot that it lives in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resident {
    /// The slot.
    pub slot: Slot,
    /// The account.
    pub account: AccountKey,
}

impl Resident {
    /// Whose rows a record needs, if it is an account's.
    #[must_use]
    pub fn of(record: &Taken) -> Option<Resident> {
        match record {
            Taken::Account(event) => Some(Resident::of_event(event)),
            Taken::Control(_) | Taken::Clock(_) => None,
        }
    }

    pub(super) fn of_event(event: &Enriched) -> Resident {
        let slot = Slot::of_key(event.name.id().as_bytes());
        Resident { slot, account: event.account }
    }

    /// Whose row this is, if it is an account's and not the slot's.
    #[must_use]
    pub fn of_row(place: Place, table: TableId, key: &[u8]) -> Option<Resident> {
        let key = <[u8; 8]>::try_from(key).ok().filter(|_| is_of_accounts(place.part, table))?;
        let account = AccountKey(Digest(u64::from_le_bytes(key)));
        Some(Resident { slot: place.slot, account })
    }

    /// The key of each of its rows.
    #[must_use]
    pub fn key(&self) -> [u8; 8] {
        self.account.0.0.to_le_bytes()
    }
}

/// Whether the rows of a part's table are accounts'.
#[must_use]
pub fn is_of_accounts(part: u8, table: TableId) -> bool {
    matches!(part, FINGERPRINT | DECIDE) && table == ACCOUNTS
}

impl AccountShard {
    /// Whether an account's rows are in memory.
    #[must_use]
    pub fn holds(&self, one: Resident) -> bool {
        let state = self.slots.get(one.slot);
        state.is_some_and(|state| state.fingerprint.accounts.holds(one.account))
    }

    /// Lets go of an account whose rows are kept elsewhere as they are now. One that was touched since
    /// the last hand-out stays. Returns whether it is out of memory.
    pub fn forget(&mut self, one: Resident) -> bool {
        let (Some(state), key) = (self.slots.get_mut(one.slot), one.account) else { return true };
        let (accounts, last) = (&mut state.fingerprint.accounts, &mut state.decide.last);
        if accounts.is_dirty(key) || last.is_dirty(key) {
            return false;
        }
        accounts.forget(key) && last.forget(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_of_an_account_are_known_by_their_keys() {
        let one = Resident { slot: Slot(7), account: AccountKey(Digest(0x0123_4567_89ab_cdef)) };
        assert_eq!(one.key()[..], step::encode(&one.account));
        let place = |part| Place { part, slot: Slot(7) };
        assert_eq!(Resident::of_row(place(FINGERPRINT), ACCOUNTS, &one.key()), Some(one));
        assert_eq!(Resident::of_row(place(DECIDE), ACCOUNTS, &one.key()), Some(one));
        // Totals, the slot's time, and the shard's own row.
        assert_eq!(Resident::of_row(place(FINGERPRINT), 1, &one.key()), None);
        assert_eq!(Resident::of_row(place(FINGERPRINT), 2, &[0]), None);
        assert_eq!(Resident::of_row(place(super::super::OWN), 0, &[]), None);
    }
}
