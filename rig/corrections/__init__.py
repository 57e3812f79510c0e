"""Where moto 5.2.1 answers otherwise than AWS, and what is done about it: one function each.

A correction is written `@at(actions)` and stands around those calls (`proceed` asks the next one, and moto at last), or
`@instead(class, name)` and stands in for a method of moto's. Its docstring says what AWS does, where that is known from, and what
moto does. Each can be switched off by its name, so that its test can show that it is needed.
"""

import functools
import importlib

# What holds for every call comes first: a call that is malformed is refused as such, not by what would have come after.
FILES = ("calls", "account", "interfaces", "network", "endpoint", "gateway", "nat", "peering", "balancer", "target")


class Corrections:
    """All of them."""

    def __init__(self):
        self.world = None
        self.named = {}
        self.at_calls = []

    def install(self, world):
        """Puts them around a world. Once per process: moto's classes are its globals."""
        self.world, world.corrections = world, self
        for name in FILES:
            importlib.import_module(f"{__name__}.{name}")

    def on(self, name):
        """Whether it has not been switched off."""
        return self.world is not None and self.world.call is not None and name not in self.world.settings.corrections_off

    def around(self, call, ask_moto):
        """The call, through each correction that is meant for it."""

        def through(position):
            for index in range(position, len(self.at_calls)):
                actions, correction = self.at_calls[index]
                if (call.name in actions or f"{call.service}:*" in actions) and self.on(correction.__name__):
                    return correction(self.world, call, lambda: through(index + 1))
            return ask_moto(call)

        return through(0)


CORRECTIONS = Corrections()


def at(*actions):
    """A correction of calls: `(world, call, proceed) -> Answer`."""

    def register(correction):
        CORRECTIONS.named[correction.__name__] = correction
        CORRECTIONS.at_calls.append((actions, correction))
        return correction

    return register


def instead(owner, name):
    """A correction of moto's own code: `(world, original, *its arguments)`."""

    def register(correction):
        CORRECTIONS.named[correction.__name__] = correction
        original = owner.__dict__[name]
        kind, plain = (lambda function: function), original
        if isinstance(original, property):
            kind, plain = property, original.fget
        elif isinstance(original, staticmethod):
            kind, plain = staticmethod, original.__func__

        @functools.wraps(plain)
        def corrected(*args, **kwargs):
            if not CORRECTIONS.on(correction.__name__):
                return plain(*args, **kwargs)
            return correction(CORRECTIONS.world, plain, *args, **kwargs)

        setattr(owner, name, kind(corrected))
        return correction

    return register
