//! Clients that nobody here wrote, used as people use them: through a lane by the recipe of their language, and through `accel connect`.
//!
//! The test goes into a network of its own, where every port is free and nothing leads outside, and where the service's real name leads
//! to a trap: a client that goes around the lane is caught. What came out stands in `lab/clients.md`; `ACCEL_WRITE_TABLES=1` writes it
//! anew. Where a client cannot be had, that is said, and its rows stay as they are.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cases;
mod clients;
mod site;
mod table;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::thread;

use accel_lab::Authority;

use cases::{CASES, Cell};
use clients::{Client, said};
use site::{Means, Place};

/// Says to the test that it is inside, and which parts there are: JSON, a place or a reason for each client.
const INSIDE: &str = "ACCEL_LAB_INSIDE";

#[test]
fn clients_use_the_lane_and_nothing_else() {
    match env::var(INSIDE) {
        Ok(parts) => inside(&serde_json::from_str(&parts).unwrap()),
        Err(_) => outside(),
    }
}

type Parts = BTreeMap<String, Result<PathBuf, String>>;

/// Fetches what clients need while there is a network, and goes inside.
fn outside() {
    const ALONE: [&str; 5] = ["--user", "--map-root-user", "--mount", "--net", "--"];
    if let Err(why) = said(Command::new("unshare").args(ALONE).arg("true")) {
        return not_run(&format!("no network of its own can be had: {why}"));
    }
    let wanted = env::var("ACCEL_LAB_CLIENT").unwrap_or_default(); // while working on one of them
    let chosen = Client::ALL.into_iter().filter(|client| client.name().contains(&wanted));
    let parts: Vec<_> =
        chosen.map(|client| (client, thread::spawn(move || client.obtain()))).collect();
    let parts: Parts = parts
        .into_iter()
        .map(|(client, parts)| (client.name().to_owned(), parts.join().unwrap()))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let hosts = folder.path().join("hosts");
    fs::write(&hosts, site::hosts_file()).unwrap();
    let script = "ip link set lo up && mount --bind \"$1\" /etc/hosts && shift && exec \"$@\"";
    let mut again = Command::new("unshare");
    again.args(ALONE).args(["sh", "-c", script, "sh"]).arg(hosts).arg(env::current_exe().unwrap());
    again.args(["clients_use_the_lane_and_nothing_else", "--exact", "--nocapture"]);
    again.env(INSIDE, serde_json::to_string(&parts).unwrap());
    assert!(again.status().unwrap().success(), "a client does not do as it should: see above");
}

fn inside(parts: &Parts) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.unwrap();
    let authority = Arc::new(Authority::new());
    if let Some(Ok(_)) = parts.get(Client::Java.name()) {
        let store = authority.folder().join("ca.p12");
        let mut import = Command::new("keytool");
        import.args(["-importcert", "-noprompt", "-storepass", "authority", "-file"]);
        said(import.arg(authority.pem_file()).arg("-keystore").arg(store)).unwrap();
    }
    let mut columns = Vec::new();
    for client in Client::ALL {
        match parts.get(client.name()) {
            None => {}
            Some(Err(why)) => not_run(&format!("{}: {why}", client.name())),
            Some(Ok(parts)) => {
                let (authority, handle) = (Arc::clone(&authority), runtime.handle().clone());
                let parts = parts.clone();
                columns.push(thread::spawn(move || rows(client, &parts, &authority, &handle)));
            }
        }
    }
    let rows: Vec<_> = columns.into_iter().flat_map(|column| column.join().unwrap()).collect();
    table::settle(&rows);
}

/// All cases of one client, by both means.
fn rows(
    client: Client,
    parts: &std::path::Path,
    authority: &Arc<Authority>,
    runtime: &tokio::runtime::Handle,
) -> Vec<table::Row> {
    let mut rows = Vec::new();
    for means in [Means::Recipe, Means::Proxy] {
        let (parts, authority) = (parts.to_path_buf(), Arc::clone(authority));
        let runtime = runtime.clone();
        let mut place = Place { client, means, parts, authority, runtime, traps: Vec::new() };
        place.set_traps();
        let cells = (0..).zip(CASES).map(|(number, (name, case))| match case(&place, number * 3) {
            Ok(Cell::Ok) => "ok".to_owned(),
            Ok(Cell::Nothing) => "-".to_owned(),
            Err(why) => {
                tell(&format!("FAILED: {}, {means:?}, {name}: {why}", client.name()));
                "FAILED".to_owned()
            }
        });
        let by = match means {
            Means::Recipe => "its recipe",
            Means::Proxy => "`accel connect`",
        };
        let start = [client.name().to_owned(), by.to_owned()];
        rows.push(start.into_iter().chain(cells).collect());
        for trap in &place.traps {
            place.runtime.block_on(trap.die()); // its address is free for the next
        }
    }
    rows
}

fn not_run(why: &str) {
    tell(&format!("NOT RUN: {why}"));
}

/// Also from a test that passes, whose prints would be swallowed.
fn tell(what: &str) {
    use std::io::Write as _;
    let told = writeln!(std::io::stderr(), "{what}");
    told.expect("stderr can be written");
}
