//! Components on wasmi, with operations to repeat. Both counts of allocations and benchmarks use
//! them.
//!
//! | module, file | contents |
//! |---|---|
//! | here | [`Scene`], and [`ALL`] of them |
//! | [`engine`] | the same operations on the engine alone, for comparison |
//! | `calls` | calls of exports, of host functions, and from guest to guest; yields |
//! | `streams` | streams and futures from guest to guest |
//! | `*.wat` | the components |
//!
//! A guest repeats its operation on another guest or on the host in a loop, so that the call which
//! starts the loop makes no difference. Such a scene repeats its operation [many](Scene::count)
//! times.

mod calls;
pub mod engine;
mod streams;

use std::fmt;

use weft::abi::{Lift, Lower, Val};
use weft::component::{Component, Function, Instance, Linker, Store};
use weft::engine::wasmi::Wasmi;

/// An operation that can be repeated.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    name: &'static str,
    count: u32,
    bytes: u32,
    prepare: fn() -> Box<dyn FnMut()>,
}

impl Scene {
    /// Returns the number of repetitions: calls, or elements of a stream.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// Returns the number of bytes moved, for scenes that move bytes.
    #[must_use]
    pub const fn bytes(&self) -> u32 {
        self.bytes
    }

    /// Loads the component, and returns a closure that runs the scene.
    #[must_use]
    pub fn prepare(&self) -> Box<dyn FnMut()> {
        (self.prepare)()
    }
}

impl fmt::Display for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The number of repetitions in a guest's loop.
const MANY: u32 = 1_000;
/// The number of elements in a stream.
const ELEMENTS: u32 = 65_536;

macro_rules! scenes {
    ($all:ident, $doc_of_all:literal;
     $($(#[$doc:meta])* $constant:ident, $name:literal, $count:expr, $bytes:expr, $prepare:expr;)*) => {
        $($(#[$doc])* pub const $constant: $crate::scenes::Scene = $crate::scenes::Scene {
            name: $name, count: $count, bytes: $bytes, prepare: || Box::new($prepare),
        };)*

        #[doc = $doc_of_all]
        pub const $all: &[$crate::scenes::Scene] = &[$($constant),*];
    };
}
use scenes;

scenes! {
    ALL, "Every scene with components.";
    /// The host calls an export without parameters or result.
    CALL, "host calls guest: nothing", 1, 0, calls::nothing();
    /// The host calls an export with two numbers, and gets one.
    CALL_NUMBERS, "host calls guest: numbers", 1, 0, calls::add();
    /// The host calls an export with a string.
    CALL_STRING, "host calls guest: string in", 1, 0, calls::length();
    /// The host calls an export and gets a string.
    CALL_FOR_STRING, "host calls guest: string out", 1, 0, calls::text();
    /// The host calls an export with two numbers as Rust types, and gets one.
    TYPED_NUMBERS, "host calls guest: typed numbers", 1, 0, calls::typed_add();
    /// The host calls an export with a string as a Rust type.
    TYPED_STRING, "host calls guest: typed string in", 1, 0, calls::typed_length();
    /// The host calls an export and gets a string as a Rust type.
    TYPED_FOR_STRING, "host calls guest: typed string out", 1, 0, calls::typed_text();
    /// The host calls an export that is lifted with a callback and returns at once.
    CALL_ASYNC, "host calls guest: callback", 1, 0, calls::return_at_once();
    /// A guest calls a host function without parameters or result.
    HOST, "guest calls host: nothing", MANY, 0, calls::host("nothing");
    /// A guest calls a host function with two numbers, and gets one.
    HOST_NUMBERS, "guest calls host: numbers", MANY, 0, calls::host("add");
    /// A guest calls a host function with a string.
    HOST_STRING, "guest calls host: string in", MANY, 0, calls::host("length");
    /// A guest calls a host function and gets a string.
    HOST_FOR_STRING, "guest calls host: string out", MANY, 0, calls::host("text");
    /// A guest calls a host function whose two numbers are Rust types.
    HOST_TYPED_NUMBERS, "guest calls host: typed numbers", MANY, 0, calls::typed_host("add");
    /// A guest calls a host function whose string is a Rust type.
    HOST_TYPED_STRING, "guest calls host: typed string in", MANY, 0, calls::typed_host("length");
    /// A guest calls a host function with `async`, which is ready at once.
    HOST_ASYNC, "guest calls host: async, ready", MANY, 0, calls::host("ready");
    /// A guest calls another without parameters or result.
    GUEST, "guest calls guest: nothing", MANY, 0, calls::guest("nothing");
    /// A guest calls another with two numbers, and gets one.
    GUEST_NUMBERS, "guest calls guest: numbers", MANY, 0, calls::guest("add");
    /// A guest calls another with a string.
    GUEST_STRING, "guest calls guest: string in", MANY, 0, calls::guest("length");
    /// A guest calls another with `async`, which is lifted with a callback and returns at once.
    GUEST_ASYNC, "guest calls guest: async, callback", MANY, 0, calls::guest("return-at-once");
    /// A callback lets others run.
    YIELD_CALLBACK, "yield: callback", MANY, 0, calls::yields("with-callback");
    /// A thread lets others run.
    YIELD_STACKFUL, "yield: thread.yield", MANY, 0, calls::yields("stackful");
    /// A future is made by one guest, which writes to it, and read by another.
    FUTURE, "future<u32>", MANY, 0, streams::future();
    /// Bytes go from guest to guest, one at a time.
    STREAM_U8_1, "stream<u8>, 1", MANY, MANY, streams::stream("u8", 1, MANY);
    /// Bytes go from guest to guest, a few at a time.
    STREAM_U8_64, "stream<u8>, 64", ELEMENTS, ELEMENTS, streams::stream("u8", 64, ELEMENTS);
    /// Bytes go from guest to guest, a KiB at a time.
    STREAM_U8_1024, "stream<u8>, 1,024", ELEMENTS, ELEMENTS, streams::stream("u8", 1024, ELEMENTS);
    /// Bytes go from guest to guest, all at once.
    STREAM_U8_65536, "stream<u8>, 65,536", ELEMENTS, ELEMENTS,
        streams::stream("u8", 65_536, ELEMENTS);
    /// Numbers go from guest to guest, one at a time.
    STREAM_U64_1, "stream<u64>, 1", MANY, 8 * MANY, streams::stream("u64", 1, MANY);
    /// Numbers go from guest to guest, many at a time.
    STREAM_U64_1024, "stream<u64>, 1,024", ELEMENTS, 8 * ELEMENTS,
        streams::stream("u64", 1024, ELEMENTS);
    /// Numbers go from guest to guest, all at once.
    STREAM_U64_65536, "stream<u64>, 65,536", ELEMENTS, 8 * ELEMENTS,
        streams::stream("u64", 65_536, ELEMENTS);
    /// Pairs of numbers go from guest to guest, one at a time.
    STREAM_PAIRS_1, "stream<tuple<u32,u32>>, 1", MANY, 8 * MANY,
        streams::stream("(tuple u32 u32)", 1, MANY);
    /// Pairs of numbers go from guest to guest, many at a time.
    STREAM_PAIRS_1024, "stream<tuple<u32,u32>>, 1,024", ELEMENTS, 8 * ELEMENTS,
        streams::stream("(tuple u32 u32)", 1024, ELEMENTS);
    /// Pairs of numbers go from guest to guest, all at once.
    STREAM_PAIRS_65536, "stream<tuple<u32,u32>>, 65,536", ELEMENTS, 8 * ELEMENTS,
        streams::stream("(tuple u32 u32)", 65_536, ELEMENTS);
    /// Strings go from guest to guest, one at a time.
    STREAM_STRINGS_1, "stream<string>, 1", MANY, 16 * MANY, streams::stream("string", 1, MANY);
    /// Strings go from guest to guest, many at a time.
    STREAM_STRINGS_1024, "stream<string>, 1,024", ELEMENTS, 16 * ELEMENTS,
        streams::stream("string", 1024, ELEMENTS);
}

/// An instance of a component in a store of its own, and the function that is called.
struct Stand {
    store: Store<Wasmi>,
    instance: Instance<Wasmi>,
}

impl Stand {
    fn new(text: &str, linker: &Linker<Wasmi>) -> Self {
        let engine = Wasmi::default();
        let bytes = wat::parse_str(text).expect("a component");
        let component = Component::new(&engine, &bytes).expect("a component");
        let mut store = Store::new(&engine, ());
        let instance = store.instantiate(&component, linker).expect("an instance");
        Self { store, instance }
    }

    fn function(&self, name: &str) -> Function {
        self.store.function(&self.instance, name).expect("a function")
    }

    /// Returns a closure that calls a function with the same arguments of Rust types each time, and
    /// expects `expected`.
    fn typed_call_of<P, R>(self, name: &str, arguments: P, expected: R) -> impl FnMut() + use<P, R>
    where
        P: Lower + Copy,
        R: for<'a> Lift<'a> + Send + PartialEq + fmt::Debug + 'static,
    {
        let function = self.function(name).typed::<P, R>().expect("its types");
        let mut store = self.store;
        move || {
            let result = store.call(&function, arguments).expect("a result");
            assert_eq!(result, expected);
        }
    }

    /// Returns a closure that calls a function with the same arguments each time, and expects
    /// `expected`.
    fn call_of(
        self,
        name: &str,
        arguments: Vec<Val>,
        expected: Option<Val>,
    ) -> impl FnMut() + use<> {
        let function = self.function(name);
        let mut store = self.store;
        move || {
            let result = store.call(&function, &arguments).expect("a result");
            assert_eq!(result, expected);
        }
    }
}
