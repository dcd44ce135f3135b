//! `iolaus sketch`: events without their text, for a platform that must not move it.
//!
//! What it wrote can be its input again, and then costs no text: so it also takes signs away, or deals
//! accounts anew, for whoever wants to know what a result rests on.

use std::io::{BufRead, Write};
use std::path::Path;

use anyhow::Context;
use enrich::Recent;
use event::contract::{Body, Event};
use event::enriched::Fact;
use event::intake::parse_json;

use super::create;
use super::shuffle::Shuffle;
use super::without::take_away;
use crate::cli::Sketch;
use crate::config::Settings;
use crate::{Failure, config, unusable};

/// Runs the verb. Lines that are no events are named and left out; how many is said at the end.
pub fn run(arguments: &Sketch) -> Result<(), Failure> {
    let settings = config::read(arguments.config.as_deref()).map_err(unusable)?;
    let mut shuffle = arguments.shuffle_seed.map(Shuffle::new);
    if let Some(shuffle) = &mut shuffle {
        for path in &arguments.input {
            for_each_event(path, &settings, &mut |event| {
                shuffle.note(event);
                Ok(())
            })?;
        }
        shuffle.deal();
    }
    let mut to = create(&arguments.output)?;
    let mut recent = Recent::default();
    let (mut written, mut refused) = (0_u64, 0_u64);
    for path in &arguments.input {
        refused += for_each_event(path, &settings, &mut |event| {
            if let Some(shuffle) = &mut shuffle {
                shuffle.apply(event);
            }
            let mut left = arguments.without.iter().map(|sign| take_away(*sign, event));
            if !left.all(|left| left) {
                return Ok(());
            }
            replace_text(event, &settings, &mut recent);
            serde_json::to_writer(&mut to, &event)?;
            to.write_all(b"\n")?;
            written += 1;
            Ok(())
        })?;
    }
    to.flush()?;
    println!("{written} events written, {refused} lines left out");
    Ok(())
}

/// Calls `each` with every event of a file; how many lines were none is handed back.
fn for_each_event(
    path: &Path,
    settings: &Settings,
    each: &mut dyn FnMut(&mut Event) -> Result<(), Failure>,
) -> Result<u64, Failure> {
    let mut refused = 0;
    let from = replay::open_text(path).map_err(unusable)?;
    for (index, line) in from.split(b'\n').enumerate() {
        let line = line.with_context(|| format!("cannot read {}", path.display()))?;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match parse_json(&line, &settings.limits) {
            Ok(parsed) => {
                let mut event = parsed.event;
                each(&mut event)?;
            }
            Err(reject) => {
                refused += 1;
                eprintln!("{}:{}: {reject}", path.display(), index + 1);
            }
        }
    }
    Ok(refused)
}

/// Puts a sketch in the place of a request's text. A request that says nothing gets none.
fn replace_text(event: &mut Event, settings: &Settings, recent: &mut Recent) {
    let silent = match &event.body {
        Body::Request(request) => {
            request.system.is_none()
                && request.turns.is_empty()
                && request.tools.is_empty()
                && request.response.is_none()
                && request.sketch.is_none()
        }
        _ => true,
    };
    if silent {
        return;
    }
    let enriched = settings.enricher.enrich(event, recent);
    if let (Body::Request(request), Some(Fact::Request(fact))) =
        (&mut event.body, enriched.map(|enriched| enriched.fact))
    {
        request.sketch = Some(settings.enricher.encode_sketch(&fact).into());
        request.system = None;
        request.turns.clear();
        request.tools.clear();
        request.response = None;
    }
}
