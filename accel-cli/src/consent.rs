//! Questions before anything is changed.

use crate::terminal::Terminal;
use crate::trouble::{Exit, Outcome, Trouble};

/// Asks for a yes. Without somebody to ask, refuses.
pub(crate) fn yes(terminal: &Terminal, question: &str) -> Outcome<()> {
    if !terminal.answers() {
        return Err(nobody_to_ask("--yes"));
    }
    match terminal.ask(&format!("{question} [y/N]")).as_deref() {
        Some("y" | "Y" | "yes" | "Yes") => Ok(()),
        Some(_) | None => Err(declined()),
    }
}

/// Asks for the lane's name. Without somebody to ask, refuses.
pub(crate) fn typed(terminal: &Terminal, name: &str, why: &str) -> Outcome<()> {
    if !terminal.answers() {
        return Err(nobody_to_ask(&format!("--confirm {name}")));
    }
    match terminal.ask(&format!("{why}; type its name to go on:")) {
        Some(answer) if answer == name => Ok(()),
        Some(_) | None => Err(declined()),
    }
}

fn nobody_to_ask(option: &str) -> Trouble {
    Trouble::input("this needs a yes, and there is no terminal to ask on; nothing was changed")
        .next(format!("look at `accel plan` or `accel status`, then run again with {option}"))
}

fn declined() -> Trouble {
    Trouble::new(Exit::BadInput, "not confirmed; nothing was changed")
}
