"""The HTTP side: what happens to a call between its arrival and its answer."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

from aiohttp import web

import faults
from call import read
from corrections import CORRECTIONS
from inventory import inventory
from record import Record
from settings import Fault, Settings
from world import World


class Server:
    """The cloud, its distance and its faults."""

    def __init__(self):
        self.settings = Settings()
        self.world = World(self.settings)
        CORRECTIONS.install(self.world)
        self.faults = faults.Faults(self.settings)
        self.record = Record()
        # One thread: moto is not made for several, and the order of effects is then the order of execution.
        self.thread = ThreadPoolExecutor(max_workers=1)

    def app(self):
        """All paths."""
        app = web.Application(client_max_size=16 << 20)
        app.router.add_route("*", "/_rig/{what}", self.control)
        app.router.add_route("*", "/{path:.*}", self.cloud)
        return app

    async def in_thread(self, function, *arguments):
        """Where the world is."""
        return await asyncio.get_running_loop().run_in_executor(self.thread, function, *arguments)

    async def cloud(self, request):
        """One call."""
        call = read(request.method, request.path_qs, dict(request.headers), await request.read())
        if self.faults.down:
            return self.cut(request)
        fault = self.faults.next(call)
        entry = self.record.begin(call)
        entry["fault"] = fault.mode if fault else None
        try:
            await asyncio.sleep((self.settings.latency_ms + self.settings.pace_ms.get(call.name, 0)) / 1000)
            answer = faults.refusal(fault, call) if fault else None
            if answer is None:
                answer = await self.in_thread(self.world.execute, call)
            entry["status"], entry["error"] = answer.status, answer.error
            if fault and fault.mode == "kill":
                faults.kill(fault)
            if fault and fault.mode == "hang":
                await asyncio.sleep(3600)
            if fault and fault.mode in ("kill", "lose"):
                return self.cut(request)
            return web.Response(status=answer.status, body=answer.body, headers=answer.headers)
        finally:
            self.record.end(entry)

    @staticmethod
    def cut(request):
        """The connection ends without an answer."""
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async def control(self, request):
        """What tests ask and set."""
        what = request.match_info["what"]
        body = await request.json() if request.can_read_body else {}
        if what == "settings":
            try:
                self.settings.change(body)
            except (TypeError, ValueError) as problem:
                return web.json_response({"problem": str(problem)}, status=400)
            self.faults.begin()
            return web.json_response(self.settings.as_dict())
        if what == "fault":  # one more, which counts on
            self.faults.add(Fault(**body))
            return web.json_response({})
        if what == "reset":  # the counters; with {"cloud": true} also everything in the cloud
            self.record = Record()
            self.faults.begin()
            if body.get("cloud"):
                await self.in_thread(self.world.forget)
            return web.json_response({})
        answers = {
            "stats": lambda: {**self.record.stats(), "faults": self.faults.history},
            "log": lambda: self.record.log,
            "inventory": lambda: inventory(self.world),
            "corrections": lambda: {name: one.__doc__ for name, one in CORRECTIONS.named.items()},
        }
        if what not in answers:
            return web.json_response({"problem": f"no such thing: {what}"}, status=404)
        answer = await self.in_thread(answers[what])
        return web.Response(text=json.dumps(answer, default=str), content_type="application/json")
