//! Functions and types that the host has defined.

use crate::builtin::{OptionsIndex, TypeIndex};
use crate::id::{FunctionId, InstanceId};
use crate::machine::arena::Key;

/// A function that can be called.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Function {
    Lifted(LiftedFunction),
    Host { number: u32 },
}

/// A function, and the one that its instance has defined before it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DefinedFunction {
    pub(crate) function: Function,
    pub(crate) before: Option<Key<Self>>,
}

/// A guest's export, as `canon lift` defines it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LiftedFunction {
    /// The instance whose core function it is.
    pub instance: InstanceId,
    /// `true` if its type is `async`.
    pub is_async: bool,
    /// The options that it was lifted with.
    pub lift: LiftMode,
    /// The type of its result, which `task.return` must name. Equal types have equal numbers.
    pub result_type: Option<TypeIndex>,
    /// The number of its string encoding and memory, which `task.return` must name, too. Equal
    /// pairs have equal numbers.
    pub lift_options: OptionsIndex,
}

/// The way in which a guest's export is lifted: its options `async`, `callback` and
/// `post-return`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LiftMode {
    /// Without `async`: it returns its result.
    Sync {
        /// `true` if it has a `post-return` function.
        has_post_return: bool,
    },
    /// With `async`: it calls `task.return`, and can block at any point.
    Stackful,
    /// With `async` and `callback`: it calls `task.return`, and returns to wait.
    Callback,
}

impl LiftMode {
    /// Returns `true` if the export is lifted with `async`.
    #[must_use]
    pub const fn is_async(self) -> bool {
        !matches!(self, Self::Sync { .. })
    }
}

/// The definition of a type, as far as the machine needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TypeDefinition {
    /// A resource type, which differs from all others.
    Resource {
        /// The instance that defines it; `None` if the host does.
        instance: Option<InstanceId>,
        /// The function that is called with the representation of a resource that its owner
        /// dropped. It is a lifted function of `instance`. `None` for a type of the host, which
        /// is told of each drop by
        /// [`Step::DropHostResource`](crate::machine::Step::DropHostResource).
        destructor: Option<FunctionId>,
    },
    /// A `stream` or `future` type.
    Ends {
        /// `true` if it has no element, or a number: the reference's `none_or_number_type`.
        is_none_or_number: bool,
    },
    /// Any other type, of which the machine knows only its number.
    Value,
}

/// A type with its number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NumberedType {
    pub(crate) number: TypeIndex,
    pub(crate) definition: TypeDefinition,
}

/// Returns the number of frames that `canon_lift` of a function takes.
pub(crate) const fn frames_of(lifted: &LiftedFunction) -> usize {
    if lifted.is_async { 0 } else { 1 }
}
