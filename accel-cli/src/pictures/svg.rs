//! The lane as a picture: clients, entries, the way between the networks, endpoints, services, from left to right.

use std::collections::BTreeMap;

use accel_core::{Graph, Side};

use super::canvas::{Anchor, Canvas, fitting};
use super::scene::{Area, Arrow, Card, Look, Scene, scene};

const MARGIN: f64 = 24.0;
const TOP: f64 = 76.0;
const SIDE: f64 = 172.0;
const PLACE: f64 = 290.0;
const GAP: f64 = 56.0;
/// Between the entries and the service side: the peering connection is drawn there.
const BRIDGE: f64 = 108.0;
const PAD: f64 = 14.0;
const ROW_GAP: f64 = 16.0;
const LINE: f64 = 17.0;
const HEAD: f64 = 48.0;
/// Of a place, over its cards.
const PLACE_HEAD: f64 = 34.0;
/// Where arrows meet a card, below its upper edge.
const DOOR: f64 = 24.0;
/// Letters of a strong text are as wide as plain ones of this size.
const STRONG: f64 = 13.5;
/// The same of the title.
const TITLE: f64 = 19.0;
const ENTRY_X: f64 = MARGIN + SIDE + GAP;

/// Where the columns right of the entries are: without any, the service side stands in their place.
#[derive(Debug, Clone, Copy)]
struct Columns {
    service: f64,
    services: f64,
    width: f64,
}

impl Columns {
    fn of(scene: &Scene) -> Self {
        let has_entry = scene.areas.iter().any(|area| area.place.side == Side::Entry);
        let has_islands = scene.clients.as_ref().is_some_and(|card| card.look == Look::Islands);
        let service = if has_entry || !has_islands { ENTRY_X + PLACE + BRIDGE } else { ENTRY_X };
        let services = service + PLACE + GAP;
        Self { service, services, width: services + SIDE + MARGIN }
    }
}

/// Where a card is drawn.
#[derive(Debug, Clone, Copy)]
struct Spot {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

/// The picture as a self-contained SVG document.
pub(crate) fn svg(graph: &Graph) -> String {
    let scene = scene(graph);
    let layout = Layout::of(&scene);
    let title = title(&scene);
    let width = layout.columns.width;
    let mut canvas = Canvas::new(width, layout.bottom + 44.0, &title, &description(&scene));
    let shown = fitting(&title, width - 2.0 * MARGIN, TITLE);
    canvas.text(MARGIN, 40.0, "title", Anchor::Start, &shown);
    for (area, spot) in scene.areas.iter().zip(&layout.areas) {
        place(&mut canvas, area, *spot);
    }
    bridge(&mut canvas, &scene, &layout);
    for arrow in &scene.arrows {
        connect(&mut canvas, arrow, &layout);
    }
    for card in cards(&scene) {
        if let Some(spot) = layout.spots.get(card.key.as_str()) {
            draw(&mut canvas, card, *spot);
        }
    }
    canvas.text(MARGIN, layout.bottom + 26.0, "small", Anchor::Start, &scene.caption);
    canvas.finish()
}

fn title(scene: &Scene) -> String {
    let region = |side: Side| {
        let of_side = scene.areas.iter().filter(|area| area.place.side == side);
        of_side.map(|area| area.place.region.to_string()).collect::<Vec<_>>().join(", ")
    };
    if scene.clients.as_ref().is_some_and(|card| card.look == Look::Islands) {
        return format!("Private egress in {}", region(Side::Service));
    }
    let names: Vec<&str> = scene.services.iter().map(|card| card.title.as_str()).collect();
    match (names.is_empty(), region(Side::Entry), region(Side::Service)) {
        (true, ..) => "Topology".to_owned(),
        (false, entry, service) if entry.is_empty() => format!("{} in {service}", names.join(", ")),
        (false, entry, service) => format!("{} in {service}, through {entry}", names.join(", ")),
    }
}

fn description(scene: &Scene) -> String {
    let name = |key: &str| {
        let found = cards(scene).find(|card| card.key == key);
        found.map(|card| format!("{} ({})", card.title, card.kind)).unwrap_or_default()
    };
    let arrow = |arrow: &Arrow| format!("{} to {}", name(&arrow.from), name(&arrow.to));
    scene.arrows.iter().map(arrow).collect::<Vec<_>>().join("; ")
}

fn cards(scene: &Scene) -> impl Iterator<Item = &Card> {
    let in_areas = scene.areas.iter().flat_map(|area| area.path.iter().chain(&area.networks));
    scene.clients.iter().chain(in_areas).chain(&scene.services)
}

#[derive(Debug)]
struct Layout<'a> {
    spots: BTreeMap<&'a str, Spot>,
    areas: Vec<Spot>,
    columns: Columns,
    bottom: f64,
}

impl<'a> Layout<'a> {
    /// Each endpoint stands beside the first balancer that leads to it, so that most arrows are straight.
    fn of(scene: &'a Scene) -> Self {
        let mut layout = Self {
            spots: BTreeMap::new(),
            areas: Vec::new(),
            columns: Columns::of(scene),
            bottom: TOP,
        };
        for side in [Side::Entry, Side::Service] {
            let mut y = TOP;
            for area in scene.areas.iter().filter(|area| area.place.side == side) {
                y = layout.area(scene, area, y) + ROW_GAP;
            }
        }
        let top = TOP + PLACE_HEAD;
        if let Some(clients) = &scene.clients {
            let spot = Spot { x: MARGIN, y: top, width: SIDE, height: height(clients) };
            layout.spots.insert(&clients.key, spot);
        }
        for service in &scene.services {
            let from = scene.arrows.iter().find(|arrow| arrow.to == service.key);
            let from = from.and_then(|arrow| layout.spots.get(arrow.from.as_str()));
            let y = from.map_or(top, |spot| spot.y);
            let spot = Spot { x: layout.columns.services, y, width: SIDE, height: height(service) };
            layout.spots.insert(&service.key, spot);
        }
        let lowest = layout.spots.values().chain(&layout.areas);
        layout.bottom = lowest.map(|spot| spot.y + spot.height).fold(TOP, f64::max);
        layout
    }

    /// Puts the cards of a place under each other; gives the place's lower edge.
    fn area(&mut self, scene: &Scene, area: &'a Area, top: f64) -> f64 {
        let x = if area.place.side == Side::Entry { ENTRY_X } else { self.columns.service };
        let mut y = top + PLACE_HEAD;
        for card in area.path.iter().chain(&area.networks) {
            let before = scene.arrows.iter().filter(|arrow| arrow.to == card.key);
            let before = before.filter_map(|arrow| self.spots.get(arrow.from.as_str()));
            let beside = before.map(|spot| spot.y).fold(f64::MAX, f64::min);
            if card.look == Look::Endpoint && beside < f64::MAX {
                y = y.max(beside);
            }
            let spot = Spot { x: x + PAD, y, width: PLACE - 2.0 * PAD, height: height(card) };
            self.spots.insert(&card.key, spot);
            y += spot.height + ROW_GAP;
        }
        let height = y - ROW_GAP + PAD - top;
        self.areas.push(Spot { x, y: top, width: PLACE, height });
        top + height
    }
}

fn height(card: &Card) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a card has few lines")]
    let lines = card.lines.len() as f64;
    HEAD + if card.lines.is_empty() { 4.0 } else { 8.0 + LINE * lines + 4.0 }
}

fn place(canvas: &mut Canvas, area: &Area, spot: Spot) {
    let class = match area.place.side {
        Side::Entry => "place entry",
        Side::Service => "place service",
    };
    canvas.rect(class, spot.x, spot.y, spot.width, spot.height, 12.0);
    let region = fitting(area.place.region.as_str(), PLACE * 0.6, STRONG);
    canvas.text(spot.x + PAD, spot.y + 22.0, "strong", Anchor::Start, &region);
    let right = spot.x + spot.width - PAD;
    canvas.text(right, spot.y + 22.0, "small", Anchor::End, &format!("{} region", area.place.side));
}

fn draw(canvas: &mut Canvas, card: &Card, spot: Spot) {
    let class = match card.look {
        Look::Balancer | Look::Gateway => "card balancer",
        Look::Endpoint => "card endpoint",
        Look::Network => "network",
        Look::Clients | Look::Islands | Look::Service | Look::Peering | Look::Other => "card",
    };
    let room = spot.width - 2.0 * PAD;
    let all: Vec<&str> =
        [&card.title, &card.kind].into_iter().chain(&card.lines).map(String::as_str).collect();
    canvas.titled(&all.join(" · "), |canvas| {
        canvas.rect(class, spot.x, spot.y, spot.width, spot.height, 8.0);
        let x = spot.x + PAD;
        let title = fitting(&card.title, room, STRONG);
        canvas.text(x, spot.y + 21.0, "strong", Anchor::Start, &title);
        canvas.text(x, spot.y + 37.0, "kind", Anchor::Start, &fitting(&card.kind, room, 11.0));
        let mut y = spot.y + HEAD + 14.0;
        for line in &card.lines {
            canvas.text(x, y, "line", Anchor::Start, &fitting(line, room, 11.5));
            y += LINE;
        }
    });
}

/// The peering connection as a tunnel that the arrows pass through.
fn bridge(canvas: &mut Canvas, scene: &Scene, layout: &Layout<'_>) {
    let Some(card) = scene.peering.first() else { return };
    let crossing = scene.arrows.iter().filter_map(|arrow| {
        let (from, to) = (layout.spots.get(&*arrow.from)?, layout.spots.get(&*arrow.to)?);
        let Columns { service, services, .. } = layout.columns;
        (from.x < service && to.x > service && to.x < services).then_some((from.y, to.y))
    });
    let ends: Vec<f64> = crossing.flat_map(|(from, to)| [from, to]).collect();
    let top = ends.iter().copied().fold(f64::MAX, f64::min);
    let bottom = ends.iter().copied().fold(f64::MIN, f64::max);
    let (top, bottom) =
        if ends.is_empty() { (TOP + PLACE_HEAD, TOP + PLACE_HEAD) } else { (top, bottom) };
    let x = ENTRY_X + PLACE + 8.0;
    let width = BRIDGE - 16.0;
    canvas.rect("tunnel", x, top + DOOR - 16.0, width, bottom - top + 32.0, 16.0);
    let middle = x + width / 2.0;
    let below = bottom + DOOR + 34.0;
    canvas.text(middle, below, "strong", Anchor::Middle, &card.title);
    canvas.text(middle, below + 15.0, "small", Anchor::Middle, &card.kind.replace("over the ", ""));
}

fn connect(canvas: &mut Canvas, arrow: &Arrow, layout: &Layout<'_>) {
    let spots = (layout.spots.get(&*arrow.from), layout.spots.get(&*arrow.to));
    let (Some(from), Some(to)) = spots else { return };
    let (x, y) = (from.x + from.width, from.y + DOOR);
    let (to_x, to_y) = (to.x - 2.0, to.y + DOOR);
    let middle = f64::midpoint(x, to_x);
    if (y - to_y).abs() < 1.0 {
        canvas.arrow(&format!("M{x:.1} {y:.1} H{to_x:.1}"));
    } else {
        canvas.arrow(&format!(
            "M{x:.1} {y:.1} C{middle:.1} {y:.1} {middle:.1} {to_y:.1} {to_x:.1} {to_y:.1}"
        ));
    }
}
