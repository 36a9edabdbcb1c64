//! Names of functions and instances, which the timeline that is recorded gets, too.

use alloc::sync::Arc;

use crate::engine::CoreEngine;
use crate::machine::{FunctionId, InstanceId};
use crate::timeline::Timeline;

use super::state::{Callbacks, StoreState};

impl<E: CoreEngine, T, C: Callbacks> StoreState<E, T, C> {
    /// Records into `timeline` what happens from now on. It gets all names that are known.
    pub(crate) fn record_timeline(&mut self, mut timeline: Timeline) {
        self.names.copy_into(timeline.names_mut());
        self.machine.record_timeline(timeline);
    }

    /// Sets the name of an instance: see [`Names::name_instance`](super::names::Names::name_instance).
    pub(crate) fn name_instance(
        &mut self,
        instance: InstanceId,
        around: Option<(InstanceId, usize)>,
    ) {
        self.names.name_instance(instance, around);
        if let Some(timeline) = self.machine.timeline_mut() {
            timeline.names_mut().set_instance(instance, &self.names.instance(instance));
        }
    }

    /// Sets the name of a function: see [`Names::name_function`](super::names::Names::name_function).
    pub(crate) fn name_function(&mut self, function: FunctionId, name: &Arc<str>) {
        self.names.name_function(function, name);
        if let Some(timeline) = self.machine.timeline_mut() {
            timeline.names_mut().set_function(function, &self.names.function(function));
        }
    }

    /// Sets the name of a host function: see
    /// [`Names::name_host_function`](super::names::Names::name_host_function).
    pub(crate) fn name_host_function(
        &mut self,
        function: FunctionId,
        number: u32,
        name: &Arc<str>,
    ) {
        self.names.name_host_function(function, number, name);
        if let Some(timeline) = self.machine.timeline_mut() {
            let names = timeline.names_mut();
            names.set_function(function, &self.names.function(function));
            names.set_host_function(number, self.names.host_function(number));
        }
    }
}
