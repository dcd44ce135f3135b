//! What enriching costs: fresh text in several scripts, a conversation sent again, a whole request.
//!
//! Prints CPU-bound wall time per unit, the least of several rounds, since other work on the
//! machine can only add to it.

#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![allow(missing_docs, reason = "a benchmark has no public items")]

use std::hint::black_box;
use std::time::Instant;

use enrich::{Config, Enricher, Keys, Recent};
use event::EventTime;
use event::contract::{Body, Client, Event, Request, Turn};

const ENGLISH: &str = include_str!("english.txt");
const CHINESE: &str = include_str!("chinese.txt");
const RUSSIAN: &str = include_str!("russian.txt");
const CODE: &str = include_str!("cost.rs");

fn main() {
    let enricher = Enricher::new(&Keys::derive(&[7; 32]), &Config::default());
    for (name, source) in
        [("English", ENGLISH), ("Chinese", CHINESE), ("Russian", RUSSIAN), ("Rust code", CODE)]
    {
        for size in [1_000, 8_000] {
            let texts = pieces(source, size);
            let bytes: usize = texts.iter().map(String::len).sum();
            let each = least(|| {
                for text in &texts {
                    black_box(enricher.sketch_block("", text));
                }
            });
            println!("{name:10} {size:5} B blocks: {:7.0} ns per KB", each * 1000.0 / bytes as f64);
        }
    }
    conversation(&enricher);
    single(&enricher);
    identifiers(&enricher);
}

/// Ten turns of two thousand bytes, fresh and sent again.
fn conversation(enricher: &Enricher) {
    let turns = pieces(ENGLISH, 2_000);
    let turn = |index: usize| Turn {
        role: if index.is_multiple_of(2) { "user" } else { "assistant" }.into(),
        text: turns[index % turns.len()].as_str().into(),
    };
    let mut request = plain();
    request.system = Some(turns[3].as_str().into());
    request.turns = (0..9).map(turn).collect();
    let event = event(request);
    let fresh = least(|| {
        black_box(enricher.enrich(&event, &mut Recent::new(0)));
    });
    let mut recent = Recent::default();
    let again = least(|| {
        black_box(enricher.enrich(&event, &mut recent));
    });
    println!("conversation of 10 texts, 20 KB: fresh {fresh:.0} ns, sent again {again:.0} ns");
}

/// Requests of about 1 KB with everything, each text new.
fn single(enricher: &Enricher) {
    let texts = pieces(ENGLISH, 900);
    let events: Vec<Event<'_>> = texts
        .iter()
        .map(|text| {
            let mut request = plain();
            request.system = Some("You are a careful assistant of a bookshop.".into());
            request.turns = vec![Turn { role: "user".into(), text: text.as_str().into() }];
            request.tools = vec!["search_catalogue".into(), "place_order".into()];
            event(request)
        })
        .collect();
    let each = least(|| {
        let mut recent = Recent::new(0);
        for event in &events {
            black_box(enricher.enrich(event, &mut recent));
        }
    });
    println!("request of 1 KB with everything: {:.0} ns", each / events.len() as f64);
}

fn identifiers(enricher: &Enricher) {
    let event = event(plain());
    let mut recent = Recent::new(0);
    let each = least(|| {
        black_box(enricher.enrich(&event, &mut recent));
    });
    println!("request without content: {each:.0} ns");
}

fn plain() -> Request<'static> {
    Request {
        account_id: "acct_000123456".into(),
        model: "large-2".into(),
        organization_id: Some("org_42".into()),
        api_key_id: Some("key_0042".into()),
        end_user_id: Some("user-17".into()),
        channel: Some("api".into()),
        conversation_id: Some("conv_8f2c1d0a".into()),
        input_tokens: Some(300),
        output_tokens: Some(200),
        client: Some(Client {
            ip: Some("203.0.113.77".into()),
            ja4: Some("t13d1516h2_8daaf6152771_e5627efa2ab1".into()),
            user_agent: Some("example-sdk/1.4.2 python/3.12".into()),
            device_id: Some("d-553311".into()),
            ..Client::default()
        }),
        minted_artifacts: vec!["msg_01AbCdEfGh".into(), "toolu_01XyZ".into()],
        referenced_artifacts: vec!["toolu_01AbC".into()],
        ..Request::default()
    }
}

fn event(request: Request<'_>) -> Event<'_> {
    Event {
        event_id: "evt_00012345".into(),
        event_time: EventTime(1_700_000_000_000),
        tenant: None,
        body: Body::Request(Box::new(request)),
    }
}

/// Overlapping cuts of a text, each of about `size` bytes; a short source is repeated with a number
/// in between, so that no two cuts are equal.
fn pieces(source: &str, size: usize) -> Vec<String> {
    let mut long = String::new();
    while long.len() < 4 * size + 40_000 {
        long.push_str(source);
    }
    let chars: Vec<char> = long.chars().collect();
    let width = size * chars.len() / long.len();
    (0..64).map(|n| chars[n * 97..n * 97 + width].iter().collect()).collect()
}

/// Nanoseconds of the fastest of several rounds.
#[expect(clippy::disallowed_methods, reason = "a measurement needs a clock")]
fn least(mut work: impl FnMut()) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..30 {
        let rounds = 40;
        let start = Instant::now();
        for _ in 0..rounds {
            work();
        }
        best = best.min(start.elapsed().as_nanos() as f64 / f64::from(rounds));
    }
    best
}
