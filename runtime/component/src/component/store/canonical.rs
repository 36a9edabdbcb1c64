//! Canonical definitions as a store has them.
//!
//! `F` is a core function of the engine, `M` a memory.

use alloc::sync::Arc;

use crate::abi::{Flattening, HandleTypes, Options, Peer, StringEncoding};
use crate::builtin::OptionsIndex;
use crate::component::definition::function_type::FunctionType;
use crate::component::definition::items::Definition;
use crate::core_value::IntegerType;
use crate::machine::{FunctionId, InstanceId};

/// A function that a guest exports: `canon lift`. A resource's destructor is one, too, whose
/// parameter is the representation; and so is the start function of a core module.
pub(crate) struct Lifted<F> {
    pub(crate) instance: InstanceId,
    pub(crate) core: Option<F>,
    pub(crate) ty: Arc<FunctionType>,
    pub(crate) options: OptionsIndex,
    pub(crate) is_async: bool,
    pub(crate) callback: Option<F>,
    pub(crate) post_return: Option<F>,
    /// `true` if a call can begin without records: no handles are moved, and it is not `async`, or it
    /// has a callback.
    pub(crate) is_deferrable: bool,
    /// `true` if the core function may stop before it returns, as what it reaches may wait.
    pub(crate) may_stop: bool,
    /// The place of its definition; nothing for what is in no definition.
    pub(crate) place: Option<Place>,
}

/// The place of an item in a definition.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) definition: Arc<Definition>,
    /// The position among its items.
    pub(crate) item: usize,
}

/// A function that a guest imports: `canon lower`.
pub(crate) struct Lowered {
    pub(crate) function: FunctionId,
    pub(crate) ty: Arc<FunctionType>,
    pub(crate) options: OptionsIndex,
    pub(crate) is_async: bool,
    /// The types of the handles, for a host function whose types are Rust's own.
    pub(crate) handles: HandleTypes,
    /// `true` if a call can begin without records: no handles are moved.
    pub(crate) is_deferrable: bool,
    /// The number of the host function that is called, if it returns when it is called, and a call can
    /// begin without records.
    pub(crate) immediate: Option<u32>,
    /// `true` if the callee's core function is called with the arguments as they are, and its result
    /// is that of the call.
    pub(crate) is_flat_plain: bool,
}

impl Lowered {
    /// Returns the limits for its flat parameters and results.
    pub(crate) const fn flattening(&self) -> Flattening {
        if self.is_async { Flattening::AsyncLower } else { Flattening::Lower }
    }
}

/// A memory, as the component instance that has it tells it from others: one memory may be found in
/// several ways, and a handle of an engine's need not tell. No other component instance has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct MemoryKey {
    /// The core instance that defines it.
    pub(crate) instance: u32,
    /// The index in the core module.
    pub(crate) index: u32,
}

/// The options of a canonical definition.
#[derive(Clone, Copy)]
pub(crate) struct CanonicalOptions<M, F> {
    pub(crate) instance: InstanceId,
    pub(crate) address_type: IntegerType,
    pub(crate) string_encoding: StringEncoding,
    pub(crate) memory: Option<M>,
    pub(crate) realloc: Option<F>,
}

impl<M, F> CanonicalOptions<M, F> {
    /// Returns the options of a definition that uses no memory.
    pub(crate) const fn without_memory(instance: InstanceId) -> Self {
        Self {
            instance,
            address_type: IntegerType::I32,
            string_encoding: StringEncoding::Utf8,
            memory: None,
            realloc: None,
        }
    }

    /// Returns the part of the options that the ABI needs.
    pub(crate) const fn abi(&self, peer: Peer) -> Options {
        let mut options = Options::new(self.address_type, self.string_encoding);
        options.peer = peer;
        options
    }
}
