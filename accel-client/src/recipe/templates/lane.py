"""Use the lane @NAME@ from boto3, with TLS verified.

    import boto3, lane
    client = lane.through(boto3.client("sagemaker-runtime", region_name="..."))

Only the address that is dialled is new: URL, Host, SNI, certificate check and signature stay the service's own. Nothing else in the process
is touched. The request is taken at botocore's public event `before-send`, signed and whole, and sent by a session whose connections dial
the lane; retries, timeouts and errors stay botocore's. (There is no public way to give a client a session or a resolver of its own.)

When the lane's addresses change: the name to dial is resolved again after 60 s, within the pinned addresses. For a lane that was built anew
write `accel outputs SPEC --json` to the file that ACCEL_LANE names: it is read again when it changes. Without that file print this one anew.

`python lane.py` checks that this process would use the lane, and exits with 1 if not.
"""
import datetime, ipaddress, json, os, socket, sys, time, urllib.parse, urllib.request

import botocore.session
from botocore.awsrequest import AWSHTTPSConnection, AWSHTTPSConnectionPool, AWSRequest
from botocore.httpsession import URLLib3Session
from urllib3.exceptions import NewConnectionError

IDLE = 300  # seconds; the load balancer forgets a connection that is idle for 350 s
PATIENCE = 1  # seconds until the next address is tried
BUILT_IN = r'''@SETTINGS@'''
_read, _answers, _failed, _dialled = {}, {}, {}, {}


def settings():
    path = os.environ.get("ACCEL_LANE")
    stamp = path and (lambda file: (path, file.st_mtime_ns, file.st_ino, file.st_size))(os.stat(path))
    if _read.get("stamp", ()) != stamp:
        text = open(path, encoding="utf-8").read() if path else BUILT_IN
        try:
            _read["settings"] = parsed(text)
        except ValueError:  # half written: what was read before stays
            if "settings" not in _read:
                raise
        _read["stamp"] = stamp
    expires = _read["settings"].get("expires")
    if expires and datetime.datetime.fromisoformat(expires.replace("Z", "+00:00")) <= datetime.datetime.now(datetime.timezone.utc):
        raise OSError(f"the lane's settings expired at {expires}")
    return _read["settings"]


def parsed(text):
    found = json.loads(text)
    if not isinstance(found, dict) or found.get("schema") != "accel.lane-outputs.v1" or not found.get("entries"):
        raise ValueError("not the settings of a lane")
    return found


def addresses(host, port):
    """Of the lane, for this host; those that failed within the last 30 s come last."""
    for entry in settings()["entries"]:
        names = [name.lower() for name in entry["hosts"]]
        if port in (entry.get("ports") or [443]) and (host.lower() in names or "*." + host.lower().partition(".")[2] in names):
            break
    else:
        raise OSError(f"{host}:{port} is not in the lane: FIPS, dual-stack or an endpoint URL?")
    pinned = [a["address"] if isinstance(a, dict) else a for a in entry.get("addresses") or []]
    usable = lambda a: entry.get("allow_private") or ipaddress.ip_address(a).is_global
    answers = [a for a in resolved(entry.get("dial"), port) if a in pinned or not pinned]
    found = [a for a in dict.fromkeys(answers + pinned) if usable(a)]
    if not found:
        raise OSError(f"no address of the lane is known for {host}")
    return sorted(found, key=lambda a: time.monotonic() < _failed.get(a, 0))


def resolved(dial, port):
    until, answers = _answers.get(dial, (0, []))
    if dial and until < time.monotonic():
        try:
            answers = [a[4][0] for a in socket.getaddrinfo(dial, port, socket.AF_INET, socket.SOCK_STREAM)]
        except OSError:
            pass  # what it said before still stands
        _answers[dial] = time.monotonic() + 60, answers
    return answers


class Connection(AWSHTTPSConnection):
    used = float("inf")

    def _new_conn(self):  # the host stays for TLS: only the socket goes elsewhere
        try:
            found, why = addresses(self.host, self.port), None
        except (OSError, ValueError) as error:
            raise NewConnectionError(self, str(error)) from error
        for address in found:
            try:
                made = socket.create_connection((address, self.port), PATIENCE)
                made.settimeout(self.timeout if isinstance(self.timeout, (int, float)) else None)
                made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
                _dialled[self.host] = made.getpeername()[0]
                return made
            except OSError as error:
                _failed[address], why = time.monotonic() + 30, error
        raise NewConnectionError(self, f"no address of the lane answers ({', '.join(found)}): {why}")

    def request(self, *arguments, **options):
        if self.sock and time.monotonic() - self.used > IDLE:
            self.close()  # it dials again by itself
        self.used = time.monotonic()
        return super().request(*arguments, **options)


class Pool(AWSHTTPSConnectionPool):
    ConnectionCls = Connection


class Session(URLLib3Session):
    def __init__(self, **options):
        super().__init__(**options)
        self._manager.pool_classes_by_scheme = {"https": Pool}  # botocore's one private name here: the check would notice


def session(config, verify=None):
    if verify is None:
        verify = botocore.session.get_session().get_config_variable("ca_bundle") or True
    if verify is False:
        raise ValueError("a lane is used with TLS verified")
    timeout = config and (config.connect_timeout, config.read_timeout)
    return Session(verify=verify, timeout=timeout, max_pool_connections=config.max_pool_connections if config else 10)


def through(client, verify=None):
    """The same client, through the lane. `verify` is a bundle of authorities, where it is not the usual one."""
    sender = session(client.meta.config, verify)

    def send(request, **_):
        url = urllib.parse.urlsplit(request.url)
        addresses(url.hostname, url.port or 443)  # says why not, where botocore says that it cannot connect
        return sender.send(request)

    client.meta.events.register_first("before-send", send)
    return client


def carried():
    return [(host, port) for entry in settings()["entries"] for host in entry["hosts"] for port in entry.get("ports") or [443]]


def check(client=None):
    """Raises if calls would go around the lane: those of this client, or of any client of this process that is not told otherwise."""
    tried = [(host, port) for host, port in carried() if not host.startswith("*.")]  # a pattern is no host to try
    if client:
        url = urllib.parse.urlsplit(client.meta.endpoint_url)
        addresses(url.hostname, url.port or 443)  # raises if the client talks to another host
        tried.append((url.hostname, url.port or 443))
    if not tried:
        raise OSError("the lane names patterns of hosts alone: check with a client of yours")
    for switch in ("AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"):
        if os.environ.get(switch, "").lower() == "true":
            raise OSError(f"{switch} leads to hosts that are not in the lane")
    for name, url in os.environ.items():
        host = name.startswith("AWS_ENDPOINT_URL") and (urllib.parse.urlsplit(url).hostname or "")
        if host is not False and not {host, "*." + host.partition(".")[2]} & {known for known, _ in carried()}:
            raise OSError(f"{name}={url} leads around the lane")
    proxies = urllib.request.getproxies_environment()
    for host, port in tried:
        if (proxies.get("https") or proxies.get("all")) and not urllib.request.proxy_bypass_environment(f"{host}:{port}"):
            raise OSError(f"a proxy variable leads around the lane: add {host} to NO_PROXY")
        _dialled.pop(host, None)
        session(None).send(AWSRequest("GET", f"https://{host}:{port}/ping").prepare())
        if _dialled.get(host) not in addresses(host, port):
            raise OSError(f"{host} was dialled at {_dialled.get(host)}, which is not the lane's")


if __name__ == "__main__":
    try:
        check()
    except Exception as error:
        sys.exit(f"lane: {error}")
    print("lane: used")
