//! The arguments of functions as text (feature `wave`).

use alloc::vec::Vec;

use crate::abi::{Val, WaveError};

use super::function_type::FunctionType;

impl FunctionType {
    /// Parses arguments from a text in WAVE, the WebAssembly Value Encoding: values in parentheses,
    /// such as `(1, "a")`. Optional values at the end may be left out.
    ///
    /// ```
    /// use weft::abi::{Type, Val};
    /// use weft::component::FunctionType;
    ///
    /// let read = FunctionType::new([("count", Type::U32)], Some(Type::String))?;
    /// assert_eq!(read.parse_arguments("(3)")?, [Val::U32(3)]);
    /// assert_eq!(read.parse_arguments("(-3)").unwrap_err().to_string(), "invalid value at 1..3");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`WaveError::Text`] says where the text is wrong; [`WaveError::Mismatch`] if a fixed-length
    /// list has another length.
    pub fn parse_arguments(&self, text: &str) -> Result<Vec<Val>, WaveError> {
        self.params.parse_wave(text)
    }
}
