//! A real browser, driven by the `DevTools` protocol over two pipes: it needs nothing but the browser itself.
//!
//! Source: the `DevTools` protocol's own reference; `--remote-debugging-pipe` reads messages from descriptor 3 and writes them to 4, each
//! with a zero byte behind it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

/// The browser says something within this time, or it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a page may take until it shows something.
const WAIT_MS: u32 = 20_000;

/// Where a browser is: the one that `ACCEL_CHROMIUM` names, or the first in `PATH`.
pub(crate) fn find() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("ACCEL_CHROMIUM") {
        return Some(named.into());
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&folders).collect();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let mut files = names.iter().flat_map(|name| folders.iter().map(move |at| at.join(name)));
    files.find(|file| file.is_file())
}

/// A browser with one page.
#[derive(Debug)]
pub(crate) struct Browser {
    child: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    session: Option<String>,
    sent: u64,
    /// The addresses of all requests so far.
    pub(crate) requests: Vec<String>,
    problems: Vec<String>,
    _profile: TempDir,
}

impl Browser {
    /// Starts it with an empty page. It resolves no name: whatever is not this machine cannot be reached.
    pub(crate) fn start(program: &PathBuf) -> Self {
        let profile = tempfile::tempdir().expect("a folder for the profile");
        let mut command = Command::new("sh");
        // The pipes become the descriptors that the browser knows.
        command.args(["-c", r#"exec "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#, "sh"]);
        command.arg(program).arg(format!("--user-data-dir={}", profile.path().display()));
        command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"]);
        command.args(["--no-first-run", "--disable-background-networking", "--disable-sync"]);
        command.args(["--disable-component-update", "--window-size=1280,800"]);
        command.arg("--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1");
        command.args(["--remote-debugging-pipe", "about:blank"]);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a shell");
        let to = child.stdin.take().expect("a pipe");
        let out = child.stdout.take().expect("a pipe");
        let (sender, from) = channel();
        std::thread::spawn(move || listen(out, &sender));
        let (requests, problems) = (Vec::new(), Vec::new());
        let mut browser =
            Self { child, to, from, session: None, sent: 0, requests, problems, _profile: profile };
        let target = browser.ask("Target.createTarget", &json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.ask("Target.attachToTarget", &attach);
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.ask(&format!("{domain}.enable"), &json!({}));
        }
        browser
    }

    /// One command of the protocol, and its result.
    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.sent += 1;
        let mut message = json!({ "id": self.sent, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.to.write_all(format!("{message}\0").as_bytes()).expect("the browser reads");
        loop {
            let said = self.from.recv_timeout(PATIENCE).expect("the browser answers");
            if said["id"] == json!(self.sent) {
                assert!(said.get("error").is_none(), "{method}: {said}");
                return said["result"].clone();
            }
            self.note(&said);
        }
    }

    /// Remembers what a page should not do, and what it asks for.
    fn note(&mut self, event: &Value) {
        let params = &event["params"];
        match event["method"].as_str().unwrap_or_default() {
            "Network.requestWillBeSent" => {
                let url = params["request"]["url"].as_str().unwrap_or_default();
                self.requests.push(url.to_owned());
            }
            "Log.entryAdded" => {
                let entry = &params["entry"];
                self.problems
                    .push(format!("{}: {} {}", entry["level"], entry["text"], entry["url"]));
            }
            "Runtime.exceptionThrown"
            | "Runtime.consoleAPICalled"
            | "Page.javascriptDialogOpening" => {
                self.problems.push(params.to_string());
            }
            _ => {}
        }
    }

    /// What the console has said since somebody asked: errors, broken policies, dialogs.
    pub(crate) fn problems(&mut self) -> Vec<String> {
        // What was said before an answer has come with it.
        self.ask("Runtime.evaluate", &json!({ "expression": "0" }));
        std::mem::take(&mut self.problems)
    }

    pub(crate) fn open(&mut self, url: &str) {
        // Another fragment alone would be no new page.
        self.ask("Page.navigate", &json!({ "url": "about:blank" }));
        self.ask("Page.navigate", &json!({ "url": url }));
    }

    /// What an expression gives in the page.
    pub(crate) fn eval(&mut self, expression: &str) -> Value {
        let ask = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let answer = self.ask("Runtime.evaluate", &ask);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Waits until an expression is true in the page.
    pub(crate) fn wait_for(&mut self, expression: &str) {
        let came = self.eval(&format!(
            "new Promise((tell) => {{
                const end = Date.now() + {WAIT_MS};
                const look = () => {{
                    let is = false;
                    try {{ is = Boolean({expression}); }} catch {{ }}
                    if (is || Date.now() > end) tell(is); else setTimeout(look, 30);
                }};
                look();
            }})"
        ));
        if came != json!(true) {
            let shown = self.eval("document.body.innerText");
            panic!("{expression} does not come true; {:?}\n{shown}", self.problems());
        }
    }

    /// Clicks into the middle of an element.
    pub(crate) fn click(&mut self, selector: &str) {
        let at = self.eval(&format!(
            "(() => {{
                const element = document.querySelector({selector:?});
                element.scrollIntoView({{ block: 'center' }});
                const box = element.getBoundingClientRect();
                return [box.x + box.width / 2, box.y + box.height / 2];
            }})()"
        ));
        for what in ["mousePressed", "mouseReleased"] {
            let event =
                json!({ "type": what, "x": at[0], "y": at[1], "button": "left", "clickCount": 1 });
            self.ask("Input.dispatchMouseEvent", &event);
        }
    }

    /// Types into what has the focus.
    pub(crate) fn write(&mut self, text: &str) {
        self.ask("Input.insertText", &json!({ "text": text }));
    }

    pub(crate) fn press_enter(&mut self) {
        let key = json!({ "type": "keyDown", "key": "Enter", "code": "Enter", "text": "\r",
            "windowsVirtualKeyCode": 13 });
        self.ask("Input.dispatchKeyEvent", &key);
        self.ask("Input.dispatchKeyEvent", &json!({ "type": "keyUp", "key": "Enter" }));
    }

    pub(crate) fn resize(&mut self, width: u32, height: u32) {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.ask("Emulation.setDeviceMetricsOverride", &size);
    }
}

impl Drop for Browser {
    /// Its helpers end with it.
    fn drop(&mut self) {
        let ended = self.child.kill().and_then(|()| self.child.wait());
        drop(ended);
    }
}

/// Hands on all messages until the browser ends.
fn listen(out: ChildStdout, to: &Sender<Value>) {
    for message in BufReader::new(out).split(0) {
        let Some(message) = message.ok().and_then(|it| serde_json::from_slice(&it).ok()) else {
            return;
        };
        if to.send(message).is_err() {
            return;
        }
    }
}
