//! `accel probe`: measures the lane against the direct way.

use std::fs::OpenOptions;
use std::path::Path;
use std::time::SystemTime;

use accel_client::probe::{Judgement, Options, Report, Trust, probe_and_tell};
use accel_client::{HostName, Settings};
use tokio::runtime::Builder;

use crate::args::{Probe, Requirement};
use crate::lane;
use crate::progress::{Interrupts, Measuring};
use crate::render::probe as render;
use crate::terminal::Terminal;
use crate::trouble::{Exit, Outcome, Trouble};

pub(super) fn run(args: &Probe, terminal: &Terminal) -> Outcome<Exit> {
    let trust = trust(&args.ca)?;
    args.report.as_deref().map_or(Ok(()), report_has_a_place)?;
    let settings = lane::settings(&args.lane, terminal)?;
    #[expect(clippy::disallowed_methods, reason = "settings expire by the wall clock")]
    let valid = settings.valid_at(SystemTime::now());
    valid.map_err(|expired| Trouble::input(expired.to_string()))?;
    let options = options(args, &settings)?;
    let failed = |error| Trouble::new(Exit::WorkLeft, format!("no runtime: {error}"));
    let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let report = runtime.block_on(measure(&settings, &trust, &options, terminal))?;
    tell(args, &report, terminal)?;
    Ok(end(args.require, &report, terminal))
}

async fn measure(
    settings: &Settings,
    trust: &Trust,
    options: &Options,
    terminal: &Terminal,
) -> Outcome<Report> {
    let mut interrupts = Interrupts::listen()?;
    let mut measuring = Measuring::new(terminal);
    tokio::select! {
        report = probe_and_tell(settings, trust, options, |step| measuring.tell(step)) => Ok(report),
        () = interrupts.next() => {
            Err(Trouble::new(Exit::Interrupted, "interrupted: nothing was measured to its end"))
        }
    }
}

/// The report in every form that was asked for.
fn tell(args: &Probe, report: &Report, terminal: &Terminal) -> Outcome<()> {
    let requirement = args.require.map(|required| (required, is_met(required, report)));
    if terminal.json {
        terminal.document(&render::document(report, requirement));
    } else {
        terminal.result(&render::text(report));
    }
    let Some(path) = &args.report else { return Ok(()) };
    std::fs::write(path, render::page(report)).map_err(|error| {
        let what = format!("{} cannot be written", path.display());
        Trouble::new(Exit::WorkLeft, what).because(error.to_string())
    })
}

fn end(required: Option<Requirement>, report: &Report, terminal: &Terminal) -> Exit {
    let silent =
        report.services.iter().filter(|it| it.direct.answered == 0 || it.lane.answered == 0);
    let silent: Vec<_> = silent.map(|it| format!("{} at {}", it.service, it.host)).collect();
    if !silent.is_empty() || !report.left_out.is_empty() {
        let trouble = Trouble::new(Exit::WorkLeft, "not every way could be measured");
        let trouble = silent.into_iter().fold(trouble, Trouble::because);
        let left_out = report.left_out.iter().map(|(service, why)| format!("{service}: {why}"));
        let trouble = left_out.fold(trouble, Trouble::because);
        terminal.explain(
            &trouble.next(
                "see the failures of each way above; `accel diagnose` says why, and what to do",
            ),
        );
        return Exit::WorkLeft;
    }
    match required {
        Some(required) if !is_met(required, report) => {
            terminal.complain(match required {
                Requirement::Faster => "required: a lane that is faster",
                Requirement::NotSlower => "required: a lane that is faster or the same",
            });
            Exit::Differences
        }
        Some(_) | None => Exit::Done,
    }
}

/// Whether every service's lane is as required. What is unclear is not.
fn is_met(required: Requirement, report: &Report) -> bool {
    let is_so = |judgement| match judgement {
        Judgement::Faster => true,
        Judgement::Same => required == Requirement::NotSlower,
        Judgement::Slower | Judgement::Unclear => false,
    };
    let measured = !report.services.is_empty() && report.left_out.is_empty();
    measured && report.services.iter().all(|service| is_so(service.verdict.judgement))
}

/// A report that nobody can write is better known before the measuring than after it. What the file holds stays until then.
fn report_has_a_place(path: &Path) -> Outcome<()> {
    let opened = OpenOptions::new().create(true).append(true).open(path);
    opened.map(drop).map_err(|error| {
        Trouble::input(format!("{} cannot be written", path.display()))
            .because(error.to_string())
            .next("name a file in a folder that exists with --report")
    })
}

/// Those of this machine, and the files.
fn trust(files: &[impl AsRef<Path>]) -> Outcome<Trust> {
    let read = |file: &Path| {
        let unreadable = |error: std::io::Error| {
            Trouble::input(format!("{} cannot be read", file.display())).because(error.to_string())
        };
        std::fs::read(file).map_err(unreadable)
    };
    let pems = files.iter().map(|file| read(file.as_ref())).collect::<Outcome<Vec<_>>>()?;
    Trust::system_and(&pems).map_err(|error| Trouble::input(error.to_string()))
}

/// A host that no service has would be overlooked.
fn options(args: &Probe, settings: &Settings) -> Outcome<Options> {
    for host in args.host.iter().chain(args.direct.iter().map(|(host, _)| host)) {
        let is_one = HostName::new(host).is_ok_and(|name| !name.is_pattern());
        if !is_one || settings.service(host).is_none() {
            let hosts = settings.services.iter().flat_map(|service| &service.hosts);
            let hosts: Vec<_> = hosts.map(HostName::as_str).collect();
            return Err(Trouble::input(format!("{host} is no host of this lane"))
                .because(format!("its hosts are {}", hosts.join(", "))));
        }
    }
    Ok(Options {
        pairs: args.pairs,
        hosts: args.host.clone(),
        direct: args.direct.iter().cloned().collect(),
        transfer: args.transfer,
        ..Options::default()
    })
}
