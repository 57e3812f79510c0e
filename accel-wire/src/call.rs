//! One call of an action, from its request to its answer.

use std::time::Duration;

use accel_mock::{Caller, Cloud};

use crate::action::{Act, Action, Turn};
use crate::fault::Trouble;
use crate::log::Call;
use crate::refusal::{Refusal, Result};
use crate::scope::Scope;
use crate::server::Shared;
use crate::service::{Answer, Document, Service};

/// What goes back to the client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Whole(Document),
    /// It breaks off in the middle.
    Broken(Document),
    /// The connection ends without any.
    None,
}

/// A request, as far as a call needs it.
#[derive(Debug)]
pub(crate) struct Request<'r> {
    pub(crate) authorization: Option<&'r str>,
    pub(crate) target: Option<&'r str>,
    pub(crate) body: &'r [u8],
}

/// A request that has been read.
struct Read {
    action: &'static Action,
    act: Act,
    dry_run: bool,
}

/// Answers a request.
pub(crate) async fn answer(shared: &Shared, request: Request<'_>) -> Reply {
    let request_id = shared.log().begin();
    let scope = match Scope::read(request.authorization) {
        Ok(scope) => scope,
        // Whose error it is, nobody knows: the form of the EC2 API is the one that all clients can read.
        Err(refusal) => {
            let document = Service::Ec2.refuse(&refusal, &request_id);
            shared.note(Call {
                code: Some(refusal.code.into_owned()),
                unknown: refusal.unknown,
                ..blank(&request_id, document.status)
            });
            return Reply::Whole(document);
        }
    };
    let service = scope.service;
    let caller = scope.caller(&shared.options.accounts, shared.cloud.account());
    let (name, read) = read(service, &request);
    let trouble = shared.trouble(&name, &caller.region);
    let mutating = read.as_ref().is_ok_and(|read| read.action.mutating);
    let outcome = match read {
        Err(refusal) => Err(refusal),
        Ok(read) => act(shared, &caller, read, trouble.as_ref()).await,
    };
    let status = outcome.as_ref().map_or_else(|refusal| refusal.status, |_| 200);
    let refused = outcome.as_ref().err();
    shared.note(Call {
        service: service.name(),
        action: name.clone(),
        account: caller.account.to_string(),
        region: caller.region.to_string(),
        key: scope.last_four(),
        mutating,
        code: refused.map(|refusal| refusal.code.clone().into_owned()),
        unknown: refused.and_then(|refusal| refusal.unknown.clone()),
        fault: trouble.as_ref().map(ToString::to_string),
        ..blank(&request_id, status)
    });
    let document = match outcome {
        Ok(answer) => service.answer(&name, answer, &request_id),
        Err(refusal) => service.refuse(&refusal, &request_id),
    };
    match trouble {
        Some(Trouble::ResetBefore | Trouble::ResetAfter) => Reply::None,
        Some(Trouble::Truncate) => Reply::Broken(document),
        Some(
            Trouble::Delay(_)
            | Trouble::Throttle
            | Trouble::Refuse(_)
            | Trouble::FailBefore
            | Trouble::FailAfter,
        )
        | None => Reply::Whole(document),
    }
}

/// The name of the action, as far as there is one, and the action with its parameters.
fn read(service: Service, request: &Request<'_>) -> (String, Result<Read>) {
    let (name, parameters) = match service.read(request.target, request.body) {
        Ok(read) => read,
        Err(refusal) => return (String::new(), Err(refusal)),
    };
    let read = || {
        let unknown = || Refusal::unknown_action(&name);
        let action = Action::find(service, &name).ok_or_else(unknown)?;
        let asked = parameters.asked();
        let dry_run =
            service == Service::Ec2 && asked.parsed::<bool>("DryRun")?.unwrap_or_default();
        let act = (action.decode)(&asked)?;
        parameters.all_read()?;
        Ok(Read { action, act, dry_run })
    };
    let read = read();
    (name, read)
}

/// Lets a call take effect, as far as its trouble allows.
async fn act(
    shared: &Shared,
    caller: &Caller,
    read: Read,
    trouble: Option<&Trouble>,
) -> Result<Answer> {
    let Shared { cloud, .. } = shared;
    let latency = latency(cloud);
    let birth = shared.birth();
    let extra = if let Some(Trouble::Delay(ms)) = trouble { *ms } else { 0 };
    wait(latency / 2 + Duration::from_millis(extra.into())).await;
    let failed = || Refusal::new("InternalError", "An internal error has occurred").status(500);
    match trouble {
        Some(Trouble::Throttle) => return Err(throttled(read.action.service)),
        Some(Trouble::Refuse(code)) => {
            let refusal = Refusal::new("", "The schedule of faults says so");
            return Err(Refusal { code: code.clone().into(), ..refusal });
        }
        Some(Trouble::FailBefore | Trouble::ResetBefore) => return Err(failed()),
        Some(Trouble::Delay(_) | Trouble::FailAfter | Trouble::ResetAfter | Trouble::Truncate)
        | None => {}
    }
    let answer = cloud.action(|world| {
        let Read { action, act, dry_run } = read;
        if let Some(api) = action.service.api() {
            world.admit(caller, action.name, api, action.mutating)?;
        }
        if dry_run {
            return Err(Refusal::dry_run());
        }
        let mut turn = Turn { world, caller, birth, answer: Answer::default() };
        act(&mut turn)?;
        Ok(turn.answer)
    });
    wait(latency.saturating_sub(latency / 2)).await;
    match trouble {
        // What was refused is answered as such.
        Some(Trouble::FailAfter) if answer.is_ok() => Err(failed()),
        _ => answer,
    }
}

fn latency(cloud: &Cloud) -> Duration {
    cloud.inspect(|world| world.settings().latency / world.settings().speed.max(1))
}

/// Source: Request throttling for the Amazon EC2 API, and for the Elastic Load Balancing API.
fn throttled(service: Service) -> Refusal {
    match service {
        Service::Ec2 => Refusal::new("RequestLimitExceeded", "Request limit exceeded.").status(503),
        Service::LoadBalancing | Service::Sts => Refusal::new("Throttling", "Rate exceeded"),
        Service::Quotas => Refusal::new("TooManyRequestsException", "Rate exceeded").status(429),
    }
}

fn blank(request_id: &str, status: u16) -> Call {
    Call {
        number: 0,
        request_id: request_id.to_owned(),
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

async fn wait(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}
