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

/// An implementation of built-ins, some of which do not return at once.
pub trait Suspends {
    /// Why a built-in does not return at once: the thread blocks, switches to another one, or
    /// has to call a function first.
    type Suspension;
}
