"""Tells the runner of WebAssembly/wasi-testsuite how `weft` runs a test: `-r` of its `run-tests`.

WEFT is the program. Tests of WASI 0.1 are core modules: make them components first, with the adapter
of the crate `wasi-preview1-component-adapter-provider`.
"""

import os
import shlex
import subprocess

WEFT = shlex.split(os.getenv("WEFT", "weft"))


def get_name():
    return "weft"


def get_version():
    told = subprocess.run(WEFT + ["--version"], encoding="UTF-8", capture_output=True, check=True)
    return told.stdout.split()[-1]


def get_wasi_versions():
    return ["wasm32-wasip1", "wasm32-wasip3"]


def get_wasi_worlds():
    return ["wasi:cli/command", "wasi:http/service"]


def compute_argv(test_path, args_env_root, proposals, wasi_world, wasi_version):
    args, env, root = args_env_root
    if wasi_world == "wasi:http/service":
        argv = WEFT + ["serve", "--addr", "127.0.0.1:0"]
    else:
        argv = WEFT + ["run"]
    for name, value in env.items():
        argv += ["--env", f"{name}={value}"]
    if root:
        argv += ["--dir", f"{root}::/"]
    if "sockets" in proposals:
        argv += ["--inherit-network"]
    if "http" in proposals:
        argv += ["--outgoing-http"]
    argv += [test_path]
    return argv + (["--", *args] if args else [])
