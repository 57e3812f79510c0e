//! `accel graph`: the lane of a spec as a picture.

use crate::args::{Graph, GraphFormat};
use crate::terminal::Terminal;
use crate::trouble::{Exit, Outcome};
use crate::{input, pictures, sketch};

pub(super) fn run(args: &Graph, terminal: &Terminal) -> Outcome<Exit> {
    let spec = input::spec(&args.spec)?;
    let graph = sketch::graph(&spec)?;
    let picture = match args.format {
        GraphFormat::Mermaid => pictures::mermaid(&graph),
        GraphFormat::Dot => pictures::dot(&graph),
        GraphFormat::Svg => pictures::svg(&graph),
    };
    terminal.text(&args.format, &picture);
    Ok(Exit::Done)
}
