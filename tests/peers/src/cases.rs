//! The cases of the table. Each host runs a case in the same way, or not at all.

/// An operation that is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// The host calls a guest's function, and waits for it.
    Call(Call),
    /// A guest calls a host function in a loop.
    HostFunction(Values),
    /// A guest calls another guest's function in a loop.
    Guest(Values),
    /// The host calls an async function of a guest, which returns at once.
    AsyncCall(Driving),
    /// A guest repeats an asynchronous operation in a loop.
    AsyncLoop(AsyncLoop),
    /// A guest reads the elements that another one writes to a stream, a number of elements at
    /// once.
    Stream(Element, u32),
    /// The same of bytes, where both are tasks that the scheduler runs.
    StreamBetweenTasks(u32),
    /// The host reads the bytes that a guest writes, a number of bytes at once, into a buffer of
    /// its own.
    StreamToHost(u32),
    /// The host writes from a buffer of its own.
    StreamFromHost(u32),
    /// A store is created with one instance or several, each of which calls the one before it.
    Instantiate(u32),
    /// A component with this number of functions is loaded.
    Load(u32),
    /// A call goes through this number of components.
    ChainOfCalls(u32),
    /// A stream goes through this number of components, a KiB at once.
    ChainOfStreams(u32),
    /// A guest makes this number of calls that wait, and cancels them.
    CancelStorm(u32),
    /// A guest waits for this number of streams at once, one of which is written to each time.
    FanIn(u32),
}

impl Case {
    /// Returns the number of steps in one operation; the report shows the share of one.
    pub fn things(self) -> u32 {
        match self {
            Self::CancelStorm(calls) => calls,
            _ => 1,
        }
    }
}

/// The values that the host passes to a guest and receives back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Nothing,
    Numbers,
    /// A string of this length, there and back.
    Text(usize),
    Record,
    /// A list of this number of bytes.
    ListIn(usize),
    ListOut(u32),
    /// The 27th Fibonacci number, by recursion.
    Fibonacci,
}

/// The values that a guest passes to a host function or another guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    Nothing,
    Numbers,
    /// A string of 16 bytes.
    Text,
}

impl Values {
    /// Returns the name of the export that does it in a loop.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Numbers => "numbers",
            Self::Text => "text",
        }
    }
}

/// The way in which the host waits for an async function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driving {
    /// With the simplest call of the host: Weft's blocks, Wasmtime's is a future that owns the
    /// store.
    Simplest,
    /// With a future that can run beside other calls.
    Future,
}

/// The async work that a guest does in a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsyncLoop {
    HostFunction,
    Guest,
    Yield,
}

impl AsyncLoop {
    /// Returns the name of the export that does it.
    pub fn name(self) -> &'static str {
        match self {
            Self::HostFunction => "ready",
            Self::Guest => "run",
            Self::Yield => "yield",
        }
    }
}

/// The type of a stream's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    Byte,
    Number,
    Pair,
    Text,
}

impl Element {
    /// Returns its type in the text of a component.
    pub fn text(self) -> &'static str {
        match self {
            Self::Byte => "u8",
            Self::Number => "u64",
            Self::Pair => "(tuple u32 u32)",
            Self::Text => "string",
        }
    }
}

/// A case with its name in arguments and reports.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub name: &'static str,
    pub title: &'static str,
    pub case: Case,
}

const fn row(name: &'static str, title: &'static str, case: Case) -> Row {
    Row { name, title, case }
}

/// All cases, in the order of the table.
pub const ROWS: &[Row] = &[
    row("call-nothing", "host→guest, nothing", Case::Call(Call::Nothing)),
    row("call-numbers", "host→guest, (u32, u32) → u32", Case::Call(Call::Numbers)),
    row("call-text-16", "host→guest, string of 16 B there and back", Case::Call(Call::Text(16))),
    row(
        "call-text-1024",
        "host→guest, string of 1 KiB there and back",
        Case::Call(Call::Text(1024)),
    ),
    row("call-record", "host→guest, record of 8 fields there and back", Case::Call(Call::Record)),
    row("call-list-in", "host→guest, list<u8> of 1 MiB there", Case::Call(Call::ListIn(1 << 20))),
    row("call-list-out", "host→guest, list<u8> of 1 MiB back", Case::Call(Call::ListOut(1 << 20))),
    row("call-fibonacci", "fib(27) in a component", Case::Call(Call::Fibonacci)),
    row("host-nothing", "guest→host, nothing", Case::HostFunction(Values::Nothing)),
    row("host-numbers", "guest→host, u32 → u32", Case::HostFunction(Values::Numbers)),
    row("host-text", "guest→host, string of 16 B", Case::HostFunction(Values::Text)),
    row("guest-nothing", "guest→guest, nothing", Case::Guest(Values::Nothing)),
    row("guest-numbers", "guest→guest, (u32, u32) → u32", Case::Guest(Values::Numbers)),
    row("guest-text", "guest→guest, string of 16 B", Case::Guest(Values::Text)),
    row("async-call", "host→guest, callback lift", Case::AsyncCall(Driving::Simplest)),
    row(
        "async-call-future",
        "host→guest, callback lift, by a future",
        Case::AsyncCall(Driving::Future),
    ),
    row(
        "async-host",
        "async lower → ready host function",
        Case::AsyncLoop(AsyncLoop::HostFunction),
    ),
    row(
        "async-guest",
        "async lower → callback lift, guest→guest",
        Case::AsyncLoop(AsyncLoop::Guest),
    ),
    row("async-yield", "callback yields and is called again", Case::AsyncLoop(AsyncLoop::Yield)),
    row("stream-u8-1", "stream<u8>, 1 at a time", Case::Stream(Element::Byte, 1)),
    row("stream-u8-64", "stream<u8>, 64 at a time", Case::Stream(Element::Byte, 64)),
    row("stream-u8-1024", "stream<u8>, 1,024 at a time", Case::Stream(Element::Byte, 1024)),
    row("stream-u64-1", "stream<u64>, 1 at a time", Case::Stream(Element::Number, 1)),
    row("stream-u64-64", "stream<u64>, 64 at a time", Case::Stream(Element::Number, 64)),
    row("stream-u64-1024", "stream<u64>, 1,024 at a time", Case::Stream(Element::Number, 1024)),
    row("stream-pair-1", "stream<tuple<u32, u32>>, 1 at a time", Case::Stream(Element::Pair, 1)),
    row("stream-pair-64", "stream<tuple<u32, u32>>, 64 at a time", Case::Stream(Element::Pair, 64)),
    row(
        "stream-pair-1024",
        "stream<tuple<u32, u32>>, 1,024 at a time",
        Case::Stream(Element::Pair, 1024),
    ),
    row("stream-text-1", "stream<string>, 1 of 16 B at a time", Case::Stream(Element::Text, 1)),
    row("stream-text-64", "stream<string>, 64 of 16 B at a time", Case::Stream(Element::Text, 64)),
    row(
        "stream-text-1024",
        "stream<string>, 1,024 of 16 B at a time",
        Case::Stream(Element::Text, 1024),
    ),
    row("tasks-1", "stream<u8> between two tasks, 1 at a time", Case::StreamBetweenTasks(1)),
    row(
        "tasks-1024",
        "stream<u8> between two tasks, 1,024 at a time",
        Case::StreamBetweenTasks(1024),
    ),
    row("to-host-1024", "stream<u8> guest→host, 1 KiB at a time", Case::StreamToHost(1024)),
    row("to-host-65536", "stream<u8> guest→host, 64 KiB at a time", Case::StreamToHost(65536)),
    row("from-host-1024", "stream<u8> host→guest, 1 KiB at a time", Case::StreamFromHost(1024)),
    row("from-host-65536", "stream<u8> host→guest, 64 KiB at a time", Case::StreamFromHost(65536)),
    row("chain-calls-1", "call of 1 component", Case::ChainOfCalls(1)),
    row("chain-calls-8", "call through 8 components", Case::ChainOfCalls(8)),
    row("chain-calls-64", "call through 64 components", Case::ChainOfCalls(64)),
    row("chain-streams-1", "stream through 1 component, 1 KiB", Case::ChainOfStreams(1)),
    row("chain-streams-8", "stream through 8 components, 1 KiB", Case::ChainOfStreams(8)),
    row("chain-streams-64", "stream through 64 components, 1 KiB", Case::ChainOfStreams(64)),
    row("cancel-storm", "10,000 calls wait and are cancelled, each", Case::CancelStorm(10_000)),
    row("fan-in-1", "event of a set of 1 stream", Case::FanIn(1)),
    row("fan-in-10000", "event of a set of 10,000 streams", Case::FanIn(10_000)),
    row("instantiate-1", "store and instance of one component", Case::Instantiate(1)),
    row("instantiate-8", "store and instance of 8 composed", Case::Instantiate(8)),
    row("load-small", "load a component of 60 KB", Case::Load(600)),
    row("load-large", "load a component of 500 KB", Case::Load(5_000)),
];
