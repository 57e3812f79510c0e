#!/usr/bin/env python3
"""A local AWS: moto with corrections, a distance, and faults.

Listens on 127.0.0.1 only, writes its port to the ready file, and ends when its standard input does.
"""

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


async def serve(options):
    """Until standard input ends."""
    from aiohttp import web

    from server import Server

    server = Server()
    server.settings.change(json.loads(options.settings))
    runner = web.AppRunner(server.app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", options.port)
    await site.start()
    port = runner.addresses[0][1]
    if options.ready_file:
        ready = Path(options.ready_file)
        whole = ready.with_suffix(".part")
        whole.write_text(str(port))
        whole.rename(ready)
    print(f"a local AWS at http://127.0.0.1:{port}", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, wait_for_the_end)
    # Whoever held our standard input is gone: so are we, whatever is still in flight.
    os._exit(0)


def wait_for_the_end():
    """Reads standard input to its end."""
    while os.read(0, 4096):
        pass


def main():
    """The command line."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=0, help="0: any that is free")
    options.add_argument("--ready-file", help="where to write the port once calls are answered")
    options.add_argument("--settings", default="{}", help="JSON, see settings.py")
    asyncio.run(serve(options.parse_args()))


if __name__ == "__main__":
    main()
