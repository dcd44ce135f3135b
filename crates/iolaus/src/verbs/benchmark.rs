//! `iolaus benchmark`: the standing benchmark world-1, from its plan to its report.
//!
//! Its stream is generated and not stored; its digest stands here, so that a change of the generator is
//! seen and said.

use std::io::Write;
use std::path::Path;

use replay::{Faults, Inputs};
use sha2::{Digest, Sha256};
use world::baselines;
use world::evaluate::{evaluate, table};
use world::simulate::{Plan, simulate};

use super::{create, evaluate as verb, replay::replay};
use crate::cli::Benchmark;
use crate::{Failure, progress, unusable};

/// The digests of the uncompressed streams.
const WORLD_1: &str = "7f981a6498676e518a8c4bc548f421af45fe90ac4983e48667823a41fd1a7148";
const WORLD_1_SMALL: &str = "474852d2059726e5fd73fc722c919bd3009d208daf31d3e79e456dfb8a86affc";

/// A writer that digests what it passes on.
struct Digesting<W> {
    to: W,
    digest: Sha256,
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.to.write_all(bytes)?;
        self.digest.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.to.flush()
    }
}

/// Runs the verb.
pub fn run(arguments: &Benchmark) -> Result<(), Failure> {
    let output = &arguments.output;
    let plan = Plan::world_1(arguments.small).map_err(unusable)?;
    let digest = generate(&plan, output)?;
    let expected = if arguments.small { WORLD_1_SMALL } else { WORLD_1 };
    let same = digest == expected;
    if same {
        println!("the stream is world-1 ({digest})");
    }
    let events = output.join("events.jsonl.zst");
    let inputs = Inputs::Files(vec![events.clone()]);
    let summary = replay(arguments.config.as_deref(), inputs, output, Faults::default(), None)?;
    let (truth, inputs) = (output.join("truth.jsonl"), [events]);
    let evaluation = evaluate(&truth, output, &inputs).map_err(unusable)?;
    let standings = match arguments.no_baselines {
        true => Vec::new(),
        false => baselines::run(&truth, &inputs).map_err(unusable)?,
    };
    verb::keep("world-1", &evaluation, &standings, output)?;
    print!("{}", table(&evaluation));
    print!("{}", verb::side_by_side(&evaluation, &standings));
    print!("{}", summary.text());
    println!("everything is in {}", output.display());
    if same {
        return Ok(());
    }
    // Figures of different streams are not to be compared.
    Err(Failure::Failed(anyhow::anyhow!(
        "the stream is not world-1: its digest is {digest}, world-1's is {expected}; who changed the \
         generator says so and puts the new digest into verbs/benchmark.rs"
    )))
}

/// Writes the stream and its truth, and says the digest of the stream.
fn generate(plan: &Plan, output: &Path) -> Result<String, Failure> {
    std::fs::create_dir_all(output).map_err(unusable)?;
    let to = create(&output.join("events.jsonl.zst"))?;
    let mut events = Digesting { to, digest: Sha256::new() };
    let mut truth = create(&output.join("truth.jsonl"))?;
    let bar = progress::bar("simulating", 1);
    simulate(plan, &mut events, &mut truth, &mut |done, of| {
        bar.set_length(of);
        bar.set_position(done);
    })?;
    events.flush()?;
    truth.flush()?;
    bar.finish_and_clear();
    Ok(events.digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
