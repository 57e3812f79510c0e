//! `accel client`: how a client uses the lane in its own language.

use std::fs;

use accel_client::Settings;
use accel_client::recipe::{Language, recipe};
use serde::Serialize;

use crate::args::Client;
use crate::lane;
use crate::terminal::Terminal;
use crate::trouble::{Exit, Outcome, Trouble};

/// A recipe, for a program that puts it into place.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    deployment: &'a str,
    generation: &'a str,
    file_name: &'static str,
    text: &'a str,
}

pub(super) fn run(args: &Client, terminal: &Terminal) -> Outcome<Exit> {
    let settings = lane::settings(&args.lane, terminal)?;
    let text = text(args, &settings)?;
    if let Some(file) = &args.output {
        fs::write(file, &text).map_err(|error| {
            Trouble::input(format!("{}: cannot be written", file.display()))
                .because(error.to_string())
        })?;
    }
    let document = Document {
        schema: "accel.client.v1",
        deployment: &settings.deployment,
        generation: &settings.generation,
        file_name: args.whom.language().map_or("hosts", Language::file_name),
        text: &text,
    };
    match &args.output {
        _ if terminal.json => terminal.document(&document),
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
