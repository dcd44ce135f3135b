//! Chains: near-copies of a recent prompt with other content in the slots.
//!
//! Compared are the smallest fingerprints of the last user turn against the account's latest
//! prompts. A repeat of the very same text is a retry or a cached question, not a chain.

use event::enriched::BlockSketch;

use crate::account::{Account, Prompt, tag};

/// Fingerprints of a prompt that are compared.
const COMPARED: usize = 8;

/// Notes the prompt and says whether it continues a chain.
pub fn observe(account: &mut Account, block: &BlockSketch) -> bool {
    if block.fingerprints.len() < 2 {
        return false;
    }
    let prompt = Prompt {
        exact: tag(block.exact),
        fingerprints: block.fingerprints.iter().take(COMPARED).map(|digest| tag(*digest)).collect(),
    };
    if account.prompts.iter().any(|earlier| earlier.exact == prompt.exact) {
        return false;
    }
    let chained = account.prompts.iter().any(|earlier| alike(earlier, &prompt));
    if account.prompts.is_full() {
        account.prompts.remove(0);
    }
    account.prompts.push(prompt);
    chained
}

/// At least a third of the shorter list is shared, and at least two: a slot may be long.
fn alike(one: &Prompt, other: &Prompt) -> bool {
    let shared = one.fingerprints.iter().filter(|print| other.fingerprints.contains(print)).count();
    let shorter = one.fingerprints.len().min(other.fingerprints.len());
    shared >= 2 && shared * 3 >= shorter
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::PROMPTS;
    use event::id::Digest;

    fn block(exact: u64, prints: &[u64]) -> BlockSketch {
        BlockSketch {
            exact: Digest(exact << 32),
            words: 40,
            fingerprints: prints.iter().map(|print| Digest(print << 32)).collect(),
        }
    }

    #[test]
    fn another_filling_is_a_chain_and_a_retry_is_not() {
        let mut account = Account::default();
        assert!(!observe(&mut account, &block(1, &[10, 11, 12, 50])));
        assert!(observe(&mut account, &block(2, &[10, 11, 12, 60])));
        assert!(!observe(&mut account, &block(2, &[10, 11, 12, 60])), "a retry");
        assert!(!observe(&mut account, &block(3, &[70, 71, 72])), "another subject");
    }

    #[test]
    fn only_the_latest_prompts_are_remembered() {
        let mut account = Account::default();
        for index in 0..100 {
            observe(&mut account, &block(index, &[index * 10, index * 10 + 1]));
        }
        assert_eq!(account.prompts.len(), PROMPTS);
    }
}
