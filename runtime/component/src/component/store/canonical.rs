//! Canonical definitions in the form that a store keeps.
//!
//! `F` is a core function of the engine, `M` a memory.

use alloc::sync::Arc;

use crate::abi::{Flattening, HandleTypes, Options, Peer, StringEncoding};
use crate::builtin::OptionsIndex;
use crate::component::definition::function_type::FunctionType;
use crate::component::definition::items::Definition;
use crate::core_value::{CoreValue, IntegerType};
use crate::machine::{FunctionId, InstanceId};

/// A function that a guest exports: `canon lift`. The destructor of a resource is one, too, with
/// the representation as its parameter, and so is the start function of a core module.
pub(crate) struct Lifted<F> {
    pub(crate) instance: InstanceId,
    pub(crate) core: Option<F>,
    pub(crate) ty: Arc<FunctionType>,
    pub(crate) options: OptionsIndex,
    pub(crate) is_async: bool,
    pub(crate) callback: Option<F>,
    pub(crate) post_return: Option<F>,
    /// `true` if a call can begin without records: it moves no handles, and it is not `async`, or
    /// has a callback.
    pub(crate) is_deferrable: bool,
    /// `true` if the core function may stop before it returns, because something that it calls may
    /// wait.
    pub(crate) may_stop: bool,
    /// The place of its definition, if it is in a definition.
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
    /// The types of the handles, for a host function with Rust's own types.
    pub(crate) handles: HandleTypes,
    /// `true` if a call can begin without records: it moves no handles.
    pub(crate) is_deferrable: bool,
    /// The number of the host function that is called, if that returns at once, and a call can
    /// begin without records.
    pub(crate) immediate: Option<u32>,
    /// The core values that pass from guest to guest unchanged.
    pub(crate) unchanged: Unchanged,
}

/// The core values of a call that pass from guest to guest unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unchanged {
    /// Not all of them.
    NotAll,
    /// All of them.
    All,
    /// All of them, if there is no NaN among them.
    UnlessNan,
}

impl Lowered {
    /// Returns the limits for its flat parameters and results.
    pub(crate) const fn flattening(&self) -> Flattening {
        if self.is_async { Flattening::AsyncLower } else { Flattening::Lower }
    }

    /// Returns `true` if these arguments, or this result, pass from guest to guest unchanged.
    #[inline]
    pub(crate) fn moves_unchanged(&self, values: &[CoreValue]) -> bool {
        match self.unchanged {
            Unchanged::NotAll => false,
            Unchanged::All => true,
            Unchanged::UnlessNan => !values.iter().copied().any(is_nan),
        }
    }
}

fn is_nan(value: CoreValue) -> bool {
    match value {
        CoreValue::F32(bits) => f32::from_bits(bits).is_nan(),
        CoreValue::F64(bits) => f64::from_bits(bits).is_nan(),
        _ => false,
    }
}

/// The identity of a memory within its component instance. One memory may be found in several ways,
/// and a handle of the engine does not always tell memories apart. Memories are not shared with
/// other component instances.
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

    /// Returns the options in the form that the ABI needs.
    pub(crate) const fn abi(&self, peer: Peer) -> Options {
        let mut options = Options::new(self.address_type, self.string_encoding);
        options.peer = peer;
        options
    }
}
