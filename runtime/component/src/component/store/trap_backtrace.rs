//! Backtraces of traps: the functions that ran when something trapped, and their callers.

use alloc::string::String;
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;

use crate::engine::CoreFrame;
use crate::error::OneLine;
use crate::machine::GuestCode;

use super::call_error::CallError;

/// The largest number of frames of a backtrace. Guests decide how deeply they call.
pub(crate) const MAX_FRAMES: usize = 64;

/// A trap and its backtrace: the function and the instance that trapped, and their callers, across
/// tasks and components.
///
/// [`Store::last_trap`](crate::component::Store::last_trap) returns the one of the last trap.
/// [`CallError::InstanceTrapped`] has the one that ended the instance. The text begins with the
/// error, and has a line for each frame.
///
/// ```
/// # #[cfg(all(feature = "std", feature = "wasmi"))] {
/// use weft::component::{Component, Linker, Store};
/// use weft::engine::wasmi::Wasmi;
///
/// let component = wat::parse_str(r#"
///     (component
///         (import "log" (func $log))
///         (core func $log (canon lower (func $log)))
///         (core module $Shop
///             (import "host" "log" (func $log))
///             (func (export "buy") (call $log)))
///         (core instance $shop (instantiate $Shop (with "host" (instance
///             (export "log" (func $log))))))
///         (func (export "buy") (canon lift (core func $shop "buy"))))
/// "#)?;
/// let engine = Wasmi::default();
/// let mut linker = Linker::new();
/// linker.function("log", |_, _| Err("the disk is full".into()));
/// let mut store = Store::new(&engine, ());
/// let instance = store.instantiate(&Component::new(&engine, &component)?, &linker)?;
/// let buy = store.function(&instance, "buy")?;
/// store.call(&buy, &[]).unwrap_err();
///
/// let trap = store.last_trap().unwrap();
/// assert_eq!(
///     trap.to_string(),
///     "a host function failed\n\
///      0: the host function `log`\n\
///      1: `buy` of instance 1: core function `buy` of core module `Shop`",
/// );
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct TrapBacktrace {
    error: CallError,
    frames: Vec<TrapFrame>,
    is_cut: bool,
    core_frames: Vec<CoreFrame>,
}

/// A frame of a [`TrapBacktrace`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrapFrame {
    /// A host function, with the name of the import.
    HostFunction(String),
    /// A function of a guest.
    Guest(GuestFrame),
    /// An instance that made the call, although none of its tasks waits for the call now.
    Instance(String),
}

/// A function of a guest in a [`TrapBacktrace`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GuestFrame {
    /// The function that was called, by its first export from the innermost instance outwards.
    /// `None` if the guest was being instantiated.
    pub function: Option<String>,
    /// The instance: the number of the instance that the host made, from 1, followed by the number
    /// of each inner one within its parent, from 0.
    pub instance: String,
    /// The part of the function that ran.
    pub code: GuestCode,
    /// The core function that was entered.
    pub core: Option<CoreEntry>,
    /// `true` if the guest had stopped: it waits for the previous frame.
    pub is_waiting: bool,
}

/// A core function that a component enters, in a [`GuestFrame`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CoreEntry {
    /// The number of the core module, counted over the component and those inside of it. `None` if
    /// the module was imported.
    pub module: Option<usize>,
    /// The name of the core module in its name section.
    pub module_name: Option<String>,
    /// The name of the export.
    pub export: String,
    /// The name of the function in the name section of its module.
    pub name: Option<String>,
}

impl TrapBacktrace {
    pub(crate) const fn new(
        error: CallError,
        frames: Vec<TrapFrame>,
        is_cut: bool,
        core_frames: Vec<CoreFrame>,
    ) -> Self {
        Self { error, frames, is_cut, core_frames }
    }

    /// Returns a trap at an unknown place.
    pub(crate) const fn without_frames(error: CallError) -> Self {
        Self::new(error, Vec::new(), false, Vec::new())
    }

    /// Returns `true` if this is the trap of `error`.
    pub(crate) fn is_of(&self, error: &CallError) -> bool {
        core::mem::discriminant(&self.error) == core::mem::discriminant(error)
    }

    /// Returns the error that the calls ended with.
    #[must_use]
    pub const fn error(&self) -> &CallError {
        &self.error
    }

    /// Returns the frames, the innermost first, at most 64. The frames of the stack of nested calls
    /// come first, then those of the tasks that wait for the outermost call.
    #[must_use]
    pub fn frames(&self) -> &[TrapFrame] {
        &self.frames
    }

    /// Returns `true` if there were more frames.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Returns the core functions that were active in the innermost guest, the innermost first.
    /// They are there if the engine knows them: see
    /// [`CoreContext::trap_frames`](crate::engine::CoreContext::trap_frames).
    #[must_use]
    pub fn core_frames(&self) -> &[CoreFrame] {
        &self.core_frames
    }

    /// Returns the name of the outermost function of a guest: the one that the host called, if that
    /// call waits for the trap.
    #[must_use]
    pub fn function(&self) -> Option<&str> {
        self.frames.iter().rev().find_map(|frame| match frame {
            TrapFrame::Guest(guest) => guest.function.as_deref(),
            TrapFrame::HostFunction(_) | TrapFrame::Instance(_) => None,
        })
    }
}

impl fmt::Display for TrapBacktrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)?;
        for frame in &self.core_frames {
            write!(f, "\n-  {frame}")?;
        }
        for (position, frame) in self.frames.iter().enumerate() {
            write!(f, "\n{position}: {frame}")?;
        }
        if self.is_cut { f.write_str("\nand more") } else { Ok(()) }
    }
}

/// Its message begins with that of the error, and its source is that of the error.
impl Error for TrapBacktrace {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}

impl fmt::Display for TrapFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HostFunction(name) => write!(f, "the host function {:#}", OneLine(name)),
            Self::Guest(guest) => guest.fmt(f),
            Self::Instance(instance) => write!(f, "called by instance {instance}"),
        }
    }
}

impl fmt::Display for GuestFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_waiting {
            f.write_str("awaited by ")?;
        }
        match &self.function {
            Some(function) => write!(f, "{}{:#}", part(self.code), OneLine(function))?,
            None if self.code == GuestCode::Realloc => f.write_str("`realloc`")?,
            None => f.write_str("the instantiation")?,
        }
        write!(f, " of instance {}", self.instance)?;
        match &self.core {
            Some(core) => write!(f, ": {core}"),
            None => Ok(()),
        }
    }
}

/// Returns the words before a function's name, which say which part of it runs.
const fn part(code: GuestCode) -> &'static str {
    match code {
        GuestCode::Function | GuestCode::Realloc => "",
        GuestCode::Destructor => "the destructor ",
        GuestCode::PostReturn => "`post-return` of ",
        GuestCode::Callback => "the callback of ",
        GuestCode::StartFunction => "a thread of ",
    }
}

impl fmt::Display for CoreEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { module, module_name, export, name } = self;
        write!(f, "core function {:#}", OneLine(name.as_ref().unwrap_or(export)))?;
        match (module_name, module) {
            (Some(name), _) => write!(f, " of core module {:#}", OneLine(name)),
            (None, Some(number)) => write!(f, " of core module {number}"),
            (None, None) => f.write_str(" of an imported core module"),
        }
    }
}
