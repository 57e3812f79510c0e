//! What the caller may do, asked with EC2's `DryRun` before anything is made.
//!
//! One call for each action that a deploy and a cleanup need ([`crate::permissions`] says which), in each place: EC2 judges it as the
//! real one and does nothing. What only the real call can tell is said too, never left out. Nothing is asked twice: an answer that
//! tells nothing is an outcome of its own. Source: Amazon EC2 API reference, `DryRun` of each action.

mod calls;
mod subject;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use accel_core::{DeploymentId, Error, Graph, NodeName, Place, RemoteId, Result};
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream;

use crate::aws::Aws;
use crate::permissions::{self, Part};
use subject::Subjects;

/// How many questions are open at a time: EC2 counts them as calls like all others.
const OPEN_MAX: usize = 8;

/// Whether the caller may do one thing in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// Where.
    pub place: Place,
    /// The action, as IAM writes it: `ec2:CreateVpc`.
    pub action: &'static str,
    /// What came of asking.
    pub verdict: Verdict,
}

/// What a probe of one action has told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The real call would be allowed.
    Allowed,
    /// It would be denied.
    Denied {
        /// What AWS says. It may name another action that belongs to the call, such as `ec2:CreateTags`.
        why: String,
        /// What `aws sts decode-authorization-message` explains to whoever may ask that.
        encoded: Option<String>,
    },
    /// AWS has answered, and not that.
    Unclear {
        /// The code of the answer, if it has one.
        code: Option<String>,
        /// What it says.
        why: String,
    },
    /// It cannot be asked without being done.
    NotProbed {
        /// Why.
        why: &'static str,
    },
}

/// An endpoint that is not AWS's may do what it is only asked about.
const IGNORED: &str = "this endpoint does what it is only asked about: it ignores DryRun";
/// EC2 judges by the tags of what a call names, and what is not there has none.
const NOT_THERE: &str = "denied for a resource that is not there and so carries no tags: right, if only what carries the lane's tag \
                         may be changed, as in the least policy; ask again when the lane stands";

/// A question to EC2.
struct Question<'a> {
    place: &'a Place,
    action: &'static str,
    part: Part,
    /// Whether it names something that is not there.
    invented: bool,
    /// The call, with `DryRun` set; nothing where there is no such call.
    call: Option<BoxFuture<'a, Result<()>>>,
}

impl Aws {
    /// Asks for every action that a deploy and a cleanup of this graph need, in each of its places, with `DryRun`: changes nothing.
    ///
    /// `standing` is what is there already, by node. Whether something may be changed or removed is only clear where it is there:
    /// elsewhere the question names an id that nothing has. An endpoint that answers looks as if it did not know `DryRun` is asked
    /// nothing else.
    pub async fn probe(
        &self,
        deployment: &DeploymentId,
        graph: &Graph,
        standing: &BTreeMap<NodeName, RemoteId>,
    ) -> Vec<Permission> {
        let places: BTreeSet<&Place> = graph.nodes().iter().map(|node| &node.place).collect();
        let subjects = Subjects::new(deployment, graph, standing);
        let all = places.into_iter().flat_map(|place| self.questions(place, graph, &subjects));
        let (looks, others): (Vec<_>, Vec<_>) = all.partition(|asked| asked.part == Part::Look);
        let (mut permissions, ignored) = ask(looks).await;
        if ignored {
            permissions.extend(others.into_iter().map(Question::unasked));
        } else {
            permissions.extend(ask(others).await.0);
        }
        permissions.sort_by(|a, b| (&a.place, a.action).cmp(&(&b.place, b.action)));
        permissions
    }

    fn questions<'a>(
        &'a self,
        place: &'a Place,
        graph: &Graph,
        subjects: &'a Subjects<'_>,
    ) -> impl Iterator<Item = Question<'a>> + use<'a> {
        let at = self.at(place);
        permissions::at(place, graph).into_iter().map(move |(action, part)| {
            let look = if part == Part::Look { calls::look(at, action) } else { None };
            let mut names = subjects.of(place, action);
            let call = look.or_else(|| calls::named(at, action, names.as_mut()?));
            let invented = names.is_some_and(|names| names.invented);
            Question { place, action, part, invented, call }
        })
    }
}

/// Asks, some at a time. Tells too whether any of it was done rather than judged.
async fn ask(questions: Vec<Question<'_>>) -> (Vec<Permission>, bool) {
    let each = questions.into_iter().map(Question::ask);
    let answers: Vec<_> = stream::iter(each).buffered(OPEN_MAX).collect().await;
    let ignored = answers.iter().any(|(_, done)| *done);
    (answers.into_iter().map(|(permission, _)| permission).collect(), ignored)
}

impl Question<'_> {
    async fn ask(self) -> (Permission, bool) {
        let Self { place, action, part, invented, call } = self;
        let (verdict, done) = match call {
            None => (Verdict::NotProbed { why: why_not(action) }, false),
            Some(call) => {
                let answer = call.await;
                (verdict(part, invented, &answer), answer.is_ok())
            }
        };
        (Permission { place: place.clone(), action, verdict }, done)
    }

    /// Of an endpoint that must not be asked.
    fn unasked(self) -> Permission {
        let Self { place, action, call, .. } = self;
        let why = if call.is_some() { IGNORED } else { why_not(action) };
        Permission { place: place.clone(), action, verdict: Verdict::NotProbed { why } }
    }
}

fn verdict(part: Part, invented: bool, answer: &Result<()>) -> Verdict {
    let error = match answer {
        Err(error) => error,
        Ok(()) if part == Part::Look => return Verdict::Allowed,
        Ok(()) => return Verdict::Unclear { code: None, why: IGNORED.to_owned() },
    };
    let unclear = |why: &str| Verdict::Unclear {
        code: error.provider_code().map(str::to_owned),
        why: why.to_owned(),
    };
    match error.provider_code() {
        Some("DryRunOperation") => Verdict::Allowed,
        Some("UnauthorizedOperation") if part == Part::Change && invented => unclear(NOT_THERE),
        Some("UnauthorizedOperation") => denied(error),
        Some(_) | None => unclear(error.message()),
    }
}

/// Source: AWS STS API reference, `DecodeAuthorizationMessage`.
fn denied(error: &Error) -> Verdict {
    let (why, encoded) = error
        .message()
        .split_once("Encoded authorization failure message:")
        .map_or((error.message(), None), |(why, encoded)| (why, Some(encoded.trim().to_owned())));
    Verdict::Denied { why: why.trim().to_owned(), encoded }
}

/// Source: the API models: which inputs have a member `DryRun`.
fn why_not(action: &str) -> &'static str {
    match action.split_once(':') {
        Some(("ec2", _)) => "this action has no DryRun",
        Some(("elasticloadbalancing", _)) => "Elastic Load Balancing has no DryRun",
        Some(("servicequotas", _)) => "Service Quotas has no DryRun",
        Some(_) | None => "AWS calls it in your name while it carries out another call",
    }
}
