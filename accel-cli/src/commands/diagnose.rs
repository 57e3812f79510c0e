//! `accel diagnose`: why calls through the lane fail.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use accel_client::Service;
use tokio::runtime::Builder;

use crate::args::Diagnose;
use crate::data_path;
use crate::document;
use crate::lane;
use crate::render;
use crate::symptoms::{self, Finding, Question};
use crate::terminal::Terminal;
use crate::trouble::{Exit, Outcome, Trouble};

/// How much of what a client said counts, in bytes: the last.
const SAID_MAX: usize = 64 * 1024;
/// And how much of it is read.
const READ_MAX: u64 = 64 << 20;

pub(super) fn run(args: &Diagnose, terminal: &Terminal) -> Outcome<Exit> {
    let said = said(args)?;
    let trust = data_path::trust()?;
    let settings = lane::settings(&args.lane, terminal)?;
    settings.services.iter().try_for_each(|service| has_host(service, &args.host))?;
    let failed = |error| Trouble::new(Exit::WorkLeft, format!("no runtime: {error}"));
    let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let limit = symptoms::PATIENCE.as_secs();
    terminal.say(&format!("asking through the lane and directly, {limit} s each at most"));
    let (hosts, by_name) = (&args.host, args.by_name);
    let question = Question { settings: &settings, trust: &trust, hosts, said: &said, by_name };
    let findings = runtime.block_on(symptoms::look(&question));
    // A name server that does not answer is not waited for.
    runtime.shutdown_background();
    if terminal.json {
        terminal.document(&document::diagnosed(&findings));
    } else {
        terminal.result(&render::diagnose::text(&findings));
    }
    let is_well = findings.iter().all(Finding::is_well);
    Ok(if is_well { Exit::Done } else { Exit::WorkLeft })
}

/// A pattern is no host that could be asked for.
fn has_host(service: &Service, hosts: &[String]) -> Outcome<()> {
    let covers = |host: &String| service.hosts.iter().any(|known| known.covers(host));
    if hosts.iter().any(covers) || service.hosts.iter().any(|host| !host.is_pattern()) {
        return Ok(());
    }
    Err(Trouble::input(format!("{}: its hosts are patterns", service.name))
        .next("name one that your clients use with --host"))
}

fn said(args: &Diagnose) -> Outcome<String> {
    let Some(file) = &args.said_in else { return Ok(args.said.clone().unwrap_or_default()) };
    let read = |source: &mut dyn Read| {
        let mut bytes = Vec::new();
        source.take(READ_MAX).read_to_end(&mut bytes)?;
        // What went wrong stands at the end.
        let end = bytes.len().saturating_sub(SAID_MAX);
        Ok(String::from_utf8_lossy(&bytes[end..]).into_owned())
    };
    let text: io::Result<String> = if file == Path::new("-") {
        read(&mut io::stdin().lock())
    } else {
        File::open(file).and_then(|mut file| read(&mut file))
    };
    text.map_err(|error| {
        Trouble::input(format!("{} cannot be read", file.display()))
            .because(error.to_string())
            .next("name a file with what your client has said; - reads stdin")
    })
}
