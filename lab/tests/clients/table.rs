//! The table in `lab/clients.md`: what came out is what the table says.

use std::env;
use std::fs;
use std::path::Path;

use crate::cases::CASES;

/// A client, by which means, and a cell for each case.
pub(crate) type Row = Vec<String>;

const HEAD: &str = "# Clients that use a lane

Each client makes real calls over real TLS to a service that has the real name in its certificate, in a network where that name leads to a
trap. `ok`: as it should be; `-`: the client has nothing of the kind. Nothing is tried twice: retries of the clients are off.

| case | what must happen |
| --- | --- |
| a call | the service sees SNI, `Host` and signature of its own name, from a zone of the lane, twice on one connection where the client keeps any |
| wrong certificate | of another host, out of date, of an unknown authority: refused, and the service hears nothing |
| a zone dies | the open connection is reset, new ones are refused: the next call goes through the other zone |
| a zone falls silent | nothing answers there any more: the call goes through the other zone |
| all zones die | the call fails, nobody else is dialled, and it goes on when they are back |
| lane rebuilt | the settings file is half written, then replaced: the same process goes through the new lane; through the proxy within three calls |
| idle too long | the recipe closes a connection before the load balancer forgets it; without that the wait ends in a reset |
| expired settings | refused, nobody is dialled |
| private address | answers for the lane's name that are private are ignored |
| check | passes; fails with a proxy, FIPS, dual-stack or endpoint variable, and when another address is dialled |

";

/// Compares what came out with the table, or writes it.
pub(crate) fn settle(rows: &[Row]) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients.md");
    let known = fs::read_to_string(&file).unwrap_or_default();
    let is_old = |line: &&str| {
        let cells = cells(line);
        cells.len() == CASES.len() + 2 && cells[1].starts_with(['`', 'i'])
    };
    let mut lines: Vec<_> = known.lines().filter(is_old).map(str::to_owned).collect();
    for row in rows {
        let line = format!("| {} |", row.join(" | "));
        crate::tell(&line);
        match lines.iter_mut().find(|old| cells(old)[..2] == row[..2]) {
            Some(old) => *old = line,
            None => lines.push(line),
        }
    }
    let names = CASES.map(|(name, _)| name).join(" | ");
    let rule = "| --- ".repeat(CASES.len() + 2);
    let text = format!("{HEAD}| client | by | {names} |\n{rule}|\n{}\n", lines.join("\n"));
    if env::var_os("ACCEL_WRITE_TABLES").is_some() {
        fs::write(file, text).unwrap();
    } else {
        assert_eq!(known, text, "lab/clients.md says otherwise: ACCEL_WRITE_TABLES=1 writes it");
    }
    let failed = rows.iter().flatten().filter(|cell| *cell == "FAILED").count();
    assert_eq!(failed, 0, "cells that failed");
}

fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split('|').map(str::trim).collect()
}
