//! Remembering traps, with their backtraces.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::component::definition::core_entry::EntryPoint;
use crate::engine::CoreEngine;
use crate::machine::{BacktraceEntry, FunctionId, GuestCode, InstanceId, SubtaskId};

use super::call_error::CallError;
use super::state::{Callbacks, StoreState};
use super::trap_backtrace::{CoreEntry, GuestFrame, MAX_FRAMES, TrapBacktrace, TrapFrame};

/// The path to a trap, taken before the guests are given up.
#[derive(Default)]
pub(crate) struct TrapSite {
    frames: Vec<TrapFrame>,
    is_cut: bool,
    /// The instances on the stack, each once.
    instances: Vec<InstanceId>,
}

impl TrapSite {
    /// Adds an instance that is locked down, too.
    pub(crate) fn add_instance(&mut self, instance: InstanceId) {
        if !self.instances.contains(&instance) {
            self.instances.push(instance);
        }
    }
}

impl<E: CoreEngine, T, C: Callbacks> StoreState<E, T, C> {
    /// Returns the path to the running guests, before they are given up for a trap.
    pub(crate) fn trap_site(&mut self) -> TrapSite {
        let mut site = TrapSite::default();
        self.add_linked_frames(&mut site);
        let left = MAX_FRAMES.saturating_sub(site.frames.len());
        let entries: Vec<_> = self.machine.backtrace().take(left + 1).collect();
        for entry in entries.iter().take(left) {
            if let BacktraceEntry::Task { instance, is_waiting: false, .. } = entry {
                site.add_instance(*instance);
            }
            site.frames.push(self.frame(entry));
        }
        site.is_cut |= entries.len() > left;
        site
    }

    /// Adds the linked calls, which the machine does not know, the innermost first. They are then
    /// forgotten.
    fn add_linked_frames(&mut self, site: &mut TrapSite) {
        for call in self.links.take_active() {
            if let Some(instance) = call.realloc_of {
                site.add_instance(instance);
                site.frames.push(self.guest_frame(instance, None, GuestCode::Realloc, false));
            }
            if let Ok(lifted) = self.functions.lifted(call.function) {
                let instance = lifted.instance;
                site.add_instance(instance);
                let function = Some(call.function);
                site.frames.push(self.guest_frame(instance, function, call.code, false));
            }
        }
        site.is_cut = site.frames.len() > MAX_FRAMES;
        site.frames.truncate(MAX_FRAMES);
    }

    /// Returns the path to the host function of `call`, whose caller has stopped.
    pub(crate) fn trap_site_of_call(&mut self, call: SubtaskId) -> TrapSite {
        let mut site = TrapSite::default();
        if let Some(function) = self.calls.callee(call) {
            let name = self.names.function(function).into_owned();
            site.frames.push(TrapFrame::HostFunction(name));
        }
        if let Ok(Some(instance)) = self.machine.calling_instance(call) {
            site.add_instance(instance);
        }
        let entries = self.machine.backtrace_of_call(call).map(|it| it.take(MAX_FRAMES).collect());
        let entries: Vec<_> = entries.unwrap_or_default();
        site.is_cut = entries.len() == MAX_FRAMES;
        site.frames.extend(entries.iter().take(MAX_FRAMES - 1).map(|entry| self.frame(entry)));
        site
    }

    /// Remembers a trap at `site`, whose guests were given up, for each instance that it locked
    /// down.
    pub(crate) fn remember_trap(
        &mut self,
        error: &CallError,
        site: TrapSite,
    ) -> Arc<TrapBacktrace> {
        let TrapSite { frames, is_cut, instances } = site;
        let core_frames = self.traps.take_core_frames();
        let trap = TrapBacktrace::new(error.clone(), frames, is_cut, core_frames);
        let trap = Arc::new(trap);
        for instance in instances {
            if self.machine.is_locked_down(instance) == Ok(true) {
                // Without room, calls of the instance fail without the trap.
                let _ = self.traps.lock_down(instance, &trap);
            }
        }
        self.traps.set_last(trap.clone());
        trap
    }

    fn frame(&self, entry: &BacktraceEntry) -> TrapFrame {
        match *entry {
            BacktraceEntry::HostFunction(number) => {
                TrapFrame::HostFunction(String::from(self.names.host_function(number)))
            }
            BacktraceEntry::Instance(instance) => {
                TrapFrame::Instance(self.names.instance(instance))
            }
            BacktraceEntry::Task { instance, function, code, is_waiting, .. } => {
                self.guest_frame(instance, function, code, is_waiting)
            }
        }
    }

    fn guest_frame(
        &self,
        instance: InstanceId,
        function: Option<FunctionId>,
        code: GuestCode,
        is_waiting: bool,
    ) -> TrapFrame {
        TrapFrame::Guest(GuestFrame {
            function: function.and_then(|function| self.function_name(function)),
            instance: self.names.instance(instance),
            code,
            core: function.and_then(|function| self.core_entry(function, code)),
            is_waiting,
        })
    }

    /// Returns the name of a guest's function. Returns `None` for an instantiation.
    fn function_name(&self, function: FunctionId) -> Option<String> {
        self.functions.lifted(function).ok()?.core?;
        Some(self.names.function(function).into_owned())
    }

    /// Returns the core function that is entered for a part of a guest's function.
    fn core_entry(&self, function: FunctionId, code: GuestCode) -> Option<CoreEntry> {
        let point = match code {
            GuestCode::Function | GuestCode::Destructor => EntryPoint::Function,
            GuestCode::Callback => EntryPoint::Callback,
            GuestCode::PostReturn => EntryPoint::PostReturn,
            GuestCode::StartFunction | GuestCode::Realloc => return None,
        };
        let place = self.functions.lifted(function).ok()?.place.as_ref()?;
        let entered = place.definition.entered_function(place.item, point)?;
        let names = entered.module.map(|(_, names)| names);
        Some(CoreEntry {
            module: entered.module.map(|(number, _)| number),
            module_name: names.and_then(|names| names.module.as_deref()).map(String::from),
            export: entered.export.into(),
            name: names.and_then(|names| names.function(entered.export)).map(String::from),
        })
    }
}
