"""moto in this process, with time: what is to happen later, and whose call is being executed.

All calls are executed one after the other in one thread; nothing here is locked.
"""

import heapq
import itertools
import os
import time
import traceback

os.environ.setdefault("AWS_ACCESS_KEY_ID", "rig")
os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "rig")

from moto.core.base_backend import BackendDict  # noqa: E402
from moto.core.model_instances import reset_model_data  # noqa: E402
from moto.ec2.models import ec2_backends  # noqa: E402
from moto.elbv2.models import elbv2_backends  # noqa: E402
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: E402
from werkzeug.test import Client  # noqa: E402

from call import Answer, Refused  # noqa: E402


def backend_app(service):
    """moto's own application; what a correction refuses comes through it."""
    app = create_backend_app(service)
    app.config["PROPAGATE_EXCEPTIONS"] = True
    return app


class World:
    """One cloud."""

    def __init__(self, settings):
        self.settings = settings
        self.call = None  # the one that is being executed
        self.order = itertools.count()
        self.corrections = None
        self.moto = Client(DomainDispatcherApplication(backend_app))
        self.forget()

    def forget(self):
        """An empty cloud."""
        BackendDict.reset()
        reset_model_data()
        self.due = []
        self.memory = {}

    def remember(self, what):
        """A correction's own memory, gone with the cloud's."""
        return self.memory.setdefault(what, {})

    def later(self, seconds, happen):
        """Lets something happen then, or at once."""
        if seconds <= 0:
            happen()
        else:
            heapq.heappush(self.due, (time.monotonic() + seconds, next(self.order), happen))

    def settle(self):
        """Lets everything happen whose time has come."""
        while self.due and self.due[0][0] <= time.monotonic():
            heapq.heappop(self.due)[2]()

    def execute(self, call):
        """One call, as AWS would."""
        self.settle()
        self.call = call
        try:
            return self.corrections.around(call, self.ask_moto)
        except Refused as refused:
            return call.error(refused.code, refused.message, refused.status)
        except Exception as bug:  # moto's or ours: the caller sees what it would see of AWS's
            traceback.print_exc()
            return call.error("InternalError", f"{type(bug).__name__}: {bug}", 500)
        finally:
            self.call = None

    def ask_moto(self, call):
        """One call, as moto does."""
        headers = {name: text for name, text in call.headers.items() if name.lower() not in HOP}
        headers["x-moto-account-id"] = call.account
        reply = self.moto.open(call.path, method=call.method, headers=headers, data=call.body)
        kept = {name: text for name, text in reply.headers.items() if name.lower() in KEPT}
        return Answer(reply.status_code, reply.get_data(), kept)

    @property
    def ec2(self):
        """The caller's networks, in the caller's region."""
        return ec2_backends[self.call.account][self.call.region]

    @property
    def elb(self):
        """The caller's load balancers, in the caller's region."""
        return elbv2_backends[self.call.account][self.call.region]

    @staticmethod
    def every(backends):
        """Each (account, region, backend) that was ever used."""
        for account, regions in list(backends.items()):
            for region, backend in list(regions.items()):
                yield account, region, backend


HOP = {"host", "content-length", "transfer-encoding", "connection", "accept-encoding"}
KEPT = {"content-type", "x-amzn-requestid", "x-amzn-errortype"}
