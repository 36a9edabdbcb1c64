"""Lifts and lowers values as the executable reference does, for `tests/abi/reference.rs`.

    python3 abi.py PATH/TO/definitions.py < cases > results

A case a line in, a result a line out, both JSON. The reference is run as it is, except that
`trap` and `trap_if` remember where they were called, that `realloc` is a function of this
file instead of a guest's code, that layouts are
remembered, and for the two mistakes at `align_to` and `retagged`.
"""

import __future__
import json
import struct
import sys

path = sys.argv[1]
with open(path, encoding="utf-8") as file:
    source = file.read()
lines = source.splitlines()
d = {"__name__": "definitions"}
flags = __future__.annotations.compiler_flag
# Dataclasses look up their module.
sys.modules["definitions"] = type(sys)("definitions")
sys.modules["definitions"].__dict__.update(d)
d = sys.modules["definitions"].__dict__
exec(compile(source, path, "exec", flags=flags), d)
# The bits of NaNs are those of the case.
NAN_BITS = {}
d["DETERMINISTIC_PROFILE"] = False
d["random_nan_bits"] = lambda total_bits, exponent_bits: NAN_BITS[total_bits]


class TrapAt(d["Trap"]):
    def __init__(self, site):
        self.site = site


def site():
    frame = sys._getframe(2)
    text = lines[frame.f_lineno - 1].strip()
    if text.startswith("trap_if("):
        text = text[len("trap_if("):-1]
    return f"{frame.f_code.co_qualname}: {text}"


def trap():
    raise TrapAt(site())


def trap_if(condition):
    if condition:
        raise TrapAt(site())


def align_to(ptr, alignment):
    """Returns an exact result. The reference divides floats, which is not exact beyond 2**53."""
    return -(-ptr // alignment) * alignment


CACHE = {}


def remembered(name, of_options=False):
    """Caches values that the reference computes again for each element, once for each case."""
    work_out = d[name]

    def function(t, *rest):
        about = rest[0].memory.ptr_type() if of_options else rest
        key = (name, id(t), about)
        if key not in CACHE:
            CACHE[key] = (work_out(t, *rest), t)
        return CACHE[key][0]
    d[name] = function


d["trap"] = trap
d["trap_if"] = trap_if
d["align_to"] = align_to
for name in ["despecialize", "alignment", "elem_size"]:
    remembered(name)
remembered("flatten_type", of_options=True)

SIMPLE = {
    "bool": d["BoolType"], "s8": d["S8Type"], "u8": d["U8Type"], "s16": d["S16Type"],
    "u16": d["U16Type"], "s32": d["S32Type"], "u32": d["U32Type"], "s64": d["S64Type"],
    "u64": d["U64Type"], "f32": d["F32Type"], "f64": d["F64Type"], "char": d["CharType"],
    "string": d["StringType"], "error-context": d["ErrorContextType"],
}
ELEMENTS = [d["U8Type"](), None]


class World:
    """The instances and resource types of one case."""

    def __init__(self):
        store = d["Store"]()
        self.source = d["ComponentInstance"](store)
        self.destination = d["ComponentInstance"](store)
        # The second resource type is defined by the destination.
        self.resources = [d["ResourceType"](None), d["ResourceType"](self.destination)]

    def type(self, t):
        if t is None:
            return None
        if isinstance(t, str):
            return SIMPLE[t]()
        match t:
            case ["list", e]: return d["ListType"](self.type(e))
            case ["list", e, n]: return d["ListType"](self.type(e), n)
            case ["map", k, v]: return d["MapType"](self.type(k), self.type(v))
            case ["record", *ts]:
                fields = [d["FieldType"](f"f{i}", self.type(t)) for i, t in enumerate(ts)]
                return d["RecordType"](fields)
            case ["tuple", *ts]: return d["TupleType"]([self.type(t) for t in ts])
            case ["variant", *ts]:
                cases = [d["CaseType"](f"c{i}", self.type(t)) for i, t in enumerate(ts)]
                return d["VariantType"](cases)
            case ["enum", n]: return d["EnumType"]([f"l{i}" for i in range(n)])
            case ["option", t]: return d["OptionType"](self.type(t))
            case ["result", a, b]: return d["ResultType"](self.type(a), self.type(b))
            case ["flags", n]: return d["FlagsType"]([f"l{i}" for i in range(n)])
            case ["own", i]: return d["OwnType"](self.resources[i])
            case ["borrow", i]: return d["BorrowType"](self.resources[i])
            case ["stream", i]: return d["StreamType"](ELEMENTS[i])
            case ["future", i]: return d["FutureType"](ELEMENTS[i])
        raise AssertionError(t)

    def fill(self, table):
        for entry in table:
            match entry:
                case ["own", rt, rep]:
                    handle = d["ResourceHandle"](self.resources[rt], rep, own=True)
                case ["borrow", rt, rep]:
                    handle = d["ResourceHandle"](self.resources[rt], rep, own=False)
                case ["stream", t, number]:
                    code = d["EventCode"].STREAM_READ
                    handle = d["ReadableStreamEnd"](ELEMENTS[t], self.source, code)
                    handle.number = number
                case ["future", t, number]:
                    code = d["EventCode"].FUTURE_READ
                    handle = d["ReadableFutureEnd"](ELEMENTS[t], self.source, code)
                    handle.number = number
                case ["error-context", number]:
                    handle = d["ErrorContext"](("", "utf8", 0))
                    handle.number = number
            index = self.source.handles.add(handle)
            handle.index = index


def to_json(v, t):
    """Returns a lifted value as JSON."""
    name = type(t).__name__
    t = d["despecialize"](t)
    match type(t).__name__:
        case "F32Type": return struct.unpack("<I", struct.pack("<f", v))[0]
        case "F64Type": return struct.unpack("<Q", struct.pack("<d", v))[0]
        case "CharType": return ord(v)
        case "StringType": return v[0]
        case "ListType": return [to_json(e, t.t) for e in v]
        case "RecordType": return [to_json(v[f.label], f.t) for f in t.fields]
        case "VariantType":
            index, payload = d["match_case"](v, t.cases)
            payload_type = t.cases[index].t
            return [index, None if payload_type is None else to_json(payload, payload_type)]
        case "FlagsType": return sum(1 << i for i, l in enumerate(t.labels) if v[l])
        case "StreamType" | "FutureType" | "ErrorContextType": return v.number
    return v


def with_strings(v, t, change):
    """Returns the same value with other strings."""
    t = d["despecialize"](t)
    match type(t).__name__:
        case "StringType": return change(v)
        case "ListType": return [with_strings(e, t.t, change) for e in v]
        case "RecordType":
            return {f.label: with_strings(v[f.label], f.t, change) for f in t.fields}
        case "VariantType":
            index, payload = d["match_case"](v, t.cases)
            case = t.cases[index]
            return {case.label: None if case.t is None else with_strings(payload, case.t, change)}
    return v


def of_host(string):
    """Returns the string in UTF-8, as in the host."""
    text, _, _ = string
    return (text, "utf8", len(text.encode("utf-8")))


def retagged(source, destination):
    """Between memories of two widths, `store_string_into_range` looks for the tag of a source's
    length where the destination would have it. That must be a mistake, so this moves it there."""
    source, destination = (d["utf16_tag"](side["addresses"]) for side in (source, destination))

    def change(string):
        text, encoding, units = string
        if encoding == "latin1+utf16" and units & source:
            units = units ^ source | destination
        return (text, encoding, units)
    return change


class Context(d["LiftLowerContext"]):
    """Returns a context with a `realloc` outside a guest: a bump allocator, which fails once if
    the case says so."""

    def __init__(self, opts, inst, scope, plan):
        super().__init__(opts, inst, scope)
        self.plan = plan
        self.last = 0
        self.calls = []

    def reallocate(self, old, old_byte_length, alignment, new_byte_length):
        self.calls.append([old, old_byte_length, alignment, new_byte_length])
        memory = self.opts.memory
        behaviour, at = self.plan
        if len(self.calls) == at:
            match behaviour:
                case "unaligned" if alignment > 1:
                    return d["align_to"](self.last, alignment) + 1
                case "beyond": return len(memory)
                case "far": return 0xffff_fff8
                case "trap": raise TrapAt("realloc")
        if old != 0 and new_byte_length < old_byte_length and behaviour != "move":
            return d["align_to"](old, alignment)
        ptr = d["align_to"](self.last, alignment)
        if ptr + new_byte_length > len(memory):
            raise TrapAt("realloc")
        self.last = ptr + new_byte_length
        kept = min(old_byte_length, new_byte_length)
        memory[ptr : ptr + kept] = memory[old : old + kept]
        return ptr


def options(side):
    opts = d["CanonicalOptions"]()
    opts.memory = d["MemInst"](bytearray.fromhex(side["memory"]), side["addresses"])
    opts.string_encoding = side["encoding"]
    return opts


def to_core(bits, t):
    match t:
        case "f32": return struct.unpack("<f", struct.pack("<I", bits))[0]
        case "f64": return struct.unpack("<d", struct.pack("<Q", bits))[0]
    return bits


def from_core(v, t):
    match t:
        case "f32": return struct.unpack("<I", struct.pack("<f", v))[0]
        case "f64": return struct.unpack("<Q", struct.pack("<d", v))[0]
    return v


def layouts(ts):
    found = []
    for addresses in ["i32", "i64"]:
        opts = d["CanonicalOptions"]()
        opts.memory = d["MemInst"](bytearray(), addresses)
        tuple_type = d["TupleType"](ts)
        flat = d["flatten_types"](ts, opts)
        ft = d["FuncType"](ts, ts[:1])
        functions = []
        for async_, callback, context in [
            (False, None, "lift"), (True, None, "lift"), (True, 1, "lift"),
            (False, None, "lower"), (True, None, "lower"),
        ]:
            opts.async_, opts.callback = async_, callback
            core = d["flatten_functype"](opts, ft, context)
            functions.append([core.params, core.results])
        found.append({
            "alignment": d["alignment"](tuple_type, addresses),
            "size": d["elem_size"](tuple_type, addresses),
            "flat": flat if len(flat) <= 17 else None,
            "functions": functions,
        })
    return found


def run(case):
    CACHE.clear()
    NAN_BITS[32], NAN_BITS[64] = case["nan_bits"]
    world = World()
    ts = [world.type(t) for t in case["types"]]
    result = {"layouts": layouts(ts)}
    source, destination = case["source"], case["destination"]
    world.fill(source["table"])

    opts = options(source)
    scope = d["Subtask"].__new__(d["Subtask"])
    scope.lenders = []
    scope.resolve_delivered = scope.resolved = lambda: False
    cx = Context(opts, world.source, scope, ["", 0])
    flat_types = d["flatten_types"](ts, opts)
    if len(flat_types) > source["max_flat"]:
        flat_types = [source["addresses"]]
    values = [to_core(bits, t) for bits, t in zip(source["flat"], flat_types)]
    vi = d["CoreValueIter"](values)
    try:
        lifted = d["lift_flat_values"](cx, source["max_flat"], vi, ts)
    except TrapAt as trapped:
        result["lift"] = {"trap": trapped.site}
        return result
    result["lift"] = {"values": [to_json(v, t) for v, t in zip(lifted, ts)]}

    result["lower"] = {}
    for peer in ["host", "guest", "shared"]:
        # A value that was lowered once has an owner.
        def lower():
            world.destination.handles = d["Table"]()
            opts = options(destination)
            if peer == "shared":
                # Both guests have one memory, which begins with the source's.
                opts.memory.bytes[:0] = bytearray.fromhex(source["memory"])
            scope = d["Task"].__new__(d["Task"])
            scope.num_borrows = 0
            cx = Context(opts, world.destination, scope, destination["realloc"])
            cx.last = case["last"] if peer == "shared" else 0
            change = of_host if peer == "host" else retagged(source, destination)
            vs = [with_strings(v, t, change) for v, t in zip(lifted, ts)]
            flat_types = d["flatten_types"](ts, opts)
            out_param = None
            if len(flat_types) > destination["max_flat"]:
                flat_types = [destination["addresses"]]
                if destination["out_param"] is not None:
                    out_param = d["CoreValueIter"]([destination["out_param"]])
                    flat_types = []
            try:
                flat = d["lower_flat_values"](cx, destination["max_flat"], vs, ts, out_param)
            except TrapAt as trapped:
                return {"trap": trapped.site, "calls": cx.calls}
            return {
                "flat": [from_core(v, t) for v, t in zip(flat, flat_types)],
                "calls": cx.calls,
                "memory": opts.memory.bytes.hex(),
            }
        result["lower"][peer] = lower()
    return result


for line in sys.stdin:
    print(json.dumps(run(json.loads(line))))
