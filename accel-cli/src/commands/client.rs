//! `accel client`: how a client uses the lane in its own language.

use std::fs;

use accel_client::Settings;
use accel_client::recipe::{Language, recipe};

use crate::args::Client;
use crate::document;
use crate::lane;
use crate::terminal::Terminal;
use crate::trouble::{Exit, Outcome, Trouble};

pub(super) fn run(args: &Client, terminal: &Terminal) -> Outcome<Exit> {
    let settings = lane::settings(&args.lane, terminal)?;
    let text = text(args, &settings)?;
    if let Some(file) = &args.output {
        fs::write(file, &text).map_err(|error| {
            Trouble::input(format!("{}: cannot be written", file.display()))
                .because(error.to_string())
        })?;
    }
    let file_name = args.whom.language().map_or("hosts", Language::file_name);
    match &args.output {
        _ if terminal.json => {
            terminal.document(&document::Recipe::new(&settings, file_name, &text));
        }
        None => terminal.raw(&text),
        Some(file) => terminal.say(&format!("{}: written", file.display())),
    }
    Ok(Exit::Done)
}

fn text(args: &Client, settings: &Settings) -> Outcome<String> {
    if let Some(language) = args.whom.language() {
        return Ok(recipe(language, settings));
    }
    let block = super::hosts::block(settings);
    let (block, _) = block.map_err(|error| {
        let trouble = Trouble::input("the lane cannot stand in a hosts file");
        error.to_string().lines().fold(trouble, Trouble::because)
    })?;
    Ok(block.to_string())
}
