// Use the lane @NAME@ from Node (20 or later), with TLS verified.
//
//     import { agent } from "./lane.mjs";
//     import { NodeHttpHandler } from "@smithy/node-http-handler";
//     new SageMakerRuntimeClient({ region, requestHandler: new NodeHttpHandler({ httpsAgent: agent() }) });
//     https.get(url, { agent: agent() }, ...);
//
// Only the address that is dialled is new: URL, Host, SNI, certificate check and signature stay the service's own. The agent answers the
// lookup of the lane's hosts with all of the lane's addresses, and Node goes on to the next when one does not answer. It looks nothing else
// up: another host is an error, not a way around the lane.
//
// When the lane's addresses change: the name to dial is resolved again after 60 s, within the pinned addresses. For a lane that was built
// anew write `accel outputs SPEC --json` to the file that ACCEL_LANE names: it is read again when it changes. Without that file print this
// one anew.
//
// `node lane.mjs` checks that this process would use the lane, and exits with 1 if not.
import dns from "node:dns/promises";
import fs from "node:fs";
import https from "node:https";
import net from "node:net";
import { fileURLToPath } from "node:url";

const IDLE = 300; // seconds; the load balancer forgets a connection that is idle for 350 s
const PATIENCE = 1; // seconds until the next address is tried
const BUILT_IN = @SETTINGS@;
const SPECIAL = new net.BlockList(); // addresses that nobody on the internet has (RFC 6890)
for (const range of ["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
  "198.18.0.0/15", "224.0.0.0/3"]) SPECIAL.addSubnet(range.split("/")[0], Number(range.split("/")[1]), "ipv4");

let read = {};
const answers = new Map();

export function settings() {
  const path = process.env.ACCEL_LANE;
  const file = path && fs.statSync(path);
  const stamp = path ? [path, file.mtimeMs, file.ino, file.size].join() : "";
  if (read.stamp !== stamp) {
    try {
      const found = path ? JSON.parse(fs.readFileSync(path, "utf8")) : BUILT_IN;
      if (found?.schema !== "accel.lane-outputs.v1" || !found.entries?.length) throw new Error("not the settings of a lane");
      read = { stamp, settings: found };
    } catch (error) {
      if (!read.settings) throw error; // half written: what was read before stays
    }
  }
  const { expires } = read.settings;
  if (expires && !(Date.parse(expires) > Date.now())) throw new Error(`the lane's settings expired at ${expires}`);
  return read.settings;
}

const covers = (name, host) => name === host || (name.startsWith("*.") && name.slice(2) === host.split(".").slice(1).join("."));

/** The lane's addresses for a host. */
export async function addresses(host) {
  const name = host.toLowerCase();
  const entry = settings().entries.find((entry) => entry.hosts.some((known) => covers(known.toLowerCase(), name)));
  if (!entry) throw new Error(`${host} is not in the lane: FIPS, dual-stack or an endpoint URL?`);
  const pinned = (entry.addresses ?? []).map((address) => address.address ?? address);
  const resolved = (await resolve(entry.dial)).filter((address) => !pinned.length || pinned.includes(address));
  const found = [...new Set([...resolved, ...pinned])].filter((address) => entry.allow_private || !SPECIAL.check(address));
  if (!found.length) throw new Error(`no address of the lane is known for ${host}`);
  return found;
}

async function resolve(dial) {
  let known = answers.get(dial) ?? { until: 0, found: [] };
  if (dial && known.until < Date.now()) {
    const found = await dns.lookup(dial, { family: 4, all: true }).catch(() => null); // on failure what it said before still stands
    known = { until: Date.now() + 60_000, found: found?.map((answer) => answer.address) ?? known.found };
    answers.set(dial, known);
  }
  return known.found;
}

function lookup(host, options, done) {
  const all = (found) => found.map((address) => ({ address, family: 4 }));
  addresses(host).then((found) => (options.all ? done(null, all(found)) : done(null, found[0], 4)), done);
}

/** An agent whose connections go through the lane. It keeps them alive, for less time than the load balancer remembers them. */
export function agent(options = {}) {
  return new https.Agent({ ...options, keepAlive: true, timeout: IDLE * 1000, lookup, rejectUnauthorized: true,
    autoSelectFamily: true, autoSelectFamilyAttemptTimeout: PATIENCE * 1000 });
}

/** Throws if calls would go around the lane. */
export async function check() {
  const { env } = process;
  const carried = settings().entries.flatMap(({ hosts, ports }) => hosts.flatMap((host) => (ports?.length ? ports : [443]).map((port) => [host, port])));
  for (const name of ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"])
    if (env[name]?.toLowerCase() === "true") throw new Error(`${name} leads to hosts that are not in the lane`);
  for (const name of Object.keys(env).filter((name) => name.startsWith("AWS_ENDPOINT_URL")))
    if (!carried.some(([host]) => covers(host, new URL(env[name]).hostname))) throw new Error(`${name}=${env[name]} leads around the lane`);
  const proxy = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"].find((name) => env[name]);
  const direct = (env.no_proxy ?? env.NO_PROXY ?? "").split(",").map((name) => name.trim().replace(/^\*?\./, "")).filter(Boolean);
  const tried = carried.filter(([host]) => !host.startsWith("*.")); // a pattern is no host to try
  if (!tried.length) throw new Error("the lane names patterns of hosts alone: there is none to check");
  for (const [host, port] of tried) {
    if (proxy && !direct.some((name) => name === "*" || host === name || host.endsWith("." + name)))
      throw new Error(`${proxy} leads around the lane: add ${host} to NO_PROXY`);
    const dialled = await new Promise((done, fail) => {
      const get = https.get({ host, port, path: "/ping", agent: agent({ maxSockets: 1 }) }, (said) => done(said.socket.remoteAddress));
      get.on("error", fail);
    });
    if (!(await addresses(host)).includes(dialled)) throw new Error(`${host} was dialled at ${dialled}, which is not the lane's`);
  }
}

if (process.argv[1] && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  check().then(() => (console.log("lane: used"), process.exit(0)), (error) => (console.error(`lane: ${error.errors?.[0] ?? error}`), process.exit(1)));
