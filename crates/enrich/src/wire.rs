//! The text form of a sketch: what `iolaus sketch` prints at a platform's edge, and what a request
//! may carry in place of its content.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use event::enriched::{BlockSketch, CAPABILITIES, Capabilities, RequestFact};
use event::id::Digest;
use serde::{Deserialize, Serialize};

use crate::text::sample::CAP;

/// Names the format and its version.
const PREFIX: &str = "iol1.";
/// Longer texts are no sketch: four full blocks take less.
const LONGEST: usize = 4096;

/// A request's content, reduced.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sketch {
    /// Digest of a constant: tells whether the maker had our secret.
    pub check: Digest,
    /// What is asked for.
    pub capabilities: Capabilities,
    /// The system prompt.
    pub system: BlockSketch,
    /// The tools offered.
    pub tools: BlockSketch,
    /// The first user turn, if there are several.
    pub first: BlockSketch,
    /// The last user turn.
    pub last: BlockSketch,
}

/// The text form of a request's sketches.
pub(crate) fn encode(check: Digest, fact: &RequestFact) -> String {
    let sketch = Sketch {
        check,
        capabilities: fact.capabilities,
        system: fact.system.clone(),
        tools: fact.tools.clone(),
        first: fact.first.clone(),
        last: fact.last.clone(),
    };
    // Writing plain numbers into memory can't fail; an empty text would be refused by the reader.
    let bytes = postcard::to_allocvec(&sketch).unwrap_or_default();
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// The sketch that a text stands for, if it is one made under our secret.
pub(crate) fn decode(check: Digest, text: &str) -> Option<Sketch> {
    let body = text.trim().strip_prefix(PREFIX).filter(|body| body.len() <= LONGEST)?;
    let bytes = URL_SAFE_NO_PAD.decode(body).ok()?;
    let (sketch, rest) = postcard::take_from_bytes::<Sketch>(&bytes).ok()?;
    let blocks = [&sketch.system, &sketch.tools, &sketch.first, &sketch.last];
    let sound = rest.is_empty()
        && sketch.check == check
        && sketch.capabilities.0 >> CAPABILITIES.len() == 0
        && blocks.into_iter().all(is_sound);
    sound.then_some(sketch)
}

/// What we would have written ourselves: bounded, ascending, without repetition.
fn is_sound(block: &BlockSketch) -> bool {
    let ascending = block.fingerprints.windows(2).all(|pair| pair[0] < pair[1]);
    block.fingerprints.len() <= CAP && ascending
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact() -> RequestFact {
        let block = BlockSketch {
            exact: Digest(5),
            words: 70_000,
            fingerprints: (1..=32).map(|n| Digest(n << 58)).collect(),
        };
        RequestFact {
            capabilities: Capabilities(0b101),
            system: block.clone(),
            tools: block.clone(),
            first: block.clone(),
            last: block,
            ..RequestFact::default()
        }
    }

    #[test]
    fn a_full_sketch_comes_back() {
        let text = encode(Digest(9), &fact());
        assert!(text.len() < 1_500, "{}", text.len());
        let sketch = decode(Digest(9), &text).unwrap_or_default();
        assert_eq!((sketch.capabilities, sketch.last), (fact().capabilities, fact().last));
    }

    #[test]
    fn what_we_would_not_write_is_refused() {
        let text = encode(Digest(9), &fact());
        let mut unsorted = fact();
        unsorted.last.fingerprints.reverse();
        let mut many = fact();
        many.last.fingerprints.push(Digest(u64::MAX));
        let strange = RequestFact { capabilities: Capabilities(1 << 12), ..fact() };
        let table = [
            String::new(),
            "iol1.".into(),
            "iol1.!!".into(),
            text[..text.len() - 4].into(),
            format!("{text}AAAA"),
            text.replacen("iol1", "iol2", 1),
            encode(Digest(8), &fact()),
            encode(Digest(9), &unsorted),
            encode(Digest(9), &many),
            encode(Digest(9), &strange),
        ];
        for text in table {
            assert_eq!(decode(Digest(9), &text), None, "{text}");
        }
    }
}
