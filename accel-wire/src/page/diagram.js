// The diagram: boxes for what there is and lines for what leads where, as SVG. Texts of clients become text and nothing else.

import { LINE, PAD, TITLE, all, fit, place } from "./layout.js";
import { World, plan, title } from "./plan.js";

const SVG = "http://www.w3.org/2000/svg";
const GUTTER = 116;
const APART = 14;
const WIDTH_MIN = 320;
/** With less room than this, all regions stand in one column. */
const TWO_COLUMNS = 720;
/** In a box that is not so wide, a mark has no word beside it; in a narrow one, what is as it should be has no mark. */
const WORDY = 200;
const NARROW = 100;
const BOLD = "600 12px system-ui, sans-serif";
const PLAIN = "11px system-ui, sans-serif";

/** The mark of each state; a state that is not here is on its way. */
const MARKS = { available: "✓", active: "✓", "in-use": "✓", failed: "!", deleting: "✕", deleted: "✕", lingering: "◌" };
const CLASSES = { active: "available", "in-use": "available", expired: "failed" };

export class Diagram {
  /** `choose` is told the key of the thing that somebody has chosen. */
  constructor(room, choose) {
    this.room = room;
    this.choose = choose;
    this.world = new World([]);
    room.addEventListener("click", (event) => this.#picked(event.target));
    room.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      this.#picked(event.target);
    });
    new ResizeObserver(() => this.#draw()).observe(room);
  }

  show(things) {
    this.world = new World(things);
    this.#draw();
  }

  mark(chosen) {
    this.chosen = chosen;
    for (const group of this.room.querySelectorAll("[data-key]")) {
      group.classList.toggle("chosen", group.dataset.key === chosen);
    }
  }

  /** Counts down what ends by itself. */
  tick(now) {
    for (const { node, mark, until } of this.ticking ?? []) node.textContent = counted(mark, until, now);
  }

  #picked(target) {
    const key = target.closest("[data-key]")?.dataset.key;
    if (key !== undefined) this.choose(key);
  }

  #draw() {
    const focused = this.room.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
    this.width = Math.max(this.room.clientWidth, WIDTH_MIN);
    this.ticking = [];
    const it = plan(this.world);
    const height = arrange(it, this.width);
    const svg = element("svg", { width: this.width, height, role: "group" });
    svg.setAttribute("aria-label", "Regions, VPCs and what is in them");
    const boxes = [...all([...it.left, ...it.right, ...it.peerings])];
    this.found = new Map(boxes.filter((one) => one.key !== null).map((one) => [one.key, one]));
    const isGround = (one) => one.rows.length > 0;
    svg.append(...boxes.filter(isGround).map((one) => this.#group(one)));
    svg.append(...this.#lines(it, boxes));
    svg.append(...boxes.filter((one) => !isGround(one)).map((one) => this.#group(one)));
    this.room.replaceChildren(svg);
    this.mark(this.chosen);
    if (focused !== undefined) svg.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  #group(one) {
    const group = element("g", { class: one.role });
    const { x, y, w, h } = one;
    group.append(element("rect", { x, y, width: w, height: h, rx: 6 }));
    const thing = this.world.get(one.key);
    let room = w - 2 * PAD;
    if (thing) room -= this.#mark(group, one, thing);
    const text = (line, name, at, font, width) => {
      const node = element("text", { x: x + PAD, y: y + PAD + at, class: name });
      node.textContent = fit(line, width, font);
      group.append(node);
    };
    text(one.title, "title", TITLE - 6, BOLD, room);
    one.lines.forEach((line, at) => text(line, "line", TITLE + LINE * (at + 1) - 5, PLAIN, w - 2 * PAD));
    return group;
  }

  /** Makes a box of a thing one that can be chosen, and says its state. Gives the room that this takes. */
  #mark(group, one, thing) {
    const state = CLASSES[thing.state] ?? (MARKS[thing.state] ? thing.state : "pending");
    group.classList.add("thing", state);
    group.dataset.key = thing.key;
    group.setAttribute("tabindex", "0");
    group.setAttribute("role", "button");
    group.setAttribute("aria-label", `${thing.kind} ${title(thing)}, ${thing.state}`);
    const tip = element("title", {});
    tip.textContent = [`${thing.kind} ${thing.id}`, thing.state, thing.what].filter(Boolean).join("\n");
    const unseen = thing.facts.some(([label]) => label === "by id" || label === "in lists") ? "☾ " : "";
    const word = state === "available" || one.w < WORDY ? "" : ` ${thing.state}`;
    const quiet = state === "available" && one.w < NARROW;
    const mark = unseen + (quiet ? "" : `${MARKS[thing.state] ?? "◐"}${word}`);
    const node = element("text", { x: one.x + one.w - PAD, y: one.y + PAD + TITLE - 6, class: "mark", "text-anchor": "end" });
    node.textContent = mark;
    if (thing.until_ms !== null) this.ticking.push({ node, mark, until: thing.until_ms });
    group.append(tip, node);
    return mark.length * 7 + (thing.until_ms === null ? 0 : 30);
  }

  #lines(it, boxes) {
    const lines = [];
    const draw = (name, from, to, bend) => {
      if (from && to) lines.push(element("path", { class: name, d: bend(from, to) }));
    };
    for (const lane of it.lanes) {
      const name = lane.whole ? "lane" : "lane broken";
      const at = (thing) => thing && this.found.get(thing.key);
      const service = boxes.find((one) => one.role === "outside" && one.title === lane.to.brief[0]);
      const [from, to, gateway, peering] = [lane.from, lane.to, lane.gateway, lane.peering].map(at);
      draw(name, it.clients, gateway ?? from, down);
      if (gateway) draw(name, gateway, from, down);
      draw(name, from, peering ?? to, across);
      if (peering) draw(name, peering, to, across);
      draw(name, service, to, down);
    }
    for (const one of it.peerings) {
      if (it.lanes.some((lane) => lane.peering?.key === one.key)) continue;
      for (const side of one.joins) draw("", this.found.get(side), one, across);
    }
    return lines;
  }
}

/** Gives all boxes their places, and says how high the whole is. */
function arrange(it, width) {
  const two = width >= TWO_COLUMNS && it.right.length > 0;
  const gutter = it.peerings.length > 0 ? GUTTER : APART;
  const each = two ? (width - gutter) / 2 - 1 : width - (it.peerings.length > 0 ? gutter : 0) - 2;
  const stack = (boxes, x, from) => {
    let y = from;
    for (const one of boxes) {
      const narrow = one.role === "outside" ? Math.min(each, 150) : each;
      place(one, x + each - narrow, y, narrow);
      y += one.h + APART;
    }
    return y;
  };
  const left = stack(it.left, 1, 1);
  const low = two ? Math.max(left, stack(it.right, each + gutter + 1, 1)) : stack(it.right, 1, left);
  return Math.max(low, beside(it, each + 1, gutter, two));
}

/** Places the peering connections in the gutter: at the height of what they join, and none upon another. */
function beside(it, x, gutter, two) {
  const boxes = new Map([...all([...it.left, ...it.right])].map((one) => [one.key, one]));
  const height = (one) => {
    const ys = one.joins.map((key) => boxes.get(key)?.y).filter((y) => y !== undefined);
    return ys.reduce((sum, y) => sum + y, 0) / Math.max(ys.length, 1);
  };
  let y = 1;
  for (const one of it.peerings) {
    const from = Math.max(y, height(one));
    place(one, x + (two ? 12 : 24), from, gutter - 24);
    y = from + one.h + APART;
  }
  return y;
}

/** From the lower edge of one to the upper edge of the other, or the other way round. */
function down(one, other) {
  const [upper, lower] = one.y < other.y ? [one, other] : [other, one];
  const x = Math.min(upper.x + upper.w, lower.x + lower.w) - 30;
  return `M ${x} ${upper.y + upper.h} V ${lower.y}`;
}

/** From side to side, whichever sides face each other; between two in one column, around their right sides. */
function across(one, other) {
  const y = (it) => it.y + Math.min(it.h / 2, 24);
  const [left, right] = one.x + one.w <= other.x + other.w ? [one, other] : [other, one];
  const [a, b] = [left.x + left.w, right.x];
  if (a <= b) {
    const half = (a + b) / 2;
    return `M ${a} ${y(left)} C ${half} ${y(left)} ${half} ${y(right)} ${b} ${y(right)}`;
  }
  const far = right.x + right.w;
  return `M ${a} ${y(left)} C ${far + 40} ${y(left)} ${far + 40} ${y(right)} ${far} ${y(right)}`;
}

function counted(mark, until, now) {
  return `${mark} ${Math.max(0, Math.ceil((until - now) / 1000))} s`;
}

function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
