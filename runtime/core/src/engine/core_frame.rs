//! The core functions that were active when a guest trapped.

use alloc::string::String;
use core::fmt;

use crate::error::OneLine;

/// A core function that was active when a guest trapped, as far as the engine knows it.
///
/// ```
/// use weft_core::engine::CoreFrame;
///
/// let frame = CoreFrame { function: Some("main".into()), module: None, offset: Some(0x2a) };
/// assert_eq!(frame.to_string(), "core function `main` at byte 42");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoreFrame {
    /// The name of the function, or its index in its module.
    pub function: Option<String>,
    /// The name of the module.
    pub module: Option<String>,
    /// The place in the module, in bytes from its beginning.
    pub offset: Option<u64>,
}

impl fmt::Display for CoreFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.function {
            Some(function) => write!(f, "core function {:#}", OneLine(function))?,
            None => f.write_str("a core function")?,
        }
        if let Some(module) = &self.module {
            write!(f, " of core module {:#}", OneLine(module))?;
        }
        match self.offset {
            Some(offset) => write!(f, " at byte {offset}"),
            None => Ok(()),
        }
    }
}
