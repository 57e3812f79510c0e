//! Text in lines of a terminal's width.

/// How long a line may be.
pub(crate) const WIDTH: usize = 100;

/// A text behind a label, broken between words.
pub(crate) fn prose(label: &str, text: &str) -> String {
    wrap(label, text.split(' '))
}

/// Pieces behind a label; what does not fit on a line goes on below, as far in.
pub(crate) fn wrap<'a>(label: &str, pieces: impl IntoIterator<Item = &'a str>) -> String {
    let indent = label.chars().count();
    let mut lines = vec![label.to_owned()];
    let mut used = indent;
    for piece in pieces {
        let length = piece.chars().count();
        if used > indent && used + 1 + length > WIDTH {
            lines.push(" ".repeat(indent));
            used = indent;
        }
        let line = lines.last_mut().expect("there is always a line");
        if used > indent {
            line.push(' ');
            used += 1;
        }
        line.push_str(piece);
        used += length;
    }
    lines.join("\n")
}

/// As many as there are of something, and its name.
pub(crate) fn count(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// A time as people say it.
pub(crate) fn about(secs: u64) -> String {
    match secs {
        0..=119 => format!("{secs} s"),
        _ => format!("{} min", secs.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_goes_on_below_its_beginning() {
        let text = prose("  note: ", &"word ".repeat(30));
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(text.lines().all(|line| line.len() <= WIDTH), "{text}");
        assert!(text.lines().nth(1).unwrap().starts_with("        word"), "{text}");
    }

    #[test]
    fn times_are_said_in_a_unit_that_fits() {
        assert_eq!([about(90), about(120), about(121)], ["90 s", "2 min", "3 min"]);
    }
}
