//! What comes of calling a built-in.

/// What comes of calling a built-in: its result, or a reason why there is none yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<T, S> {
    /// The built-in returns this.
    Return(T),
    /// The calling thread stops here; what is to happen first.
    Suspend(S),
}

impl<T, S> Outcome<T, S> {
    /// The same outcome with the result converted.
    pub(crate) fn try_map<U, E>(
        self,
        convert: impl FnOnce(T) -> Result<U, E>,
    ) -> Result<Outcome<U, S>, E> {
        match self {
            Self::Return(value) => convert(value).map(Outcome::Return),
            Self::Suspend(reason) => Ok(Outcome::Suspend(reason)),
        }
    }
}

/// An implementation of built-ins, any of which may not return at once.
///
/// An implementation holds no memories, tables or functions. Where a built-in needs one, or
/// where the thread blocks or switches, it says so in a suspension; whoever called acts on it
/// and, when the machine has the result, encodes it with
/// [`Definition::resumed`](crate::builtin::Definition::resumed).
pub trait Suspends {
    /// What has to happen before a built-in returns: a thread blocks or another one runs, a
    /// function is called, memory is read or written.
    type Suspension;
}
