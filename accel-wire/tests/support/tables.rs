//! The tables in `docs/judges.md`: what the judges saw is what the tables say. `ACCEL_WRITE_TABLES=1` writes them anew.
//!
//! Each judge checks and writes what it saw itself, so one that cannot run here leaves its part as it is.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::{Read as _, Seek as _, Write as _};

use crate::support::here;

/// Who judges, in the order of the columns.
pub(crate) const JUDGES: [&str; 5] =
    ["boto3", "AWS CLI", "Terraform", "boto3 beside moto", "accel-aws"];

const YES: &str = "●";

/// A row is its cells.
pub(crate) type Row = Vec<String>;

/// Checks or writes a judge's column: which actions it called, each as `service Action`.
pub(crate) fn column(judge: &str, called: &BTreeSet<String>) {
    let number = 2 + JUDGES.iter().position(|name| *name == judge).expect("a judge");
    section("actions", |rows| {
        let every = accel_wire::actions().map(|(service, action)| {
            let key = [service.to_owned(), format!("`{action}`")];
            let old = rows.iter().find(|row| row.starts_with(&key)).cloned();
            let mut row = old.unwrap_or_else(|| key.to_vec());
            row.resize(2 + JUDGES.len(), String::new());
            let yes = called.contains(&format!("{service} {action}"));
            row[number] = if yes { YES.to_owned() } else { String::new() };
            row
        });
        every.collect()
    });
}

/// Checks or writes the rows of a table: what they are now, from what the document has.
pub(crate) fn section(name: &str, renew: impl FnOnce(Vec<Row>) -> Vec<Row>) {
    let path = here().join("docs/judges.md");
    let write = std::env::var_os("ACCEL_WRITE_TABLES").is_some();
    let mut file = OpenOptions::new().read(true).write(write).open(path).unwrap();
    // Judges that run at the same time write one after the other.
    file.lock().unwrap();
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    let new = renewed(&text, name, renew);
    if write {
        file.rewind().unwrap();
        file.set_len(0).unwrap();
        file.write_all(new.as_bytes()).unwrap();
        return;
    }
    let seen: Vec<_> = new.lines().filter(|line| text.lines().all(|old| old != *line)).collect();
    assert!(
        text == new,
        "docs/judges.md is not what was seen under {name:?}; ACCEL_WRITE_TABLES=1 writes it anew; \
         seen, and not there: {seen:#?}"
    );
}

/// A document with other rows in one of its tables.
fn renewed(text: &str, name: &str, renew: impl FnOnce(Vec<Row>) -> Vec<Row>) -> String {
    let start = format!("<!-- rows: {name} -->\n");
    let (before, rest) = text.split_once(&start).expect("the document has the table");
    let (table, after) = rest.split_once("\n\n").expect("a table ends with an empty line");
    // Its head and the line under it stay.
    let (head, rows): (Vec<_>, Vec<_>) = table.lines().enumerate().partition(|(at, _)| *at < 2);
    let rows = renew(rows.into_iter().map(|(_, line)| cells(line)).collect());
    let head = head.into_iter().map(|(_, line)| line.to_owned());
    let rows = rows.iter().map(|row| format!("| {} |", row.join(" | ")));
    let table: Vec<String> = head.chain(rows).collect();
    format!("{before}{start}{}\n\n{after}", table.join("\n"))
}

fn cells(line: &str) -> Row {
    let line = line.trim().trim_start_matches('|').trim_end_matches('|');
    line.split('|').map(|cell| cell.trim().to_owned()).collect()
}

#[test]
fn the_rows_of_one_table_change_and_nothing_else() {
    let text =
        "before\n\n<!-- rows: one -->\n| a | b |\n| --- | --- |\n| 1 |  |\n\nafter | this |\n";
    assert_eq!(renewed(text, "one", |rows| rows), text);
    let more = renewed(text, "one", |mut rows| {
        assert_eq!(rows, [["1", ""]]);
        rows.push(vec!["2".to_owned(), "x".to_owned()]);
        rows
    });
    assert_eq!(more, text.replace("| 1 |  |\n", "| 1 |  |\n| 2 | x |\n"));
}
