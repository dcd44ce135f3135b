//! `iolaus sketch`: events without their text, for a platform that must not move it.

use std::io::{BufRead, Write};

use anyhow::Context;
use enrich::Recent;
use event::contract::Body;
use event::enriched::Fact;
use event::intake::parse_json;

use super::create;
use crate::cli::Sketch;
use crate::{Failure, config, unusable};

/// Runs the verb. Lines that are no events are named and left out; how many is said at the end.
pub fn run(arguments: &Sketch) -> Result<(), Failure> {
    let settings = config::read(arguments.config.as_deref()).map_err(unusable)?;
    let mut to = create(&arguments.output)?;
    let mut recent = Recent::default();
    let (mut written, mut refused) = (0_u64, 0_u64);
    for path in &arguments.input {
        let from = replay::open_text(path).map_err(unusable)?;
        for (index, line) in from.split(b'\n').enumerate() {
            let line = line.with_context(|| format!("cannot read {}", path.display()))?;
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let mut event = match parse_json(&line, &settings.limits) {
                Ok(parsed) => parsed.event,
                Err(reject) => {
                    refused += 1;
                    eprintln!("{}:{}: {reject}", path.display(), index + 1);
                    continue;
                }
            };
            let enriched = settings.enricher.enrich(&event, &mut recent);
            if let (Body::Request(request), Some(Fact::Request(fact))) =
                (&mut event.body, enriched.map(|enriched| enriched.fact))
            {
                request.sketch = Some(settings.enricher.encode_sketch(&fact).into());
                request.system = None;
                request.turns.clear();
                request.tools.clear();
                request.response = None;
            }
            serde_json::to_writer(&mut to, &event)?;
            to.write_all(b"\n")?;
            written += 1;
        }
    }
    to.flush()?;
    println!("{written} events written, {refused} lines left out");
    Ok(())
}
