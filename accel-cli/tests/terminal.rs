//! What a person at a terminal meets: questions, the part that is drawn anew, interrupts, colour. Each test has a terminal of its own.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "each test crate uses a part")]
mod support;

use std::io::{Read as _, Write as _};
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use pty_process::Size;
use pty_process::blocking::{Pty, open};
use support::{Bench, LANE};

const SIM: &str = "--backend sim --cloud cloud.json";

/// No program that is tested here is silent for so long.
const SILENCE: Duration = Duration::from_secs(60);

/// What a terminal sends for Ctrl-C: its driver makes a signal of it.
const CTRL_C: &str = "\u{3}";

/// How a part of a terminal is drawn anew. Source: ECMA-48, CUU and EL.
const CURSOR_UP: &str = "\u{1b}[1A";
const CLEAR_LINE: &str = "\u{1b}[2K";

/// A terminal with the program in it.
struct Screen {
    pty: Pty,
    child: Child,
    written: Receiver<Vec<u8>>,
    /// All that was written, and how much of it has been waited for.
    text: String,
    seen: usize,
}

impl Screen {
    /// The program on a terminal of the usual size.
    fn of(bench: &Bench, line: &str) -> Self {
        Self::sized(bench.program(line), 24, 100)
    }

    fn sized(mut program: Command, rows: u16, columns: u16) -> Self {
        let (pty, pts) = open().unwrap();
        pty.resize(Size::new(rows, columns)).unwrap();
        if !program.get_envs().any(|(name, _)| name == "TERM") {
            program.env("TERM", "xterm-256color");
        }
        let child = pty_process::blocking::Command::from(program).spawn(pts).unwrap();
        let mut reading =
            std::fs::File::from(std::os::fd::AsFd::as_fd(&pty).try_clone_to_owned().unwrap());
        let (send, written) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // The end of the last process in it ends a terminal with an error.
            while let Ok(count @ 1..) = reading.read(&mut buffer) {
                if send.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { pty, child, written, text: String::new(), seen: 0 }
    }

    /// Waits for a text behind what was waited for before.
    #[track_caller]
    fn wait_for(&mut self, text: &str) {
        loop {
            if let Some(at) = self.text[self.seen..].find(text) {
                self.seen += at + text.len();
                return;
            }
            let Ok(more) = self.written.recv_timeout(SILENCE) else {
                panic!("{text:?} was not written:\n{}", self.text);
            };
            self.text.push_str(&String::from_utf8_lossy(&more));
        }
    }

    fn press(&mut self, keys: &str) {
        self.pty.write_all(keys.as_bytes()).unwrap();
    }

    fn answer(&mut self, line: &str) {
        self.press(&format!("{line}\n"));
    }

    /// All that was written until the program ended with this code.
    #[track_caller]
    fn ended(mut self, code: i32) -> String {
        while let Ok(more) = self.written.recv_timeout(SILENCE) {
            self.text.push_str(&String::from_utf8_lossy(&more));
        }
        assert_eq!(self.child.wait().unwrap().code(), Some(code), "{}", self.text);
        std::mem::take(&mut self.text)
    }
}

impl Drop for Screen {
    /// A test that has failed leaves nothing running.
    fn drop(&mut self) {
        drop(self.child.kill());
    }
}

fn is_there(bench: &Bench) -> bool {
    let named = "status --name lane --regions service=ap-southeast-3,entry=ap-southeast-1 --json";
    !bench.done(named).json()["things"].as_array().unwrap().is_empty()
}

#[test]
fn a_deploy_shows_its_plan_and_asks_and_anything_but_a_yes_does_nothing() {
    for answer in ["no", "", "yess"] {
        let bench = Bench::new();
        let mut screen = Screen::of(&bench, &format!("deploy lane.toml {SIM} --speed 0"));
        screen.wait_for("plan of lane: 32 to make");
        screen.wait_for("USD");
        screen.wait_for("deploy this? [y/N]");
        screen.answer(answer);
        let text = screen.ended(2);
        assert!(text.contains("not confirmed; nothing was changed"), "{text}");
        assert!(!is_there(&bench));
    }
}

#[test]
fn a_yes_deploys_and_what_is_as_asked_needs_none() {
    let bench = Bench::new();
    let mut screen = Screen::of(&bench, &format!("deploy lane.toml {SIM} --speed 0"));
    screen.wait_for("deploy this? [y/N]");
    screen.answer("y");
    screen.wait_for("lane: as asked");
    screen.ended(0);
    let again = Screen::of(&bench, &format!("deploy lane.toml {SIM} --speed 0")).ended(0);
    assert!(!again.contains("[y/N]"), "{again}");
}

#[test]
fn a_protected_lane_goes_only_when_its_name_is_typed_right() {
    let bench = Bench::new();
    bench.write("lane.toml", &format!("protected = true\n{LANE}"));
    bench.done("deploy lane.toml --yes");
    for wrong in ["y", "lain", "Lane"] {
        let mut screen = Screen::of(&bench, &format!("cleanup lane.toml {SIM} --speed 0"));
        screen.wait_for("lane is protected; type its name to go on:");
        screen.answer(wrong);
        let text = screen.ended(2);
        assert!(text.contains("not confirmed; nothing was changed"), "{text}");
        assert!(is_there(&bench));
    }
    let mut screen = Screen::of(&bench, &format!("cleanup lane.toml {SIM} --speed 0"));
    screen.wait_for("type its name to go on:");
    screen.answer("lane");
    screen.wait_for("nothing left in");
    screen.ended(0);
    assert!(!is_there(&bench));
}

/// A deploy that waits for its load balancer, slowly enough to be interrupted.
fn deploying(bench: &Bench) -> Screen {
    let mut screen = Screen::of(bench, &format!("deploy lane.toml --yes {SIM} --speed 3"));
    screen.wait_for("usually ready in");
    screen
}

#[test]
fn one_interrupt_ends_cleanly_with_the_words_how_to_go_on() {
    let bench = Bench::new();
    let mut screen = deploying(&bench);
    screen.press(CTRL_C);
    screen.wait_for("stopping: what is in flight ends and is recorded first");
    let text = screen.ended(130);
    assert!(text.contains("lane.toml: interrupted"), "{text}");
    assert!(text.contains(&format!("run `accel deploy lane.toml {SIM}` to go on")), "{text}");
    bench.done("deploy lane.toml --yes");
    bench.done("status lane.toml --check");
}

#[test]
fn two_interrupts_end_at_once() {
    let bench = Bench::new();
    let mut screen = deploying(&bench);
    screen.press(CTRL_C);
    screen.wait_for("again to stop at once");
    screen.press(CTRL_C);
    let text = screen.ended(130);
    assert!(text.contains("stopped at once; calls may be in doubt"), "{text}");
    bench.done("cleanup lane.toml --yes");
    assert!(!is_there(&bench));
}

/// As with any other program: the system ends it, and a shell calls that 130.
#[test]
fn an_interrupt_at_a_question_changes_nothing() {
    use std::os::unix::process::ExitStatusExt as _;

    let bench = Bench::new();
    let mut screen = Screen::of(&bench, &format!("deploy lane.toml {SIM} --speed 0"));
    screen.wait_for("deploy this? [y/N]");
    screen.press(CTRL_C);
    assert_eq!(screen.child.wait().unwrap().signal(), Some(2));
    assert!(!is_there(&bench));
}

#[test]
fn on_a_terminal_what_is_waited_for_is_drawn_anew_below_the_lines() {
    let bench = Bench::new();
    let text = Screen::of(&bench, &format!("deploy lane.toml --yes {SIM} --speed 60")).ended(0);
    let (_, drawn) = text.split_once("waiting for ").unwrap();
    assert!(drawn.contains("balancer.sagemaker.runtime: "), "{text}");
    assert!(drawn.contains("usually ready in 2 min"), "{text}");
    assert!(text.matches("waiting for ").count() > 5, "{text}");
    for code in [CURSOR_UP, CLEAR_LINE] {
        assert!(text.contains(code), "{text:?}");
    }
    let (_, end) = text.rsplit_once(CLEAR_LINE).unwrap();
    assert!(end.contains("lane: as asked, after "), "nothing is drawn behind the end: {text:?}");
}

#[test]
fn elsewhere_there_are_plain_lines() {
    let bench = Bench::new();
    let said = bench.run(&format!("deploy lane.toml --yes {SIM} --speed 0")).ended(0);
    let mut dumb = bench.program(&format!("cleanup lane.toml --yes {SIM} --speed 60"));
    dumb.env("TERM", "dumb");
    let dumb = Screen::sized(dumb, 24, 100).ended(0);
    let text = said.stdout + &said.stderr + &dumb.replace("\r\n", "\n");
    assert!(text.contains(" s, usually 2 min\n"), "{text}");
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
}

#[test]
fn colour_is_for_those_who_want_it() {
    let bench = Bench::new();
    let complaint = |name: &str, value: &str| {
        let mut program = bench.program("plan nowhere.toml");
        program.env(name, value);
        Screen::sized(program, 24, 100).ended(2)
    };
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let text = complaint(name, value);
        assert!(text.starts_with("error: nowhere.toml") && !text.contains('\u{1b}'), "{text:?}");
    }
    // An empty one does not count: https://no-color.org
    let text = complaint("NO_COLOR", "");
    assert!(text.contains("\u{1b}[31m") && text.contains("error:\u{1b}[0m"), "{text:?}");
}

#[test]
fn a_narrow_terminal_shows_all_of_it() {
    let bench = Bench::new();
    let program = bench.program(&format!("deploy lane.toml --yes {SIM} --speed 60"));
    let text = Screen::sized(program, 10, 30).ended(0);
    assert!(text.contains("lane: as asked, after "), "{text}");
}
