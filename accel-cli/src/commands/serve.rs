//! `accel cloud serve`: the simulated cloud on the AWS wire protocol.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use accel_mock::{Cloud, Quotas, Settings};
use accel_wire::{AccessKey, Call, Faults, Options, Server};
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::time::sleep;

use crate::args::Serve;
use crate::cloud;
use crate::document;
use crate::progress::Interrupts;
use crate::terminal::Terminal;
use crate::trouble::{Exit, Outcome, Trouble};

/// How often it is told what was called.
const TELL_EVERY: Duration = Duration::from_millis(200);

pub(super) fn run(args: &Serve, terminal: &Terminal) -> Outcome<Exit> {
    let failed = |error| Trouble::new(Exit::WorkLeft, format!("no runtime: {error}"));
    let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
    runtime.block_on(serve(args, terminal))
}

async fn serve(args: &Serve, terminal: &Terminal) -> Outcome<Exit> {
    let faults = args.schedule.as_deref().map(schedule).transpose()?.unwrap_or_default();
    let mut interrupts = Interrupts::listen()?;
    let cloud = open(args)?;
    let keys = args.keys.as_deref().map(keys).transpose()?.unwrap_or_default();
    let options = Options { faults, keys };
    let server = Server::new(cloud.clone(), options).map_err(|error| no_server(&error))?;
    let listener = TcpListener::bind(args.listen).await.map_err(|error| taken(args, &error))?;
    let address = listener.local_addr().map_err(|error| taken(args, &error))?;
    let listening = document::Served::new(address, server.token(), cloud.account());
    if terminal.json {
        terminal.document(&listening);
    } else {
        terminal.result(&listening.to_string());
    }
    if !address.ip().is_loopback() {
        terminal.say(
            "everyone who reaches this address can use the cloud, which holds nothing real; \
             the page and the control endpoint answer on this machine only",
        );
    }
    let mut told = Told::default();
    let mut serving = pin!(server.clone().serve(listener));
    loop {
        tokio::select! {
            ended = &mut serving => return ended.map(|()| Exit::Done).map_err(|error| no_server(&error)),
            () = interrupts.next() => break,
            () = sleep(TELL_EVERY) => told.tell(&server, terminal),
        }
    }
    told.tell(&server, terminal);
    terminal.say(&told.to_string());
    Ok(Exit::Done)
}

fn open(args: &Serve) -> Outcome<Cloud> {
    // The default VPCs of a new account take room and are never shown: here there are none.
    let quotas = Quotas { default_vpcs: 0, ..Quotas::default() };
    let settings = Settings { quotas, log: false, speed: args.speed, ..Settings::default() };
    match &args.file {
        Some(file) => cloud::in_file(file, |file| Cloud::open(file, settings)),
        None => Ok(Cloud::new(settings)),
    }
}

fn text(file: &Path) -> Outcome<String> {
    std::fs::read_to_string(file).map_err(|error| {
        Trouble::input(format!("{} cannot be read", file.display())).because(error.to_string())
    })
}

fn schedule(file: &Path) -> Outcome<Faults> {
    text(file)?.parse().map_err(|why: String| {
        Trouble::input(format!("{} is no schedule of faults", file.display())).because(why).next(
            "a rule is ACTION[NAME=VALUE][@REGION][#TURNS]=TROUBLE, for example CreateVpc#1=reset-after",
        )
    })
}

/// One access key of a file of keys.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    account: String,
    secret: Option<String>,
}

fn keys(file: &Path) -> Outcome<BTreeMap<String, AccessKey>> {
    let wrong = |why: String| {
        Trouble::input(format!("{} is no file of access keys", file.display())).because(why).next(
            "write a table per key: [AKIAEXAMPLE], then account = \"111122223333\" and secret = \"…\"",
        )
    };
    let keys: BTreeMap<String, Key> =
        toml::from_str(&text(file)?).map_err(|error| wrong(error.to_string()))?;
    let read = |(id, Key { account, secret }): (String, Key)| {
        if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong(format!("{id}.account: {account:?} is no number of 12 digits")));
        }
        Ok((id, AccessKey { account: account.into(), secret }))
    };
    keys.into_iter().map(read).collect()
}

fn no_server(error: &io::Error) -> Trouble {
    Trouble::new(Exit::WorkLeft, "the cloud cannot be served").because(error.to_string())
}

fn taken(args: &Serve, error: &io::Error) -> Trouble {
    Trouble::input(format!("nothing can listen at {}", args.listen))
        .because(error.to_string())
        .next("name another address with --listen; port 0 is any that is free")
}

/// What has been called, and what of it has been told.
#[derive(Debug, Default)]
struct Told {
    last: u64,
    mutating: u64,
    unknown: u64,
}

impl Told {
    /// Tells of what this server does not know, and of every call if more is wanted.
    fn tell(&mut self, server: &Server, terminal: &Terminal) {
        for call in server.calls_after(self.last) {
            self.last = self.last.max(call.number);
            self.mutating += u64::from(call.mutating);
            self.unknown += u64::from(call.unknown.is_some());
            if terminal.verbose > 0 || call.unknown.is_some() {
                terminal.say(&line(&call));
            }
        }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { last, mutating, unknown } = self;
        write!(f, "{last} calls, {mutating} of them mutating, {unknown} with something unknown")
    }
}

fn line(call: &Call) -> String {
    let Call { number, service, action, region, status, .. } = call;
    let notes = [("", &call.code), ("unknown: ", &call.unknown), ("fault: ", &call.fault)];
    let note = |(what, note): (&str, &Option<String>)| Some(format!("  {what}{}", note.as_ref()?));
    let notes: String = notes.into_iter().filter_map(note).collect();
    format!("{number:>5}  {region} {service}:{action}  {status}{notes}")
}
