//! `accel connect`: a local proxy through which any client uses the lane.

use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::process::{Command, ExitStatus};

use accel_client::connect::{Others, Proxy};
use accel_client::{Event, Fallback, Lane, Options};
use tokio::runtime::Builder;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::spawn_blocking;

use crate::args::{Connect, FallbackTo};
use crate::document;
use crate::lane;
use crate::progress::Interrupts;
use crate::terminal::Terminal;
use crate::trouble::{Exit, Outcome, Trouble};

/// Variables that send a program's calls another way than through the proxy, or by another proxy. They are not handed on.
const OTHER_WAYS: [&str; 6] =
    ["ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy", "AWS_ENDPOINT_URL", "AWS_USE_FIPS_ENDPOINT"];

pub(super) fn run(args: &Connect, terminal: &Terminal) -> Outcome<Exit> {
    let fallback = match args.fallback {
        FallbackTo::Refuse => Fallback::Refuse,
        FallbackTo::Public => Fallback::Public,
    };
    let options = Options::default().fallback(fallback);
    // A file is followed; what a cloud has said is not asked again.
    let settings = lane::settings(&args.lane, terminal)?;
    let lane = match &args.lane.settings {
        None => Lane::with(settings, options),
        Some(file) => Lane::from_file(file, options)
            .map_err(|error| lane::unusable(&file.display().to_string(), &error))?,
    };
    let failed = |error| Trouble::new(Exit::WorkLeft, format!("no runtime: {error}"));
    let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
    runtime.block_on(connect(args, lane, terminal))
}

async fn connect(args: &Connect, lane: Lane, terminal: &Terminal) -> Outcome<Exit> {
    let events = lane.events();
    let others = if args.pass_through { Others::PassThrough } else { Others::Refuse };
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listen = if args.command.is_empty() { args.listen } else { any_port };
    let proxy = Proxy::bind(listen, lane.clone(), others).await.map_err(|error| {
        let trouble = Trouble::input(error.to_string());
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        let trouble = cause.into_iter().fold(trouble, Trouble::because);
        trouble.next("name a loopback address with --listen; port 0 is any that is free")
    })?;
    let address = proxy.address();
    let mut interrupts = Interrupts::listen()?;
    let mut serving = pin!(proxy.serve());
    let mut telling = pin!(tell(events, terminal));
    if args.command.is_empty() {
        let listening = document::Connected::new(address, &lane.settings(), args);
        if terminal.json {
            terminal.document(&listening);
        } else {
            terminal.result(&listening.to_string());
        }
        tokio::select! {
            ended = &mut serving => return ended.map(|()| Exit::Done).map_err(|error| broken(&error)),
            () = &mut telling => {}
            () = interrupts.next() => {}
        }
        let counted = lane.counters();
        terminal.say(&format!(
            "{} through the lane, {} the public way, {} elsewhere, {} failed",
            counted.dialled, counted.fell_back, counted.elsewhere, counted.failed
        ));
        return Ok(Exit::Done);
    }
    let mut child = pin!(child(args, address));
    loop {
        tokio::select! {
            ended = &mut serving => return ended.map(|()| Exit::Done).map_err(|error| broken(&error)),
            () = &mut telling => {}
            // The command has got it too, and ends when it likes.
            () = interrupts.next() => {}
            ended = &mut child => return ended.map(Exit::of_command),
        }
    }
}

/// Runs the command and waits for it.
async fn child(args: &Connect, proxy: SocketAddr) -> Outcome<ExitStatus> {
    let [program, arguments @ ..] = args.command.as_slice() else {
        unreachable!("the command line has a command");
    };
    let url = format!("http://{proxy}");
    let mut command = Command::new(program);
    command.args(arguments).env("HTTPS_PROXY", &url).env("https_proxy", &url);
    for name in OTHER_WAYS {
        command.env_remove(name);
    }
    let name = program.to_string_lossy().into_owned();
    let failed = |error: std::io::Error| {
        Trouble::input(format!("{name} cannot be run")).because(error.to_string())
    };
    let mut child = command.spawn().map_err(&failed)?;
    let ended = spawn_blocking(move || child.wait()).await;
    ended.unwrap_or_else(|error| Err(std::io::Error::other(error))).map_err(&failed)
}

/// Tells what happens, as long as anything can. Each tunnel only if more is wanted.
async fn tell(mut events: Receiver<Event>, terminal: &Terminal) {
    loop {
        match events.recv().await {
            Ok(Event::Tunnel { .. }) if terminal.verbose == 0 => {}
            Ok(event) => terminal.say(&event.to_string()),
            Err(RecvError::Lagged(missed)) => terminal.say(&format!("… {missed} more")),
            Err(RecvError::Closed) => return,
        }
    }
}

fn broken(error: &std::io::Error) -> Trouble {
    Trouble::new(Exit::WorkLeft, "the proxy cannot go on").because(error.to_string())
}
