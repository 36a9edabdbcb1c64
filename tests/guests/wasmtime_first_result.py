"""Does what `examples/first_result.rs` does, with Wasmtime: for `figures`."""

import sys

from wasmtime import Engine, Store, WasiConfig
from wasmtime.component import Component, Linker

HOST = [
    ("guests:echo/values", "echo-string", lambda _, text: text),
    ("guests:shop/audit", "note", lambda _, text: None),
]
FUNCTIONS = [
    ("guests:echo/values", "echo-string", ["you"]),
    ("guests:shop/catalogue", "greet", ["you"]),
    ("wasi:cli/run@0.2.0", "run", []),
]

if len(sys.argv) > 1:
    engine = Engine()
    component = Component.from_file(engine, sys.argv[1])
    linker = Linker(engine)
    linker.allow_shadowing = True
    if "echo" in sys.argv[1]:
        linker.define_unknown_imports_as_traps(component)
    linker.add_wasip2()
    linker.add_wasi_http()
    store = Store(engine)
    wasi = WasiConfig()
    wasi.inherit_stdout()
    store.set_wasi(wasi)
    store.set_wasi_http()
    with linker.root() as root:
        for interface, name, function in HOST:
            with root.add_instance(interface) as values:
                values.add_func(name, function)
    instance = linker.instantiate(store, component)
    for interface, name, arguments in FUNCTIONS:
        index = instance.get_export_index(store, interface)
        if index is not None:
            function = instance.get_func(store, instance.get_export_index(store, name, index))
            result = function(store, *arguments)
            if result is not None:
                print(result)
