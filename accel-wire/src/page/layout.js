// Where boxes stand: a box has a title, lines of text and rows of boxes, and is as high as what is in it.

export const PAD = 8;
const GAP = 8;
export const TITLE = 18;
export const LINE = 15;

const pen = document.createElement("canvas").getContext("2d");

/** A box of a thing (or of none, without a key). `role` is how it is drawn. */
export function box(role, title, { key = null, lines = [], rows = [] } = {}) {
  return { role, title, key, lines, rows, x: 0, y: 0, w: 0, h: 0 };
}

/** Gives a box and all in it their places, from the upper left corner and the width. */
export function place(it, x, y, w) {
  let bottom = y + PAD + TITLE + it.lines.length * LINE;
  for (const row of it.rows) {
    const each = (w - 2 * PAD - GAP * (row.length - 1)) / row.length;
    const top = bottom + GAP;
    row.forEach((inner, at) => place(inner, x + PAD + at * (each + GAP), top, each));
    const h = Math.max(...row.map((inner) => inner.h));
    for (const inner of row) inner.h = h;
    bottom = top + h;
  }
  Object.assign(it, { x, y, w, h: bottom + PAD - y - (it.rows.length ? 0 : 4) });
}

/** Splits a list into rows of at most so many. */
export function inRows(list, most) {
  const count = Math.ceil(list.length / most);
  const each = Math.ceil(list.length / count);
  return Array.from({ length: count }, (_, at) => list.slice(at * each, (at + 1) * each));
}

/** The text, or as much of its beginning as has room. */
export function fit(text, width, font) {
  pen.font = font;
  if (pen.measureText(text).width <= width) return text;
  let [fits, less] = [0, text.length];
  while (fits < less) {
    const half = Math.ceil((fits + less) / 2);
    if (pen.measureText(`${text.slice(0, half)}…`).width <= width) fits = half;
    else less = half - 1;
  }
  return `${text.slice(0, fits).trimEnd()}…`;
}

/** All boxes, the outer before the inner. */
export function* all(boxes) {
  for (const it of boxes) {
    yield it;
    for (const row of it.rows) yield* all(row);
  }
}
