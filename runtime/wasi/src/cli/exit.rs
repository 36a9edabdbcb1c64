//! Exits of programs.

use core::error::Error;
use core::fmt;

/// The exit of a guest that called `wasi:cli/exit`. Its call ends as after a trap, and this is the
/// cause of the error.
///
/// ```
/// use std::error::Error;
/// use weft::component::CallError;
/// use weft_wasi::Exit;
///
/// fn exit_code(error: &CallError) -> i32 {
///     match Exit::of(error) {
///         Some(exit) => i32::from(exit.code),
///         None => 134,
///     }
/// }
/// # assert_eq!(Exit::of(&Exit { code: 3 }), Some(Exit { code: 3 }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Exit {
    /// The exit code.
    pub code: u8,
}

impl Exit {
    /// Finds the exit among an error and its causes.
    #[must_use]
    pub fn of(error: &(dyn Error + 'static)) -> Option<Self> {
        let mut error = Some(error);
        while let Some(cause) = error {
            if let Some(exit) = cause.downcast_ref() {
                return Some(*exit);
            }
            error = cause.source();
        }
        None
    }

    /// Returns the exit of a program that only reports success or failure.
    pub(crate) const fn with(status: Result<(), ()>) -> Self {
        Self { code: if status.is_ok() { 0 } else { 1 } }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the program exited with code {}", self.code)
    }
}

impl Error for Exit {}
