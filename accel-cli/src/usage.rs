//! A command line that means nothing: said as every other failure is, and as a document to who asked for one.

use crate::args::Output;
use crate::terminal::Terminal;
use crate::trouble::{Exit, Trouble};

/// Says what is wrong with the command line, or shows the help that it asks for.
pub(crate) fn answer(error: &clap::Error) -> Exit {
    let is_wrong = error.use_stderr();
    if is_wrong && std::env::args_os().any(|word| word == "--json") {
        let terminal = Terminal::of_process(Output { json: true, verbose: 0 });
        terminal.trouble(&trouble(error));
        return terminal.done(Exit::BadInput);
    }
    // A reader that has gone away wants no more.
    drop(error.print());
    if is_wrong { Exit::BadInput } else { Exit::Done }
}

/// The parts of clap's text: `error: what`, reasons, then how it is used.
fn trouble(error: &clap::Error) -> Trouble {
    let text = error.to_string();
    let Some(text) = text.strip_prefix("error: ") else {
        return Trouble::input("no command is given").next("see accel --help");
    };
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let what = lines.next().unwrap_or_default().trim_end_matches(':');
    let is_reason =
        |line: &&str| !line.starts_with("Usage:") && !line.starts_with("For more information");
    let trouble = lines.take_while(is_reason).fold(Trouble::input(what), Trouble::because);
    trouble.next("see the --help of the command")
}
