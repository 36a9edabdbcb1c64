//! What the host's side tables are made of: those of the **host extensions**, which the machine
//! carries for the host and which no guest sees.

use core::convert::Infallible;
use core::fmt;

use super::{Array, ArrayText, Storage};
use crate::context::ContextKey;
use crate::list::CompoundType;

/// What each side table of the host extensions is made of: a host extension.
///
/// [`Heap`](super::Heap) lets them all grow. [`limits!`](crate::limits!) makes arrays of the sizes
/// in [`HostSizes`], which are 0 where nothing is said: a machine whose host uses no extensions
/// pays nothing for them.
pub trait HostLimits: Sized + 'static {
    /// [`Table::TaskRecords`](super::Table::TaskRecords)
    type TaskRecords<T>: Storage<T>;
    /// [`Table::Contexts`](super::Table::Contexts)
    type Contexts<T>: Storage<T>;
    /// [`Table::ContextScopes`](super::Table::ContextScopes)
    type ContextScopes<T>: Storage<T>;
    /// [`Table::ContextValues`](super::Table::ContextValues), once a context.
    type ContextValues<T>: Storage<T>;
    /// [`Table::ErrorRecords`](super::Table::ErrorRecords)
    type ErrorRecords<T>: Storage<T>;
    /// [`Table::StackFrames`](super::Table::StackFrames), once an error context.
    type StackFrames<T>: Storage<T>;
    /// [`Table::ErrorMetadata`](super::Table::ErrorMetadata), once an error context.
    type ErrorMetadata<T>: Storage<T>;
    /// [`Table::CallRecords`](super::Table::CallRecords)
    type CallRecords<T>: Storage<T>;
    /// [`Table::TaskMetadata`](super::Table::TaskMetadata), once a call.
    type TaskMetadata<T>: Storage<T>;
    /// [`Table::CancellationTokens`](super::Table::CancellationTokens)
    type CancellationTokens<T>: Storage<T>;
    /// [`Table::CancellationHandlers`](super::Table::CancellationHandlers)
    type CancellationHandlers<T>: Storage<T>;
    /// [`Table::HostSets`](super::Table::HostSets)
    type HostSets<T>: Storage<T>;
    /// The name of a value: a context key, a key of metadata.
    type Name: Text;
    /// Any other text: a value, the name of a function or file.
    type Text: Text;
    /// A value that is bytes.
    type Bytes: Bytes;
    /// A value of the Component Model that is made of others.
    type Compound: Compound;
    /// The type of such a value.
    type CompoundType: CompoundType<Value = Self::Compound>;
    /// [`Table::ListElements`](super::Table::ListElements), once a list.
    type ListElements<T>: Storage<T>;
    /// [`Table::ListTypes`](super::Table::ListTypes), once a registry.
    type ListTypes<T>: Storage<T>;
    /// [`Table::ThreadRecords`](super::Table::ThreadRecords)
    type ThreadRecords<T>: Storage<T>;
    /// [`Table::ThreadLocals`](super::Table::ThreadLocals), once a thread.
    type ThreadLocals<T>: Storage<T>;
}

#[cfg(feature = "alloc")]
impl HostLimits for super::Heap {
    type TaskRecords<T> = alloc::vec::Vec<T>;
    type Contexts<T> = alloc::vec::Vec<T>;
    type ContextScopes<T> = alloc::vec::Vec<T>;
    type ContextValues<T> = alloc::vec::Vec<T>;
    type ErrorRecords<T> = alloc::vec::Vec<T>;
    type StackFrames<T> = alloc::vec::Vec<T>;
    type ErrorMetadata<T> = alloc::vec::Vec<T>;
    type CallRecords<T> = alloc::vec::Vec<T>;
    type TaskMetadata<T> = alloc::vec::Vec<T>;
    type CancellationTokens<T> = alloc::vec::Vec<T>;
    type CancellationHandlers<T> = alloc::vec::Vec<T>;
    type HostSets<T> = alloc::vec::Vec<T>;
    type Name = alloc::string::String;
    type Text = alloc::string::String;
    type Bytes = alloc::vec::Vec<u8>;
    type Compound = crate::abi::Val;
    type CompoundType = crate::abi::Type;
    type ListElements<T> = alloc::vec::Vec<T>;
    type ListTypes<T> = alloc::vec::Vec<T>;
    type ThreadRecords<T> = alloc::vec::Vec<T>;
    type ThreadLocals<T> = alloc::vec::Vec<T>;
}

/// The sizes of the arrays that [`limits!`](crate::limits!) makes for the host extensions: its
/// optional fields, in any order, each 0 unless it says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HostSizes {
    /// Tasks that the host has something to remember of, such as contexts: as many as `tasks`, if
    /// each may have some.
    pub task_records: usize,
    /// Contexts that are current somewhere, or were where a task was begun that is not over.
    pub contexts: usize,
    /// Contexts that are not current because others were pushed over them.
    pub context_scopes: usize,
    /// Values of each context.
    pub context_values: usize,
    /// Error contexts that the host knows more of than the debug message: as many as
    /// `error_contexts`, if it may be each.
    pub error_records: usize,
    /// Stack frames of each error context.
    pub stack_frames: usize,
    /// Values among the metadata of each error context.
    pub error_metadata: usize,
    /// The length of a text in bytes of UTF-8: of a value, and of the name of a function or file.
    pub text_bytes: usize,
    /// The length of a value that is bytes.
    pub value_bytes: usize,
    /// Elements of each fixed-length list.
    pub list_elements: usize,
    /// Types of fixed-length lists in each registry.
    pub list_types: usize,
    /// Threads that the host has begun: as many as `threads`, if it may be each.
    pub thread_records: usize,
    /// Values of each of these threads.
    pub thread_locals: usize,
    /// Calls and host tasks that the host has something to remember of, such as metadata, a result or
    /// a context: as many as `waitables`, if each may have some.
    pub call_records: usize,
    /// Values among the metadata of each call or host task.
    pub task_metadata: usize,
    /// Cancellation tokens.
    pub cancellation_tokens: usize,
    /// Handlers of cancellation tokens, and calls that are to be cancelled.
    pub cancellation_handlers: usize,
    /// Waitable sets of the host, each of which is among `waitable_sets`, too.
    pub host_sets: usize,
}

impl HostSizes {
    /// No host extensions.
    pub const NONE: Self = Self {
        task_records: 0,
        contexts: 0,
        context_scopes: 0,
        context_values: 0,
        error_records: 0,
        stack_frames: 0,
        error_metadata: 0,
        text_bytes: 0,
        value_bytes: 0,
        list_elements: 0,
        list_types: 0,
        thread_records: 0,
        thread_locals: 0,
        call_records: 0,
        task_metadata: 0,
        cancellation_tokens: 0,
        cancellation_handlers: 0,
        host_sets: 0,
    };
}

/// The names of values where they are bounded.
pub type ArrayName = ArrayText<{ ContextKey::MAX_NAME_BYTES }>;

/// A text that is kept whole, or not at all.
pub trait Text: Default + Clone + PartialEq + fmt::Debug {
    /// A copy of `text`; nothing if there is no room for it.
    fn copy_of(text: &str) -> Option<Self>;

    /// What is kept.
    fn as_text(&self) -> &str;
}

#[cfg(feature = "alloc")]
impl Text for alloc::string::String {
    fn copy_of(text: &str) -> Option<Self> {
        let mut copy = Self::new();
        copy.try_reserve_exact(text.len()).ok()?;
        copy.push_str(text);
        Some(copy)
    }

    fn as_text(&self) -> &str {
        self
    }
}

impl<const N: usize> Text for ArrayText<N> {
    fn copy_of(text: &str) -> Option<Self> {
        Self::from(text).ok()
    }

    fn as_text(&self) -> &str {
        self
    }
}

/// Bytes that are kept whole, or not at all.
pub trait Bytes: Default + Clone + PartialEq + fmt::Debug {
    /// A copy of `bytes`; nothing if there is no room for it.
    fn copy_of(bytes: &[u8]) -> Option<Self>;

    /// What is kept.
    fn as_bytes(&self) -> &[u8];
}

#[cfg(feature = "alloc")]
impl Bytes for alloc::vec::Vec<u8> {
    fn copy_of(bytes: &[u8]) -> Option<Self> {
        let mut copy = Self::new();
        copy.try_reserve_exact(bytes.len()).ok()?;
        copy.extend_from_slice(bytes);
        Some(copy)
    }

    fn as_bytes(&self) -> &[u8] {
        self
    }
}

impl<const N: usize> Bytes for Array<u8, N> {
    fn copy_of(bytes: &[u8]) -> Option<Self> {
        Self::try_from(bytes).ok()
    }

    fn as_bytes(&self) -> &[u8] {
        self
    }
}

/// A value of the Component Model that is made of others: a `Val`, or none at all where there is
/// nothing to make it of.
pub trait Compound: Clone + PartialEq + fmt::Debug {}

#[cfg(feature = "alloc")]
impl Compound for crate::abi::Val {}

/// There are none.
impl Compound for Infallible {}

/// The part of [`limits!`](crate::limits!) for the host extensions.
#[doc(hidden)]
#[macro_export]
macro_rules! __host_limits {
    ($name:ident { $($field:ident: $size:expr),* $(,)? }) => {
        #[allow(clippy::needless_update, reason = "every field may be given")]
        const _: () = {
            const SIZES: $crate::limits::HostSizes = $crate::limits::HostSizes {
                $($field: $size,)*
                ..$crate::limits::HostSizes::NONE
            };

            impl $crate::limits::HostLimits for $name {
                type TaskRecords<T> = $crate::limits::Array<T, { SIZES.task_records }>;
                type Contexts<T> = $crate::limits::Array<T, { SIZES.contexts }>;
                type ContextScopes<T> = $crate::limits::Array<T, { SIZES.context_scopes }>;
                type ContextValues<T> = $crate::limits::Array<T, { SIZES.context_values }>;
                type ErrorRecords<T> = $crate::limits::Array<T, { SIZES.error_records }>;
                type StackFrames<T> = $crate::limits::Array<T, { SIZES.stack_frames }>;
                type ErrorMetadata<T> = $crate::limits::Array<T, { SIZES.error_metadata }>;
                type CallRecords<T> = $crate::limits::Array<T, { SIZES.call_records }>;
                type TaskMetadata<T> = $crate::limits::Array<T, { SIZES.task_metadata }>;
                type CancellationTokens<T> = $crate::limits::Array<T, { SIZES.cancellation_tokens }>;
                type CancellationHandlers<T> = $crate::limits::Array<T, { SIZES.cancellation_handlers }>;
                type HostSets<T> = $crate::limits::Array<T, { SIZES.host_sets }>;
                type Name = $crate::limits::ArrayName;
                type Text = $crate::limits::ArrayText<{ SIZES.text_bytes }>;
                type Bytes = $crate::limits::Array<u8, { SIZES.value_bytes }>;
                type Compound = $crate::limits::NoCompound;
                type CompoundType = $crate::limits::NoCompound;
                type ListElements<T> = $crate::limits::Array<T, { SIZES.list_elements }>;
                type ListTypes<T> = $crate::limits::Array<T, { SIZES.list_types }>;
                type ThreadRecords<T> = $crate::limits::Array<T, { SIZES.thread_records }>;
                type ThreadLocals<T> = $crate::limits::Array<T, { SIZES.thread_locals }>;
            }
        };
    };
}

/// There are no compound values.
pub type NoCompound = Infallible;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_or_bytes_that_are_too_long_are_not_kept() {
        assert_eq!(<ArrayText<3> as Text>::copy_of("nä").unwrap().as_text(), "nä");
        assert_eq!(<ArrayText<3> as Text>::copy_of("näi"), None);
        assert_eq!(<Array<u8, 2> as Bytes>::copy_of(&[1, 2]).unwrap().as_bytes(), [1, 2]);
        assert_eq!(<Array<u8, 2> as Bytes>::copy_of(&[1, 2, 3]), None);
    }

    #[test]
    fn what_is_not_asked_for_takes_no_room() {
        crate::limits! {
            struct Bare {
                instances: 1, functions: 1, types: 1, handles: 1, thread_indices: 1, tasks: 1,
                threads: 1, waitables: 1, waitable_sets: 1, resources: 1, lends: 1,
                error_contexts: 1, frames: 1, message_bytes: 1,
            }
        }
        assert!(!<Bare as HostLimits>::TaskRecords::<u64>::default().reserve(1));
        assert!(!<Bare as HostLimits>::Contexts::<u64>::default().reserve(1));
        assert_eq!(<Bare as HostLimits>::Text::copy_of("a"), None);
    }
}
