"""Strings, records, variants and errors. Python itself uses much of WASI 0.2."""

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import audit


class Catalogue(exports.Catalogue):
    def greet(self, name: str) -> str:
        audit.note(f"greeting {name}")
        print(f"to stdout: {name}")
        return f"Hello, {name}!"

    def find(self, items, by):
        kind = type(by).__name__
        if kind.endswith("All"):
            return items
        if kind.endswith("Named"):
            return [i for i in items if i.name == by.value]
        return [i for i in items if i.price < by.value]

    def total(self, items):
        if not items:
            raise Err("nothing to add")
        return sum(i.price for i in items)
