// The page: asks the server twice a second, and hands what comes to the diagram, the calls and the panels.

import { Denied, ask, askJson, callsAfter, keepToken, takeToken } from "./api.js";
import { Calls } from "./calls.js";
import { Diagram } from "./diagram.js";
import { title } from "./plan.js";

const EVERY_MS = 500;
/** While nobody looks, or the server does not answer. */
const SELDOM_MS = 3000;

const at = (id) => document.getElementById(id);
const calls = new Calls(at("calls"));
const diagram = new Diagram(at("diagram"), choose);

let revision = "";
let birth = null;
let chosen;
let paused = false;
let timer;

/** Asks what is new, shows it, and plans the next time. */
async function look() {
  clearTimeout(timer);
  let pause = document.hidden ? SELDOM_MS : EVERY_MS;
  try {
    await showNews();
    at("trouble").hidden = true;
  } catch (problem) {
    if (problem instanceof Denied) return closeDoor(problem.message);
    complain(`The server does not answer: ${problem.message}. Asking again.`);
    pause = SELDOM_MS;
  }
  clearTimeout(timer);
  if (!paused) timer = setTimeout(look, pause);
}

async function showNews() {
  const state = await askJson(`state?after=${revision}`);
  at("door").hidden = true;
  at("room").hidden = false;
  at("pause").hidden = false;
  if (state.birth_ms !== birth) {
    birth = state.birth_ms;
    calls.clear();
  }
  if (state.things) showWorld(state);
  diagram.tick(state.now_ms);
  at("clock").textContent = `World time ${(state.now_ms / 1000).toFixed(1)} s`;
  const { calls: count, mutating, unknown } = state.counts;
  at("counts").textContent = `${count} calls, ${mutating} mutating, ${unknown} with something unknown`;
  at("faults-now").textContent = state.faults || "nothing";
  calls.add(await callsAfter(calls.last));
}

function showWorld(state) {
  revision = state.revision;
  at("empty").hidden = state.things.length > 0;
  at("left-out").hidden = state.left_out === 0;
  at("left-out").textContent = `${state.left_out} more things are not drawn.`;
  diagram.show(state.things);
  const traces = at("traces");
  traces.hidden = state.traces.length === 0;
  traces.querySelector("ul").replaceChildren(...state.traces.slice(-12).map((thing) => {
    return withText("li", `${thing.kind} ${thing.id} ${thing.name ?? ""}: ${thing.state}`);
  }));
  showChosen();
}

function choose(key) {
  chosen = key;
  diagram.mark(key);
  showChosen();
}

/** What is known of the chosen thing, and what stands in it. */
function showChosen() {
  const thing = diagram.world.get(chosen);
  const list = at("chosen").querySelector("dl");
  at("chosen-none").hidden = thing !== undefined;
  at("chosen-title").textContent = thing ? `${thing.kind} ${title(thing)}` : "One thing";
  list.replaceChildren();
  if (!thing) return;
  const say = (label, value) => {
    if (value === null || value === undefined || value === "") return;
    const told = document.createElement("dd");
    told.append(value);
    list.append(withText("dt", label), told);
  };
  const seconds = (millis) => `${(millis / 1000).toFixed(1)} s`;
  say("id", thing.id);
  say("state", `${thing.state}, since ${seconds(thing.since_ms)}`);
  say("until", thing.until_ms === null ? "" : seconds(thing.until_ms));
  say("in short", thing.brief.join(", "));
  say("what", thing.what);
  if (thing.usable) say("usable", thing.usable.Err ?? "yes");
  for (const [label, text] of thing.facts) say(label, text);
  say("deployment", [thing.deployment, thing.node].filter(Boolean).join(" / "));
  say("where", `${thing.region}, account ${thing.account}`);
  for (const key of thing.refers_to) say("refers to", link(diagram.world.get(key)));
  for (const part of diagram.world.inside.get(thing.key) ?? []) say("holds", link(part));
}

function link(thing) {
  if (!thing) return "something that is gone";
  const button = withText("button", `${thing.kind} ${title(thing)}`);
  button.type = "button";
  button.className = "link";
  button.addEventListener("click", () => choose(thing.key));
  return button;
}

function withText(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

function complain(text) {
  at("trouble").textContent = text;
  at("trouble").hidden = false;
}

function closeDoor(why) {
  at("door-why").textContent = why;
  at("door").hidden = false;
  at("room").hidden = true;
  at("pause").hidden = true;
  at("door-token").focus();
}

/** Shows all settings as the server names them; times are in milliseconds. */
async function showSettings() {
  const flat = (value, path) => {
    if (value === null || typeof value !== "object") return [[path, `${value}`]];
    return Object.entries(value).flatMap(([name, inner]) => flat(inner, path ? `${path}.${name}` : name));
  };
  const settings = flat(await askJson("settings"), "");
  const list = at("settings").querySelector("dl");
  list.replaceChildren(...settings.flatMap(([name, text]) => [withText("dt", name), withText("dd", text)]));
}

/** Does what a control asks, and says what the server has against it. */
async function attempt(deed) {
  try {
    await deed();
    await look();
  } catch (problem) {
    complain(problem.message);
  }
}

at("faults-form").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(() => ask("faults", "PUT", at("faults").value));
});
at("settings").addEventListener("toggle", () => at("settings").open && attempt(showSettings));
at("door-form").addEventListener("submit", (event) => {
  event.preventDefault();
  keepToken(at("door-token").value);
  look();
});
at("pause").addEventListener("click", () => {
  paused = !paused;
  at("pause").setAttribute("aria-pressed", `${paused}`);
  at("pause").textContent = paused ? "Go on" : "Pause";
  look();
});
// A new start cannot be taken back: it takes two clicks.
at("reset").addEventListener("click", () => {
  const sure = at("reset").classList.toggle("sure");
  at("reset").textContent = sure ? "Everything goes: click again" : "Start anew";
  if (!sure) attempt(() => ask("reset", "POST"));
});
at("reset").addEventListener("blur", () => {
  at("reset").classList.remove("sure");
  at("reset").textContent = "Start anew";
});
document.addEventListener("visibilitychange", () => document.hidden || paused || look());
addEventListener("hashchange", () => {
  takeToken();
  look();
});

takeToken();
look();
