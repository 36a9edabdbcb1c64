//! The outcome of calling a built-in.

/// The outcome of calling a built-in: its result, or a reason why there is none yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<T, S> {
    /// The built-in returns this.
    Return(T),
    /// The calling thread stops here, because this has to happen first.
    Suspend(S),
}

impl<T, S> Outcome<T, S> {
    /// Converts the result of an outcome.
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

/// An implementation of built-ins, which may not return at once.
///
/// An implementation holds no memories, tables or functions. If a built-in needs one, or if the
/// thread blocks or switches, the implementation returns a suspension. The caller acts on it.
/// When the machine has the result, the caller encodes it with
/// [`Definition::resumed`](crate::builtin::Definition::resumed).
pub trait Suspends {
    /// The reason why a built-in does not return yet: a thread blocks or another one runs, a
    /// function is called, or memory is read or written.
    type Suspension;
}
