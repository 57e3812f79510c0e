//! The page, in a real browser; where none can be had, it is said. And what keeps every other page away from the server.

mod browser;
mod client;
mod lane;

use std::io::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use accel_mock::{Cloud, Quotas, Settings};
use accel_wire::{Options, Server};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use browser::Browser;
use client::{call, send};
use lane::{FAR, HOSTILE, NEAR};

/// A server, and the hands of whoever started it.
#[derive(Debug, Clone)]
struct World {
    cloud: Cloud,
    at: SocketAddr,
    token: String,
}

impl World {
    /// Runs with an empty world that is done at once and hides nothing.
    async fn with<R: Send + 'static>(act: impl FnOnce(Self) -> R + Send + 'static) -> R {
        let quotas = Quotas { default_vpcs: 0, ..Quotas::default() };
        let cloud = Cloud::new(Settings { quotas, ..Settings::instant() });
        let server = Server::new(cloud.clone(), Options::default()).expect("random numbers");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let at = listener.local_addr().expect("an address");
        let world = Self { cloud, at, token: server.token().to_owned() };
        let serving = tokio::spawn(server.serve(listener));
        let result = tokio::task::spawn_blocking(move || act(world)).await;
        serving.abort();
        result.expect("the test passes")
    }

    fn control(&self, request: &str, body: &str) -> String {
        let bearer = format!("Bearer {}", self.token);
        let answer = send(self.at, request, &[("Authorization", &bearer)], body);
        let answer = answer.expect("the server answers");
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }

    fn state(&self, after: &str) -> Value {
        let state = self.control(&format!("GET /_cloud/state?after={after}"), "");
        serde_json::from_str(&state).expect("JSON")
    }

    fn url(&self) -> String {
        format!("http://{}/_cloud/", self.at)
    }
}

const FILES: [&str; 8] =
    ["", "style.css", "app.js", "api.js", "calls.js", "diagram.js", "layout.js", "plan.js"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_is_for_everybody_on_this_machine_and_what_it_shows_is_not() {
    World::with(|world| {
        let get = |what: &str, headers: &[(&str, &str)]| {
            send(world.at, &format!("GET /_cloud/{what}"), headers, "").unwrap()
        };
        for file in FILES {
            let answer = get(file, &[]);
            assert_eq!(answer.status, 200, "{file}");
            assert!(!answer.body.contains(&world.token), "{file} holds the token");
        }
        for what in ["state", "calls", "settings", "faults", "counts", "world"] {
            assert_eq!(get(what, &[]).status, 401, "{what}");
            let wrong = format!("Bearer {}", "0".repeat(world.token.len()));
            assert_eq!(get(what, &[("Authorization", &wrong)]).status, 401, "{what}");
        }
        assert_eq!(send(world.at, "POST /_cloud/", &[], "").unwrap().status, 401);
    })
    .await;
}

/// A name of somebody else that leads to this machine, and a page of somebody else that asks for this one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_host_or_origin_gets_nothing() {
    World::with(|world| {
        let bearer = format!("Bearer {}", world.token);
        let port = world.at.port();
        let (foreign, near_miss) =
            (format!("evil.example:{port}"), format!("127.0.0.1.evil:{port}"));
        for what in FILES.into_iter().chain(["state", "calls"]) {
            for host in [foreign.as_str(), near_miss.as_str(), "127.0.0.1:1", ""] {
                let headers = [("Host", host), ("Authorization", &bearer)];
                let answer = send(world.at, &format!("GET /_cloud/{what}"), &headers, "").unwrap();
                assert_eq!(answer.status, 403, "{what} of {host}");
            }
            for origin in ["http://evil.example", "null", "http://127.0.0.1:1"] {
                let headers = [("Origin", origin), ("Authorization", &bearer)];
                let answer = send(world.at, &format!("GET /_cloud/{what}"), &headers, "").unwrap();
                assert_eq!(answer.status, 403, "{what} for {origin}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_tells_a_browser_to_keep_to_itself() {
    World::with(|world| {
        let bearer = format!("Bearer {}", world.token);
        let own = format!("http://{}", world.at);
        for what in FILES.into_iter().chain(["state", "calls", "nonsense"]) {
            for method in ["GET", "OPTIONS"] {
                let headers = [("Authorization", bearer.as_str()), ("Origin", &own)];
                let request = format!("{method} /_cloud/{what}");
                let answer = send(world.at, &request, &headers, "").unwrap();
                let header = |name| answer.header(name).unwrap_or_default();
                let policy = header("Content-Security-Policy");
                for part in [
                    "default-src 'none'",
                    "script-src 'self'",
                    "connect-src 'self'",
                    "form-action 'none'",
                    "base-uri 'none'",
                    "frame-ancestors 'none'",
                ] {
                    assert!(policy.split("; ").any(|it| it == part), "{request}: {policy}");
                }
                assert_eq!(header("X-Content-Type-Options"), "nosniff", "{request}");
                assert_eq!(header("Referrer-Policy"), "no-referrer", "{request}");
                assert_eq!(header("Cache-Control"), "no-store", "{request}");
                let shared = answer.header("Access-Control-Allow-Origin");
                assert_eq!(shared, None, "{request}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_state_says_what_lingers_and_what_clients_do_not_see() {
    World::with(|world| {
        let balancer = lane::build(&world);
        let things = |state: &Value| state["things"].as_array().cloned().unwrap_or_default();
        let state = world.state("");
        let count = things(&state).len();
        let revision = state["revision"].as_str().unwrap();
        assert!(count > 20, "{state}");
        assert_eq!(world.state(revision).get("things"), None, "nothing has changed");
        let settings = json!({ "delays": { "balancer_interfaces_gone": 60_000 },
            "lag": { "by_id": 1_000, "by_list": 3_000, "settled": 20_000 } });
        world.control("PUT /_cloud/settings", &settings.to_string());
        // What is not seen yet cannot be removed.
        world.cloud.advance(Duration::from_secs(30));
        lane::remove(&world, &balancer);
        let state = world.state(revision);
        let find = |kind: &str| {
            let all = things(&state);
            all.into_iter().find(|it| it["kind"] == kind && it["state"] == "lingering")
        };
        for kind in ["network load balancer", "network interface"] {
            let one = find(kind).unwrap_or_else(|| panic!("no {kind} lingers: {state}"));
            let lasts = one["until_ms"].as_u64().unwrap() - one["since_ms"].as_u64().unwrap();
            assert_eq!(lasts, 60_000, "{one}");
        }
        let facts = find("network load balancer").unwrap()["facts"].clone();
        let expect = json!([["by id", "shown as before"], ["in lists", "shown as before"]]);
        assert_eq!(facts, expect);
        world.cloud.advance(Duration::from_secs(61));
        assert!(!world.state(revision).to_string().contains("lingering"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_calls_only_the_last_are_asked_for() {
    World::with(|world| {
        for action in ["DescribeVpcs", "DescribeSubnets", "DescribeAddresses"] {
            call(world.at, "ec2", NEAR, &format!("Action={action}"));
        }
        let asked = |query: &str| -> Vec<u64> {
            let lines = world.control(&format!("GET /_cloud/calls?{query}"), "");
            let calls = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
            calls.filter_map(|call| call["number"].as_u64()).collect()
        };
        assert_eq!(asked(""), [1, 2, 3]);
        assert_eq!(asked("last=2"), [2, 3]);
        assert_eq!(asked("after=2&last=2"), [3]);
        assert_eq!(asked("after=7"), [0; 0]);
        let bearer = format!("Bearer {}", world.token);
        for wrong in ["after=x", "before=1"] {
            let request = format!("GET /_cloud/calls?{wrong}");
            let headers = [("Authorization", bearer.as_str())];
            assert_eq!(send(world.at, &request, &headers, "").unwrap().status, 400, "{wrong}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_browser_shows_the_world_and_the_calls() {
    let Some(program) = browser::find() else {
        let said = writeln!(
            std::io::stderr(),
            "NOT RUN: no browser: neither ACCEL_CHROMIUM nor a chromium or google-chrome in PATH"
        );
        return said.expect("stderr can be written");
    };
    World::with(move |world| {
        let mut page = Browser::start(&program);
        only_with_its_token(&world, &mut page);
        let balancer = lane::build(&world);
        the_world_is_drawn(&world, &mut page);
        hostile_names_are_text(&mut page);
        faults_are_set_and_seen(&world, &mut page);
        what_lingers_is_marked(&world, &mut page, &balancer);
        it_fits(&mut page);
        a_new_start_takes_two_clicks(&mut page);
        assert_eq!(page.problems(), [""; 0], "of the console");
        let foreign: Vec<_> = page.requests.iter().filter(|url| is_foreign(url, &world)).collect();
        assert!(foreign.is_empty(), "it asks for {foreign:?}");
        it_can_do_nothing_else(&mut page);
    })
    .await;
}

fn is_foreign(url: &str, world: &World) -> bool {
    !url.starts_with(&world.url()) && !url.starts_with("data:") && url != "about:blank"
}

fn only_with_its_token(world: &World, page: &mut Browser) {
    page.open(&world.url());
    page.wait_for("!document.querySelector('#door').hidden");
    assert_eq!(page.problems(), [""; 0], "without a token it asks nobody");
    page.open(&format!("{}#token=wrong", world.url()));
    page.wait_for("document.querySelector('#door-why').textContent.includes('wrong')");
    assert_eq!(page.eval("document.querySelector('#room').hidden"), json!(true));
    let said = page.problems();
    assert!(said.iter().all(|it| it.contains("status of 401")) && !said.is_empty(), "{said:?}");
    page.click("#door-token");
    page.write(&world.token);
    page.press_enter();
    page.wait_for("!document.querySelector('#room').hidden");
    page.open(&format!("{}#token={}", world.url(), world.token));
    page.wait_for("!document.querySelector('#empty').hidden");
    assert_eq!(page.eval("location.href"), json!(world.url()), "the token leaves the address");
    assert_eq!(page.eval("history.length > 0 && document.cookie"), json!(""));
}

fn the_world_is_drawn(world: &World, page: &mut Browser) {
    page.wait_for("document.querySelector('#diagram .thing')");
    let kinds = [
        "VPC",
        "subnet",
        "internet gateway",
        "network load balancer",
        "target group",
        "interface endpoint",
        "peering connection",
        "security group",
        "route table",
        "network interface",
        "elastic IP",
    ];
    for kind in kinds {
        page.wait_for(&format!("document.querySelector('[aria-label^={kind:?}]')"));
    }
    for region in [NEAR, FAR] {
        let text = format!("document.querySelector('#diagram').textContent.includes({region:?})");
        assert_eq!(page.eval(&text), json!(true), "{region}");
    }
    // Its first checks take their time.
    page.wait_for("document.querySelectorAll('path.lane.broken').length === 5");
    world.cloud.advance(Duration::from_secs(600));
    page.wait_for("document.querySelectorAll('path.lane:not(.broken)').length === 5");
    let says = "document.querySelector('#diagram').textContent.includes('a client gets through')";
    assert_eq!(page.eval(says), json!(true));
}

/// Nothing that a client has said becomes more than text, neither in the diagram nor beside it.
fn hostile_names_are_text(page: &mut Browser) {
    let find = "[...document.querySelectorAll('[data-key]')]
        .find((it) => it.getAttribute('aria-label').includes('onerror'))";
    page.wait_for(find);
    page.eval(&format!("{find}.focus()"));
    page.press_enter();
    let title = "document.querySelector('#chosen-title').textContent";
    page.wait_for(&format!("{title} !== 'One thing'"));
    assert_eq!(page.eval(title), json!(format!("VPC {HOSTILE}")));
    let made = "document.querySelectorAll('img, iframe, object, body script, svg script').length";
    assert_eq!(page.eval(made), json!(0));
    assert_eq!(page.eval("document.scripts.length"), json!(1));
    let listed = "[...document.querySelectorAll('#calls li')].map((it) => it.textContent).join()";
    page.wait_for(&format!("{listed}.includes('<script>alert(2)</script>')"));
    assert_eq!(page.eval(made), json!(0));
}

fn faults_are_set_and_seen(world: &World, page: &mut Browser) {
    page.click("#faults");
    page.write("DescribeVpcs#1=fail-after");
    page.click("#faults-form button");
    page.wait_for(
        "document.querySelector('#faults-now').textContent === 'DescribeVpcs#1=fail-after'",
    );
    assert_eq!(world.control("GET /_cloud/faults", ""), "DescribeVpcs#1=fail-after");
    assert_eq!(call(world.at, "ec2", NEAR, "Action=DescribeVpcs").status, 500);
    page.wait_for("document.querySelector('#calls li.faulty.refused')");
    let newest = page.eval("document.querySelector('#calls li').textContent");
    for part in ["DescribeVpcs", "500", "fault fail-after", NEAR] {
        assert!(newest.as_str().is_some_and(|it| it.contains(part)), "{newest}");
    }
    page.click("#filter");
    page.write("describevpcs fail-after");
    let left = "[...document.querySelectorAll('#calls li')].filter((it) => !it.hidden).length";
    page.wait_for(&format!("{left} === 1"));
    page.eval("document.querySelector('#filter').value = ''");
    page.click("#faults");
    page.write(" nonsense");
    page.press_enter();
    page.wait_for("document.querySelector('#trouble').textContent.includes('no trouble')");
    let said = page.problems();
    assert!(said.iter().all(|it| it.contains("status of 400")) && said.len() == 1, "{said:?}");
}

fn what_lingers_is_marked(world: &World, page: &mut Browser, balancer: &str) {
    let settings = json!({ "delays": { "balancer_interfaces_gone": 60_000 } });
    world.control("PUT /_cloud/settings", &settings.to_string());
    lane::remove(world, balancer);
    for kind in ["network load balancer", "network interface"] {
        page.wait_for(&format!("document.querySelector('.lingering[aria-label^={kind:?}]')"));
    }
    page.wait_for(r"/◌.* \d+ s/.test(document.querySelector('.lingering .mark').textContent)");
    world.cloud.advance(Duration::from_secs(61));
    page.wait_for("!document.querySelector('#diagram .lingering')");
}

/// Nothing is wider than the window, and no box of a thing stands upon another that it is not in.
fn it_fits(page: &mut Browser) {
    for (width, height) in [(1280, 800), (700, 900)] {
        page.resize(width, height);
        let wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth";
        page.wait_for(wide);
        let overlap = page.eval(
            "(() => {
                const boxes = [...document.querySelectorAll('.thing > rect')]
                    .map((it) => it.getBBox());
                const apart = (a, b) => a.x + a.width <= b.x || a.y + a.height <= b.y;
                const holds = (a, b) => a.x <= b.x && a.y <= b.y
                    && a.x + a.width >= b.x + b.width && a.y + a.height >= b.y + b.height;
                const fine = (a, b) => a === b || apart(a, b) || apart(b, a) || holds(a, b) || holds(b, a);
                return boxes.flatMap((a) => boxes.filter((b) => !fine(a, b))).length;
            })()",
        );
        assert_eq!(overlap, json!(0), "at {width} × {height}");
    }
}

fn a_new_start_takes_two_clicks(page: &mut Browser) {
    page.click("#reset");
    assert_ne!(page.eval("document.querySelector('#reset').textContent"), json!("Start anew"));
    assert_eq!(page.eval("document.querySelector('#empty').hidden"), json!(true));
    page.click("#reset");
    page.wait_for("!document.querySelector('#empty').hidden");
    page.wait_for("document.querySelectorAll('#calls li').length === 0");
    page.wait_for("document.querySelector('#faults-now').textContent === 'nothing'");
}

/// The policy holds, and these tests would see it if the page tried.
fn it_can_do_nothing_else(page: &mut Browser) {
    let markup = "try { document.body.innerHTML = '<b>'; false } catch { true }";
    assert_eq!(page.eval(markup), json!(true));
    page.eval(
        "new Promise((tell) => {
            const image = new Image();
            image.onerror = image.onload = tell;
            image.src = 'http://127.0.0.1:1/';
        }).then(() => 0)",
    );
    let said = page.problems();
    assert!(said.iter().any(|it| it.contains("Content Security Policy")), "{said:?}");
}
