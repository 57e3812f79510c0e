//! `accel connect`: a local proxy through which any client uses the lane.

use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::process::{Child, Command, ExitStatus};
use std::thread;

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

/// Variables that send a program's calls another way than through the proxy. They are not handed on; nor is any `AWS_ENDPOINT_URL…`.
const OTHER_WAYS: [&str; 6] = [
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
];

pub(super) fn run(args: &Connect, terminal: &Terminal) -> Outcome<Exit> {
    let lane = open(args, terminal)?;
    let failed = |error| Trouble::new(Exit::WorkLeft, format!("no runtime: {error}"));
    let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let events = lane.events();
    // Who does not read what is told, a terminal that was stopped for one, holds up no tunnel. The lane ends with the runtime, and the
    // thread with the lane.
    thread::scope(|scope| {
        scope.spawn(|| tell(events, terminal));
        let outcome = runtime.block_on(connect(args, lane, terminal));
        // A name server that does not answer is not waited for.
        runtime.shutdown_background();
        outcome
    })
}

/// The lane. A file is followed; what a cloud has said is not asked again.
fn open(args: &Connect, terminal: &Terminal) -> Outcome<Lane> {
    let options = Options::default().fallback(match args.fallback {
        FallbackTo::Refuse => Fallback::Refuse,
        FallbackTo::Public => Fallback::Public,
    });
    match &args.lane.settings {
        None => Ok(Lane::with(lane::settings(&args.lane, terminal)?, options)),
        Some(file) => Lane::from_file(file, options)
            .map_err(|error| lane::unusable(&file.display().to_string(), &error)),
    }
}

async fn connect(args: &Connect, lane: Lane, terminal: &Terminal) -> Outcome<Exit> {
    let others = if args.pass_through { Others::PassThrough } else { Others::Refuse };
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listen = if args.command.is_empty() { args.listen } else { any_port };
    let proxy = Proxy::bind(listen, lane.clone(), others).await.map_err(|error| {
        let trouble = Trouble::input(error.to_string());
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        let trouble = cause.into_iter().fold(trouble, Trouble::because);
        trouble.next("name a loopback address with --listen; port 0 is any that is free")
    })?;
    let mut interrupts = Interrupts::listen()?;
    if args.command.is_empty() {
        until_interrupted(args, &lane, proxy, &mut interrupts, terminal).await
    } else {
        for_command(args, &lane, proxy, &mut interrupts, terminal).await
    }
}

async fn until_interrupted(
    args: &Connect,
    lane: &Lane,
    proxy: Proxy,
    interrupts: &mut Interrupts,
    terminal: &Terminal,
) -> Outcome<Exit> {
    let listening = document::Connected::new(proxy.address(), &lane.settings(), args);
    if terminal.json {
        terminal.document(&listening);
    } else {
        terminal.result(&listening.to_string());
    }
    tokio::select! {
        ended = proxy.serve() => return ended.map(|()| Exit::Done).map_err(|error| broken(&error)),
        () = interrupts.next() => {}
    }
    let counted = lane.counters();
    terminal.say(&format!(
        "{} through the lane, {} the public way, {} elsewhere, {} failed",
        counted.dialled, counted.fell_back, counted.elsewhere, counted.failed
    ));
    Ok(Exit::Done)
}

async fn for_command(
    args: &Connect,
    lane: &Lane,
    proxy: Proxy,
    interrupts: &mut Interrupts,
    terminal: &Terminal,
) -> Outcome<Exit> {
    let child = spawn(args, proxy.address())?;
    let id = child.id();
    let mut ended = pin!(wait(child));
    let mut serving = pin!(proxy.serve());
    let status = loop {
        tokio::select! {
            broke = &mut serving => return broke.map(|()| Exit::Done).map_err(|error| broken(&error)),
            () = interrupts.next() => pass_on(id),
            status = &mut ended => break status?,
        }
    };
    let counted = lane.counters();
    if counted.dialled + counted.fell_back + counted.failed + counted.elsewhere == 0 {
        terminal.say(
            "the command has opened no tunnel: not every program honours HTTPS_PROXY (Node and Java do not); `accel client` has other ways",
        );
    }
    Ok(Exit::of_command(status))
}

fn spawn(args: &Connect, proxy: SocketAddr) -> Outcome<Child> {
    let [program, arguments @ ..] = args.command.as_slice() else {
        unreachable!("the command line has a command");
    };
    let url = format!("http://{proxy}");
    let mut command = Command::new(program);
    command.args(arguments).env("HTTPS_PROXY", &url).env("https_proxy", &url);
    let endpoints = std::env::vars_os().map(|(name, _)| name);
    let endpoints = endpoints.filter(|name| name.to_string_lossy().starts_with("AWS_ENDPOINT_URL"));
    for name in endpoints.chain(OTHER_WAYS.map(Into::into)) {
        command.env_remove(name);
    }
    command.spawn().map_err(|error| {
        let program = program.to_string_lossy();
        Trouble::input(format!("{program} cannot be run"))
            .because(error.to_string())
            .next("name a program that is there, behind `--`")
    })
}

async fn wait(mut child: Child) -> Outcome<ExitStatus> {
    let ended = spawn_blocking(move || child.wait()).await;
    let ended = ended.unwrap_or_else(|error| Err(std::io::Error::other(error)));
    ended.map_err(|error| {
        Trouble::new(Exit::WorkLeft, "the command cannot be waited for").because(error.to_string())
    })
}

/// What this process was sent alone, a supervisor's signal for one, the command gets too; it ends when it likes. Of a Ctrl-C in a terminal
/// it hears twice.
fn pass_on(command: u32) {
    let ended = Command::new("kill").arg("-TERM").arg(command.to_string()).status();
    // It may have ended meanwhile, and then there is nothing to do.
    drop(ended);
}

/// Tells what happens, as long as anything can. Each tunnel only if more is wanted.
fn tell(mut events: Receiver<Event>, terminal: &Terminal) {
    loop {
        match events.blocking_recv() {
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
