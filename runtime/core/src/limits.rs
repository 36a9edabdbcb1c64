//! What the tables of a machine are made of: growing ones, or arrays of the sizes you wrote.
//!
//! | item | what it is |
//! |---|---|
//! | [`Limits`] | names a [`Storage`] for each [`Table`] of a machine |
//! | [`HostLimits`] | the same for the side tables of the host extensions |
//! | [`Heap`] | every table grows (feature `alloc`) |
//! | [`limits!`](crate::limits!) | makes a type whose tables are arrays |
//!
//! The machine's code and signatures are the same for all of them. A table that is full gives
//! [`Error::Full`](crate::error::Error::Full) with its name, before anything has changed.

mod host;

use core::fmt;

use crate::limit;

pub use host::{ArrayName, Bytes, Compound, HostLimits, HostSizes, NoCompound, Text};

/// A table of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Component instances.
    Instances,
    /// Functions that can be called: lifted ones and the host's.
    Functions,
    /// Types that the machine has to tell apart.
    Types,
    /// The handles of one component instance.
    Handles,
    /// The numbered threads of one component instance.
    ThreadIndices,
    /// Tasks: calls of guests' exports under way.
    Tasks,
    /// Threads of all instances.
    Threads,
    /// Subtasks, and the ends of streams and futures.
    Waitables,
    /// Waitable sets.
    WaitableSets,
    /// Handles of resources, owned and borrowed.
    Resources,
    /// Handles that are lent for the time of a call.
    Lends,
    /// Error contexts.
    ErrorContexts,
    /// Calls that are nested in one another.
    Frames,
    /// Tasks that the host has something to remember of: a host extension, as are all that follow.
    TaskRecords,
    /// Contexts that are current somewhere, or were where a task was begun that is not over.
    Contexts,
    /// Contexts over which others were pushed.
    ContextScopes,
    /// The values of one context.
    ContextValues,
    /// Error contexts that the host knows more of than the debug message.
    ErrorRecords,
    /// The stack frames of one error context.
    StackFrames,
    /// The metadata of one error context.
    ErrorMetadata,
    /// The elements of one fixed-length list. No list is in a machine, which counts none.
    ListElements,
    /// The types in one registry of fixed-length list types. No registry is in a machine, either.
    ListTypes,
    /// Threads that the host has begun, also when they are over; those that were joined are
    /// forgotten when others need room.
    ThreadRecords,
    /// The values of one of them.
    ThreadLocals,
    /// Calls and host tasks that the host has something to remember of.
    CallRecords,
    /// The metadata of one call or host task.
    TaskMetadata,
    /// Cancellation tokens.
    CancellationTokens,
    /// What is done when a token is cancelled, and calls that are to be asked to cancel.
    CancellationHandlers,
    /// The waitable sets of the host, each of which is among the waitable sets, too.
    HostSets,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 29] = [
        Self::Instances,
        Self::Functions,
        Self::Types,
        Self::Handles,
        Self::ThreadIndices,
        Self::Tasks,
        Self::Threads,
        Self::Waitables,
        Self::WaitableSets,
        Self::Resources,
        Self::Lends,
        Self::ErrorContexts,
        Self::Frames,
        Self::TaskRecords,
        Self::Contexts,
        Self::ContextScopes,
        Self::ContextValues,
        Self::ErrorRecords,
        Self::StackFrames,
        Self::ErrorMetadata,
        Self::ListElements,
        Self::ListTypes,
        Self::ThreadRecords,
        Self::ThreadLocals,
        Self::CallRecords,
        Self::TaskMetadata,
        Self::CancellationTokens,
        Self::CancellationHandlers,
        Self::HostSets,
    ];
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Instances => "component instances",
            Self::Functions => "functions",
            Self::Types => "types",
            Self::Handles => "handles",
            Self::ThreadIndices => "thread indices",
            Self::Tasks => "tasks",
            Self::Threads => "threads",
            Self::Waitables => "waitables",
            Self::WaitableSets => "waitable sets",
            Self::Resources => "resource handles",
            Self::Lends => "lends",
            Self::ErrorContexts => "error contexts",
            Self::Frames => "nested calls",
            Self::TaskRecords => "records of tasks",
            Self::Contexts => "contexts",
            Self::ContextScopes => "nested contexts",
            Self::ContextValues => "values of a context",
            Self::ErrorRecords => "records of error contexts",
            Self::StackFrames => "stack frames of an error context",
            Self::ErrorMetadata => "metadata of an error context",
            Self::ListElements => "elements of a fixed-length list",
            Self::ListTypes => "fixed-length list types",
            Self::ThreadRecords => "records of threads",
            Self::ThreadLocals => "values of a thread",
            Self::CallRecords => "records of calls",
            Self::TaskMetadata => "metadata of a task",
            Self::CancellationTokens => "cancellation tokens",
            Self::CancellationHandlers => "cancellation handlers",
            Self::HostSets => "waitable sets of the host",
        })
    }
}

/// A sequence that grows at its end, up to a limit of its own.
pub trait Storage<T>: Default {
    /// How many items there are.
    fn len(&self) -> usize;

    /// Whether there are no items.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at `index`.
    fn get(&self, index: usize) -> Option<&T>;

    /// The item at `index`.
    fn get_mut(&mut self, index: usize) -> Option<&mut T>;

    /// Makes sure that the next `additional` calls of [`push`](Self::push) succeed; `false` if
    /// there isn't as much room.
    #[must_use]
    fn reserve(&mut self, additional: usize) -> bool;

    /// Adds `item` at the end; gives it back if there is no room.
    fn push(&mut self, item: T) -> Result<(), T>;

    /// Takes the last item away.
    fn pop(&mut self) -> Option<T>;
}

#[cfg(feature = "alloc")]
impl<T> Storage<T> for alloc::vec::Vec<T> {
    #[inline]
    fn len(&self) -> usize {
        Self::len(self)
    }

    #[inline]
    fn get(&self, index: usize) -> Option<&T> {
        self.as_slice().get(index)
    }

    #[inline]
    fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        self.as_mut_slice().get_mut(index)
    }

    #[inline]
    fn reserve(&mut self, additional: usize) -> bool {
        self.try_reserve(additional).is_ok()
    }

    #[inline]
    fn push(&mut self, item: T) -> Result<(), T> {
        if self.try_reserve(1).is_err() {
            return Err(item);
        }
        Self::push(self, item);
        Ok(())
    }

    #[inline]
    fn pop(&mut self) -> Option<T> {
        Self::pop(self)
    }
}

impl<T, const N: usize> Storage<T> for arrayvec::ArrayVec<T, N> {
    #[inline]
    fn len(&self) -> usize {
        Self::len(self)
    }

    #[inline]
    fn get(&self, index: usize) -> Option<&T> {
        self.as_slice().get(index)
    }

    #[inline]
    fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        self.as_mut_slice().get_mut(index)
    }

    #[inline]
    fn reserve(&mut self, additional: usize) -> bool {
        additional <= self.remaining_capacity()
    }

    #[inline]
    fn push(&mut self, item: T) -> Result<(), T> {
        self.try_push(item).map_err(arrayvec::CapacityError::element)
    }

    #[inline]
    fn pop(&mut self) -> Option<T> {
        Self::pop(self)
    }
}

/// Where the debug message of an error context is kept.
///
/// The spec lets a host change a message on its way (`host_defined_transformation`), so one
/// that is too long for its storage is cut, at the end of a character.
pub trait Message: Default {
    /// As much of `text` as fits, whole characters only.
    fn from_text(text: &str) -> Self {
        let mut kept = Self::default();
        kept.append(text);
        kept
    }

    /// As much as fits of what `text` is shown as.
    fn from_display(text: &(impl fmt::Display + ?Sized)) -> Self {
        let mut writer = MessageWriter { kept: Self::default(), is_cut: false };
        // What is cut is no mistake, and what can't be shown in the end is shown as far as it was.
        let _ = fmt::Write::write_fmt(&mut writer, format_args!("{text}"));
        writer.kept
    }

    /// Adds as much of `text` as fits, whole characters only, and says whether that is all of it.
    fn append(&mut self, text: &str) -> bool;

    /// What is kept.
    fn text(&self) -> &str;
}

/// Writes into a message until something does not fit.
struct MessageWriter<M> {
    kept: M,
    is_cut: bool,
}

impl<M: Message> fmt::Write for MessageWriter<M> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.is_cut = self.is_cut || !self.kept.append(text);
        if self.is_cut { Err(fmt::Error) } else { Ok(()) }
    }
}

#[cfg(feature = "alloc")]
impl Message for alloc::string::String {
    fn from_text(text: &str) -> Self {
        let mut kept = Self::new();
        // Without memory for it, none of it is kept.
        if kept.try_reserve_exact(text.len()).is_ok() {
            kept.push_str(text);
        }
        kept
    }

    fn append(&mut self, text: &str) -> bool {
        let has_room = self.try_reserve(text.len()).is_ok();
        if has_room {
            self.push_str(text);
        }
        has_room
    }

    fn text(&self) -> &str {
        self
    }
}

impl<const N: usize> Message for arrayvec::ArrayString<N> {
    fn append(&mut self, text: &str) -> bool {
        let length = text.floor_char_boundary(self.remaining_capacity());
        let fits = text.get(..length).is_some_and(|fits| self.try_push_str(fits).is_ok());
        fits && length == text.len()
    }

    fn text(&self) -> &str {
        self
    }
}

/// What each table of a machine is made of.
///
/// [`Heap`] lets them all grow; [`limits!`](crate::limits!) makes a type whose tables are
/// arrays. Implement it by hand to mix the two.
pub trait Limits: HostLimits {
    /// The highest index of an instance's handle table and thread table, above which the guest
    /// traps with [`TableFull`](crate::trap::Trap::TableFull). A host may lower it; the spec's
    /// is [`limit::MAX_TABLE_LENGTH`].
    const MAX_TABLE_LENGTH: u32 = limit::MAX_TABLE_LENGTH;

    /// [`Table::Instances`]
    type Instances<T>: Storage<T>;
    /// [`Table::Functions`]
    type Functions<T>: Storage<T>;
    /// [`Table::Types`]
    type Types<T>: Storage<T>;
    /// [`Table::Handles`], once an instance.
    type Handles<T>: Storage<T>;
    /// [`Table::ThreadIndices`], once an instance.
    type ThreadIndices<T>: Storage<T>;
    /// [`Table::Tasks`]
    type Tasks<T>: Storage<T>;
    /// [`Table::Threads`]
    type Threads<T>: Storage<T>;
    /// [`Table::Waitables`]
    type Waitables<T>: Storage<T>;
    /// [`Table::WaitableSets`]
    type WaitableSets<T>: Storage<T>;
    /// [`Table::Resources`]
    type Resources<T>: Storage<T>;
    /// [`Table::Lends`]
    type Lends<T>: Storage<T>;
    /// [`Table::ErrorContexts`]
    type ErrorContexts<T>: Storage<T>;
    /// [`Table::Frames`]
    type Frames<T>: Storage<T>;
    /// The debug message of an error context.
    type Message: Message;
}

/// Every table grows.
#[cfg(feature = "alloc")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Heap;

#[cfg(feature = "alloc")]
impl Limits for Heap {
    type Instances<T> = alloc::vec::Vec<T>;
    type Functions<T> = alloc::vec::Vec<T>;
    type Types<T> = alloc::vec::Vec<T>;
    type Handles<T> = alloc::vec::Vec<T>;
    type ThreadIndices<T> = alloc::vec::Vec<T>;
    type Tasks<T> = alloc::vec::Vec<T>;
    type Threads<T> = alloc::vec::Vec<T>;
    type Waitables<T> = alloc::vec::Vec<T>;
    type WaitableSets<T> = alloc::vec::Vec<T>;
    type Resources<T> = alloc::vec::Vec<T>;
    type Lends<T> = alloc::vec::Vec<T>;
    type ErrorContexts<T> = alloc::vec::Vec<T>;
    type Frames<T> = alloc::vec::Vec<T>;
    type Message = alloc::string::String;
}

/// Makes a type that [`Limits`] a machine to arrays of the sizes given.
///
/// Every table has its number of entries, and `message_bytes` is the length of an error
/// context's debug message, in bytes of UTF-8. A table of size `n` holds `n` at a time; index 0
/// of `handles` and `thread_indices`, which the spec never gives away, is counted on top.
///
/// The side tables of the host extensions follow, in any order: the fields of [`HostSizes`]. One
/// that is left out has no entries, and takes no room.
///
/// ```
/// # use weft_core as weft;
/// use weft::machine::Machine;
///
/// weft::limits! {
///     /// One component with few calls at a time.
///     pub struct Sensor {
///         instances: 1,
///         functions: 8,
///         types: 8,
///         handles: 16,
///         thread_indices: 4,
///         tasks: 4,
///         threads: 4,
///         waitables: 8,
///         waitable_sets: 2,
///         resources: 4,
///         lends: 4,
///         error_contexts: 1,
///         frames: 4,
///         message_bytes: 64,
///         // Host extensions.
///         contexts: 2,
///         context_values: 4,
///     }
/// }
///
/// let mut machine = Machine::<Sensor>::default();
/// machine.new_instance()?;
/// assert_eq!(
///     machine.new_instance(),
///     Err(weft::error::Error::Full(weft::limits::Table::Instances)),
/// );
/// # Ok::<(), weft::error::Error>(())
/// ```
#[macro_export]
macro_rules! limits {
    ($(#[$attribute:meta])* $visibility:vis struct $name:ident {
        instances: $instances:expr,
        functions: $functions:expr,
        types: $types:expr,
        handles: $handles:expr,
        thread_indices: $thread_indices:expr,
        tasks: $tasks:expr,
        threads: $threads:expr,
        waitables: $waitables:expr,
        waitable_sets: $waitable_sets:expr,
        resources: $resources:expr,
        lends: $lends:expr,
        error_contexts: $error_contexts:expr,
        frames: $frames:expr,
        message_bytes: $message_bytes:expr
        $(, $($extension:ident: $size:expr),+)? $(,)?
    }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        $visibility struct $name;

        impl $crate::limits::Limits for $name {
            type Instances<T> = $crate::limits::Array<T, { $instances }>;
            type Functions<T> = $crate::limits::Array<T, { $functions }>;
            type Types<T> = $crate::limits::Array<T, { $types }>;
            type Handles<T> = $crate::limits::Array<T, { $handles }>;
            type ThreadIndices<T> = $crate::limits::Array<T, { $thread_indices }>;
            type Tasks<T> = $crate::limits::Array<T, { $tasks }>;
            type Threads<T> = $crate::limits::Array<T, { $threads }>;
            type Waitables<T> = $crate::limits::Array<T, { $waitables }>;
            type WaitableSets<T> = $crate::limits::Array<T, { $waitable_sets }>;
            type Resources<T> = $crate::limits::Array<T, { $resources }>;
            type Lends<T> = $crate::limits::Array<T, { $lends }>;
            type ErrorContexts<T> = $crate::limits::Array<T, { $error_contexts }>;
            type Frames<T> = $crate::limits::Array<T, { $frames }>;
            type Message = $crate::limits::ArrayText<{ $message_bytes }>;
        }

        $crate::__host_limits!($name { $($($extension: $size),+)? });
    };
}

/// A [`Storage`] of at most `N` items, in place.
pub type Array<T, const N: usize> = arrayvec::ArrayVec<T, N>;

/// A [`Message`] of at most `N` bytes, in place.
pub type ArrayText<const N: usize> = arrayvec::ArrayString<N>;

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    #[test]
    fn a_message_that_is_too_long_is_cut_at_the_end_of_a_character() {
        assert_eq!(ArrayText::<5>::from_text("näive").text(), "näiv");
        assert_eq!(ArrayText::<2>::from_text("nä").text(), "n");
        assert_eq!(ArrayText::<0>::from_text("n").text(), "");
        assert_eq!(ArrayText::<5>::from_text("").text(), "");
        assert_eq!(ArrayText::<5>::from_display(&format_args!("{}ive{}", "nä", 1)).text(), "näiv");
        assert_eq!(ArrayText::<4>::from_display(&format_args!("{}é{}", "nai", 1)).text(), "nai");
    }

    #[test]
    fn an_array_gives_back_what_it_has_no_room_for() {
        let mut array = Array::<u8, 2>::default();
        assert!(Storage::reserve(&mut array, 2));
        assert!(!Storage::reserve(&mut array, 3));
        assert_eq!(Storage::push(&mut array, 1), Ok(()));
        assert_eq!(Storage::push(&mut array, 2), Ok(()));
        assert_eq!(Storage::push(&mut array, 3), Err(3));
        assert_eq!(Storage::len(&array), 2);
        assert_eq!(Storage::pop(&mut array), Some(2));
        assert_eq!(Storage::get(&array, 0), Some(&1));
        assert_eq!(Storage::get(&array, 1), None);
    }

    #[test]
    fn every_table_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<_> =
            Table::ALL.iter().map(std::string::ToString::to_string).collect();
        assert_eq!(names.len(), Table::ALL.len());
    }
}
