//! Everything in a store except the engine's part.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::abi::Type;
use crate::builtin::{OptionsIndex, TypeIndex};
use crate::code::SubtaskState;
use crate::engine::{CoreEngine, CoreTrap};
use crate::error::{AbiError, Error, Failure};
use crate::limit::MAX_TABLE_LENGTH;
use crate::machine::{SubtaskId, TaskId, ThreadId, ThreadState, WaitableId};
use crate::trap::{EndKind, Trap};

use super::acting::Acting;
use super::activations::Activations;
use super::call_error::CallError;
use super::calls::Calls;
use super::canonical::CanonicalOptions;
use super::crossing::{Crossing, Starting};
use super::deferred_calls::DeferredCalls;
use super::fault::Fault;
use super::functions::Functions;
use super::host_handles::HostHandles;
use super::identity::Identity;
use super::interrupts::InterruptHandle;
use super::links::Links;
use super::machine::{StoreChooser, StoreMachine};
use super::mailbox::Inbox;
use super::names::Names;
use super::origins::Origins;
use super::outcome::ResultBoxes;
use super::panics::Panics;
use super::resource_types::ResourceTypes;
use super::roots::Roots;
use super::settings::Settings;
use super::store_limits::StoreLimit;
use super::thread_destructors::ThreadDestructors;
use super::trap_backtrace::TrapBacktrace;
use super::traps::Traps;
use super::type_tables::TypeTables;
use super::unwinding::catch;
use super::waiting::{GiveUp, WaitList};

/// The types of the functions that an embedder defines. They name the store, so that the
/// store can't name them.
pub(crate) trait Callbacks {
    /// A host function.
    type HostFunction;
    /// The function that lifts the result of a call by the host.
    type LiftResult: Copy;
    /// A resource type of the host.
    type ResourceType;
    /// The destructor of a resource type.
    type Destructor: Clone;
    /// A destructor of threads' values.
    type ThreadDestructor: ?Sized;
    /// Something that waits for events outside of the store, and is polled.
    type Waiting: GiveUp;
    /// A request of code that runs beside the store.
    type Request;
}

/// Everything in a store except the engine's part: the machine, and objects that each remember one
/// aspect of the things in the machine, by their numbers.
pub(crate) struct StoreState<E: CoreEngine, T, C: Callbacks> {
    /// The embedder's data.
    pub(crate) data: T,
    pub(crate) machine: StoreMachine,
    pub(crate) functions: Functions<E::Function, C::HostFunction>,
    pub(crate) types: TypeTables<E::Memory, E::Function, E::Table>,
    pub(crate) calls: Calls<C::LiftResult>,
    pub(crate) deferred: DeferredCalls<C::LiftResult>,
    pub(crate) handles: HostHandles,
    pub(crate) activations: Activations<E::Activation, E::Function>,
    pub(crate) crossing: Crossing<Starting<E>, E::Instance>,
    pub(crate) origins: Origins,
    pub(crate) traps: Traps,
    pub(crate) panics: Panics,
    pub(crate) waiting: WaitList<C::Waiting>,
    pub(crate) inbox: Inbox<C::Request>,
    pub(crate) acting: Acting,
    pub(crate) resource_types: ResourceTypes<C::ResourceType, C::Destructor>,
    pub(crate) thread_destructors: ThreadDestructors<C::ThreadDestructor>,
    pub(crate) result_boxes: ResultBoxes,
    pub(crate) names: Names,
    pub(crate) roots: Roots<E::Function, E::Instance>,
    pub(crate) links: Links<E::Function, E::Instance>,
    pub(crate) settings: Settings,
    pub(crate) interrupts: InterruptHandle,
    pub(crate) engine: E,
    /// The identity of the store.
    pub(crate) identity: Identity,
}

impl<E: CoreEngine, T, C: Callbacks> StoreState<E, T, C> {
    pub(crate) fn new(engine: E, chooser: StoreChooser, data: T) -> Self {
        let waiting = WaitList::new();
        let panics = Panics::new(waiting.beside().clone());
        let mut machine = StoreMachine::with_extensions(chooser);
        machine.count_destructors(0);
        Self {
            data,
            machine,
            functions: Functions::new(),
            types: TypeTables::new(),
            calls: Calls::new(),
            deferred: DeferredCalls::new(),
            activations: Activations::new(),
            crossing: Crossing::new(),
            origins: Origins::new(),
            traps: Traps::new(),
            interrupts: InterruptHandle::new(waiting.beside().clone()),
            inbox: Inbox::new(waiting.beside().clone()),
            handles: HostHandles::new(panics.late().clone()),
            panics,
            identity: Identity::of(waiting.beside()),
            waiting,
            acting: Acting::default(),
            resource_types: ResourceTypes::new(),
            thread_destructors: ThreadDestructors::new(),
            result_boxes: ResultBoxes::default(),
            names: Names::default(),
            roots: Roots::new(),
            links: Links::new(),
            settings: Settings::default(),
            engine,
        }
    }

    /// Returns the options with a number.
    #[inline]
    pub(crate) fn options(
        &self,
        options: OptionsIndex,
    ) -> Result<&CanonicalOptions<E::Memory, E::Function>, Error> {
        self.types.options(options)
    }

    /// Returns the element type of a stream or future type.
    pub(crate) fn element(&self, ty: TypeIndex) -> Result<Option<Type>, Error> {
        self.types.element(ty).cloned()
    }

    /// Returns the number of a stream or future type.
    pub(crate) fn ends_type(
        &mut self,
        kind: EndKind,
        element: Option<&Type>,
    ) -> Result<TypeIndex, Error> {
        let Self { machine, types, .. } = self;
        types.ends(kind, element, |it| machine.define_type(it))
    }

    /// Records the call by the host that a new task belongs to, which begins for a call.
    #[inline]
    pub(crate) fn task_begins(&mut self, task: TaskId, caller: SubtaskId) -> Result<(), Error> {
        self.origins.task_begins(task, self.calls.origin_of(caller))
    }

    /// Returns the call by the host that a thread belongs to.
    #[inline]
    pub(crate) fn origin_of_thread(&self, thread: ThreadId) -> Option<SubtaskId> {
        self.origins.of_task(self.machine.task_of(thread).ok()?)
    }

    /// Returns `true` if a call by the host is not over.
    pub(crate) fn is_open(&self, call: SubtaskId) -> bool {
        matches!(self.machine.call_state(call), Ok(SubtaskState::Starting | SubtaskState::Started))
    }

    /// Returns the error for a fault. If a limit of the store is the reason, it names the limit.
    pub(crate) fn error_of(&self, fault: Fault) -> CallError {
        let limits = &self.settings.limits;
        let limit = match &fault {
            Fault::Core(CoreTrap::MemoryLimit) => StoreLimit::MemoryBytes,
            Fault::Core(CoreTrap::TableLimit) => StoreLimit::TableElements,
            Fault::Failure(Failure::Error(Error::Abi(AbiError::LiftedTooLarge))) => {
                StoreLimit::LiftedBytes
            }
            Fault::Failure(Failure::Trap(Trap::TableFull)) if limits.handles < MAX_TABLE_LENGTH => {
                StoreLimit::Handles
            }
            _ => return fault.into(),
        };
        limits.reached(limit).into()
    }

    /// Returns `true` if the instance that has defined a resource type was removed.
    pub(crate) fn is_definer_gone(&self, ty: TypeIndex) -> bool {
        match self.machine.resource_instance(ty) {
            Ok(Some(instance)) => self.machine.is_locked_down(instance).is_err(),
            Ok(None) => false,
            Err(_) => true,
        }
    }

    /// Forgets a call: see [`Calls::forget`].
    #[inline]
    pub(crate) fn forget_call(&mut self, call: SubtaskId) -> Option<CallError> {
        self.calls.forget(call, &self.machine, &mut self.handles)
    }

    /// Reports a trap that was unwound to the call that it belongs to, and to all calls of
    /// instances that are locked down now.
    pub(crate) fn trapped(&mut self, origin: Option<SubtaskId>, error: CallError) {
        let mut unheard = true;
        if let Some(origin) = origin
            && !self.calls.is_unwanted(origin)
            && let Ok(call) = self.calls.embedder_call(origin)
            && !call.has_failed()
        {
            call.fail(error.clone());
            unheard = false;
            if let CallError::Panicked(panic) = &error {
                self.panics.add_of_call(panic.clone());
            }
            // This fails only if the machine is inconsistent, and there is nobody to tell.
            let _ = self.machine.call_failed(origin);
        }
        self.others_trapped(&error);
        if unheard {
            self.add_background_trap(error);
        }
    }

    /// Adds something that waits for `id`, until its waker is woken.
    pub(crate) fn wait(&mut self, id: WaitableId, waiting: C::Waiting) {
        if let Some(before) = self.waiting.put(id, waiting) {
            self.drop_waiting(before);
        }
    }

    /// Keeps something for a waitable that waits only for a guest.
    pub(crate) fn rest(&mut self, id: WaitableId, waiting: C::Waiting) {
        if let Some(before) = self.waiting.put_resting(id, waiting) {
            self.drop_waiting(before);
        }
    }

    /// Drops something that waited. A panic in its destructor belongs to no call.
    pub(crate) fn drop_waiting(&mut self, waiting: C::Waiting) {
        if let Err(panic) = catch(|| drop(waiting)) {
            self.panics.add_of_nobody(panic);
        }
    }

    /// Gives up something that waited for a guest that trapped.
    fn give_up_waiting(&mut self, id: WaitableId, mut waiting: C::Waiting, error: &CallError) {
        if let WaitableId::End(end) = id {
            // It may have been dropped before.
            let _ = self.machine.drop_served_end(end);
        }
        let left = waiting.give_up(error);
        // This fails only for ends that were dropped before.
        let _ = self.handles.discard(&mut self.machine, left);
        self.drop_waiting(waiting);
    }

    /// Records that the store is driven from now on.
    #[inline]
    pub(crate) fn begin_drive(&mut self) {
        self.waiting.begin_drive();
        self.panics.begin_drive();
    }

    /// Returns `true` if a panic that belongs to no call has to continue at the embedder.
    #[inline]
    pub(crate) fn has_panic_of_nobody(&self) -> bool {
        self.machine.chooser().has_panicked() || self.panics.has_of_nobody()
    }

    /// Keeps a trap that belongs to no call. A panic continues after the store was driven.
    pub(crate) fn add_background_trap(&mut self, error: CallError) {
        if let CallError::Panicked(panic) = &error {
            self.panics.add_of_nobody(panic.clone());
        }
        self.origins.add_background_trap(error);
    }

    /// Reports a trap to all calls of instances that are locked down now, after the call that it
    /// belongs to. The trap was remembered before.
    pub(crate) fn others_trapped(&mut self, error: &CallError) {
        // This fails only if the machine is inconsistent, and there is nobody to tell.
        while self.machine.unwind_held() == Ok(true) {}
        let Self { activations, waiting, machine, .. } = self;
        activations.retain(|thread| {
            machine.thread_view(thread).is_ok_and(|view| view.state != ThreadState::Abandoned)
        });
        let unwanted = waiting.take_unwanted(|id| match id {
            WaitableId::Subtask(call) => match machine.calling_instance(call) {
                Ok(Some(instance)) => machine.is_locked_down(instance) == Ok(false),
                Ok(None) => true,
                Err(_) => false,
            },
            WaitableId::End(end) => match machine.holder_of_other_end(end) {
                Ok(Some(instance)) => machine.is_locked_down(instance) == Ok(false),
                Ok(None) => machine.is_hosts_end(end),
                Err(_) => false,
            },
        });
        for (id, waiting) in unwanted {
            self.give_up_waiting(id, waiting, error);
        }
        self.handles.calls_are_over(&self.machine);
        let is_gone = |call: &SubtaskId| self.machine.is_callee_gone(*call) == Ok(true);
        let gone: Vec<_> = self.calls.embedder_calls().filter(is_gone).collect();
        if gone.is_empty() {
            return;
        }
        let trap = self.traps.last().filter(|trap| trap.is_of(error)).cloned();
        let trap = trap.unwrap_or_else(|| Arc::new(TrapBacktrace::without_frames(error.clone())));
        for call in gone {
            if let Ok(embedder_call) = self.calls.embedder_call(call)
                && !embedder_call.has_failed()
            {
                embedder_call.fail(CallError::InstanceTrapped(trap.clone()));
                let _ = self.machine.call_failed(call);
            }
        }
    }
}

impl<E: CoreEngine, T: fmt::Debug, C: Callbacks> fmt::Debug for StoreState<E, T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreState").field("data", &self.data).finish_non_exhaustive()
    }
}
