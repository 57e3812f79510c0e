"""Everything that can be set, from the command line or through `POST /_rig/settings`."""

from dataclasses import asdict, dataclass, field, fields

# Provisioning times: what has been measured at AWS (of NAT gateways, what is usual), and the same for the impatient.
PRESETS = {
    "none": {"endpoint_s": 0.0, "balancer_s": 0.0, "peering_s": 0.0, "nat_s": 0.0},
    "scaled": {"endpoint_s": 12.0, "balancer_s": 18.0, "peering_s": 1.0, "nat_s": 18.0},
    "real": {"endpoint_s": 60.0, "balancer_s": 90.0, "peering_s": 3.0, "nat_s": 90.0},
}


@dataclass
class Fault:
    """What goes wrong, and at which calls.

    `mode` is one of
    `refuse`  throttled: nothing happens;
    `busy`    not now: nothing happens;
    `lose`    it happens, and the connection is cut instead of an answer;
    `hang`    it happens, and no answer ever comes;
    `kill`    it happens, and `pid` (with its whole group, if `group`) is killed before the answer;
    `expire`  the credentials have expired: nothing happens;
    `deny`    these credentials may not do this: nothing happens.
    """

    mode: str
    at: list = field(default_factory=list)  # positions, from 1
    every: int = 0  # every nth
    after: int = 0  # all from this position on; what `expire` needs
    always: bool = False  # whenever the action fits; what `deny` needs
    probability: float = 0.0
    times: int = 0  # at most so often; 0: no limit
    actions: list = field(default_factory=list)  # `ec2:CreateVpc`; none: all
    regions: list = field(default_factory=list)
    access_key: str = ""  # only calls with this key
    count: str = "mutating"  # what positions count: `mutating` or `all` calls
    down: bool = False  # after it, no connection is answered until the next settings or reset
    pid: int = 0
    group: bool = True


@dataclass
class Settings:
    """See the comments."""

    latency_ms: float = 0.0  # of every call, before it is executed
    pace_ms: dict = field(default_factory=dict)  # more of it, by action
    endpoint_s: float = 0.0  # pending -> available
    balancer_s: float = 0.0  # provisioning -> active
    peering_s: float = 0.0  # provisioning -> active, from the acceptance on
    peering_visible_s: float = 0.0  # until the other region knows it
    nat_s: float = 0.0  # pending -> available, or failed
    nat_delete_s: float = 0.0  # deleting -> deleted, its interface goes at the end
    endpoint_delete_s: float = 0.0  # deleting -> deleted, its interfaces go at the end
    balancer_interfaces_s: float = 0.0  # a deleted load balancer's interfaces stay
    target_healthy_s: float = 0.0  # initial -> healthy
    sick_targets: dict = field(default_factory=dict)  # never healthy: address (`*`: all) -> reason
    deleted_listed_s: float = 3600.0  # how long what is deleted is still listed as such
    faults: list = field(default_factory=list)
    seed: int = 1
    quotas: dict = field(default_factory=dict)  # other values, by quota code
    quota_service: str = "answers"  # or `denied`
    missing_zones: dict = field(default_factory=dict)  # zones that lack a service: `sagemaker.runtime` -> [zone]
    public_access: str = "off"  # VPC Block Public Access: off, block-bidirectional, block-ingress
    association_repeat: str = "conflict"  # the identical association again: `conflict` or `same`
    corrections_off: list = field(default_factory=list)

    def change(self, wanted):
        """These values instead of the present ones; `preset` stands for four of them."""
        wanted = dict(wanted)
        wanted = {**PRESETS[wanted.pop("preset", "none")], **wanted} if "preset" in wanted else wanted
        unknown = set(wanted) - {entry.name for entry in fields(self)}
        if unknown:
            raise ValueError(f"no such setting: {', '.join(sorted(unknown))}")
        if "faults" in wanted:
            wanted["faults"] = [Fault(**fault) for fault in wanted["faults"]]
        for name, setting in wanted.items():
            setattr(self, name, setting)

    def as_dict(self):
        """For JSON."""
        return asdict(self)
