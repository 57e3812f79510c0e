//! The command line.

mod client;
mod connect;
mod diagnose;
mod furnish;
mod hosts;
mod lane;
mod parse;
mod probe;
mod serve;

use std::path::PathBuf;
use std::time::Duration;

use accel_core::{DeploymentId, NodeName, Place};
use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use client::Client;
pub(crate) use connect::{Connect, FallbackTo};
pub(crate) use diagnose::Diagnose;
pub(crate) use furnish::Furnish;
pub(crate) use hosts::Hosts;
pub(crate) use lane::Lane;
pub(crate) use parse::Journal;
pub(crate) use probe::{Probe, Requirement};
pub(crate) use serve::{CloudCommand, Serve};

use crate::prices::Traffic;

const EXITS: &str = "Exit codes:
  0    done
  1    stopped with work left, or deployed and not usable in time: run again to go on; or an action is denied (plan --permissions)
  2    bad input: the command, the spec or a consent; nothing was changed
  3    differences found (plan --check), or that and targets that do not answer (status --check)
  130  interrupted

Results go to stdout; progress, questions and complaints to stderr. NO_COLOR is honoured.";

const EXAMPLES: &str = "A spec says what is to be built: a lane, or with topology = \"private-egress\" the way out of private subnets.

Examples:
  accel plan lane.toml                         what would be made, how long it takes, what it costs
  accel deploy lane.toml                       build it, or change it to what the file says now
  accel outputs lane.toml --format shell       what clients need
  accel status lane.toml --check               in cron: exit 3 when something is not as asked
  accel cleanup lane.toml                      remove it and prove that nothing is left
  accel deploy lane.toml --backend sim --cloud /tmp/cloud.json    try it without an account

";

/// Builds private lanes to AWS services in far regions, and private ways out of your networks, and takes them down without a trace.
#[derive(Debug, Parser)]
#[command(name = "accel", version, max_term_width = 100)]
#[command(after_help = format!("{EXAMPLES}{EXITS}"))]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// How results are told.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Output {
    /// Print one JSON document on stdout
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) json: bool,
    /// Say more on stderr: each step of each node; twice for the engine's own log
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Output")]
    pub(crate) verbose: u8,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show what a deploy would do, how long it takes and what it costs; changes nothing
    Plan(Plan),
    /// Make the cloud equal to the spec: build a lane, change it, or go on with what was interrupted
    Deploy(Deploy),
    /// Show what is there, how it differs from the spec, and what is not ours; changes nothing
    Status(Status),
    /// Print what users need: of a lane names to dial, addresses, hosts; of a private egress islands, endpoints, addresses
    Outputs(Outputs),
    /// Print how a client uses the lane with TLS verified, in its own language
    Client(Client),
    /// A local proxy through which any client uses the lane with TLS verified
    Connect(Connect),
    /// Put the lane into the hosts file, and take it out again
    Hosts(Hosts),
    /// Say why calls through the lane fail, and what to do
    Diagnose(Diagnose),
    /// Measure the lane against the direct way: is it faster, by how much, how sure
    Probe(Probe),
    /// Remove everything of a lane, and prove that nothing is left
    Cleanup(Cleanup),
    /// Print an IAM policy: the least that deploy or cleanup needs, or the one for callers
    Policy(Policy),
    /// Draw what a spec stands for
    Graph(Graph),
    /// A local AWS network for any client: strict, slow and unreliable as the real one
    #[command(subcommand)]
    Cloud(CloudCommand),
    /// Print the completion script of a shell
    Completions(Completions),
}

/// Where the lane is, and how to get there.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Cloud")]
pub(crate) struct Cloud {
    /// Which cloud; by default aws
    #[arg(long, value_enum)]
    pub(crate) backend: Option<Backend>,
    /// The file that holds the simulated cloud; made if there is none
    #[arg(long = "cloud", value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// How many times as fast as real time the simulated cloud runs; 0: as fast as this machine can
    #[arg(long, value_name = "N", default_value_t = 60)]
    pub(crate) speed: u32,
    /// The AWS profile of both sides, or of the service side alone if there is an entry profile
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// The AWS profile of the entry side, where it is another account
    #[arg(long, value_name = "NAME")]
    pub(crate) entry_profile: Option<String>,
    /// Where the records of runs are kept, or none. By default in the user's folder for state (accel/journals), for a simulated cloud
    /// beside its file
    #[arg(long, value_name = "DIR|none", value_parser = parse::journal)]
    pub(crate) journal: Option<Journal>,
    /// How long the cloud may hide what exists, for example 5s; by default 30s
    #[arg(long, value_name = "DURATION", value_parser = parse::duration)]
    pub(crate) window: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Backend {
    /// Amazon Web Services, with the usual environment, profiles and roles
    Aws,
    /// A simulated cloud in a file (--cloud): no account, no cost
    Sim,
}

/// Your word about other runs of the same lane.
#[derive(Debug, Clone, Copy, Default, Args)]
#[command(next_help_heading = "Consent")]
pub(crate) struct OtherRuns {
    /// What other runs of this lane made is mine, and those runs are over
    #[arg(long)]
    pub(crate) adopt: bool,
    /// The run that holds the records is over
    #[arg(long)]
    pub(crate) take_over: bool,
}

/// What a spec does not say: a lane by its name alone.
#[derive(Debug, Clone, Args)]
pub(crate) struct Subject {
    /// The spec (TOML or JSON); - for stdin
    #[arg(required_unless_present = "name", conflicts_with_all = ["name", "regions"])]
    pub(crate) spec: Option<PathBuf>,
    /// The lane's name, where there is no spec at hand
    #[arg(long, requires = "regions", value_parser = parse::name)]
    pub(crate) name: Option<DeploymentId>,
    /// The lane's regions
    #[arg(long, requires = "name", value_delimiter = ',', value_parser = parse::place)]
    #[arg(value_name = "service=REGION,entry=REGION")]
    pub(crate) regions: Vec<Place>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  accel plan lane.toml --traffic-gb 20/300     with the price of a month: 20 GB of requests, 300 GB of responses
  accel plan egress.toml                       with what each service costs through an endpoint or through NAT
  accel plan lane.toml --check                 in a pipeline: exit 3 if a deploy would change anything
  accel plan lane.toml --permissions           may I? denied actions by name and place, before anything is made
  accel plan lane.toml --json | jq -r .plan.digest    for `accel deploy --expect`")]
pub(crate) struct Plan {
    /// The spec (TOML or JSON); - for stdin
    pub(crate) spec: PathBuf,
    /// End with exit code 3 if a deploy would make, replace or delete anything
    #[arg(long)]
    pub(crate) check: bool,
    /// Price a month of a lane with so many GB each way, or with requests and responses apart; a private egress says its own in the
    /// spec
    #[arg(long, value_name = "N|REQUESTS/RESPONSES")]
    pub(crate) traffic_gb: Option<Traffic>,
    /// Ask EC2 what you may do, without doing it; end with exit code 1 if an action is denied
    #[arg(long)]
    pub(crate) permissions: bool,
    #[command(flatten)]
    pub(crate) cloud: Cloud,
    #[command(flatten)]
    pub(crate) others: OtherRuns,
    /// Plan the removal of rules, routes and listeners that others have put into the lane's resources
    #[arg(long, help_heading = "Consent")]
    pub(crate) revoke_foreign: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Killed or interrupted, run the same command again: it goes on from there.

What is ready is not usable at once: the load balancer checks its targets first, by default two \
times in 20 s. Deploy waits for that, and on AWS until the lane's name resolves. Of a private egress \
it verifies routes, names and that nothing is public, as far as the cloud shows. If it takes too \
long, everything is kept, what is missing is named, and the exit code is 1.

Examples:
  accel deploy lane.toml
  accel deploy lane.toml --wait 15m                          until clients can use it, 15 minutes at most
  accel deploy lane.toml --yes --verify                      in a pipeline: done when it has carried an answer
  accel deploy lane.toml --yes --expect 1f0c3a5b7d9e2468    only the plan that was reviewed
  accel deploy lane.toml --allow-replace entry.ap-southeast-1.balancer.sagemaker.runtime")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct Deploy {
    /// The spec (TOML or JSON); - for stdin
    pub(crate) spec: PathBuf,
    #[command(flatten)]
    pub(crate) cloud: Cloud,
    #[command(flatten)]
    pub(crate) others: OtherRuns,
    /// Do not ask; consents to no replacement
    #[arg(short, long, help_heading = "Consent")]
    pub(crate) yes: bool,
    /// Refuse any plan but the one with this digest
    #[arg(long, value_name = "DIGEST", help_heading = "Consent")]
    pub(crate) expect: Option<String>,
    /// Consent to replace this node, and what follows from that; may be given several times
    #[arg(long, value_name = "NODE", help_heading = "Consent")]
    pub(crate) allow_replace: Vec<NodeName>,
    /// Remove rules, routes and listeners that others have put into the lane's resources
    #[arg(long, help_heading = "Consent")]
    pub(crate) revoke_foreign: bool,
    /// How long to wait at most until it can be used: until every target is healthy and the lane's name resolves, or until everything
    /// that is verified of a private egress holds
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = parse::duration)]
    #[arg(help_heading = "Waiting")]
    pub(crate) wait: Duration,
    /// Do not wait for that: end when everything is ready
    #[arg(long, conflicts_with = "wait", help_heading = "Waiting")]
    pub(crate) no_wait: bool,
    /// Then ask through every address of the lane whether its services answer under their own certificates; end with exit code 1 if
    /// one does not. A private egress is verified without it
    #[arg(long, conflicts_with = "no_wait", help_heading = "Waiting")]
    pub(crate) verify: bool,
    /// Draw the timeline of the deploy into this file
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) svg: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(override_usage = "accel status [OPTIONS] <SPEC>
       accel status [OPTIONS] --name <NAME> --regions <service=REGION,entry=REGION>")]
#[command(after_help = "Examples:
  accel status lane.toml
  accel status lane.toml --check --json        in cron: exit 3 and a document that says what differs
  accel status --name sagemaker-jakarta --regions service=ap-southeast-3,entry=ap-southeast-1")]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) subject: Subject,
    /// End with exit code 3 if anything is not as asked or not ours, or a target does not answer its health checks
    #[arg(long)]
    pub(crate) check: bool,
    #[command(flatten)]
    pub(crate) cloud: Cloud,
    #[command(flatten)]
    pub(crate) others: OtherRuns,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  accel outputs lane.toml
  eval \"$(accel outputs lane.toml --format shell)\"    sets ACCEL_DIAL and others
  accel outputs egress.toml --json | jq -r '.islands[].subnet'    where functions are to run
  accel outputs lane.toml --json > lane.json   the settings of `accel connect`, `accel probe` and the clients
  accel outputs lane.toml --json --valid-for 30d > lane.json    clients stop using them after that
  accel outputs lane.toml --json | jq -r '.entries[].metric_name'")]
pub(crate) struct Outputs {
    /// The spec (TOML or JSON); - for stdin
    pub(crate) spec: PathBuf,
    /// In which form; --json gives the document
    #[arg(long, value_enum, default_value_t = OutputsFormat::Text)]
    pub(crate) format: OutputsFormat,
    /// How long clients may use what is printed, for example 30d; by default without end
    #[arg(long, value_name = "DURATION", value_parser = parse::lifetime, requires = "json")]
    pub(crate) valid_for: Option<Duration>,
    #[command(flatten)]
    pub(crate) cloud: Cloud,
    #[command(flatten)]
    pub(crate) others: OtherRuns,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputsFormat {
    /// For people
    Text,
    /// Lines that a POSIX shell can evaluate
    Shell,
}

#[derive(Debug, Args)]
#[command(override_usage = "accel cleanup [OPTIONS] <SPEC>
       accel cleanup [OPTIONS] --name <NAME> --regions <service=REGION,entry=REGION>
       accel cleanup [OPTIONS] --seed-env <FILE>")]
#[command(after_help = "Examples:
  accel cleanup lane.toml
  accel cleanup --name sagemaker-jakarta --regions service=ap-southeast-3,entry=ap-southeast-1
  accel cleanup lane.toml --keep-addresses     the elastic IPs stay for the next deploy
  accel cleanup lane.toml --confirm sagemaker-jakarta    a protected lane, from a script
  accel cleanup --seed-env env                 what the original scripts left behind")]
pub(crate) struct Cleanup {
    #[command(flatten)]
    pub(crate) subject: CleanupSubject,
    #[command(flatten)]
    pub(crate) cloud: Cloud,
    #[command(flatten)]
    pub(crate) others: OtherRuns,
    /// Do not ask; does not consent to the removal of a protected lane
    #[arg(short, long, help_heading = "Consent")]
    pub(crate) yes: bool,
    /// The lane's name, typed: do not ask, even if the lane is protected
    #[arg(long, value_name = "NAME", help_heading = "Consent")]
    pub(crate) confirm: Option<String>,
    /// Leave the elastic IPs: the next deploy of the same lane uses them again. They cost money meanwhile
    #[arg(long, conflicts_with = "seed_env")]
    pub(crate) keep_addresses: bool,
}

/// What is to go.
#[derive(Debug, Clone, Args)]
pub(crate) struct CleanupSubject {
    /// The spec (TOML or JSON); - for stdin
    #[arg(required_unless_present_any = ["name", "seed_env"], conflicts_with_all = ["name", "regions", "seed_env"])]
    pub(crate) spec: Option<PathBuf>,
    /// The lane's name, where there is no spec at hand
    #[arg(long, requires = "regions", conflicts_with = "seed_env", value_parser = parse::name)]
    pub(crate) name: Option<DeploymentId>,
    /// The lane's regions; with --seed-env, those that the file does not name
    #[arg(long, value_delimiter = ',', value_parser = parse::place)]
    #[arg(value_name = "service=REGION,entry=REGION")]
    pub(crate) regions: Vec<Place>,
    /// Remove what the ids in this file name (lines like `export NLB_ARN="…"`), as the original scripts wrote it
    #[arg(long, value_name = "FILE")]
    pub(crate) seed_env: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  accel policy lane.toml --for deploy > deploy-policy.json
  accel policy lane.toml --for callers         what the lane's callers need, and how to require the lane")]
pub(crate) struct Policy {
    /// The spec (TOML or JSON); - for stdin
    pub(crate) spec: PathBuf,
    /// Whose policy
    #[arg(long = "for", value_enum, value_name = "WHOM")]
    pub(crate) purpose: PolicyPurpose,
    #[command(flatten)]
    pub(crate) cloud: Cloud,
    #[command(flatten)]
    pub(crate) others: OtherRuns,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyPurpose {
    /// Of whoever deploys
    Deploy,
    /// Of whoever cleans up
    Cleanup,
    /// Of whoever calls services through the lane, or out of the islands
    Callers,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  accel graph lane.toml --format mermaid       for a README
  accel graph lane.toml --format svg > lane.svg

No cloud is asked: zones are named in the usual way, and of a network that exists only what the spec says is shown.")]
pub(crate) struct Graph {
    /// The spec (TOML or JSON); - for stdin
    pub(crate) spec: PathBuf,
    /// In which form
    #[arg(long, value_enum, default_value_t = GraphFormat::Mermaid)]
    pub(crate) format: GraphFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// A Mermaid flowchart
    Mermaid,
    /// Graphviz
    Dot,
    /// A picture
    Svg,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  eval \"$(accel completions bash)\"             in ~/.bashrc
  accel completions zsh > ~/.zfunc/_accel      a folder of $fpath
  accel completions fish > ~/.config/fish/completions/accel.fish")]
pub(crate) struct Completions {
    /// Whose
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
