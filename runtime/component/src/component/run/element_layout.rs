//! The layouts of elements of streams and futures.

use crate::abi::{Abi, Layout, Type};
use crate::core_value::IntegerType;

/// Returns the layout of the element of a stream or future.
pub(crate) fn element_layout(element: Option<&Type>, address_type: IntegerType) -> Layout {
    element.map_or(Abi::NOTHING, Type::abi).of(address_type)
}
