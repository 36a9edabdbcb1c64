//! A link, as code is made for it.

use crate::component::definition::function_type::FunctionType;
use crate::component::definition::immediates::CanonicalOptions;

use super::core_space::MemoryKind;

/// A link, as code is made for it.
#[derive(Debug)]
pub(crate) struct LinkInput<'a> {
    /// The number of the link in the component.
    pub(crate) number: usize,
    /// The position of the link among those of its callee. Modules of links that differ only in their
    /// numbers are the same.
    pub(crate) position: usize,
    /// The number of the callee's flag.
    pub(crate) flag: u32,
    pub(crate) ty: &'a FunctionType,
    pub(crate) caller: LinkSide,
    pub(crate) callee: LinkSide,
    /// The numbers of the instances.
    pub(crate) instances: [usize; 2],
}

/// One side of a call: its options, and what is known of its memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinkSide {
    pub(crate) options: CanonicalOptions,
    pub(crate) memory: Option<MemoryKind>,
}
