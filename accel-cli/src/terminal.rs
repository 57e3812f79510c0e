//! The only place that prints: results on stdout, everything else on stderr.
//!
//! Text comes in plain. What would move a cursor or change a colour is escaped here, for all of it, and colour is added here.

use std::io::{self, BufRead as _, IsTerminal as _, Write};
use std::sync::OnceLock;

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use indicatif::{MultiProgress, ProgressDrawTarget};
use serde::Serialize;

use crate::args::Output;
use crate::document;
use crate::escape;
use crate::trouble::{Exit, Trouble};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const NEXT: Style = Style::new().bold();

/// The terminal, or what stands in for it.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, in any combination")]
pub(crate) struct Terminal {
    /// One document on stdout in place of text.
    pub(crate) json: bool,
    /// How often `-v` was given.
    pub(crate) verbose: u8,
    /// Whether a person sees stderr.
    watched: bool,
    /// Whether a person can answer.
    answered: bool,
    coloured: bool,
    bars: MultiProgress,
    /// Why a result did not arrive.
    lost: OnceLock<io::Error>,
}

impl Terminal {
    /// The terminal of this process.
    pub(crate) fn of_process(output: Output) -> Self {
        let watched = io::stderr().is_terminal();
        let says_no = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let terminal = Self {
            json: output.json,
            verbose: output.verbose,
            watched: watched && !dumb,
            answered: watched && io::stdin().is_terminal(),
            coloured: watched && !dumb && !says_no("NO_COLOR"),
            bars: MultiProgress::with_draw_target(ProgressDrawTarget::stderr()),
            lost: OnceLock::new(),
        };
        terminal.keep_log();
        terminal
    }

    /// Whether bars can be drawn: a person sees them, and no log runs through them.
    pub(crate) fn live(&self) -> Option<&MultiProgress> {
        (self.watched && self.verbose == 0).then_some(&self.bars)
    }

    /// Whether somebody can be asked.
    pub(crate) fn answers(&self) -> bool {
        self.answered
    }

    /// A result, for people.
    pub(crate) fn result(&self, text: &str) {
        self.raw(&escape::terminal_lines(text));
    }

    /// A result, as it is: what another program reads.
    pub(crate) fn raw(&self, text: &str) {
        self.above_bars(|| {
            if let Err(error) = write(&mut io::stdout().lock(), text)
                && error.kind() != io::ErrorKind::BrokenPipe
            {
                // The first one says it all.
                self.lost.get_or_init(|| error);
            }
        });
    }

    /// How the program ends: well only if its results have arrived. A reader that has gone away (`| head`) wanted no more.
    pub(crate) fn done(&self, exit: Exit) -> Exit {
        let Some(error) = self.lost.get() else { return exit };
        self.complain(&format!("the results cannot be written: {error}"));
        if exit == Exit::Done { Exit::WorkLeft } else { exit }
    }

    /// What went wrong beside the result.
    pub(crate) fn complain(&self, what: &str) {
        self.say_raw(&format!("{} {}", self.styled("error:", ERROR), plain(what)));
    }

    /// A result that is a text of some format in itself; in a document, if one is asked for.
    pub(crate) fn text(&self, format: &impl ValueEnum, text: &str) {
        if !self.json {
            return self.raw(text.trim_end());
        }
        let format = format.to_possible_value().map(|value| value.get_name().to_owned());
        self.document(&document::text(format.unwrap_or_default(), text));
    }

    /// A result, for programs.
    pub(crate) fn document(&self, document: &impl Serialize) {
        let text = serde_json::to_string_pretty(document).expect("documents are plain data");
        self.raw(&text);
    }

    /// What happens.
    pub(crate) fn say(&self, text: &str) {
        self.say_raw(&escape::terminal_lines(text));
    }

    /// Nobody can be told that nobody can be told.
    fn say_raw(&self, text: &str) {
        self.above_bars(|| drop(write(&mut io::stderr().lock(), text)));
    }

    /// What went wrong.
    pub(crate) fn trouble(&self, trouble: &Trouble) {
        if self.json {
            self.document(&document::failure(trouble));
        }
        self.explain(trouble);
    }

    /// What went wrong, beside a result that has been told.
    pub(crate) fn explain(&self, trouble: &Trouble) {
        let mut lines = vec![format!("{} {}", self.styled("error:", ERROR), plain(&trouble.what))];
        lines.extend(trouble.why.iter().map(|why| format!("  {}", plain(why))));
        if let Some(next) = &trouble.next {
            lines.push(format!("{} {}", self.styled("next:", NEXT), plain(next)));
        }
        self.say_raw(&lines.join("\n"));
    }

    /// Asks for a line; nothing if nobody answers.
    pub(crate) fn ask(&self, question: &str) -> Option<String> {
        debug_assert!(self.answered, "somebody answers");
        let mut stderr = io::stderr().lock();
        drop(write!(stderr, "{} ", escape::terminal(question)).and_then(|()| stderr.flush()));
        let mut line = String::new();
        match io::stdin().lock().read_line(&mut line) {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(line.trim().to_owned()),
        }
    }

    fn styled(&self, text: &str, style: Style) -> String {
        if self.coloured { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn above_bars(&self, write: impl FnOnce()) {
        if self.live().is_some() { self.bars.suspend(write) } else { write() }
    }

    /// The engine's own log, if it was asked for twice. What an SDK logs is left out: it may hold what is nobody's business.
    fn keep_log(&self) {
        use tracing_subscriber::filter::{LevelFilter, Targets};
        use tracing_subscriber::fmt::format::FmtSpan;
        use tracing_subscriber::layer::SubscriberExt as _;
        use tracing_subscriber::util::SubscriberInitExt as _;

        let level = match self.verbose {
            0 | 1 => return,
            2 => LevelFilter::DEBUG,
            _ => LevelFilter::TRACE,
        };
        let ours = Targets::new().with_target("accel", level);
        let lines = tracing_subscriber::fmt::layer()
            .with_ansi(self.coloured)
            .with_writer(io::stderr)
            // The engine tells of its calls as spans: each is a line when it ends.
            .with_span_events(FmtSpan::CLOSE)
            .without_time();
        tracing_subscriber::registry().with(lines).with(ours).init();
    }
}

fn plain(text: &str) -> String {
    escape::terminal_lines(text).into_owned()
}

fn write(sink: &mut impl Write, text: &str) -> io::Result<()> {
    writeln!(sink, "{text}")?;
    sink.flush()
}
