//! Hosts files as text: what stands in them, and what they become. Pure.

use std::collections::BTreeSet;
use std::ops::Range;

use super::block::{BEGIN, END, HostsBlock, is_word, lane_name};
use super::{HostsError, HostsLine};

/// In a begin marker: this newline before it was missing, and goes with the block.
const JOINED: [(&str, &str); 2] = [("\r\n", " newline=crlf"), ("\n", " newline=lf")];
/// In front of what a block says to people.
const NOTE: &str = "# accel: ";

/// The text with this block: in the place of the lane's old one, else at the end.
///
/// # Errors
///
/// If markers are broken, or somebody else has a line for a host of the lane.
pub fn hosts_with(text: &[u8], block: &HostsBlock) -> Result<Vec<u8>, HostsError> {
    let file = Parsed::new(text)?;
    file.unclaimed(block)?;
    let (end, ending) = (text.len()..text.len(), newline(text));
    let (place, joined, added, ending) = match file.blocks.iter().find(|old| old.lane == block.lane)
    {
        Some(old) => (old.bytes.clone(), old.joined, "", newline(&text[old.bytes.clone()])),
        None if text.is_empty() || text.ends_with(b"\n") => (end, None, "", ending),
        None => (end, Some(ending), ending, ending),
    };
    let block = block.text(ending, note(joined));
    let parts = [&text[..place.start], added.as_bytes(), block.as_bytes(), &text[place.end..]];
    Ok(parts.concat())
}

/// The text without that lane's block; unchanged if there is none.
///
/// # Errors
///
/// If markers are broken.
pub fn hosts_without(text: &[u8], lane: &str) -> Result<Vec<u8>, HostsError> {
    let file = Parsed::new(text)?;
    let Some(old) = file.blocks.iter().find(|old| old.lane == lane) else {
        return Ok(text.to_vec());
    };
    let (before, after) = (&text[..old.bytes.start], &text[old.bytes.end..]);
    // What the newline before this block was made for, the next block has now taken over.
    if let Some(next) = file.blocks.iter().find(|next| next.bytes.start == old.bytes.end) {
        let end = after.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
        let (marker, rest) = after.split_at(end.unwrap_or(after.len()));
        let mut marker = String::from_utf8_lossy(marker).replace(note(next.joined), "");
        marker.push_str(note(old.joined));
        return Ok([before, marker.as_bytes(), rest].concat());
    }
    let newline = old.joined.filter(|_| after.is_empty()).unwrap_or("");
    let before = before.strip_suffix(newline.as_bytes()).unwrap_or(before);
    Ok([before, after].concat())
}

/// The lanes that have a block, in the order of the file.
///
/// # Errors
///
/// If markers are broken.
pub fn hosts_lanes(text: &[u8]) -> Result<Vec<String>, HostsError> {
    Ok(Parsed::new(text)?.blocks.into_iter().map(|block| block.lane).collect())
}

/// The line ending of the first line; the system's own if there is no line.
fn newline(text: &[u8]) -> &'static str {
    let Some(end) = text.iter().position(|byte| *byte == b'\n') else {
        return if cfg!(windows) { "\r\n" } else { "\n" };
    };
    if text[..end].ends_with(b"\r") { "\r\n" } else { "\n" }
}

fn note(joined: Option<&str>) -> &'static str {
    JOINED.iter().find(|(newline, _)| Some(*newline) == joined).map_or("", |(_, note)| note)
}

/// A file by its blocks and the lines of others.
struct Parsed<'a> {
    blocks: Vec<Block<'a>>,
    others: Vec<Mapping<'a>>,
}

struct Block<'a> {
    lane: String,
    joined: Option<&'static str>,
    bytes: Range<usize>,
    begin: usize,
    mappings: Vec<Mapping<'a>>,
}

/// One line that gives names an address.
struct Mapping<'a> {
    line: usize,
    address: &'a [u8],
    names: Vec<&'a [u8]>,
}

impl<'a> Parsed<'a> {
    fn new(text: &'a [u8]) -> Result<Self, HostsError> {
        let mut reader = Reader::default();
        let mut start = 0;
        for (index, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
            reader.line(index + 1, start..start + line.len(), line.trim_ascii());
            start += line.len();
        }
        reader.done()
    }

    /// Nobody but this lane says where these hosts are.
    fn unclaimed(&self, block: &HostsBlock) -> Result<(), HostsError> {
        let hosts: BTreeSet<&str> = block.lines.iter().map(|(_, host)| host.as_str()).collect();
        let mut claims = Vec::new();
        for mapping in &self.others {
            for host in hosts.iter().filter(|host| mapping.names(host)) {
                claims.push(HostsLine {
                    line: mapping.line,
                    problem: format!(
                        "{host} has an address here already: remove that name from the line"
                    ),
                });
            }
        }
        for other in self.blocks.iter().filter(|other| other.lane != block.lane) {
            let taken = |host: &&&str| other.mappings.iter().any(|mapping| mapping.names(host));
            for host in hosts.iter().filter(taken) {
                let lane = &other.lane;
                claims.push(HostsLine {
                    line: other.begin,
                    problem: format!(
                        "{host} belongs to the lane {lane}: one of the two, `accel hosts --remove --name {lane}` takes that one out"
                    ),
                });
            }
        }
        if claims.is_empty() { Ok(()) } else { Err(HostsError::Claimed(claims)) }
    }
}

impl<'a> Mapping<'a> {
    /// Nothing if the line is empty or a comment.
    fn new(line: usize, text: &'a [u8]) -> Option<Self> {
        let end = text.iter().position(|byte| *byte == b'#').unwrap_or(text.len());
        let mut words = text[..end]
            .split(|byte| byte.is_ascii_whitespace() || *byte == 0x0b)
            .filter(|word| !word.is_empty());
        Some(Self { line, address: words.next()?, names: words.collect() })
    }

    fn names(&self, host: &str) -> bool {
        let same = |name: &&[u8]| {
            name.strip_suffix(b".").unwrap_or(name).eq_ignore_ascii_case(host.as_bytes())
        };
        self.names.iter().any(same)
    }

    /// Whether accel may have written it.
    fn is_ours(&self) -> bool {
        let address = str::from_utf8(self.address);
        address.is_ok_and(|address| address.parse::<std::net::Ipv4Addr>().is_ok())
            && self.names.len() == 1
    }
}

/// Line after line, with the block that is open.
#[derive(Default)]
struct Reader<'a> {
    open: Option<Block<'a>>,
    blocks: Vec<Block<'a>>,
    others: Vec<Mapping<'a>>,
    problems: Vec<HostsLine>,
}

impl<'a> Reader<'a> {
    fn line(&mut self, number: usize, bytes: Range<usize>, text: &'a [u8]) {
        if let Some(rest) = text.strip_prefix(BEGIN.as_bytes()) {
            self.begin(number, &bytes, rest);
        } else if let Some(rest) = text.strip_prefix(END.as_bytes()) {
            self.end(number, bytes.end, rest);
        } else if let Some(open) = &mut self.open {
            match Mapping::new(number, text) {
                Some(mapping) if mapping.is_ours() => open.mappings.push(mapping),
                None if text.starts_with(NOTE.as_bytes()) => {}
                Some(_) | None => {
                    let problem = format!(
                        "is not of accel and stands in the block of {}: move it out",
                        open.lane
                    );
                    self.problem(number, problem);
                }
            }
        } else {
            self.others.extend(Mapping::new(number, text));
        }
    }

    fn begin(&mut self, number: usize, bytes: &Range<usize>, rest: &[u8]) {
        if let Some(open) = self.open.take() {
            self.unended(&open);
        }
        let Some((lane, joined)) = begin(rest) else {
            return self.problem(
                number,
                "is no begin marker as accel writes them: remove the block by hand".to_owned(),
            );
        };
        if let Some(first) = self.blocks.iter().find(|block| block.lane == lane) {
            let problem = format!(
                "begins a second block of {lane}, the first is in line {}: remove one of them",
                first.begin
            );
            self.problem(number, problem);
        }
        self.open =
            Some(Block { lane, joined, bytes: bytes.clone(), begin: number, mappings: Vec::new() });
    }

    fn end(&mut self, number: usize, end: usize, rest: &[u8]) {
        match self.open.take() {
            Some(open) if rest == open.lane.as_bytes() => {
                self.blocks.push(Block { bytes: open.bytes.start..end, ..open });
            }
            Some(open) => {
                self.unended(&open);
                self.problem(number, format!("ends another block than that of {}", open.lane));
            }
            None => self.problem(number, "ends a block that has no begin marker".to_owned()),
        }
    }

    fn done(mut self) -> Result<Parsed<'a>, HostsError> {
        if let Some(open) = self.open.take() {
            self.unended(&open);
        }
        if self.problems.is_empty() {
            Ok(Parsed { blocks: self.blocks, others: self.others })
        } else {
            self.problems.sort_by_key(|problem| problem.line);
            Err(HostsError::Broken(self.problems))
        }
    }

    fn unended(&mut self, open: &Block<'_>) {
        let problem = format!("begins the block of {}, and its end marker is missing", open.lane);
        self.problem(open.begin, problem);
    }

    fn problem(&mut self, line: usize, problem: String) {
        self.problems.push(HostsLine { line, problem });
    }
}

/// `NAME generation=… expires=…`; what later versions add behind is theirs.
fn begin(rest: &[u8]) -> Option<(String, Option<&'static str>)> {
    let rest = str::from_utf8(rest).ok()?;
    let mut words = rest.split_ascii_whitespace();
    let lane = words.next().filter(|lane| lane_name(lane).is_ok() && rest.starts_with(lane))?;
    words.next()?.strip_prefix("generation=").filter(|generation| is_word(generation))?;
    words.next()?.strip_prefix("expires=")?;
    let behind: Vec<_> = words.collect();
    let joined = JOINED.iter().find(|(_, note)| behind.contains(&note.trim_start()));
    Some((lane.to_owned(), joined.map(|(newline, _)| *newline)))
}
