//! Links, as input for generated code.

use crate::component::definition::function_type::FunctionType;
use crate::component::definition::immediates::CanonicalOptions;

use super::core_space::MemoryKind;

/// A link, as input for generated code.
#[derive(Debug)]
pub(crate) struct LinkInput<'a> {
    /// The number of the link in the component.
    pub(crate) number: usize,
    /// The position of the link among those of its callee. The modules of links that differ only in
    /// their numbers are equal.
    pub(crate) position: usize,
    /// The number of the callee's flag.
    pub(crate) flag: u32,
    pub(crate) ty: &'a FunctionType,
    pub(crate) caller: LinkSide,
    pub(crate) callee: LinkSide,
    /// The numbers of the instances.
    pub(crate) instances: [usize; 2],
}

/// A side of a call: its options, and the properties of its memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinkSide {
    pub(crate) options: CanonicalOptions,
    pub(crate) memory: Option<MemoryKind>,
}
