//! The traps that a store remembers: the last one, and for each instance the one that locked it down.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::engine::CoreFrame;
use crate::error::Error;
use crate::limits::Table;
use crate::machine::InstanceId;

use super::machine::ById;
use super::trap_backtrace::TrapBacktrace;

/// The traps.
pub(crate) struct Traps {
    last: Option<Arc<TrapBacktrace>>,
    /// The core functions at a trap, from when the engine reports them until the trap is
    /// remembered.
    core_frames: Vec<CoreFrame>,
    /// The traps that locked instances down.
    of_instances: ById<InstanceId, Arc<TrapBacktrace>>,
}

impl Traps {
    pub(crate) const fn new() -> Self {
        Self { last: None, core_frames: Vec::new(), of_instances: ById::new(Table::Instances) }
    }

    /// Keeps the core functions at a trap.
    pub(crate) fn put_core_frames(&mut self, frames: Vec<CoreFrame>) {
        self.core_frames = frames;
    }

    /// Takes the core functions at a trap.
    pub(crate) fn take_core_frames(&mut self) -> Vec<CoreFrame> {
        core::mem::take(&mut self.core_frames)
    }

    /// Remembers a trap as the last one.
    pub(crate) fn set_last(&mut self, trap: Arc<TrapBacktrace>) {
        self.last = Some(trap);
    }

    /// Remembers the trap that locked an instance down, unless one did before.
    pub(crate) fn lock_down(
        &mut self,
        instance: InstanceId,
        trap: &Arc<TrapBacktrace>,
    ) -> Result<(), Error> {
        if !self.of_instances.contains(instance) {
            self.of_instances.put(instance, trap.clone())?;
        }
        Ok(())
    }

    /// Forgets the trap of an instance that was removed.
    pub(crate) fn remove_instance(&mut self, instance: InstanceId) {
        self.of_instances.remove(instance);
    }

    /// Returns the trap that locked an instance down.
    pub(crate) fn of_instance(&self, instance: InstanceId) -> Option<&Arc<TrapBacktrace>> {
        self.of_instances.get(instance)
    }

    /// Returns the last trap.
    pub(crate) const fn last(&self) -> Option<&Arc<TrapBacktrace>> {
        self.last.as_ref()
    }
}
