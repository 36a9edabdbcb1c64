//! The host's side of a store: defining what can be called, calling it, and letting threads run.
//! The reference's `Store`.

use crate::builtin::TypeIndex;
use crate::chooser::Chooser;
use crate::code::SubtaskState;
use crate::error::{Error, Failure, MachineError};
use crate::limits::{Limits, Storage, Table};

use super::arena::Key;
use super::hooks::Hooks;
use super::observation::Action;
use super::record::definition::{
    DefinedFunction, Function, LiftMode, LiftedFunction, NumberedType, TypeDefinition, frames_of,
};
use super::record::frame::Frame;
use super::record::task::Thread;
use super::record::waitable::{Callee, Ends, Kind, Subtask, Waitable};
use super::state::Machine;
use super::step::{Flow, Step};
use crate::id::{FunctionId, Id as _, InstanceId, SubtaskId};
use crate::trap::Trap;

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Defines a type, and returns its number. The host makes sure that types which the spec calls
    /// equal have the same number.
    ///
    /// # Errors
    ///
    /// - [`Error::Full`] if there is no room in [`Table::Types`].
    /// - [`Error::Unknown`] if the instance or the destructor doesn't exist.
    /// - [`MachineError::NoDestructor`] if the destructor is not a function of the same instance,
    ///   has an `async` type, is lifted with `async`, or has a `post-return`.
    pub fn define_type(&mut self, definition: TypeDefinition) -> Result<TypeIndex, Error> {
        if let TypeDefinition::Resource { instance: Some(instance), .. } = definition {
            self.instance_key(instance)?;
        }
        if let TypeDefinition::Resource { instance, destructor: Some(destructor) } = definition {
            let is_right = match self.function(destructor)? {
                Function::Lifted(LiftedFunction { instance: defined, is_async, lift, .. }) => {
                    instance == Some(defined)
                        && !is_async
                        && lift == LiftMode::Sync { has_post_return: false }
                }
                Function::Host { .. } => false,
            };
            if !is_right {
                return Err(MachineError::NoDestructor.into());
            }
        }
        let full = Error::Full(Table::Types);
        let next = self.next_type.checked_add(1).ok_or(full)?;
        let number = TypeIndex(self.next_type);
        self.types.push(NumberedType { number, definition }).map_err(|_| full)?;
        self.next_type = next;
        Ok(number)
    }

    /// Removes types that no guest and no host names any longer. This is a **host extension**.
    ///
    /// `numbers` are in ascending order. Numbers of no type are ignored, and removed numbers are
    /// not used again. The time that this takes grows with the number of types in the machine.
    ///
    /// # Errors
    ///
    /// [`Error::Inconsistent`] after a fault in Weft.
    pub fn remove_types(&mut self, numbers: &[TypeIndex]) -> Result<(), Error> {
        let broken = Error::Inconsistent(Table::Types);
        let mut kept = 0;
        for position in 0..self.types.len() {
            let ty = *self.types.get(position).ok_or(broken)?;
            if numbers.binary_search_by_key(&ty.number.0, |number| number.0).is_err() {
                *self.types.get_mut(kept).ok_or(broken)? = ty;
                kept += 1;
            }
        }
        while self.types.len() > kept {
            self.types.pop();
        }
        Ok(())
    }

    /// Returns the definition of a type.
    #[inline]
    fn type_definition(&self, ty: TypeIndex) -> Result<&TypeDefinition, Error> {
        // Each type is at the position of its number, or before it.
        let mut end = self.types.len().min((ty.0 as usize).saturating_add(1));
        let mut begin = 0;
        let mut middle = end.saturating_sub(1);
        while begin < end {
            let found = self.types.get(middle).ok_or(Error::Inconsistent(Table::Types))?;
            if found.number == ty {
                return Ok(&found.definition);
            }
            if found.number.0 < ty.0 {
                begin = middle + 1;
            } else {
                end = middle;
            }
            middle = begin + (end - begin) / 2;
        }
        Err(Error::Unknown(Table::Types))
    }

    /// Returns `none_or_number_type` of the element of a stream or future.
    pub(crate) fn none_or_number_type(&self, ty: TypeIndex) -> Result<bool, Error> {
        match self.type_definition(ty) {
            Ok(TypeDefinition::Ends { is_none_or_number }) => Ok(*is_none_or_number),
            _ => Err(Error::Unknown(Table::Types)),
        }
    }

    /// Fails if `ty` is not the type of a stream or future.
    pub(crate) fn check_ends_type(&self, ty: TypeIndex) -> Result<(), Error> {
        self.none_or_number_type(ty).map(|_| ())
    }

    /// Returns the instance that defines a resource type, or `None` if the host does.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if `ty` isn't a resource type.
    pub fn resource_instance(&self, ty: TypeIndex) -> Result<Option<InstanceId>, Error> {
        Ok(self.resource_type(ty)?.0)
    }

    /// Returns the instance that defines a resource type, and its destructor.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if `ty` isn't a resource type.
    pub fn resource_type(
        &self,
        ty: TypeIndex,
    ) -> Result<(Option<InstanceId>, Option<FunctionId>), Error> {
        match self.type_definition(ty) {
            Ok(TypeDefinition::Resource { instance, destructor }) => Ok((*instance, *destructor)),
            _ => Err(Error::Unknown(Table::Types)),
        }
    }

    /// Makes a guest's export something that can be called: `Store.lift`.
    ///
    /// # Errors
    ///
    /// - [`Error::Full`] if there is no room in [`Table::Functions`].
    /// - [`Error::Unknown`] if the instance doesn't exist.
    /// - [`MachineError::AsyncLiftOfSyncType`] if the function is lifted with `async`, but its
    ///   type isn't `async`. Validation refuses such a component.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#embedding)
    pub fn lift(&mut self, function: LiftedFunction) -> Result<FunctionId, Error> {
        let instance = self.instance_key(function.instance)?;
        if function.lift.is_async() && !function.is_async {
            return Err(MachineError::AsyncLiftOfSyncType.into());
        }
        let before = self.instances.get(instance)?.last_function;
        let function = Function::Lifted(function);
        let key = self.functions.insert(DefinedFunction { function, before })?;
        self.instances.get_mut(instance)?.last_function = Some(key);
        self.function_id(key)
    }

    /// Makes a host function something that guests can call. The machine calls it by
    /// [`Step::CallHost`], which has `number`.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] if there is no room in [`Table::Functions`].
    ///
    /// # Example
    ///
    /// A guest calls a host function, which answers at once:
    ///
    /// ```
    /// # use weft_core as weft;
    /// # use weft::builtin::OptionsIndex;
    /// use weft::core_value::CoreValue;
    /// use weft::machine::{LiftMode, LiftedFunction, Machine, Resumed, Step};
    ///
    /// # weft::limits! {
    /// #     struct Small { ..MachineSizes::SMALL }
    /// # }
    /// let mut machine = Machine::<Small>::default();
    /// let now = machine.define_host_function(7)?;
    /// # let instance = machine.new_instance()?;
    /// # let run = machine.lift(LiftedFunction {
    /// #     instance,
    /// #     is_async: false,
    /// #     lift: LiftMode::Sync { has_post_return: false },
    /// #     result_type: None,
    /// #     lift_options: OptionsIndex(0),
    /// # })?;
    /// machine.invoke(run)?;
    /// // The guest of `run` calls its import, and the machine names the host function.
    /// let (_, step) = machine.canon_lower(now, false)?;
    /// let Step::CallHost { function: 7, subtask: call, .. } = step else { panic!("{step:?}") };
    /// machine.start_host_function_call(call)?; // The arguments were lifted,
    /// machine.return_host_function_call(call, Some(CoreValue::I32(42)))?; // and the result lowered.
    /// let Step::Resume { value, .. } = machine.host_returned()? else { panic!() };
    /// assert_eq!(value, Resumed::Import(Some(CoreValue::I32(42))));
    /// # Ok::<(), weft::error::Failure>(())
    /// ```
    pub fn define_host_function(&mut self, number: u32) -> Result<FunctionId, Error> {
        let function = Function::Host { number };
        let key = self.functions.insert(DefinedFunction { function, before: None })?;
        self.function_id(key)
    }

    /// Removes a host function that no guest imports any longer. This is a **host extension**.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if it is not a host function, or was removed before.
    pub fn remove_host_function(&mut self, function: FunctionId) -> Result<(), Error> {
        let key = self.function_key(function)?;
        // A call of it whose records were put off names it.
        self.look()?;
        match self.functions.get(key)?.function {
            Function::Host { .. } => self.functions.remove(key).map(|_| ()),
            Function::Lifted(_) => Err(Error::Unknown(Table::Functions)),
        }
    }

    #[inline]
    pub(crate) fn function(&self, function: FunctionId) -> Result<Function, Error> {
        Ok(self.functions.get(self.function_key(function)?)?.function)
    }

    /// Returns a function that is about to be called.
    ///
    /// Traps: `cannot-enter-component-instance` if the function was removed with its instance.
    pub(crate) fn called_function(&mut self, function: FunctionId) -> Result<Function, Failure> {
        match self.function(function) {
            Err(Error::Unknown(_)) if function.position() < self.functions.positions() => {
                self.observe(|_| Ok(Action::CallRefused { callee: None, function }));
                Err(Trap::CannotEnterComponentInstance.into())
            }
            found => Ok(found?),
        }
    }

    /// Calls a guest's export: `Store.invoke`.
    ///
    /// Returns the call, as a subtask of the host, and the first step. The call's result comes by
    /// [`Step::Return`], at once or later. The outcome is also an
    /// [event of the host](Self::next_host_event).
    ///
    /// # Errors
    ///
    /// After an error, nothing is begun; a trap is [unwound](Self::trapped) already.
    ///
    /// - [`MachineError::GuestHasControl`] if a guest runs.
    /// - [`Error::Full`] if there is no room in [`Table::Waitables`], [`Table::Tasks`],
    ///   [`Table::Threads`], [`Table::ThreadIndices`], [`Table::Frames`] or
    ///   [`Table::HeldFrames`], or if the [hooks](super::Hooks) have none.
    /// - [`Error::Unknown`] if it isn't a lifted function.
    /// - The traps `cannot-enter-component-instance`, `table-full` and `cannot-block-sync-task`,
    ///   and those of the threads that run meanwhile.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#embedding)
    pub fn invoke(&mut self, function: FunctionId) -> Result<(SubtaskId, Step), Failure> {
        self.invoke_with(function, None, None)
    }

    /// Calls a function, or a destructor with the representation `destroyed`: `Store.invoke`.
    ///
    /// `holder` is at the top of the stack that is held for the host function which begins this.
    pub(crate) fn invoke_with(
        &mut self,
        function: FunctionId,
        destroyed: Option<u64>,
        holder: Option<Key<Thread>>,
    ) -> Result<(SubtaskId, Step), Failure> {
        let Function::Lifted(lifted) = self.called_function(function)? else {
            return Err(Error::Unknown(Table::Functions).into());
        };
        self.check_host_has_control()?;
        self.check_lift(function, &lifted)?;
        self.prepare_call(None, Some(function))?;
        self.reserve_frames(1 + frames_of(&lifted))?;
        self.reserve_entering(&lifted, false)?;
        self.reserve_thread_index(&lifted)?;
        self.observe_turn();
        let mut subtask = Subtask::new(Callee::Gone);
        subtask.ends = Ends::Event;
        let call = Waitable::new(None, Kind::Subtask(subtask));
        let (subtask, id) = self.insert_call(call, Some(function))?;
        let step =
            self.begin(holder, |machine| machine.canon_lift(function, lifted, subtask, destroyed));
        if step.is_err() {
            self.abandon_subtask(subtask)?;
        }
        Ok((id, step?))
    }

    /// Lets one thread that is ready run, if there is one: `Store.tick`.
    ///
    /// # Errors
    ///
    /// After an error, nothing is begun; a trap is [unwound](Self::trapped) already.
    ///
    /// - [`MachineError::GuestHasControl`] if a guest runs.
    /// - [`MachineError::Entered`] inside of a call.
    /// - [`Error::Full`] if there is no room in [`Table::Frames`].
    /// - The traps of the thread.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#embedding)
    pub fn tick(&mut self) -> Result<Step, Failure> {
        self.check_host_has_control()?;
        if !self.frames.is_empty() {
            return Err(MachineError::Entered.into());
        }
        self.reserve_frames(1)?;
        if self.ready_threads > 0 {
            self.observe_turn();
        }
        let Some(thread) = self.choose_ready()? else { return Ok(Step::ReturnToHost) };
        let holder = self.holder_of(thread)?;
        let holder = holder.or_else(|| self.current_holder());
        self.begin_frame(Frame::Host { holder, is_tick: true }, |machine| machine.resume(thread))
    }

    /// Begins `act` for the host; there is room for its frame. If `act` fails at once, nothing is
    /// begun.
    ///
    /// `holder` is at the top of the held stack whose host function does this. With `None`, it is
    /// the one below which this is nested.
    #[inline]
    fn begin(
        &mut self,
        holder: Option<Key<Thread>>,
        act: impl FnOnce(&mut Self) -> Result<Flow, Failure>,
    ) -> Result<Step, Failure> {
        let holder = holder.or_else(|| self.current_holder());
        self.begin_frame(Frame::Host { holder, is_tick: false }, act)
    }

    /// Begins `act` in a frame of the host, for which there is room. If `act` fails at once,
    /// nothing is begun.
    #[inline]
    fn begin_frame(
        &mut self,
        frame: Frame,
        act: impl FnOnce(&mut Self) -> Result<Flow, Failure>,
    ) -> Result<Step, Failure> {
        self.push_frame(frame)?;
        let step = self.advance(act);
        if step.is_err() {
            self.trapped()?;
        }
        step
    }

    /// Returns the number of ready threads. If it is 0, [`tick`](Self::tick) does nothing.
    #[must_use]
    pub const fn ready_threads(&self) -> u32 {
        self.ready_threads
    }

    /// Asks a call that the host made to cancel: the `on_cancel` that `Store.invoke` returns.
    ///
    /// # Errors
    ///
    /// After an error, nothing is begun; a trap is [unwound](Self::trapped) already.
    ///
    /// - [`MachineError::GuestHasControl`] if a guest runs.
    /// - [`MachineError::AlreadyResolved`] if the call has resolved, or never will because its
    ///   instance has trapped.
    /// - [`MachineError::AlreadyCancelled`] if it was asked before.
    /// - [`MachineError::NotHosts`] if a guest made the call.
    /// - [`Error::Full`] if there is no room in [`Table::Frames`].
    /// - The traps of the threads that run.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#embedding)
    pub fn cancel_call(&mut self, call: SubtaskId) -> Result<Step, Failure> {
        self.check_host_has_control()?;
        let key = self.hosts_call(call)?;
        self.reserve_frames(2)?;
        self.cancellable_call(call)?;
        self.observe_cancellation(key);
        let subtask = self.subtask_mut(key)?;
        if subtask.is_operation() {
            self.cancel_operation(call)?;
            return Ok(Step::ReturnToHost);
        }
        subtask.cancellation_requested = true;
        let Callee::Task(task) = subtask.callee else { return Ok(Step::ReturnToHost) };
        self.observe_turn();
        self.begin(None, |machine| machine.request_cancellation(task))
    }

    /// Tells the machine that a call of the host has failed, because something trapped that the
    /// call had begun.
    ///
    /// The host gets an event of the call, unless the call has resolved. This is a **host
    /// extension**, for the driver of the machine.
    ///
    /// # Errors
    ///
    /// - [`Error::Unknown`] if the call doesn't exist.
    /// - [`MachineError::NotHosts`] if a guest made it.
    pub fn call_failed(&mut self, call: SubtaskId) -> Result<(), Error> {
        let key = self.hosts_call(call)?;
        if self.subtask(key)?.resolved() { Ok(()) } else { self.set_pending_event(key) }
    }

    /// Checks that the host made a call, that it is not over and has not failed, and that it was
    /// not asked to cancel.
    pub(crate) fn cancellable_call(&self, call: SubtaskId) -> Result<(), Error> {
        let subtask = self.subtask(self.hosts_call(call)?)?;
        if subtask.resolved() || self.is_callee_gone(call)? {
            return Err(MachineError::AlreadyResolved.into());
        }
        if subtask.cancellation_requested {
            return Err(MachineError::AlreadyCancelled.into());
        }
        Ok(())
    }

    /// Returns the state of a call.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the call doesn't exist.
    pub fn call_state(&self, call: SubtaskId) -> Result<SubtaskState, Error> {
        Ok(self.subtask(self.subtask_key(call)?)?.state)
    }

    /// Returns `true` if the called instance is gone, so that the call, which has not resolved,
    /// never will.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the call doesn't exist.
    pub fn is_callee_gone(&self, call: SubtaskId) -> Result<bool, Error> {
        let subtask = self.subtask(self.subtask_key(call)?)?;
        match subtask.callee {
            Callee::Gone => Ok(!subtask.resolved()),
            Callee::Host(_) | Callee::Operation { .. } => Ok(false),
            Callee::Task(task) => Ok(self.instances.get(self.tasks.get(task)?.instance)?.lockdown),
        }
    }

    /// Drops a call that the host made.
    ///
    /// If the call has not resolved, it goes on, and its result is dropped. If it has not
    /// started, it never does.
    ///
    /// # Errors
    ///
    /// - [`Error::Unknown`] if the call doesn't exist.
    /// - [`MachineError::NotHosts`] if a guest made it.
    pub fn drop_call(&mut self, call: SubtaskId) -> Result<(), Error> {
        let subtask = self.hosts_call(call)?;
        self.abandon_subtask(subtask)
    }

    /// Returns the key of a call that the host made.
    #[inline]
    pub(crate) fn hosts_call(&self, call: SubtaskId) -> Result<Key<Waitable>, Error> {
        let subtask = self.subtask_key(call)?;
        if self.waitables.get(subtask)?.owner.is_some() {
            return Err(MachineError::NotHosts.into());
        }
        Ok(subtask)
    }
}
