//! What a sweep asks of a local AWS, whoever wrote it.

use crate::{Cloud, Fault, Mode, Program, Run, control};

/// A local AWS that lanes are built in.
pub trait LocalAws: Sized + Sync {
    /// How many may work at the same time on a small machine: most of what happens to a lane is waiting.
    const AT_ONCE: usize;

    /// Starts one; `None` where it cannot be had, which was said then.
    fn start() -> Option<Self>;

    /// Where it listens.
    fn url(&self) -> String;

    /// Calls an action of EC2 with somebody's key, and gives the XML of the answer, or of the refusal. `form` begins with `Action=`.
    ///
    /// # Errors
    ///
    /// If the action is refused.
    fn ask(&self, key: &str, region: &str, form: &str) -> Result<String, String>;

    /// The same, where nothing can stand against it.
    ///
    /// # Panics
    ///
    /// If the action is refused.
    #[must_use]
    fn call(&self, key: &str, region: &str, form: &str) -> String {
        self.ask(key, region, form).unwrap_or_else(|refusal| panic!("{form}: {refusal}"))
    }

    /// Nothing is there and nothing goes wrong any more; calls are counted from zero.
    fn begin_anew(&self);

    /// Nothing goes wrong any more.
    fn mend(&self);

    /// How many calls that may change something there were since the beginning.
    fn mutating(&self) -> u64;

    /// The answer to such a call is lost once it has taken effect: to the one at this position from now on.
    fn lose(&self, position: u64);

    /// Runs the program and kills it right after such a call has taken effect, before it has the answer.
    fn kill_at(&self, program: &Program, arguments: &[&str], position: u64) -> Run;

    /// All that is there, and what is left of what was.
    fn left(&self) -> Vec<String>;
}

impl LocalAws for Cloud {
    const AT_ONCE: usize = 8;

    fn start() -> Option<Self> {
        Self::start()
    }

    fn url(&self) -> String {
        self.url()
    }

    fn ask(&self, key: &str, region: &str, form: &str) -> Result<String, String> {
        control::call(self.port(), key, region, form)
    }

    fn begin_anew(&self) {
        self.mend();
        self.empty();
    }

    fn mend(&self) {
        self.mend();
    }

    fn mutating(&self) -> u64 {
        self.stats().mutating
    }

    fn lose(&self, position: u64) {
        self.break_at([Fault::new(Mode::Lose).with("at", vec![position])]);
    }

    fn kill_at(&self, program: &Program, arguments: &[&str], position: u64) -> Run {
        program.run_held(arguments, |process| {
            let kill = Fault::new(Mode::Kill).with("at", vec![position]).with("pid", process);
            self.break_at([kill]);
        })
    }

    fn left(&self) -> Vec<String> {
        self.inventory().iter().map(|thing| format!("{thing:?}")).collect()
    }
}
