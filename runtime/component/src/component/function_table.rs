//! Tables of functions by number, for threads that are begun indirectly: a **host extension**.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::abi::{Lift, Lower};
use crate::engine::CoreEngine;
use crate::thread::{SpawnedThreadId, ThreadSpawnConfig};

use super::instance::Instance;
use super::stores::Store;
use super::threads::{FunctionReference, SpawnedThread, ThreadError};
use super::typed_function::TypedFunction;

/// A table of functions, for threads that are begun by a function's number: a **host extension**.
/// The functions may belong to several instances.
///
/// This is not a table of core WebAssembly. Tables of core WebAssembly belong to the modules of a
/// component, and a host can't see them. Guests use them to begin threads (`thread.new-indirect`).
#[derive(Clone, Debug, Default)]
pub struct FunctionTable(Vec<FunctionReference>);

impl FunctionTable {
    /// Makes a table without functions.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Appends a function, and returns its number.
    ///
    /// # Errors
    ///
    /// [`ThreadError::TableFull`] if the table has as many functions as there are numbers.
    pub fn push(&mut self, function: FunctionReference) -> Result<u32, ThreadError> {
        let index = u32::try_from(self.0.len()).map_err(|_| ThreadError::TableFull)?;
        self.0.push(function);
        Ok(index)
    }

    /// Returns the function with a number.
    #[must_use]
    pub fn get(&self, index: u32) -> Option<&FunctionReference> {
        self.0.get(usize::try_from(index).ok()?)
    }

    /// Replaces a function, and returns the previous one.
    ///
    /// # Errors
    ///
    /// [`ThreadError::NoFunctionAt`]
    pub fn set(
        &mut self,
        index: u32,
        function: FunctionReference,
    ) -> Result<FunctionReference, ThreadError> {
        let error = self.no_function_at(index);
        let place = usize::try_from(index).ok().and_then(|it| self.0.get_mut(it));
        place.map(|place| core::mem::replace(place, function)).ok_or(error)
    }

    /// Returns the number of functions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns `true` if there are no functions.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the functions, in the order of their numbers.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &FunctionReference> {
        self.0.iter()
    }

    /// Returns the function with a number, if it is of this type.
    pub(crate) fn typed<P, R>(
        &self,
        index: u32,
    ) -> Result<FunctionReference<TypedFunction<P, R>>, ThreadError>
    where
        P: Lower,
        R: for<'a> Lift<'a> + Send + 'static,
    {
        self.get(index).ok_or_else(|| self.no_function_at(index))?.typed()
    }

    fn no_function_at(&self, index: u32) -> ThreadError {
        ThreadError::NoFunctionAt { index, length: self.len() }
    }
}

/// Threads that are begun indirectly: **host extensions**. See [`thread`](crate::thread).
impl<E: CoreEngine, T: 'static> Store<E, T> {
    /// Returns a table of all functions that `instance` exports by name, in the order of
    /// [`Instance::names`]. The table is empty if the instance belongs to another store.
    pub fn function_table(&self, instance: &Instance<E>) -> FunctionTable {
        let functions = instance.names().filter_map(|name| {
            let function = self.function(instance, name).ok()?;
            Some(FunctionReference { name: Box::from(name), function })
        });
        FunctionTable(functions.collect())
    }

    /// Begins a thread, as [`spawn_thread_ref`](Self::spawn_thread_ref) does, by the number of its
    /// function in a table. `P` and `R` are the types of its parameters and its result, which are
    /// checked here.
    ///
    /// # Errors
    ///
    /// [`ThreadError::NoFunctionAt`] if the table has no such number; [`ThreadError::Signature`] if
    /// the function has another type; [`ThreadError::Error`] if there is no such parent;
    /// [`ThreadError::Call`] if the call can't be begun, or traps at once. No thread is then left
    /// to join.
    pub fn spawn_thread_indirect<P, R>(
        &mut self,
        table: &FunctionTable,
        index: u32,
        arguments: P,
        config: ThreadSpawnConfig,
        parent: Option<SpawnedThreadId>,
    ) -> Result<SpawnedThread<R>, ThreadError>
    where
        P: Lower,
        R: for<'a> Lift<'a> + Send + 'static,
    {
        let function = table.typed::<P, R>(index)?;
        self.spawn_thread_ref(&function, arguments, config, parent)
    }
}
