"""Returns from each function the result of the host function of the same name."""

from wit_world import exports
from wit_world.imports import values as host


class Values(exports.Values):
    pass


def relay(name):
    function = getattr(host, name)
    return lambda self, *given: function(*given)


for name in dir(host):
    if name.startswith("echo_"):
        setattr(Values, name, relay(name))

Values.__abstractmethods__ = frozenset()
