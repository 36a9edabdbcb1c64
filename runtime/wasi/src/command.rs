//! Programs: components that export `wasi:cli/run`, of either version.

use weft::binding::{AsyncCalls, CallError, Calls, Prepared, World, WorldError};
use weft::component::{Component, Linker, Store};
use weft::engine::CoreEngine;

use crate::{Exit, p2, p3};

/// A program: an instance of a component that exports `wasi:cli/run` of WASI 0.2 or 0.3.
#[derive(Clone, Debug)]
pub struct Command(Version);

#[derive(Clone, Debug)]
enum Version {
    P2(p2::bindings::run::Interfaces),
    P3(p3::bindings::run::Interfaces),
}

impl Command {
    /// Makes an instance of a program.
    ///
    /// # Errors
    ///
    /// [`WorldError::Exports`] if the component is not a program; [`WorldError::Instantiate`] if
    /// the linker lacks an import, or the instance can't be made.
    pub fn instantiate<E: CoreEngine, T: 'static>(
        store: &mut Store<E, T>,
        component: &Component<E>,
        linker: &Linker<E, T>,
    ) -> Result<Self, WorldError> {
        Self::prepare(component, linker)?.instantiate(store)
    }

    /// Finds the imports of a program in the linker: once for any number of instances.
    ///
    /// # Errors
    ///
    /// [`WorldError::Exports`] if the component is not a program; [`WorldError::Instantiate`] if
    /// the linker lacks an import.
    pub fn prepare<E: CoreEngine, T: 'static>(
        component: &Component<E>,
        linker: &Linker<E, T>,
    ) -> Result<PreparedCommand<E, T>, WorldError> {
        Ok(PreparedCommand(match p3::bindings::run::Interfaces::check(component) {
            Ok(()) => PreparedVersion::P3(World::prepare(component, linker)?),
            Err(_) => PreparedVersion::P2(World::prepare(component, linker)?),
        }))
    }

    /// Runs the program, and returns its exit code: 0 or 1, or the argument of its call of
    /// `wasi:cli/exit`.
    ///
    /// # Errors
    ///
    /// [`CallError`] if the program has no exit code, as after a trap.
    pub fn run(&self, store: &mut impl Calls) -> Result<Exit, CallError> {
        exit_of(match &self.0 {
            Version::P2(instance) => instance.run.run(store),
            Version::P3(instance) => instance.run.run(store),
        })
    }

    /// Runs the program as [`run`](Self::run) does, without blocking.
    ///
    /// # Errors
    ///
    /// [`CallError`] if the program has no exit code, as after a trap.
    pub async fn run_async(&self, store: &mut impl AsyncCalls) -> Result<Exit, CallError> {
        exit_of(match &self.0 {
            Version::P2(instance) => instance.run.run_async(store).await,
            Version::P3(instance) => instance.run.run_async(store).await,
        })
    }
}

fn exit_of(result: Result<Result<(), ()>, CallError>) -> Result<Exit, CallError> {
    match result {
        Ok(status) => Ok(Exit::with(status)),
        Err(error) => Exit::of(&error).ok_or(error),
    }
}

/// A program with its imports: [`Command::prepare`] returns it. It belongs to no store.
pub struct PreparedCommand<E: CoreEngine, T: 'static>(PreparedVersion<E, T>);

enum PreparedVersion<E: CoreEngine, T: 'static> {
    P2(Prepared<p2::bindings::run::Interfaces, E, T>),
    P3(Prepared<p3::bindings::run::Interfaces, E, T>),
}

impl<E: CoreEngine, T: 'static> PreparedCommand<E, T> {
    /// Makes an instance.
    ///
    /// # Errors
    ///
    /// [`WorldError::Instantiate`]
    pub fn instantiate(&self, store: &mut Store<E, T>) -> Result<Command, WorldError> {
        Ok(Command(match &self.0 {
            PreparedVersion::P2(prepared) => Version::P2(prepared.instantiate(store)?),
            PreparedVersion::P3(prepared) => Version::P3(prepared.instantiate(store)?),
        }))
    }

    /// Makes an instance without blocking.
    ///
    /// # Errors
    ///
    /// [`WorldError::Instantiate`]
    pub async fn instantiate_async(&self, store: &mut Store<E, T>) -> Result<Command, WorldError> {
        Ok(Command(match &self.0 {
            PreparedVersion::P2(prepared) => Version::P2(prepared.instantiate_async(store).await?),
            PreparedVersion::P3(prepared) => Version::P3(prepared.instantiate_async(store).await?),
        }))
    }
}

impl<E: CoreEngine, T: 'static> core::fmt::Debug for PreparedCommand<E, T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("PreparedCommand").finish_non_exhaustive()
    }
}
