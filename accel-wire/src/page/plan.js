// What stands where: regions with their VPCs, what is in those, and the lanes through them. Knows no pixels.

import { box, inRows } from "./layout.js";

const LINES_MAX = 8;

/** The world as the server tells it, with what is needed to find one's way in it. */
export class World {
  constructor(things) {
    this.things = things;
    this.byKey = new Map(things.map((thing) => [thing.key, thing]));
    this.inside = Map.groupBy(things, (thing) => thing.parent);
  }

  get(key) {
    return this.byKey.get(key);
  }

  of(kind) {
    return this.things.filter((thing) => thing.kind === kind);
  }

  /** What stands in a thing, of one kind. */
  parts(thing, kind) {
    return (this.inside.get(thing.key) ?? []).filter((part) => part.kind === kind);
  }

  /** The VPC that a thing is in. */
  vpcOf(thing) {
    let at = thing;
    while (at && at.kind !== "VPC") at = this.get(at.parent);
    return at;
  }

  gatewaysOf(vpc) {
    const attached = this.of("gateway attachment").filter((it) => it.refers_to.includes(vpc.key));
    return attached.map((it) => this.get(it.parent)).filter(Boolean);
  }

  /** The target groups that the listeners of a load balancer lead to. */
  targetGroupsOf(balancer) {
    const led = this.parts(balancer, "listener").map((listener) => this.get(listener.refers_to[1]));
    return [...new Set(led)].filter(Boolean);
  }

  /** The peering connections between two VPCs. */
  peeringsOf(one, other) {
    const joins = (peering) => peering.refers_to.includes(one?.key) && peering.refers_to.includes(other?.key);
    return this.of("peering connection").filter(joins);
  }
}

/** The name that people gave it, or its id. */
export const title = (thing) => thing.name || thing.id;

const leaf = (thing, lines = []) => box("leaf", title(thing), { key: thing.key, lines });

function some(list) {
  const more = list.length - LINES_MAX;
  return more > 0 ? [...list.slice(0, LINES_MAX), `and ${more} more`] : list;
}

/** Whether it came with its VPC. */
const isBorn = (thing) => thing.facts.some(([label]) => label === "came with");

const note = (thing) => (thing.state === "available" ? "" : ` (${thing.state})`);

const briefly = (thing) => `${thing.brief[0]}${note(thing)}`;

function targetGroup(world, group) {
  const says = (it) => `${it.usable?.Ok === null ? "✓" : "✕"} ${it.brief[0]}${note(it)}`;
  const targets = world.parts(group, "target");
  const lines = targets.map((it) => (it.usable?.Err ? `${says(it)}: ${it.usable.Err}` : says(it)));
  return box("part", title(group), { key: group.key, lines: ["target group", ...some(lines)] });
}

function balancer(world, it) {
  const ports = world.parts(it, "listener").map(briefly);
  const traffic = it.usable?.Ok === null ? "✓ a client gets through" : `✕ no client gets through: ${it.usable?.Err}`;
  const groups = world.targetGroupsOf(it).map((group) => targetGroup(world, group));
  const listens = ports.length > 0 ? `listens on ${some(ports).join(", ")}` : "has no listener";
  const lines = [`network load balancer, ${listens}`, traffic];
  return box("thing", title(it), { key: it.key, lines, rows: groups.map((group) => [group]) });
}

function subnet(world, it) {
  const interfaces = world.parts(it, "network interface").map((one) => {
    const owner = world.get(one.refers_to[0]);
    const lines = [...one.brief, owner ? `of ${title(owner)}` : one.what];
    return box("leaf", one.address, { key: one.key, lines });
  });
  const [zone, ...more] = it.brief;
  const lines = [zone.replace(it.region, "zone "), ...more];
  const nats = world.parts(it, "NAT gateway").map((one) => leaf(one, ["NAT gateway", ...one.brief]));
  return box("thing", title(it), { key: it.key, lines, rows: [...nats, ...interfaces].map((one) => [one]) });
}

function routeTable(world, it) {
  const routes = ["route", "route table of a gateway endpoint"].flatMap((kind) => world.parts(it, kind).map(briefly));
  const serves = world.of("route table association").filter((one) => one.parent === it.key);
  const subnets = `${serves.length} ${serves.length === 1 ? "subnet" : "subnets"}`;
  return leaf(it, [`${isBorn(it) ? "main" : "route"} table, ${subnets}`, ...some(routes)]);
}

function securityGroup(world, it) {
  const rules = world.parts(it, "security group rule").map(briefly);
  return leaf(it, [`${isBorn(it) ? "default " : ""}security group`, ...it.brief, ...some(rules)]);
}

function vpc(world, it) {
  const of = (kind) => world.parts(it, kind);
  const used = new Set(of("network load balancer").flatMap((one) => world.targetGroupsOf(one)));
  const rows = [
    ...world.gatewaysOf(it).map((one) => [leaf(one, ["internet gateway"])]),
    ...of("network load balancer").map((one) => [balancer(world, one)]),
    ...["interface endpoint", "gateway endpoint"].flatMap((kind) => of(kind).map((one) => [leaf(one, [kind, ...one.brief])])),
    ...of("target group").filter((one) => !used.has(one)).map((one) => [targetGroup(world, one)]),
    ...inRows(of("subnet").sort((a, b) => a.brief[0].localeCompare(b.brief[0])).map((one) => subnet(world, one)), 3),
    ...of("route table").filter((one) => !isBorn(one)).map((one) => [routeTable(world, one)]),
    ...of("security group").filter((one) => !isBorn(one)).map((one) => [securityGroup(world, one)]),
    [
      ...of("route table").filter(isBorn).map((one) => routeTable(world, one)),
      ...of("security group").filter(isBorn).map((one) => securityGroup(world, one)),
    ],
  ].filter((row) => row.length > 0);
  return box("thing", title(it), { key: it.key, lines: [`VPC ${it.brief[0]}`], rows });
}

/** What is in no VPC: it is shown by itself. */
function loose(world, things) {
  const held = new Set(things.filter((it) => it.kind === "VPC").flatMap((it) => world.gatewaysOf(it)));
  const free = things.filter((it) => ["internet gateway", "elastic IP"].includes(it.kind) && !held.has(it));
  return inRows(free.map((it) => leaf(it, [it.kind, ...it.brief])), 3);
}

function region(world, [name, things]) {
  const endpoints = things.filter((it) => ["interface endpoint", "gateway endpoint"].includes(it.kind));
  const services = new Set(endpoints.map((it) => it.brief[0]));
  const rows = [
    ...inRows([...services].map((service) => box("outside", service, { lines: ["service of the cloud"] })), 2),
    ...things.filter((it) => it.kind === "VPC").map((it) => [vpc(world, it)]),
    ...loose(world, things),
  ];
  return box("region", name, { rows });
}

/** Clients and who asks for peering connections on the left, who is asked and the endpoints on the right. */
function columns(world, regions) {
  const asks = new Set(world.of("peering connection").map((it) => it.refers_to[0]));
  const isLeft = ([, things]) => things.some((it) => it.kind === "network load balancer" || asks.has(it.key));
  const [left, right] = [regions.filter(isLeft), regions.filter((it) => !isLeft(it))];
  if (left.length > 0 && right.length > 0) return [left, right];
  const half = Math.ceil(regions.length / 2);
  return [regions.slice(0, half), regions.slice(half)];
}

/** From each load balancer through its targets to the endpoints that have their addresses. */
function lanes(world) {
  const owners = new Map(world.of("network interface").map((it) => [it.address, it]));
  return world.of("network load balancer").flatMap((from) => {
    const targets = world.targetGroupsOf(from).flatMap((group) => world.parts(group, "target"));
    const ends = targets.map((target) => world.get(owners.get(target.address)?.refers_to[0]));
    const endpoints = [...new Set(ends)].filter((it) => it?.kind === "interface endpoint");
    return endpoints.map((to) => {
      const peering = world.peeringsOf(world.vpcOf(from), world.vpcOf(to))[0];
      const gateway = world.gatewaysOf(world.vpcOf(from) ?? {})[0];
      return { from, to, peering, gateway, whole: from.usable?.Ok === null };
    });
  });
}

/** The boxes of the left and the right column, the peering connections between, and the lanes. */
export function plan(world) {
  const shown = world.things.filter((it) => it.kind !== "peering connection");
  const regions = [...Map.groupBy(shown, (it) => `${it.region} · account ${it.account}`)];
  const [left, right] = columns(world, regions).map((some) => some.map((it) => region(world, it)));
  const clients = box("outside", "clients", { lines: ["of the load balancer"] });
  if (world.of("network load balancer").length > 0) left.unshift(clients);
  const through = lanes(world);
  const peerings = world.of("peering connection").map((it) => {
    const lane = through.find((lane) => lane.peering === it);
    const joins = lane ? [lane.from.key, lane.to.key] : it.refers_to;
    return { ...leaf(it, ["peering"]), joins };
  });
  return { left, right, peerings, clients, lanes: through };
}
