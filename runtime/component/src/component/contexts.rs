//! What lifting and lowering need of the world, as a store has it: [`Handles`] and a memory to
//! lift from, [`Lowering`] to lower into, and [`Between`] for both at once.

use core::ops::{Deref, DerefMut};

use crate::abi::{
    HandleTypes, LiftContext, LiftHandles, LowerContext, NanBits, Options, Peer, Resource, Shape,
    TransferContext,
};
use crate::builtin::{OptionsIndex, TypeIndex};
use crate::core_value::CoreValue;
use crate::engine::{CoreContext as _, CoreEngine, CoreTrap, Progress};
use crate::error::{Error, Failure};
use crate::machine::{EndId, ErrorContextId, InstanceId, SubtaskId, TaskId, TaskReturn};
use crate::trap::{EndKind, Trap};

use super::state::{CanonicalOptions, Fault, State};

/// The engine's store with what is in it, lent.
pub(crate) struct Context<'a, E: CoreEngine, T: Send + 'static>(
    pub(crate) E::Context<'a, State<E, T>>,
);

impl<'a, E: CoreEngine, T: Send + 'static> Deref for Context<'a, E, T> {
    type Target = E::Context<'a, State<E, T>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<E: CoreEngine, T: Send + 'static> DerefMut for Context<'_, E, T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

/// So often a guest's `realloc` is let go on after the engine interrupted it, whatever the host
/// allows: it runs in the middle of a step, so that the host gets no control before it ends.
const REALLOC_INTERRUPTIONS: u32 = 1_000;

/// Whose handles are lifted.
pub(crate) struct Handles<'a, E: CoreEngine, T: Send + 'static> {
    state: &'a mut State<E, T>,
    instance: InstanceId,
    /// The call that borrowed handles are lent to, where there can be some.
    call: Option<SubtaskId>,
    /// Who gets them: what the host does, it holds.
    peer: Peer,
    /// Of which types they are, for values of Rust's own types.
    types: Option<&'a HandleTypes>,
}

impl<E: CoreEngine, T: Send + 'static> LiftHandles for Handles<'_, E, T> {
    fn lift_own(&mut self, ty: TypeIndex, index: u32) -> Result<Resource, Failure> {
        let representation = self.state.machine.lift_own(self.instance, ty, index)?;
        let resource = Resource { ty, representation };
        if self.peer == Peer::Host {
            self.state.hold(resource);
        }
        Ok(resource)
    }

    fn lift_borrow(&mut self, ty: TypeIndex, index: u32) -> Result<Resource, Failure> {
        let call = self.call.ok_or(Error::HostHasNoHandles)?;
        let representation = self.state.machine.lift_borrow(call, ty, index)?;
        let resource = Resource { ty, representation };
        if self.peer == Peer::Host {
            self.state.hold_borrowed(call, resource);
        }
        Ok(resource)
    }

    fn lift_end(&mut self, kind: EndKind, ty: TypeIndex, index: u32) -> Result<EndId, Failure> {
        self.state.machine.lift_end(self.instance, (kind, ty), index)
    }

    fn lift_error_context(&mut self, index: u32) -> Result<ErrorContextId, Failure> {
        self.state.machine.lift_error_context(self.instance, index)
    }

    fn handle_type(&self, shape: &Shape) -> Result<TypeIndex, Failure> {
        self.types.ok_or(Error::UnknownHandleType)?.number(shape)
    }
}

/// Where values are lifted from: by which options, and for which call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source {
    pub(crate) options: OptionsIndex,
    /// The call that borrowed handles are lent to.
    pub(crate) call: Option<SubtaskId>,
}

/// Lifts from a guest.
pub(crate) fn lift<'a, E: CoreEngine, T: Send + 'static>(
    cx: &'a mut Context<'_, E, T>,
    source: Source,
    peer: Peer,
) -> Result<LiftContext<'a, Handles<'a, E, T>>, Failure> {
    let found = *cx.data().options(source.options)?;
    let (memory, state): (&[u8], _) = match found.memory {
        Some(memory) => {
            let (memory, state) = cx.memory_mut(memory);
            (memory, state)
        }
        None => (&[], cx.data_mut()),
    };
    let handles = Handles { state, instance: found.instance, call: source.call, peer, types: None };
    Ok(LiftContext::with_handles(memory, found.abi(peer), handles))
}

/// Lifts values of Rust's own types from a guest, whose handles are of these types.
pub(crate) fn lift_typed<'a, E: CoreEngine, T: Send + 'static>(
    cx: &'a mut Context<'_, E, T>,
    source: Source,
    peer: Peer,
    types: &'a HandleTypes,
) -> Result<LiftContext<'a, Handles<'a, E, T>>, Failure> {
    let mut lifting = lift(cx, source, peer)?;
    lifting.handles.types = Some(types);
    Ok(lifting)
}

impl<E: CoreEngine> CanonicalOptions<E> {
    /// What the ABI needs to know of them.
    pub(crate) const fn abi(&self, peer: Peer) -> Options {
        let mut options = Options::new(self.address_type, self.string_encoding);
        options.peer = peer;
        options
    }
}

#[expect(clippy::expl_impl_clone_on_copy, reason = "a derive would ask it of the engine")]
impl<E: CoreEngine> Clone for CanonicalOptions<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E: CoreEngine> Copy for CanonicalOptions<E> {}

/// Where values are lowered into.
pub(crate) struct Lowering<'a, 'c, E: CoreEngine, T: Send + 'static> {
    cx: &'a mut Context<'c, E, T>,
    found: CanonicalOptions<E>,
    options: Options,
    /// The task that borrowed handles are lent to, where there can be some.
    task: Option<TaskId>,
}

/// Lowers into a guest.
pub(crate) fn lower<'a, 'c, E: CoreEngine, T: Send + 'static>(
    cx: &'a mut Context<'c, E, T>,
    options: OptionsIndex,
    task: Option<TaskId>,
    peer: Peer,
) -> Result<Lowering<'a, 'c, E, T>, Failure> {
    let found = *cx.data().options(options)?;
    Ok(Lowering { cx, found, options: found.abi(peer), task })
}

/// Lowers values of the host into a guest. If there may be a NaN among them, the chooser says what
/// its bits are.
pub(crate) fn lower_from_host<'a, 'c, E: CoreEngine, T: Send + 'static>(
    cx: &'a mut Context<'c, E, T>,
    options: OptionsIndex,
    task: Option<TaskId>,
    contains_float: bool,
) -> Result<Lowering<'a, 'c, E, T>, Failure> {
    let mut lowering = lower(cx, options, task, Peer::Host)?;
    if contains_float {
        let chooser = lowering.cx.data_mut().machine.chooser_mut();
        lowering.options.nan = NanBits::choose(chooser)?;
    }
    Ok(lowering)
}

impl<E: CoreEngine, T: Send + 'static> Lowering<'_, '_, E, T> {
    fn call_realloc(&mut self, arguments: &[u64; 4]) -> Result<u64, Fault> {
        let realloc = self.found.realloc.ok_or(Error::NoRealloc)?;
        let value = |bits: u64| CoreValue::integer(self.found.address_type, bits);
        let [old, old_length, alignment, length] = arguments.map(value);
        let (Some(old), Some(old_length), Some(alignment), Some(length)) =
            (old, old_length, alignment, length)
        else {
            return Err(Trap::ReallocOutOfBounds.into());
        };
        let arguments = [old, old_length, alignment, length];
        let mut progress = self.cx.call(realloc, &arguments);
        let mut interruptions = 0;
        loop {
            match progress.map_err(Fault::Core)? {
                Progress::Returned(Some(CoreValue::I32(address))) => return Ok(address.into()),
                Progress::Returned(Some(CoreValue::I64(address))) => return Ok(address),
                Progress::Interrupted(activation)
                    if interruptions < REALLOC_INTERRUPTIONS && self.cx.data_mut().may_go_on() =>
                {
                    interruptions += 1;
                    progress = self.cx.resume(activation, None);
                }
                Progress::Interrupted(_) => return Err(Fault::Interrupted),
                Progress::Returned(_) | Progress::Stopped(_) => {
                    return Err(Fault::Core(CoreTrap::CannotStop));
                }
            }
        }
    }
}

impl<E: CoreEngine, T: Send + 'static> LowerContext for Lowering<'_, '_, E, T> {
    fn options(&self) -> &Options {
        &self.options
    }

    fn memory_mut(&mut self) -> &mut [u8] {
        match self.found.memory {
            Some(memory) => self.cx.memory_mut(memory).0,
            None => &mut [],
        }
    }

    fn realloc(
        &mut self,
        old_address: u64,
        old_byte_length: u64,
        alignment: u32,
        new_byte_length: u64,
    ) -> Result<u64, Failure> {
        self.cx.data_mut().machine.begin_realloc(self.found.instance)?;
        let arguments = [old_address, old_byte_length, alignment.into(), new_byte_length];
        match self.call_realloc(&arguments) {
            Ok(address) => {
                self.cx.data_mut().machine.realloc_returned()?;
                Ok(address)
            }
            Err(Fault::Failure(failure)) => Err(failure),
            Err(fault) => {
                let place = &mut self.cx.data_mut().fault;
                // If a function of the host trapped, it has said why.
                if place.is_none() {
                    *place = Some(fault);
                }
                Err(Error::CoreTrap.into())
            }
        }
    }

    fn lower_own(&mut self, ty: TypeIndex, resource: Resource) -> Result<u32, Failure> {
        let representation = resource.representation_of(ty)?;
        self.cx.data_mut().machine.lower_own(self.found.instance, ty, representation)
    }

    fn lower_borrow(&mut self, ty: TypeIndex, resource: Resource) -> Result<u32, Failure> {
        let task = self.task.ok_or(Error::HostHasNoHandles)?;
        let representation = resource.representation_of(ty)?;
        let lowered = self.cx.data_mut().machine.lower_borrow(task, ty, representation)?;
        Ok(lowered.to_core()?)
    }

    fn lower_end(&mut self, kind: EndKind, ty: TypeIndex, end: EndId) -> Result<u32, Failure> {
        self.cx.data_mut().machine.lower_end(self.found.instance, (kind, ty), end)
    }

    fn lower_error_context(&mut self, error_context: ErrorContextId) -> Result<u32, Failure> {
        self.cx.data_mut().machine.lower_error_context(self.found.instance, error_context)
    }
}

/// Two guests that values go between.
pub(crate) struct Between<'a, 'c, E: CoreEngine, T: Send + 'static> {
    to: Lowering<'a, 'c, E, T>,
    found: CanonicalOptions<E>,
    source_options: Options,
    call: Option<SubtaskId>,
    /// What has to be checked once everything is lifted.
    returning: Option<&'a TaskReturn>,
}

/// Moves values from one guest to another.
pub(crate) fn between<'a, 'c, E: CoreEngine, T: Send + 'static>(
    cx: &'a mut Context<'c, E, T>,
    from: Source,
    to: OptionsIndex,
    task: Option<TaskId>,
) -> Result<Between<'a, 'c, E, T>, Failure> {
    let found = *cx.data().options(from.options)?;
    let to = lower(cx, to, task, Peer::Guest)?;
    let source_options = found.abi(Peer::Guest);
    Ok(Between { to, found, source_options, call: from.call, returning: None })
}

impl<'a, E: CoreEngine, T: Send + 'static> Between<'a, '_, E, T> {
    /// The values are the result of a task, which returns once they are lifted.
    pub(crate) const fn returning(mut self, task_return: &'a TaskReturn) -> Self {
        self.returning = Some(task_return);
        self
    }

    fn handles(&mut self) -> Handles<'_, E, T> {
        let state = self.to.cx.data_mut();
        let (instance, call) = (self.found.instance, self.call);
        Handles { state, instance, call, peer: Peer::Guest, types: None }
    }
}

impl<E: CoreEngine, T: Send + 'static> LiftHandles for Between<'_, '_, E, T> {
    fn lift_own(&mut self, ty: TypeIndex, index: u32) -> Result<Resource, Failure> {
        self.handles().lift_own(ty, index)
    }

    fn lift_borrow(&mut self, ty: TypeIndex, index: u32) -> Result<Resource, Failure> {
        self.handles().lift_borrow(ty, index)
    }

    fn lift_end(&mut self, kind: EndKind, ty: TypeIndex, index: u32) -> Result<EndId, Failure> {
        self.handles().lift_end(kind, ty, index)
    }

    fn lift_error_context(&mut self, index: u32) -> Result<ErrorContextId, Failure> {
        self.handles().lift_error_context(index)
    }
}

impl<E: CoreEngine, T: Send + 'static> LowerContext for Between<'_, '_, E, T> {
    fn options(&self) -> &Options {
        self.to.options()
    }

    fn memory_mut(&mut self) -> &mut [u8] {
        self.to.memory_mut()
    }

    fn realloc(
        &mut self,
        old_address: u64,
        old_byte_length: u64,
        alignment: u32,
        new_byte_length: u64,
    ) -> Result<u64, Failure> {
        self.to.realloc(old_address, old_byte_length, alignment, new_byte_length)
    }

    fn lower_own(&mut self, ty: TypeIndex, resource: Resource) -> Result<u32, Failure> {
        self.to.lower_own(ty, resource)
    }

    fn lower_borrow(&mut self, ty: TypeIndex, resource: Resource) -> Result<u32, Failure> {
        self.to.lower_borrow(ty, resource)
    }

    fn lower_end(&mut self, kind: EndKind, ty: TypeIndex, end: EndId) -> Result<u32, Failure> {
        self.to.lower_end(kind, ty, end)
    }

    fn lower_error_context(&mut self, error_context: ErrorContextId) -> Result<u32, Failure> {
        self.to.lower_error_context(error_context)
    }
}

impl<E: CoreEngine, T: Send + 'static> TransferContext for Between<'_, '_, E, T> {
    fn source_options(&self) -> &Options {
        &self.source_options
    }

    fn source_memory(&self) -> &[u8] {
        self.found.memory.map_or(&[], |memory| self.to.cx.memory(memory))
    }

    fn lifted(&mut self) -> Result<(), Failure> {
        match self.returning {
            Some(task_return) => self.to.cx.data().machine.return_(task_return),
            None => Ok(()),
        }
    }
}
