//! An SVG document that stands alone: no script, no font, nothing fetched; light or dark, as its reader has it.

use crate::escape;

/// Where a text stands relative to its point.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A drawing in the making.
#[derive(Debug)]
pub(super) struct Canvas {
    out: String,
}

impl Canvas {
    /// An empty drawing with what a screen reader says of it.
    pub(super) fn new(width: f64, height: f64, title: &str, description: &str) -> Self {
        let mut canvas = Self { out: String::new() };
        canvas.put(&format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
             width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\" aria-labelledby=\"t d\">"
        ));
        canvas.put(&format!("<title id=\"t\">{}</title>", escape::xml(title)));
        canvas.put(&format!("<desc id=\"d\">{}</desc>", escape::xml(description)));
        canvas.put(&format!("<style>\n{STYLE}</style>"));
        canvas.put(MARKERS);
        canvas.put("<rect class=\"paper\" width=\"100%\" height=\"100%\"/>");
        canvas
    }

    /// The document.
    pub(super) fn finish(mut self) -> String {
        self.put("</svg>");
        self.out
    }

    fn put(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    pub(super) fn rect(
        &mut self,
        class: &str,
        x: f64,
        y: f64,
        width: f64,
        height: f64,
        round: f64,
    ) {
        self.put(&format!(
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"{round:.1}\"/>"
        ));
    }

    pub(super) fn line(&mut self, class: &str, x: f64, y: f64, to_x: f64, to_y: f64) {
        self.path(class, &format!("M{x:.1} {y:.1} L{to_x:.1} {to_y:.1}"));
    }

    /// A path whose data we have written ourselves.
    pub(super) fn path(&mut self, class: &str, data: &str) {
        self.put(&format!("<path class=\"{class}\" d=\"{data}\"/>"));
    }

    /// A path that ends in an arrow head.
    pub(super) fn arrow(&mut self, data: &str) {
        self.put(&format!("<path class=\"arrow\" d=\"{data}\" marker-end=\"url(#head)\"/>"));
    }

    pub(super) fn text(&mut self, x: f64, y: f64, class: &str, anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let text = escape::xml(text);
        self.put(&format!(
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\"{anchor}>{text}</text>"
        ));
    }

    /// A group that shows a text when somebody points at it.
    pub(super) fn titled(&mut self, title: &str, draw: impl FnOnce(&mut Self)) {
        self.put(&format!("<g><title>{}</title>", escape::xml(title)));
        draw(self);
        self.put("</g>");
    }
}

/// The text, or as much of its beginning as is about `width` wide.
pub(super) fn fitting(text: &str, width: f64, size: f64) -> String {
    let text = escape::terminal(text);
    let count = fitting_count(text.chars(), width, size);
    count.map_or_else(|| text.to_string(), |count| text.chars().take(count).chain(['…']).collect())
}

/// The text, or as much of its end as is about `width` wide: the ends of names tell them apart.
pub(super) fn fitting_end(text: &str, width: f64, size: f64) -> String {
    let text = escape::terminal(text);
    let Some(count) = fitting_count(text.chars().rev(), width, size) else {
        return text.into_owned();
    };
    let skipped = text.chars().count() - count;
    ['…'].into_iter().chain(text.chars().skip(skipped)).collect()
}

/// How many of the characters fit beside an ellipsis; none if all fit.
fn fitting_count(text: impl Iterator<Item = char> + Clone, width: f64, size: f64) -> Option<usize> {
    // A sans-serif letter is about 0.56 of its size wide, one of East Asia as wide as high.
    let advance = |character: char| size * if character < '\u{1100}' { 0.56 } else { 1.0 };
    if text.clone().map(advance).sum::<f64>() <= width {
        return None;
    }
    let mut left = width - advance('…');
    let fits = |character: &char| {
        left -= advance(*character);
        left >= 0.0
    };
    Some(text.take_while(fits).count())
}

const MARKERS: &str = "<defs><marker id=\"head\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"7\" \
markerHeight=\"7\" orient=\"auto-start-reverse\"><path class=\"head\" d=\"M0 1 L9 5 L0 9 z\"/></marker></defs>";

const STYLE: &str = "\
text { font: 12px system-ui, -apple-system, \"Segoe UI\", Roboto, \"Noto Sans\", sans-serif; fill: #1f2430; }
.title { font-size: 17px; font-weight: 600; }
.strong { font-weight: 600; }
.small, .kind { font-size: 11px; fill: #5b6472; }
.line { font-size: 11.5px; }
.paper { fill: #ffffff; }
.place { fill: #f6f8fb; stroke: #c9d0da; }
.place.entry { fill: #eff5ff; stroke: #9dbcf2; }
.place.service { fill: #eefaf4; stroke: #8fd0b1; }
.network { fill: none; stroke: #8a94a3; stroke-dasharray: 4 4; }
.card { fill: #ffffff; stroke: #c9d0da; }
.card.balancer { stroke: #3b6fd4; stroke-width: 1.5; }
.card.endpoint { stroke: #1d8a5b; stroke-width: 1.5; }
.tunnel { fill: #f3eefc; stroke: #7a4fd0; }
.arrow { fill: none; stroke: #1f2430; stroke-width: 1.8; }
.head { fill: #1f2430; }
.grid { stroke: #e3e7ed; }
.bar { fill: #b5c1d2; }
.bar.critical { fill: #d9480f; }
.call { fill: #1f2430; }
.chain { fill: none; stroke: #d9480f; stroke-dasharray: 2 3; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6e9ef; }
  .small, .kind { fill: #9aa4b2; }
  .paper { fill: #14171d; }
  .place { fill: #1a1e26; stroke: #3a4352; }
  .place.entry { fill: #162033; stroke: #34548f; }
  .place.service { fill: #13261e; stroke: #2c6b4d; }
  .network { stroke: #6b7686; }
  .card { fill: #1d222b; stroke: #3a4352; }
  .card.balancer { stroke: #6f9bf0; }
  .card.endpoint { stroke: #4cc08c; }
  .tunnel { fill: #251d38; stroke: #a587ea; }
  .arrow { stroke: #e6e9ef; }
  .head { fill: #e6e9ef; }
  .grid { stroke: #2a313c; }
  .bar { fill: #4a566a; }
  .bar.critical { fill: #ff8a4c; }
  .call { fill: #e6e9ef; }
  .chain { stroke: #ff8a4c; }
}
";
