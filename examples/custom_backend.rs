//! A backend of one's own in under 100 lines, checked by the conformance suite.
//!
//! It stands in front of another one: it writes down every call that may change something, and refuses such calls while a change freeze
//! is on. A backend for a cloud of one's own has the same eight functions, but 27 kinds of resource behind them, and those do not fit in
//! 100 lines: `accel-mock/src/kind` shows what they take. The same suite says when it is done.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program that shows things")]

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use accel_core::backend::{Blocker, Listing, Offer, OfferQuery, Phase, ReadItem, Request, Scope};
use accel_core::{Acceleration, Deployer, Error, ErrorKind, NetworkBackend, RemoteId, Result};
use accel_mock::{Cloud, Lag, Settings};
use accel_tests::conformance;
use accel_tests::simulator::{in_virtual_time, subject_behind};
use async_trait::async_trait;

/// Any backend, with a trail of its changes and a switch against them.
#[derive(Debug)]
struct Guarded<B> {
    inner: B,
    frozen: AtomicBool,
    trail: Mutex<Vec<String>>,
}

impl<B: NetworkBackend> Guarded<B> {
    fn new(inner: B) -> Self {
        Self { inner, frozen: AtomicBool::new(false), trail: Mutex::default() }
    }

    /// Refused before anything is sent: the kind of the error says that nothing has happened and that time alone does not help.
    fn check(&self) -> Result<()> {
        if !self.frozen.load(Ordering::SeqCst) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Denied, "a change freeze is on").advice("wait for its end"))
    }

    fn note<T>(&self, what: &str, answer: &Result<T>) {
        let end = answer.as_ref().err().map_or("done".to_owned(), |error| error.kind().to_string());
        self.trail().push(format!("{what}: {end}"));
    }

    fn trail(&self) -> MutexGuard<'_, Vec<String>> {
        self.trail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl<B: NetworkBackend> NetworkBackend for Guarded<B> {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    async fn offer(&self, query: &OfferQuery) -> Result<Offer> {
        self.inner.offer(query).await
    }

    async fn create<'a>(&self, request: Request<'a>) -> Result<RemoteId> {
        self.check()?;
        let answer = self.inner.create(request).await;
        self.note(&format!("create {} {}", request.kind(), request.owner.node), &answer);
        answer
    }

    async fn find<'a>(&self, request: Request<'a>) -> Result<Option<RemoteId>> {
        self.inner.find(request).await
    }

    async fn read<'a>(&self, items: &[ReadItem<'a>]) -> Vec<Result<Phase>> {
        self.inner.read(items).await
    }

    async fn delete(&self, id: &RemoteId) -> Result<()> {
        self.check()?;
        let answer = self.inner.delete(id).await;
        self.note(&format!("delete {} {id}", id.kind), &answer);
        answer
    }

    async fn list<'a>(&self, scope: Scope<'a>) -> Result<Listing> {
        self.inner.list(scope).await
    }

    async fn glance<'a>(&self, scope: Scope<'a>) -> Result<BTreeSet<String>> {
        self.inner.glance(scope).await
    }

    async fn blockers(&self, id: &RemoteId) -> Result<Vec<Blocker>> {
        self.inner.blockers(id).await
    }
}

fn main() -> ExitCode {
    match in_virtual_time(run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("error: {trouble}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let subject = subject_behind(Lag::default(), |cloud| Arc::new(Guarded::new(cloud)));
    let report = conformance::run(&subject).await;
    let broken = report.failed().count();
    println!("conformance suite: {} promises, {broken} broken", report.verdicts.len());
    if broken > 0 {
        return Err(report.to_string().into());
    }

    let backend = Guarded::new(Cloud::new(Settings::default()));
    let lane = Acceleration::new("guarded", "ap-southeast-3", "ap-southeast-1")
        .service("sagemaker.runtime")
        .allow("203.0.113.0/24");
    let deployer = Deployer::new(&backend);
    backend.frozen.store(true, Ordering::SeqCst);
    match deployer.deploy(&lane).await {
        Ok(_) => return Err("the freeze has not held".into()),
        Err(failure) => println!("\nduring the freeze: {failure}"),
    }
    backend.frozen.store(false, Ordering::SeqCst);
    deployer.deploy(&lane).await?;
    deployer.cleanup(&lane).await?;

    let trail = backend.trail();
    let done: Vec<&String> = trail.iter().filter(|line| line.ends_with(": done")).collect();
    println!("\nafter it, {} changes in a deploy and a cleanup, the last of them:", done.len());
    for line in &done[done.len().saturating_sub(5)..] {
        println!("  {line}");
    }
    Ok(())
}
