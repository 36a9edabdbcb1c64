//! What is in a store besides the engine's part: the machine, and what the numbers stand for that
//! the machine is given.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use hashbrown::HashMap;

use crate::abi::{CoreFunctionType, FlatValues, HandleTypes, StringEncoding, Type, Val};
use crate::builtin::{Definition, OptionsIndex, TypeIndex};
use crate::chooser::Chooser;
use crate::core_value::{CoreValue, IntegerType};
use crate::engine::{CoreEngine, CoreTrap};
use crate::error::{Error, Failure};
use crate::id::Id as _;
use crate::limits::{Heap, Table};
use crate::machine::{EndId, FunctionId, InstanceId, Machine, Step, SubtaskId, ThreadId};

use super::calls::Call;
use super::claims::Held;
use super::definition::FunctionType;
use super::host_call::Destructor;
use super::host_function::HostFunction;
use super::host_resource::HostResourceType;
use super::identity::Identity;
use super::instantiate::Starting;
use super::names::Names;
use super::numbers::Numbers;
use super::origin::Origins;
use super::outcome::ResultBoxes;
use super::spare::Spare;
use super::threads::{DestroyThreadLocal, ThreadDestructorFailure};
use super::waiting::Waiting;

/// What is in a store.
pub(crate) struct State<E: CoreEngine, T: Send + 'static> {
    /// What the user put there.
    pub(crate) data: T,
    pub(crate) machine: Machine<Heap, Box<dyn Chooser + Send>>,
    /// By [`FunctionId`].
    pub(crate) functions: Vec<Callable<E, T>>,
    /// By the number that the engine calls with.
    pub(crate) core_functions: Vec<CoreFunction>,
    pub(crate) numbers: Numbers<E>,
    /// The calls that have not returned, at the position of their subtask.
    pub(super) calls: Vec<Option<(SubtaskId, Call<E, T>)>>,
    /// Memory for the values of calls by the host.
    pub(super) spare_values: Vec<Vec<Val>>,
    /// How many of them the host has made.
    pub(crate) num_host_calls: usize,
    /// The threads that have stopped, each at its position.
    stopped: Vec<Option<(ThreadId, Stopped<E>)>>,
    /// The functions that new threads start with, until they do.
    start_functions: Vec<Option<StartFunction<E>>>,
    /// The numbers of those that have.
    free_start_functions: Vec<u32>,
    /// The arguments of the guest's function that is called next, if they are lowered already.
    pub(crate) lowered: Option<FlatValues>,
    /// What the guest's function returned that is being lifted, or what `task.return` was given.
    pub(crate) returned: FlatValues,
    /// What is next, when a guest has stopped in a function of the host.
    pub(crate) next: Option<Next>,
    /// Where it has stopped.
    pub(crate) stopping: Option<HostCallSite>,
    /// Why guests are being unwound.
    pub(crate) fault: Option<Fault>,
    /// How many calls of the engine are nested in one another.
    pub(crate) depth: u32,
    /// The core module that is being instantiated.
    pub(crate) starting: Option<Starting<E>>,
    /// Its instance.
    pub(crate) started: Option<E::Instance>,
    /// The functions of the host that wait.
    pub(crate) waiting: Waiting,
    /// What the host does when resources of its own are dropped.
    pub(crate) destructors: HashMap<TypeIndex, Destructor<E, T>>,
    pub(crate) engine: E,
    /// What tells this store from others.
    pub(crate) identity: Identity,
    /// Functions of the host by their addresses.
    pub(crate) host_functions: HashMap<usize, FunctionId>,
    /// Resource types of the host by their addresses.
    pub(crate) host_resource_types: HashMap<usize, (HostResourceType<E, T>, TypeIndex)>,
    /// What the host holds of resources whose types guests define.
    pub(crate) held: Held,
    /// The buffers of the host's reads and writes that are under way.
    pub(crate) buffers: HashMap<EndId, VecDeque<Val>>,
    /// The thread that the engine interrupted, with all that were nested around it.
    pub(crate) interrupted: Option<ThreadId>,
    /// Which calls of the host's what runs belongs to.
    pub(crate) origins: Origins,
    /// The calls of the host's that are to be cancelled and forgotten when it is possible.
    pub(crate) abandoned: Vec<SubtaskId>,
    /// What functions and instances are called.
    pub(crate) names: Names,
    /// How often guests may go on after an interruption, while the host waits for one call.
    pub(crate) interruption_limit: Option<u32>,
    /// How often they have.
    pub(crate) interruptions: u32,
    /// So many bytes of a guest's debug message are kept.
    pub(crate) max_debug_message_length: usize,
    pub(crate) spare_lifted: Spare<Lifted<E>>,
    pub(crate) spare_host_function: Spare<HostFunction<E, T>>,
    pub(crate) spare_lowered: Spare<Lowered>,
    /// What results were in.
    pub(crate) result_boxes: ResultBoxes,
    /// What is called with the values of threads that are over, by number.
    pub(crate) thread_destructors: Vec<Arc<DestroyThreadLocal<E, T>>>,
    /// Those that failed.
    pub(crate) failed_thread_destructors: VecDeque<ThreadDestructorFailure>,
}

/// What has to happen next.
#[derive(Debug)]
pub(crate) enum Next {
    /// What the machine says.
    Step(Step),
    /// The thread that was interrupted goes on.
    Continue(ThreadId),
}

/// A function that has an id.
pub(crate) enum Callable<E: CoreEngine, T: Send + 'static> {
    /// One that a guest exports.
    Lifted(Arc<Lifted<E>>),
    /// One of the host.
    Host(Arc<HostFunction<E, T>>),
}

/// A function that a guest exports: `canon lift`. A resource's destructor is one, too, whose
/// parameter is the representation; and so is the start function of a core module.
pub(crate) struct Lifted<E: CoreEngine> {
    pub(crate) instance: InstanceId,
    pub(crate) core: Option<E::Function>,
    pub(crate) ty: Arc<FunctionType>,
    pub(crate) options: OptionsIndex,
    pub(crate) is_async: bool,
    pub(crate) callback: Option<E::Function>,
    pub(crate) post_return: Option<E::Function>,
}

/// A function of the host that core modules import.
pub(crate) enum CoreFunction {
    /// A built-in.
    Builtin(Definition),
    /// A function that is lowered.
    Lowered(Arc<Lowered>),
}

/// A function that a guest imports: `canon lower`.
pub(crate) struct Lowered {
    pub(crate) function: FunctionId,
    pub(crate) ty: Arc<FunctionType>,
    pub(crate) options: OptionsIndex,
    pub(crate) is_async: bool,
    /// Of which types the handles are of a function of the host's whose types are Rust's own.
    pub(crate) handles: HandleTypes,
}

/// The options of a canonical definition.
pub(crate) struct CanonicalOptions<E: CoreEngine> {
    pub(crate) instance: InstanceId,
    pub(crate) address_type: IntegerType,
    pub(crate) string_encoding: StringEncoding,
    pub(crate) memory: Option<E::Memory>,
    pub(crate) realloc: Option<E::Function>,
}

/// Where a guest has stopped: in a call of this function of the host.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HostCallSite {
    pub(crate) thread: ThreadId,
    /// The number of the function.
    pub(crate) number: u32,
    /// Where the event goes that it waits for, if it does.
    pub(crate) event_address: u64,
}

/// A thread that has stopped.
pub(crate) struct Stopped<E: CoreEngine> {
    pub(crate) activation: E::Activation,
    /// Where; nothing if the engine interrupted it.
    pub(crate) site: Option<HostCallSite>,
}

/// What a new thread starts with.
#[derive(Clone, Copy)]
pub(crate) struct StartFunction<E: CoreEngine> {
    pub(crate) function: E::Function,
    pub(crate) ty: CoreFunctionType,
}

/// Why a call can't go on.
#[derive(Debug)]
pub(crate) enum Fault {
    /// A rule was broken, or Weft was misused.
    Failure(Failure),
    /// Core code trapped.
    Core(CoreTrap),
    /// A function of the host failed.
    Host(HostError),
    /// The engine interrupted the guest, more often than the host allows.
    Interrupted,
    /// A guest, called by a function of the host, resumed one of those that have called that.
    CallerResumed,
}

/// What a function of the host fails with.
pub type HostError = Box<dyn core::error::Error + Send + Sync>;

impl<F: Into<Failure>> From<F> for Fault {
    fn from(failure: F) -> Self {
        Self::Failure(failure.into())
    }
}

impl<E: CoreEngine, T: Send + 'static> State<E, T> {
    pub(crate) fn new(engine: E, chooser: Box<dyn Chooser + Send>, data: T) -> Self {
        Self {
            data,
            machine: Machine::new(chooser),
            functions: Vec::new(),
            core_functions: Vec::new(),
            numbers: Numbers::new(),
            calls: Vec::new(),
            spare_values: Vec::new(),
            num_host_calls: 0,
            stopped: Vec::new(),
            start_functions: Vec::new(),
            free_start_functions: Vec::new(),
            lowered: None,
            returned: FlatValues::EMPTY,
            next: None,
            stopping: None,
            fault: None,
            depth: 0,
            starting: None,
            started: None,
            waiting: Waiting::new(),
            destructors: HashMap::new(),
            engine,
            identity: Identity::default(),
            host_functions: HashMap::new(),
            host_resource_types: HashMap::new(),
            held: Held::default(),
            buffers: HashMap::new(),
            interrupted: None,
            origins: Origins::default(),
            abandoned: Vec::new(),
            names: Names::default(),
            interruption_limit: None,
            interruptions: 0,
            max_debug_message_length: usize::MAX,
            spare_lifted: Spare::NONE,
            spare_host_function: Spare::NONE,
            spare_lowered: Spare::NONE,
            result_boxes: ResultBoxes::default(),
            thread_destructors: Vec::new(),
            failed_thread_destructors: VecDeque::new(),
        }
    }

    /// A function that a guest exports.
    pub(crate) fn lifted(&self, function: FunctionId) -> Result<&Lifted<E>, Error> {
        match self.functions.get(function.position()) {
            Some(Callable::Lifted(lifted)) => Ok(lifted),
            _ => Err(Error::Unknown(Table::Functions)),
        }
    }

    /// The same, to be kept while something is done to the store.
    pub(crate) fn take_lifted(&mut self, function: FunctionId) -> Result<Arc<Lifted<E>>, Error> {
        match self.functions.get(function.position()) {
            Some(Callable::Lifted(lifted)) => Ok(self.spare_lifted.take(lifted)),
            _ => Err(Error::Unknown(Table::Functions)),
        }
    }

    /// The function of the host with this number, which is its position among all functions.
    pub(crate) fn take_host_function(
        &mut self,
        number: u32,
    ) -> Result<Arc<HostFunction<E, T>>, Error> {
        match usize::try_from(number).ok().and_then(|number| self.functions.get(number)) {
            Some(Callable::Host(function)) => Ok(self.spare_host_function.take(function)),
            _ => Err(Error::Unknown(Table::Functions)),
        }
    }

    pub(crate) fn options(&self, options: OptionsIndex) -> Result<&CanonicalOptions<E>, Error> {
        self.numbers.options(options)
    }

    /// The element type of a stream or future type.
    pub(crate) fn element(&self, ty: TypeIndex) -> Result<Option<Type>, Error> {
        self.numbers.element(ty).cloned()
    }

    /// Keeps a thread that has stopped.
    pub(crate) fn put_stopped(&mut self, thread: ThreadId, stopped: Stopped<E>) {
        put(&mut self.stopped, thread.position(), (thread, stopped));
    }

    /// Whether a thread has stopped.
    pub(crate) fn has_stopped(&self, thread: ThreadId) -> bool {
        match self.stopped.get(thread.position()) {
            Some(Some((found, _))) => *found == thread,
            _ => false,
        }
    }

    /// A thread that has stopped, to go on.
    pub(crate) fn take_stopped(&mut self, thread: ThreadId) -> Option<Stopped<E>> {
        take(&mut self.stopped, thread.position(), |found| *found == thread)
    }

    /// Whether a guest may go on after an interruption; if so, it is counted.
    pub(crate) fn may_go_on(&mut self) -> bool {
        let may = self.interruption_limit.is_none_or(|limit| self.interruptions < limit);
        self.interruptions = self.interruptions.saturating_add(may.into());
        may
    }

    /// Drops the activations of threads that will never go on.
    pub(crate) fn forget_abandoned(&mut self) {
        use crate::machine::ThreadState;
        for place in &mut self.stopped {
            if let Some((thread, _)) = place
                && !self
                    .machine
                    .thread_view(*thread)
                    .is_ok_and(|view| view.state != ThreadState::Abandoned)
            {
                *place = None;
            }
        }
    }

    /// Keeps what a new thread starts with, and gives its number.
    pub(crate) fn put_start_function(&mut self, start: StartFunction<E>) -> Result<u32, Error> {
        let next = u32::try_from(self.start_functions.len());
        let number = match self.free_start_functions.pop() {
            Some(free) => free,
            None => next.map_err(|_| Error::Full(Table::Threads))?,
        };
        let position = usize::try_from(number).map_err(|_| Error::Full(Table::Threads))?;
        put(&mut self.start_functions, position, start);
        Ok(number)
    }

    /// What a new thread starts with.
    pub(crate) fn take_start_function(&mut self, number: u32) -> Result<StartFunction<E>, Error> {
        let place = usize::try_from(number).ok().and_then(|it| self.start_functions.get_mut(it));
        let start = place.and_then(Option::take).ok_or(Error::Unknown(Table::Threads))?;
        self.free_start_functions.push(number);
        Ok(start)
    }

    /// The function that the engine calls by this number.
    pub(crate) fn core_function(&self, number: u32) -> Result<&CoreFunction, Error> {
        core_function(&self.core_functions, number)
    }
}

pub(super) fn core_function(
    functions: &[CoreFunction],
    number: u32,
) -> Result<&CoreFunction, Error> {
    let found = usize::try_from(number).ok().and_then(|it| functions.get(it));
    found.ok_or(Error::Unknown(Table::Functions))
}

#[inline]
pub(super) fn put<V>(places: &mut Vec<Option<V>>, position: usize, value: V) {
    if places.len() <= position {
        places.resize_with(position.saturating_add(1), || None);
    }
    if let Some(place) = places.get_mut(position) {
        *place = Some(value);
    }
}

fn take<I, V>(
    places: &mut [Option<(I, V)>],
    position: usize,
    is_it: impl FnOnce(&I) -> bool,
) -> Option<V> {
    let place = places.get_mut(position)?;
    match place {
        Some((id, _)) if is_it(id) => place.take().map(|(_, value)| value),
        _ => None,
    }
}

/// Sets core values, as bits, in their place: there is room for many, and there are few.
pub(crate) fn set_flat_values(flat: &mut FlatValues, values: &[CoreValue]) -> Result<(), Failure> {
    flat.clear();
    for value in values {
        flat.push(match *value {
            CoreValue::I32(bits) | CoreValue::F32(bits) => bits.into(),
            CoreValue::I64(bits) | CoreValue::F64(bits) => bits,
            CoreValue::Function(number) => number.map_or(u64::MAX, u64::from),
        })?;
    }
    Ok(())
}

impl<E: CoreEngine, T: fmt::Debug + Send + 'static> fmt::Debug for State<E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("data", &self.data).finish_non_exhaustive()
    }
}
