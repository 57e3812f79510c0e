//! How a command fails: what, where and why, what to do next, and the exit code.

use std::process::{ExitCode, ExitStatus};

use accel_core::spec::AnyOutputs;
use accel_core::{Error, ErrorKind, Failure, Problem};

/// How the program ends. The numbers are part of its interface, and stand in its help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// What was asked is done: 0.
    Done,
    /// Stopped with work left, or a person must act before any is done: 1.
    WorkLeft,
    /// The command, the spec or a consent is not what it must be; nothing was changed: 2.
    BadInput,
    /// `--check` found differences: 3.
    Differences,
    /// Interrupted: 130.
    Interrupted,
    /// As the command ended that was run on the user's behalf.
    OfCommand(u8),
}

impl Exit {
    /// The exit code.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::WorkLeft => 1,
            Self::BadInput => 2,
            Self::Differences => 3,
            Self::Interrupted => 130,
            Self::OfCommand(code) => code,
        }
    }

    /// As that command ended. One that was killed by a signal ends as shells tell it: 128 and the signal's number.
    pub(crate) fn of_command(status: ExitStatus) -> Self {
        #[cfg(unix)]
        let signal = std::os::unix::process::ExitStatusExt::signal(&status);
        #[cfg(not(unix))]
        let signal: Option<i32> = None;
        let code = status.code().or(signal.map(|signal| 128 + signal));
        Self::OfCommand(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX))
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command did not do what was asked.
#[derive(Debug)]
pub(crate) struct Trouble {
    /// How the program ends.
    pub(crate) exit: Exit,
    /// What went wrong, in one line.
    pub(crate) what: String,
    /// Why, one line each.
    pub(crate) why: Vec<String>,
    /// What a person should do next.
    pub(crate) next: Option<String>,
    /// The engine's own account of it, for the JSON document.
    pub(crate) failure: Option<Failure>,
    /// What clients can use all the same.
    pub(crate) outputs: Option<Box<AnyOutputs>>,
}

/// What a command comes to.
pub(crate) type Outcome<T> = Result<T, Trouble>;

impl Trouble {
    /// Something that the user can correct before anything happens.
    pub(crate) fn input(what: impl Into<String>) -> Self {
        Self::new(Exit::BadInput, what)
    }

    /// Something that stands between here and the goal.
    pub(crate) fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self { exit, what: what.into(), why: Vec::new(), next: None, failure: None, outputs: None }
    }

    /// With one more reason.
    pub(crate) fn because(mut self, why: impl Into<String>) -> Self {
        self.why.push(why.into());
        self
    }

    /// With what to do next.
    pub(crate) fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    /// With what clients can use all the same.
    pub(crate) fn outputs(self, outputs: Option<AnyOutputs>) -> Self {
        Self { outputs: outputs.map(Box::new), ..self }
    }

    /// Problems of a spec, all at once.
    pub(crate) fn problems(subject: &str, problems: Vec<Problem>) -> Self {
        let count = match problems.len() {
            1 => "1 problem".to_owned(),
            count => format!("{count} problems"),
        };
        let mut trouble = Self::input(format!("{subject} cannot be deployed: {count}"));
        trouble.why = problems.iter().map(ToString::to_string).collect();
        trouble.failure = Some(Failure::Spec(problems));
        trouble.next("correct these fields and run again; nothing was changed")
    }

    /// What the engine says, with the command that goes on.
    pub(crate) fn failure(failure: Failure, subject: &str, again: &str) -> Self {
        let trouble = match &failure {
            Failure::Spec(problems) => return Self::problems(subject, problems.clone()),
            Failure::Refused(error) => refused(error),
            Failure::Halted(halt) => {
                let mut trouble = Self::new(
                    Exit::WorkLeft,
                    format!("{subject} is not done: what was independent is done and recorded"),
                );
                trouble.why = halt.errors.iter().map(ToString::to_string).collect();
                trouble.why.extend(halt.left.iter().map(|left| format!("still there: {left}")));
                let first = if halt.retry_helps { "" } else { "deal with the reasons, then " };
                trouble.next(format!("{first}run `{again}` to go on from here"))
            }
            Failure::Stopped(_) => interrupted(subject, again),
            _ => Self::new(Exit::WorkLeft, failure.to_string()),
        };
        Self { failure: Some(failure), ..trouble }
    }
}

/// Stopped on request.
pub(crate) fn interrupted(subject: &str, again: &str) -> Trouble {
    Trouble::new(Exit::Interrupted, format!("{subject}: interrupted")).next(format!(
        "run `{again}` to go on from here: nothing is lost, and nothing is made twice"
    ))
}

/// The run may not go on. Whose move it is decides how the program ends.
fn refused(error: &Error) -> Trouble {
    let exit = match error.kind() {
        ErrorKind::Refused | ErrorKind::Invalid | ErrorKind::Unsupported => Exit::BadInput,
        ErrorKind::Throttled
        | ErrorKind::Unavailable
        | ErrorKind::Ambiguous
        | ErrorKind::NotYet
        | ErrorKind::NotFound
        | ErrorKind::InUse
        | ErrorKind::Conflict
        | ErrorKind::Quota
        | ErrorKind::Denied
        | ErrorKind::Expired
        | ErrorKind::Failed
        | ErrorKind::Journal
        | ErrorKind::Fenced
        | _ => Exit::WorkLeft,
    };
    let mut whole = error.to_string();
    if let Some(advice) = error.what_next() {
        whole.truncate(whole.len() - advice.len() - "; ".len());
    }
    let trouble = Trouble::new(exit, whole);
    match error.what_next() {
        Some(advice) => trouble.next(advice),
        None => trouble,
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self { failure: Some(Failure::Refused(error.clone())), ..refused(&error) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_split_into_what_and_what_next() {
        let error = Error::new(ErrorKind::Expired, "the token has expired").advice("log in again");
        let trouble = Trouble::from(error);
        assert_eq!(trouble.what, "expired: the token has expired");
        assert_eq!(trouble.next.as_deref(), Some("log in again"));
        assert_eq!(trouble.exit, Exit::WorkLeft);
    }

    #[test]
    fn every_problem_of_a_spec_is_a_reason() {
        let problems = vec![Problem::new("name", "is empty"), Problem::new("zones", "is 0")];
        let trouble = Trouble::problems("lane.toml", problems);
        assert_eq!(trouble.what, "lane.toml cannot be deployed: 2 problems");
        assert_eq!(trouble.why, ["name: is empty", "zones: is 0"]);
        assert_eq!(trouble.exit, Exit::BadInput);
    }
}
