//! Bindings as the generator writes them, but written by hand. The WIT is:
//!
//! ```wit
//! package example:files@1.2.0;
//!
//! interface types {
//!   enum error-code { missing, denied }
//!   resource file {
//!     constructor(name: string);
//!     size: func() -> u64;
//!     sync: async func() -> result<u64, error-code>;
//!   }
//!   names: func() -> list<string>;
//!   find: func(name: string) -> result<u64, error-code>;
//!   remove: func(name: string) -> result<u64, error-code>;
//!   load: func(name: string) -> result<u64, error-code>;
//!   read: func(name: string) -> stream<u8>;
//!   write: async func(name: string, bytes: stream<u8>) -> result<u64, error-code>;
//! }
//!
//! interface copies {
//!   use types.{error-code};
//!   // The functions of `types`.
//! }
//!
//! world program {
//!   import log: func(text: string);
//!   import types;
//!   export run: async func(name: string) -> u32;
//!   export copies;
//!   export counters: interface {
//!     resource counter {
//!       constructor(start: u32);
//!       add: func(n: u32) -> u32;
//!     }
//!   }
//! }
//! ```

#![expect(clippy::new_ret_no_self, clippy::wrong_self_convention, reason = "it is as generated")]

use weft::binding::{
    CallError, Calls, CoreEngine, Exports, HostError, HostView, Interface, Linker, NotImplemented,
    TypedFunction, World,
};

pub(super) mod types {
    use weft::abi::{ComponentType, Lift, Lower};
    use weft::binding::{
        BorrowHandle, CoreEngine, HostAccess, HostCaller, HostError, Interface, Linker, OrTrap,
        OwnHandle, StreamHandle, WitError, or_trap,
    };

    #[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
    pub(crate) enum ErrorCode {
        Missing,
        Denied,
    }

    #[derive(Debug)]
    pub(crate) enum File {}

    pub(crate) trait Host: HostFile {
        /// The user's error that stands for an `error-code`.
        type LoadError: WitError<ErrorCode>;

        fn names(&mut self) -> Vec<String>;
        fn find(&mut self, name: String) -> Result<u64, ErrorCode>;
        fn remove(&mut self, name: String) -> Result<u64, OrTrap<ErrorCode>>;
        fn load(&mut self, name: String) -> Result<u64, Self::LoadError>;
        fn read(
            caller: &mut impl HostCaller<Self>,
            name: String,
        ) -> Result<StreamHandle<u8>, HostError>;
        fn write(
            access: impl HostAccess<Self>,
            name: String,
            bytes: StreamHandle<u8>,
        ) -> impl Future<Output = Result<u64, OrTrap<ErrorCode>>> + Send;
    }

    pub(crate) trait HostFile: Sized + 'static {
        fn new(&mut self, name: String) -> OwnHandle<File>;
        fn size(&mut self, self_: BorrowHandle<'_, File>) -> u64;
        fn sync(
            access: impl HostAccess<Self>,
            self_: BorrowHandle<'_, File>,
        ) -> impl Future<Output = Result<u64, OrTrap<ErrorCode>>> + Send;
        fn drop(&mut self, self_: OwnHandle<File>);
    }

    pub(crate) fn add_to_linker<E: CoreEngine, T: 'static, H: Host>(
        linker: &mut Linker<E, T>,
        find: impl Fn(&mut T) -> &mut H + Clone + Send + Sync + 'static,
    ) {
        let mut interface = Interface::new(linker, Some("example:files/types@1.2.0"), find);
        interface.resource_with_drop::<File>("file", |host, file| {
            H::drop(host, file);
            Ok(())
        });
        interface.function("[constructor]file", |host, (name,)| Ok(H::new(host, name)));
        interface.function("[method]file.size", |host, (self_,)| Ok(H::size(host, self_)));
        interface.async_function("[method]file.sync", |access, (self_,)| async move {
            or_trap(H::sync(access, self_).await)
        });
        interface.function("names", |host, ()| Ok(H::names(host)));
        interface.function("find", |host, (name,)| Ok(H::find(host, name)));
        interface.function("remove", |host, (name,)| or_trap(H::remove(host, name)));
        interface.function("load", |host, (name,)| or_trap::<ErrorCode, _, _>(H::load(host, name)));
        interface.caller_function("read", |caller, (name,)| H::read(caller, name));
        interface.async_function("write", |access, (name, bytes)| async move {
            or_trap(H::write(access, name, bytes).await)
        });
    }
}

/// The functions directly in the world. An option adds default bodies, which trap.
pub(super) trait Host {
    fn log(&mut self, text: String) -> Result<(), HostError> {
        let _ = text;
        Err(NotImplemented { interface: None, function: "log" }.into())
    }
}

pub(super) fn add_to_linker<E: CoreEngine, T: 'static, H: Host + types::Host>(
    linker: &mut Linker<E, T>,
    find: impl Fn(&mut T) -> &mut H + Clone + Send + Sync + 'static,
) {
    types::add_to_linker(linker, find.clone());
    add_root_to_linker(linker, find);
}

pub(super) fn add_root_to_linker<E: CoreEngine, T: 'static, H: Host + 'static>(
    linker: &mut Linker<E, T>,
    find: impl Fn(&mut T) -> &mut H + Clone + Send + Sync + 'static,
) {
    let mut interface = Interface::new(linker, None, find);
    interface.function("log", |host, (text,)| H::log(host, text));
}

pub(super) fn add_views_to_linker<E: CoreEngine, T: 'static, V>(linker: &mut Linker<E, T>)
where
    V: HostView<T>,
    for<'a> V::Host<'a>: Host,
{
    let mut interface = Interface::of_views::<V>(linker, None);
    interface.function("log", |host, (text,)| Host::log(host, text));
}

/// The exports of a component of the world.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) run: TypedFunction<(&'static str,), u32>,
    pub(super) copies: exports::copies::Copies,
    pub(super) counters: exports::counters::Counters,
}

impl World for Program {
    const NAME: &'static str = "example:files/program@1.2.0";
    const IMPORTS: &'static [&'static str] = &["log", "example:files/types@1.2.0"];
    const EXPORTS: &'static [&'static str] = &["run", "example:files/copies@1.2.0", "counters"];

    fn find(exports: &mut Exports<'_>) -> Option<Self> {
        let run = exports.function("run");
        let copies = exports.interface("example:files/copies@1.2.0", exports::copies::Copies::find);
        let counters = exports.interface("counters", exports::counters::Counters::find);
        Some(Self { run: run?, copies: copies?, counters: counters? })
    }
}

impl Program {
    pub(super) fn run(&self, store: &mut impl Calls, name: &str) -> Result<u32, CallError> {
        store.call(&self.run, (name,))
    }
}

pub(super) mod exports {
    pub(crate) mod copies {
        use weft::binding::{AsyncCalls, CallError, Calls, Exports, StreamHandle, TypedFunction};

        use crate::bindings::program::types::ErrorCode;

        #[derive(Clone, Debug)]
        pub(crate) struct Copies {
            pub(crate) names: TypedFunction<(), Vec<String>>,
            pub(crate) find: TypedFunction<(&'static str,), Result<u64, ErrorCode>>,
            pub(crate) remove: TypedFunction<(&'static str,), Result<u64, ErrorCode>>,
            pub(crate) load: TypedFunction<(&'static str,), Result<u64, ErrorCode>>,
            pub(crate) read: TypedFunction<(&'static str,), StreamHandle<u8>>,
            pub(crate) write:
                TypedFunction<(&'static str, StreamHandle<u8>), Result<u64, ErrorCode>>,
        }

        impl Copies {
            pub(crate) fn find(exports: &mut Exports<'_>) -> Option<Self> {
                let names = exports.function("names");
                let find = exports.function("find");
                let remove = exports.function("remove");
                let load = exports.function("load");
                let read = exports.function("read");
                let write = exports.function("write");
                Some(Self {
                    names: names?,
                    find: find?,
                    remove: remove?,
                    load: load?,
                    read: read?,
                    write: write?,
                })
            }

            pub(crate) fn names(&self, store: &mut impl Calls) -> Result<Vec<String>, CallError> {
                store.call(&self.names, ())
            }

            pub(crate) fn remove(
                &self,
                store: &mut impl Calls,
                name: &str,
            ) -> Result<Result<u64, ErrorCode>, CallError> {
                store.call(&self.remove, (name,))
            }

            pub(crate) fn load(
                &self,
                store: &mut impl Calls,
                name: &str,
            ) -> Result<Result<u64, ErrorCode>, CallError> {
                store.call(&self.load, (name,))
            }

            pub(crate) fn read(
                &self,
                store: &mut impl Calls,
                name: &str,
            ) -> Result<StreamHandle<u8>, CallError> {
                store.call(&self.read, (name,))
            }

            pub(crate) async fn write_async(
                &self,
                store: &mut impl AsyncCalls,
                name: &str,
                bytes: StreamHandle<u8>,
            ) -> Result<Result<u64, ErrorCode>, CallError> {
                store.call_async(&self.write, (name, bytes)).await
            }
        }
    }

    pub(crate) mod counters {
        use weft::binding::{BorrowHandle, CallError, Calls, Exports, OwnHandle, TypedFunction};

        #[derive(Debug)]
        pub(crate) enum Counter {}

        #[derive(Clone, Debug)]
        pub(crate) struct Counters {
            pub(crate) counter: CounterFunctions,
        }

        #[derive(Clone, Debug)]
        pub(crate) struct CounterFunctions {
            pub(crate) new: TypedFunction<(u32,), OwnHandle<Counter>>,
            pub(crate) add: TypedFunction<(BorrowHandle<'static, Counter>, u32), u32>,
        }

        impl Counters {
            pub(crate) fn find(exports: &mut Exports<'_>) -> Option<Self> {
                let counter = CounterFunctions::find(exports);
                Some(Self { counter: counter? })
            }
        }

        impl CounterFunctions {
            pub(crate) fn find(exports: &mut Exports<'_>) -> Option<Self> {
                let new = exports.function("[constructor]counter");
                let add = exports.function("[method]counter.add");
                Some(Self { new: new?, add: add? })
            }

            pub(crate) fn new(
                &self,
                store: &mut impl Calls,
                start: u32,
            ) -> Result<OwnHandle<Counter>, CallError> {
                store.call(&self.new, (start,))
            }

            pub(crate) fn add(
                &self,
                store: &mut impl Calls,
                self_: BorrowHandle<'_, Counter>,
                n: u32,
            ) -> Result<u32, CallError> {
                store.call(&self.add, (self_, n))
            }
        }
    }
}
