//! What the caller may do, asked before anything is made: one row for each action in each place.

use accel_core::deployer::Plan;
use accel_core::{ErrorKind, Failure, Place};
use serde::Serialize;

use crate::cloud::Choice;
use crate::input::Spec;
use crate::run::Session;
use crate::trouble::{Outcome, Trouble};

/// What came of asking.
#[derive(Debug, Serialize)]
pub(crate) struct Permissions {
    /// Whether the cloud checks permissions at all. A simulated one does not.
    pub(crate) checked: bool,
    pub(crate) actions: Vec<Asked>,
}

/// One action in one place.
#[derive(Debug, Serialize)]
pub(crate) struct Asked {
    pub(crate) place: Place,
    /// As IAM writes it.
    pub(crate) action: String,
    pub(crate) verdict: Verdict,
    /// The code of an answer that is neither yes nor no.
    pub(crate) code: Option<String>,
    /// In words; an allowed action needs none.
    pub(crate) why: Option<String>,
    /// What `aws sts decode-authorization-message` explains.
    pub(crate) encoded: Option<String>,
}

/// What a row says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    Denied,
    Unclear,
    Allowed,
    NotProbed,
}

impl Permissions {
    fn unchecked() -> Self {
        Self { checked: false, actions: Vec::new() }
    }

    /// The rows of a verdict.
    pub(crate) fn of(&self, verdict: Verdict) -> impl Iterator<Item = &Asked> {
        self.actions.iter().filter(move |asked| asked.verdict == verdict)
    }

    /// Whether a deploy or a cleanup would be denied something.
    pub(crate) fn denies(&self) -> bool {
        self.of(Verdict::Denied).next().is_some()
    }
}

/// Asks for all that the lane of a spec needs, where it is to be and, if there is a plan, of what is there already.
#[cfg(feature = "aws")]
pub(crate) async fn ask(
    choice: &Choice,
    session: &Session<'_>,
    spec: &Spec,
    plan: Option<&Plan>,
) -> Outcome<Permissions> {
    use crate::sketch;

    let Some(profiles) = choice.profiles() else { return Ok(Permissions::unchecked()) };
    let graph = match session.cloud.offer_heard() {
        Some(offer) => sketch::graph_in(spec, offer)?,
        None => sketch::graph(spec)?,
    };
    let nodes = plan.map(|plan| plan.nodes.as_slice()).unwrap_or_default().iter();
    let there = nodes.filter_map(|node| Some((node.node.clone(), node.id.clone()?)));
    let aws = profiles.aws().await;
    let found = aws.probe(&spec.name, &graph, &there.collect()).await;
    Ok(Permissions { checked: true, actions: found.into_iter().map(Asked::from).collect() })
}

/// Without the AWS backend there is no cloud that checks permissions.
#[cfg(not(feature = "aws"))]
#[expect(clippy::unused_async, reason = "AWS is asked")]
pub(crate) async fn ask(
    _: &Choice,
    _: &Session<'_>,
    _: &Spec,
    _: Option<&Plan>,
) -> Outcome<Permissions> {
    Ok(Permissions::unchecked())
}

/// A plan that fails at the first look that is denied does not tell what else is: this does.
pub(crate) async fn explain(
    trouble: Trouble,
    choice: &Choice,
    session: &Session<'_>,
    spec: &Spec,
) -> Trouble {
    let denied = match &trouble.failure {
        Some(Failure::Refused(error)) => error.kind() == ErrorKind::Denied,
        Some(Failure::Halted(halt)) => {
            halt.errors.iter().any(|error| error.kind() == ErrorKind::Denied)
        }
        Some(_) | None => false,
    };
    if !denied {
        return trouble;
    }
    match ask(choice, session, spec, None).await {
        Ok(found) => found.of(Verdict::Denied).fold(trouble, |trouble, asked| {
            trouble.because(format!("denied: {} in {}", asked.action, asked.place))
        }),
        Err(_) => trouble,
    }
}

#[cfg(feature = "aws")]
impl From<accel_aws::Permission> for Asked {
    fn from(permission: accel_aws::Permission) -> Self {
        let accel_aws::Permission { place, action, verdict } = permission;
        let (verdict, code, why, encoded) = match verdict {
            accel_aws::Verdict::Allowed => (Verdict::Allowed, None, None, None),
            accel_aws::Verdict::Denied { why, encoded } => {
                (Verdict::Denied, None, Some(why), encoded)
            }
            accel_aws::Verdict::Unclear { code, why } => (Verdict::Unclear, code, Some(why), None),
            accel_aws::Verdict::NotProbed { why } => {
                (Verdict::NotProbed, None, Some(why.to_owned()), None)
            }
        };
        Self { place, action: action.to_owned(), verdict, code, why, encoded }
    }
}
