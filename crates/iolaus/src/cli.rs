//! The command line: every verb and flag, in the words that `--help` shows.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Finds distillation attacks on LLM APIs in a stream of requests: accounts that act as one,
/// the evidence, and graduated decisions.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Simulate a day of a platform under attack, find what can be found, and show how well it went
    Demo(Demo),
    /// Run recorded events through the pipeline
    Replay(Replay),
    /// Write a running system's input to files that a replay turns into the same results
    Record(Record),
    /// Run tasks on Kafka, beside the event bus they read from
    Run(Run),
    /// Write a simulated stream with its truth
    Simulate(Simulate),
    /// Compare what a replay found with the truth
    Evaluate(Evaluate),
    /// Show two evaluations beside each other: what B catches more, whom it touches more
    Compare(Compare),
    /// Let a scenario react to what is decided about it, round by round, and measure what leaks
    Duel(Duel),
    /// Change one parameter of a scenario in steps, and measure recall and leakage at each
    Sweep(Sweep),
    /// Run the standing benchmark world-1: a month, its truth, what is found, simpler methods
    Benchmark(Benchmark),
    /// Say in plain words why an account or a cluster got its decision
    Explain(Explain),
    /// Turn somebody else's recording into events
    Import(Import),
    /// Replace the text of events by sketches, for a platform that must not move text
    Sketch(Sketch),
    /// Make the topics on Kafka, compare a cluster with what is wanted, print each task's rights
    #[command(subcommand)]
    Topics(Topics),
    /// Look at what could not be used (the dead letters on Kafka), and try it again
    #[command(subcommand)]
    Dlq(Dlq),
    /// Look after the checkpoints that `run` keeps on local disk
    #[command(subcommand)]
    State(State),
    /// Print the tasks, what they run, and the topics between them
    Topology,
    /// Print the completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub struct Demo {
    /// Accounts of the platform
    #[arg(long, default_value_t = 20_000)]
    pub accounts: u64,
    /// The same seed gives the same day
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Where the stream, the truth and the results go
    #[arg(long, default_value = "iolaus-demo")]
    pub output: PathBuf,
    /// End when the results are written (as it always does for now: there is no page to serve yet)
    #[arg(long)]
    pub no_serve: bool,
    /// Print the evaluation as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Replay {
    /// Configuration; the defaults serve without one
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// Recorded events: JSONL (plain, gzip, zstd) or Avro object containers
    #[arg(long, required = true, num_args = 1..)]
    pub input: Vec<PathBuf>,
    /// The folder for the results, one file a topic
    #[arg(long)]
    pub output: PathBuf,
    /// The files are the partitions of one topic keyed by account, in order
    #[arg(long)]
    pub keyed: bool,
    /// Split the input over this many partitions (a divisor of 256)
    #[arg(long, default_value_t = 1)]
    pub partitions: u32,
    /// Spread the partitions over this many instances
    #[arg(long, default_value_t = 1)]
    pub instances: u32,
    /// Kill instances at random moments; each goes on from its changelog
    #[arg(long)]
    pub restart_seed: Option<u64>,
    /// How many kills at most
    #[arg(long, requires = "restart_seed")]
    pub restarts: Option<u64>,
    /// Deliver some records twice
    #[arg(long)]
    pub duplicate_seed: Option<u64>,
    /// Let the tasks work in random turns and batches
    #[arg(long)]
    pub interleave_seed: Option<u64>,
    /// The input does not end here: write all state to this file, for `iolaus state load` to give to a
    /// running system that goes on from there
    #[arg(long, requires = "keyed", value_name = "FILE")]
    pub hand_over: Option<PathBuf>,
    /// Print the summary as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Record {
    /// Configuration with a `[kafka]` section
    #[arg(long)]
    pub config: PathBuf,
    /// The folder for the files, one a partition
    #[arg(long)]
    pub output: PathBuf,
    /// Print what was recorded as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Run {
    /// The tasks this process works on: route, account, object, campaign; all that are needed if none is named
    pub tasks: Vec<String>,
    /// Configuration with a `[kafka]` section
    #[arg(long)]
    pub config: PathBuf,
    /// Workers (threads) of each task
    #[arg(long, default_value_t = 1)]
    pub workers: usize,
    /// Take the inputs as ended where they end now, work to the end, and stop: for a recording that
    /// stands in a topic
    #[arg(long)]
    pub until_end: bool,
}

#[derive(Debug, Args)]
pub struct Simulate {
    /// A scenario file, or a name: S1 to S18 (attacks), N1 to N23 (look-alikes), L0 to L6
    /// (adversary levels), demo, all
    #[arg(long, default_value = "demo")]
    pub scenario: String,
    /// Print the scenario's file instead: copy it, change it, and give it as --scenario
    #[arg(long)]
    pub describe: bool,
    /// A folder with real prompts for ordinary accounts to say (.txt, .jsonl; compressed or not)
    #[arg(long)]
    pub texts: Option<PathBuf>,
    /// A replay's decisions.jsonl: accounts and their operators react to it
    #[arg(long)]
    pub react: Option<PathBuf>,
    /// The same seed gives the same bytes
    #[arg(long)]
    pub seed: Option<u64>,
    /// Accounts of the platform
    #[arg(long)]
    pub accounts: Option<u64>,
    /// The folder for `events.jsonl.zst` and `truth.jsonl`
    #[arg(long, required_unless_present = "describe")]
    pub output: Option<PathBuf>,
    /// Print the counts as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Evaluate {
    /// The truth
    #[arg(long)]
    pub truth: PathBuf,
    /// The events that were replayed: with them, leaks and delays can be measured
    #[arg(long, num_args = 1..)]
    pub input: Vec<PathBuf>,
    /// The folder the replay wrote to; `evaluation.json` goes there too
    #[arg(long)]
    pub output: PathBuf,
    /// What a replay of the same stream wrote after `sketch --shuffle-seed`: says what chance links
    #[arg(long, requires = "input")]
    pub shuffled: Option<PathBuf>,
    /// Score simpler methods on the same input, too
    #[arg(long, requires = "input")]
    pub baselines: bool,
    /// Print the evaluation as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Compare {
    /// The first evaluation: `evaluation.json` or its folder
    pub a: PathBuf,
    /// The second
    pub b: PathBuf,
    /// Write the comparison as a page, too
    #[arg(long)]
    pub html: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Duel {
    /// A scenario file or name
    #[arg(long, default_value = "S16")]
    pub scenario: String,
    /// The same seed gives the same duel
    #[arg(long)]
    pub seed: Option<u64>,
    /// Accounts of the platform
    #[arg(long)]
    pub accounts: Option<u64>,
    /// Configuration of the replays; the defaults serve without one
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// Rounds at most; it ends sooner when nothing changes any more
    #[arg(long, default_value_t = 6)]
    pub rounds: u32,
    /// The folder for the last round and its evaluation
    #[arg(long)]
    pub output: PathBuf,
    /// Print the evaluation as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Sweep {
    /// A scenario file or name
    #[arg(long)]
    pub scenario: String,
    /// The key of its first scenario, such as relay.hydra.client.lab_one.share
    #[arg(long)]
    pub key: String,
    /// Its values
    #[arg(long, value_delimiter = ',', required = true)]
    pub values: Vec<f64>,
    /// The same seed gives the same streams
    #[arg(long)]
    pub seed: Option<u64>,
    /// Accounts of the platform
    #[arg(long)]
    pub accounts: Option<u64>,
    /// Configuration of the replays; the defaults serve without one
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// The folder for sweep.json and sweep.html
    #[arg(long)]
    pub output: PathBuf,
}

#[derive(Debug, Args)]
pub struct Benchmark {
    /// The small version, which every change is checked with
    #[arg(long)]
    pub small: bool,
    /// Leave the simpler methods out
    #[arg(long)]
    pub no_baselines: bool,
    /// Configuration of the replay; the defaults serve without one
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// The folder for stream, truth, results and report
    #[arg(long)]
    pub output: PathBuf,
}

#[derive(Debug, Args)]
pub struct Explain {
    /// An account id or a cluster id
    pub id: String,
    /// The folder the replay wrote to
    #[arg(long, default_value = "iolaus-demo")]
    pub output: PathBuf,
    /// Print the records as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Import {
    /// What the files are; `list` shows the formats
    pub format: String,
    /// The files
    #[arg(long, num_args = 1..)]
    pub input: Vec<PathBuf>,
    /// Where the events go (zstd if the name ends in .zst)
    #[arg(long)]
    pub output: Option<PathBuf>,
    /// When the first event happens, for sources without a date
    #[arg(long, default_value = "2026-03-02T00:00:00Z")]
    pub start: String,
    /// Accounts to spread the requests over, for sources without any
    #[arg(long, default_value_t = 100)]
    pub accounts: u32,
    /// Requests of each account in a day, for sources without a clock
    #[arg(long, default_value_t = 25.0)]
    pub rate: f64,
    /// Model to name, for sources without one
    #[arg(long)]
    pub model: Option<String>,
    /// The most events to write
    #[arg(long)]
    pub limit: Option<u64>,
    /// Print the counts as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Sketch {
    /// Configuration with the secret
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// Events with text, or what this verb wrote before
    #[arg(long, required = true, num_args = 1..)]
    pub input: Vec<PathBuf>,
    /// Signs to take away, to see what a result rests on
    #[arg(long, value_delimiter = ',')]
    pub without: Vec<crate::verbs::Sign>,
    /// Deal the accounts anew among the requests of an hour, country and way in: what a replay still
    /// links is chance
    #[arg(long)]
    pub shuffle_seed: Option<u64>,
    /// Where the events without text go (zstd if the name ends in .zst)
    #[arg(long)]
    pub output: PathBuf,
}

#[derive(Debug, Subcommand)]
pub enum Topics {
    /// Create the topics that are missing; what is there stays as it is
    Create(CreateTopics),
    /// Say every difference between the cluster and what is wanted, and what to do (exit code 1 if there is any)
    Check(CheckTopics),
    /// Print the topics that are wanted, with their partitions, settings, and what is there
    Describe(CheckTopics),
    /// Print the rights that each task needs, as commands of Kafka's own tool
    Acls(Acls),
}

#[derive(Debug, Args)]
pub struct CreateTopics {
    /// Configuration with a `[kafka]` section
    #[arg(long)]
    pub config: PathBuf,
    /// Replicas of each topic; three, or as many as there are brokers, if not given
    #[arg(long)]
    pub replication_factor: Option<u32>,
    /// Only say what would be created
    #[arg(long)]
    pub dry_run: bool,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct CheckTopics {
    /// Configuration with a `[kafka]` section
    #[arg(long)]
    pub config: PathBuf,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Acls {
    /// Configuration with a `[kafka]` section
    #[arg(long)]
    pub config: PathBuf,
    /// How the users are called; `{task}` stands for what each does
    #[arg(long, default_value = "User:iolaus-{task}")]
    pub principal: String,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum Dlq {
    /// Print how many dead letters there are by reason, and the newest
    List(ListLetters),
    /// Produce the records of dead letters again, to where they were, as long as their topic keeps them
    Replay(ReplayLetters),
}

#[derive(Debug, Args)]
pub struct ListLetters {
    /// Configuration with a `[kafka]` section
    #[arg(long)]
    pub config: PathBuf,
    /// Only with this reason (may be given several times)
    #[arg(long)]
    pub reason: Vec<String>,
    /// Only from this topic (may be given several times)
    #[arg(long)]
    pub topic: Vec<String>,
    /// How many letters to print, the newest
    #[arg(long, default_value_t = 20)]
    pub limit: usize,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ReplayLetters {
    /// Configuration with a `[kafka]` section
    #[arg(long)]
    pub config: PathBuf,
    /// Only with this reason (may be given several times)
    #[arg(long)]
    pub reason: Vec<String>,
    /// Only from this topic (may be given several times)
    #[arg(long)]
    pub topic: Vec<String>,
    /// Do it; without this, only say what would be done
    #[arg(long)]
    pub execute: bool,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum State {
    /// Say what each checkpoint belongs to and what it holds
    Inspect(StateOf),
    /// Read and check all of each checkpoint (exit code 1 if one is damaged)
    Verify(StateOf),
    /// Remove each checkpoint, and what was set aside: state is then rebuilt from the changelog
    Reset(StateOf),
    /// Give the state of a replay (`iolaus replay --hand-over`) to an installation that has none yet
    Load(Load),
}

#[derive(Debug, Args)]
pub struct Load {
    /// Configuration with a `[kafka]` section
    #[arg(long)]
    pub config: PathBuf,
    /// The file that the replay wrote
    #[arg(long, value_name = "FILE")]
    pub from: PathBuf,
    /// Where to read on: for each partition of the input the offset behind the archive's last record, in
    /// order, separated by commas
    #[arg(long, value_name = "OFFSETS", value_delimiter = ',', required = true)]
    pub next: Vec<i64>,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct StateOf {
    /// The state directory of a process, or the directory of one checkpoint in it
    #[arg(long)]
    pub dir: PathBuf,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}
