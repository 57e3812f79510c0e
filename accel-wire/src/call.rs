//! One call of an action, from its request to its answer.

use std::sync::Arc;
use std::time::Duration;

use accel_mock::{Caller, World};
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, AsHeaderName};
use hyper::http::request::Parts;
use tokio::sync::oneshot::Sender;
use tokio::sync::watch;

use crate::action::{Act, Action, Turn};
use crate::fault::{Sort, Trouble};
use crate::log::Call;
use crate::refusal::{Refusal, Result};
use crate::scope::Scope;
use crate::server::Shared;
use crate::service::{Answer, Document, Service};
use crate::signature;

/// How long a late call sleeps at a time: the world's speed can change meanwhile.
const NAP_MAX: Duration = Duration::from_millis(50);

/// What goes back to the client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Whole(Document),
    /// It breaks off in the middle.
    Broken(Document),
    /// The connection ends without any.
    None,
}

/// A request, as it has come.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) head: Parts,
    pub(crate) body: Bytes,
}

impl Request {
    pub(crate) fn header(&self, name: impl AsHeaderName) -> Option<&str> {
        self.head.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// A call whose caller is known.
struct Called {
    number: u64,
    scope: Scope,
    caller: Caller,
    /// The name of the action, as far as there is one.
    name: String,
    trouble: Option<Trouble>,
}

/// A request whose parameters have been read.
struct Read {
    action: &'static Action,
    act: Act,
    dry_run: bool,
}

/// Answers a request. What is asked takes effect, whether or not the client still waits.
pub(crate) async fn answer(shared: Arc<Shared>, request: Request, client: Sender<Reply>) {
    let number = shared.log().begin();
    match caller(&shared, &request) {
        Ok((scope, caller)) => {
            let (this, read) = Called::read(&shared, scope, caller, &request, number);
            this.carry_out(&shared, read, client).await;
        }
        Err((service, refusal)) => {
            let document = service.refuse(&refusal, &request_id(number));
            shared.note(Call {
                code: Some(refusal.code.into_owned()),
                unknown: refusal.unknown,
                ..blank(number, document.status)
            });
            drop(client.send(Reply::Whole(document)));
        }
    }
}

/// Who calls; or a refusal, and in which service's words.
fn caller(shared: &Shared, request: &Request) -> Result<(Scope, Caller), (Service, Refusal)> {
    // Whose error it is, nobody knows: the form of the EC2 API is the one that all clients can read.
    let scope = Scope::read(request.header(AUTHORIZATION)).map_err(|why| (Service::Ec2, why))?;
    let admit = || {
        let (caller, secret) = scope.caller(&shared.options.keys, shared.cloud.account())?;
        secret.map_or(Ok(()), |secret| signature::check(&scope, request, secret))?;
        Ok(caller)
    };
    match admit() {
        Ok(caller) => Ok((scope, caller)),
        Err(refusal) => Err((scope.service, refusal)),
    }
}

impl Called {
    fn read(
        shared: &Shared,
        scope: Scope,
        caller: Caller,
        request: &Request,
        number: u64,
    ) -> (Self, Result<Read>) {
        let service = scope.service;
        let region = caller.region.clone();
        let this = |name, trouble| Self { number, scope, caller, name, trouble };
        let (name, parameters) = match service.read(request.header("x-amz-target"), &request.body) {
            Ok(read) => read,
            Err(refusal) => return (this(String::new(), None), Err(refusal)),
        };
        let action = Action::find(service, &name);
        let trouble = shared.trouble(Sort {
            action: &name,
            mutating: action.is_some_and(|action| action.mutating),
            parameters: parameters.all(),
            region: &region,
        });
        let read = || {
            let action = action.ok_or_else(|| Refusal::unknown_action(&name))?;
            let asked = parameters.asked();
            let dry_run =
                service == Service::Ec2 && asked.parsed::<bool>("DryRun")?.unwrap_or_default();
            let act = (action.decode)(&asked)?;
            parameters.all_read()?;
            Ok(Read { action, act, dry_run })
        };
        let read = read();
        (this(name, trouble), read)
    }

    /// Does what was asked, as far as the trouble with it allows, and answers.
    async fn carry_out(self, shared: &Shared, read: Result<Read>, client: Sender<Reply>) {
        let starts = shared.starts.subscribe();
        let latency = shared.latency();
        let mutating = read.as_ref().is_ok_and(|read| read.action.mutating);
        let mut late = None;
        let outcome = match read {
            Err(refusal) => Err(refusal),
            Ok(read) => {
                wait(latency / 2 + self.extra()).await;
                match self.refusal() {
                    None => self.effect(shared, read),
                    Some(refusal) => {
                        late = Some(read);
                        Err(refusal)
                    }
                }
            }
        };
        self.note(shared, mutating, &outcome);
        let request_id = request_id(self.number);
        let service = self.scope.service;
        let document = match outcome {
            Ok(answer) => service.answer(&self.name, answer, &request_id),
            Err(refusal) => service.refuse(&refusal, &request_id),
        };
        wait(latency.saturating_sub(latency / 2)).await;
        self.reply(document, client, starts.clone()).await;
        if let (Some(Trouble::Late(ms)), Some(read)) = (&self.trouble, late)
            && is_due(shared, Duration::from_millis((*ms).into()), starts).await
        {
            // Nobody hears what comes of it.
            drop(self.effect(shared, read));
        }
    }

    /// How much longer it takes.
    fn extra(&self) -> Duration {
        let ms = if let Some(Trouble::Delay(ms)) = self.trouble { ms } else { 0 };
        Duration::from_millis(ms.into())
    }

    /// What keeps it from having an effect now.
    fn refusal(&self) -> Option<Refusal> {
        match self.trouble.as_ref()? {
            Trouble::Throttle => Some(throttled(self.scope.service)),
            Trouble::Refuse(code) => {
                Some(Refusal::with_code(code.clone(), "The schedule of faults says so"))
            }
            Trouble::FailBefore | Trouble::ResetBefore | Trouble::HangBefore | Trouble::Late(_) => {
                Some(failed())
            }
            Trouble::Delay(_)
            | Trouble::FailAfter
            | Trouble::ResetAfter
            | Trouble::HangAfter
            | Trouble::Truncate
            | Trouble::Stale(_) => None,
        }
    }

    /// Lets it take effect.
    fn effect(&self, shared: &Shared, read: Read) -> Result<Answer> {
        let Read { action, act, dry_run } = read;
        let (caller, birth) = (&self.caller, shared.birth());
        let answer = shared.cloud.action(|world| {
            if let Some(api) = action.service.api() {
                world.admit(caller, action.name, api, action.mutating)?;
            }
            if dry_run {
                return Err(Refusal::dry_run());
            }
            let mut earlier = self.earlier(shared, action, world);
            let shown = earlier.as_mut().unwrap_or(world);
            let mut turn = Turn { world: shown, caller, birth, answer: Answer::default() };
            act(&mut turn)?;
            let answer = turn.answer;
            if action.mutating {
                shared.past().note(world);
            }
            Ok(answer)
        });
        match self.trouble {
            // What was refused is answered as such.
            Some(Trouble::FailAfter) if answer.is_ok() => Err(failed()),
            _ => answer,
        }
    }

    /// The world that a stale look looks at.
    fn earlier(&self, shared: &Shared, action: &Action, world: &World) -> Option<World> {
        let Some(Trouble::Stale(ms)) = self.trouble else { return None };
        let age = Duration::from_millis(ms.into());
        if action.mutating { None } else { shared.past().look_back(world, age) }
    }

    /// Sends the answer, or what the trouble leaves of it.
    async fn reply(
        &self,
        document: Document,
        mut client: Sender<Reply>,
        mut starts: watch::Receiver<()>,
    ) {
        let reply = match self.trouble {
            Some(Trouble::HangBefore | Trouble::HangAfter) => {
                tokio::select! {
                    () = client.closed() => return,
                    _ = starts.changed() => Reply::None,
                }
            }
            Some(Trouble::ResetBefore | Trouble::ResetAfter | Trouble::Late(_)) => Reply::None,
            Some(Trouble::Truncate) => Reply::Broken(document),
            Some(
                Trouble::Delay(_)
                | Trouble::Throttle
                | Trouble::Refuse(_)
                | Trouble::FailBefore
                | Trouble::FailAfter
                | Trouble::Stale(_),
            )
            | None => Reply::Whole(document),
        };
        // A client that has broken off wants none.
        drop(client.send(reply));
    }

    fn note(&self, shared: &Shared, mutating: bool, outcome: &Result<Answer>) {
        let refused = outcome.as_ref().err();
        let status = refused.map_or(200, |refusal| refusal.status);
        shared.note(Call {
            service: self.scope.service.name(),
            action: self.name.clone(),
            account: self.caller.account.to_string(),
            region: self.caller.region.to_string(),
            key: self.scope.last_four(),
            mutating,
            code: refused.map(|refusal| refusal.code.clone().into_owned()),
            unknown: refused.and_then(|refusal| refusal.unknown.clone()),
            fault: self.trouble.as_ref().map(ToString::to_string),
            ..blank(self.number, status)
        });
    }
}

/// Waits until so much of the world's time has passed; whether it is still the same world then.
async fn is_due(shared: &Shared, time: Duration, mut starts: watch::Receiver<()>) -> bool {
    let due = shared.cloud.inspect(World::now) + time;
    loop {
        let (now, speed) =
            shared.cloud.inspect(|world| (world.now(), world.settings().speed.max(1)));
        let left = due.saturating_sub(now);
        if left.is_zero() {
            return true;
        }
        let nap = (left / speed).clamp(Duration::from_millis(1), NAP_MAX);
        tokio::select! {
            _ = starts.changed() => return false,
            () = tokio::time::sleep(nap) => {}
        }
    }
}

fn failed() -> Refusal {
    Refusal::new("InternalError", "An internal error has occurred").status(500)
}

/// Source: Request throttling for the Amazon EC2 API, and for the Elastic Load Balancing API.
fn throttled(service: Service) -> Refusal {
    match service {
        Service::Ec2 => Refusal::new("RequestLimitExceeded", "Request limit exceeded.").status(503),
        Service::LoadBalancing | Service::Sts => Refusal::new("Throttling", "Rate exceeded"),
        Service::Quotas => Refusal::new("TooManyRequestsException", "Rate exceeded").status(429),
        // Source: `ThrottledException`, Resource Groups Tagging API.
        Service::Tagging => Refusal::new("ThrottledException", "Rate exceeded"),
    }
}

fn request_id(number: u64) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}

async fn wait(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

fn blank(number: u64, status: u16) -> Call {
    Call {
        number: 0,
        request_id: request_id(number),
        at_ms: 0,
        service: "",
        action: String::new(),
        account: String::new(),
        region: String::new(),
        key: String::new(),
        mutating: false,
        status,
        code: None,
        unknown: None,
        fault: None,
    }
}
