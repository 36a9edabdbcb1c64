//! The way of a call from core values to a typed method and back, for every built-in and width.

use proptest::prelude::*;
use weft_core::builtin::{
    BackpressureBuiltins, BackpressureDefinition, Builtin, ContextBuiltins, ContextDefinition,
    CoreTypeIndex, Definition, ErrorContextBuiltins, ErrorContextDefinition, FutureBuiltins,
    FutureDefinition, Guards, MemoryIndex, OptionsIndex, Outcome, ResourceBuiltins,
    ResourceDefinition, StreamBuiltins, StreamDefinition, SubtaskBuiltins, SubtaskDefinition,
    Suspends, SymbolicType, TableIndex, TaskBuiltins, TaskDefinition, ThreadBuiltins,
    ThreadDefinition, TypeIndex, WaitableBuiltins, WaitableDefinition,
};
use weft_core::code::{CancelResult, Ends, EventCode, FutureResult, StreamResult};
use weft_core::core_value::{CoreType, CoreValue, IntegerType};
use weft_core::error::{Error, Failure};
use weft_core::trap::{Rule, Trap};

/// What the recorder returns where a number is asked for.
const RESULT: u32 = 0x0123_4567;

/// Records the calls that reach it.
#[derive(Debug)]
struct Recorder {
    calls: Vec<(&'static str, Vec<String>)>,
    may_leave: bool,
    async_lifted: bool,
    suspends: bool,
}

impl Recorder {
    const fn new() -> Self {
        Self { calls: Vec::new(), may_leave: true, async_lifted: true, suspends: false }
    }
}

impl Guards for Recorder {
    fn may_leave(&self) -> bool {
        self.may_leave
    }
    fn async_lifted(&self) -> bool {
        self.async_lifted
    }
}

impl Suspends for Recorder {
    type Suspension = &'static str;
}

macro_rules! implement {
    ($trait:ident; $($name:ident($($arg:ident: $ty:ty),*) -> $result:ty = $value:expr;)*) => {
        impl $trait for Recorder {$(
            fn $name(&mut self, $($arg: $ty),*) -> Result<Outcome<$result, &'static str>, Failure> {
                self.calls.push((stringify!($name), vec![$(format!("{:?}", $arg)),*]));
                if self.suspends {
                    return Ok(Outcome::Suspend(stringify!($name)));
                }
                Ok(Outcome::Return($value))
            }
        )*}
    };
}

implement! {
    ResourceBuiltins;
    canon_resource_new(resource_type: TypeIndex, rep: u64) -> u32 = RESULT;
    canon_resource_drop(resource_type: TypeIndex, t: u32) -> () = ();
    canon_resource_rep(resource_type: TypeIndex, t: u32) -> u64 = RESULT.into();
}

implement! {
    ContextBuiltins;
    canon_context_get(ty: IntegerType, slot: u32) -> u64 = RESULT.into();
    canon_context_set(ty: IntegerType, slot: u32, v: u64) -> () = ();
}

implement! {
    BackpressureBuiltins;
    canon_backpressure_inc() -> () = ();
    canon_backpressure_dec() -> () = ();
}

implement! {
    TaskBuiltins;
    canon_task_return(result_type: Option<TypeIndex>, options: OptionsIndex, values: &[CoreValue]) -> () = ();
    canon_task_cancel() -> () = ();
}

implement! {
    SubtaskBuiltins;
    canon_subtask_cancel(is_async: bool, subtask: u32) -> CancelResult = CancelResult::Blocked;
    canon_subtask_drop(subtask: u32) -> () = ();
}

implement! {
    WaitableBuiltins;
    canon_waitable_set_new() -> u32 = RESULT;
    canon_waitable_set_wait(memory: MemoryIndex, s: u32, payload_addr: u64) -> EventCode = EventCode::FutureWrite;
    canon_waitable_set_poll(memory: MemoryIndex, s: u32, payload_addr: u64) -> EventCode = EventCode::FutureWrite;
    canon_waitable_set_drop(s: u32) -> () = ();
    canon_waitable_join(w: u32, maybe_set: u32) -> () = ();
}

implement! {
    StreamBuiltins;
    canon_stream_new(ty: TypeIndex) -> Ends = Ends { readable: RESULT, writable: RESULT };
    canon_stream_read(ty: TypeIndex, options: OptionsIndex, is_async: bool, stream_end: u32, ptr: u64, num: u64) -> StreamResult = StreamResult::Blocked;
    canon_stream_write(ty: TypeIndex, options: OptionsIndex, is_async: bool, stream_end: u32, ptr: u64, num: u64) -> StreamResult = StreamResult::Blocked;
    canon_stream_cancel_read(ty: TypeIndex, is_async: bool, e: u32) -> StreamResult = StreamResult::Blocked;
    canon_stream_cancel_write(ty: TypeIndex, is_async: bool, e: u32) -> StreamResult = StreamResult::Blocked;
    canon_stream_drop_readable(ty: TypeIndex, end: u32) -> () = ();
    canon_stream_drop_writable(ty: TypeIndex, end: u32) -> () = ();
    canon_stream_forward(ty: TypeIndex, ri: u32, wi: u32) -> () = ();
}

implement! {
    FutureBuiltins;
    canon_future_new(ty: TypeIndex) -> Ends = Ends { readable: RESULT, writable: RESULT };
    canon_future_read(ty: TypeIndex, options: OptionsIndex, is_async: bool, readable_future_end: u32, ptr: u64) -> FutureResult = FutureResult::Blocked;
    canon_future_write(ty: TypeIndex, options: OptionsIndex, is_async: bool, writable_future_end: u32, ptr: u64) -> FutureResult = FutureResult::Blocked;
    canon_future_cancel_read(ty: TypeIndex, is_async: bool, e: u32) -> FutureResult = FutureResult::Blocked;
    canon_future_cancel_write(ty: TypeIndex, is_async: bool, e: u32) -> FutureResult = FutureResult::Blocked;
    canon_future_drop_readable(ty: TypeIndex, end: u32) -> () = ();
    canon_future_drop_writable(ty: TypeIndex, end: u32) -> () = ();
    canon_future_forward(ty: TypeIndex, ri: u32, wi: u32) -> () = ();
}

implement! {
    ErrorContextBuiltins;
    canon_error_context_new(options: OptionsIndex, ptr: u64, len: u64) -> u32 = RESULT;
    canon_error_context_debug_message(options: OptionsIndex, errctxi: u32, ptr: u64) -> () = ();
    canon_error_context_drop(errctxi: u32) -> () = ();
}

implement! {
    ThreadBuiltins;
    canon_thread_index() -> u32 = RESULT;
    canon_thread_new_indirect(start_type: CoreTypeIndex, table: TableIndex, start_parameter: IntegerType, fi: u64, c: u64) -> u32 = RESULT;
    canon_thread_resume_later(t: u32) -> () = ();
    canon_thread_suspend() -> () = ();
    canon_thread_yield() -> () = ();
    canon_thread_suspend_then_resume(t: u32) -> () = ();
    canon_thread_yield_then_resume(t: u32) -> () = ();
    canon_thread_suspend_then_promote(t: u32) -> () = ();
    canon_thread_yield_then_promote(t: u32) -> () = ();
    canon_thread_spawn_ref(is_shared: bool, start_type: CoreTypeIndex, start_parameter: IntegerType, f: Option<u32>, c: u64) -> u32 = RESULT;
    canon_thread_spawn_indirect(is_shared: bool, start_type: CoreTypeIndex, table: TableIndex, start_parameter: IntegerType, i: u64, c: u64) -> u32 = RESULT;
    canon_thread_available_parallelism(is_shared: bool) -> u32 = RESULT;
}

/// A definition of `builtin` whose symbols stand for `ty`.
fn definition(builtin: Builtin, ty: IntegerType) -> Definition {
    use Builtin as B;
    let stream = TypeIndex(1);
    let options = OptionsIndex(2);
    let memory = MemoryIndex(3);
    let table = TableIndex(4);
    let start_type = CoreTypeIndex(5);
    let resource_type = TypeIndex(6);
    let (memory_address, table_address) = (ty, ty);
    let (representation, start_parameter) = (ty, ty);
    let (is_async, is_shared, slot) = (true, true, 1);
    let result_type = Some(TypeIndex(7));
    match builtin {
        B::ResourceNew => ResourceDefinition::New { resource_type, representation }.into(),
        B::ResourceDrop => ResourceDefinition::Drop { resource_type }.into(),
        B::ResourceRep => ResourceDefinition::Rep { resource_type, representation }.into(),
        B::ContextGet => ContextDefinition::Get { ty, slot }.into(),
        B::ContextSet => ContextDefinition::Set { ty, slot }.into(),
        B::BackpressureInc => BackpressureDefinition::Inc.into(),
        B::BackpressureDec => BackpressureDefinition::Dec.into(),
        B::TaskReturn => TaskDefinition::Return { result_type, options }.into(),
        B::TaskCancel => TaskDefinition::Cancel.into(),
        B::SubtaskCancel => SubtaskDefinition::Cancel { is_async }.into(),
        B::SubtaskDrop => SubtaskDefinition::Drop.into(),
        B::WaitableSetNew => WaitableDefinition::SetNew.into(),
        B::WaitableSetWait => WaitableDefinition::SetWait { memory, memory_address }.into(),
        B::WaitableSetPoll => WaitableDefinition::SetPoll { memory, memory_address }.into(),
        B::WaitableSetDrop => WaitableDefinition::SetDrop.into(),
        B::WaitableJoin => WaitableDefinition::Join.into(),
        B::StreamNew => StreamDefinition::New { ty: stream }.into(),
        B::StreamRead => {
            StreamDefinition::Read { ty: stream, options, is_async, memory_address }.into()
        }
        B::StreamWrite => {
            StreamDefinition::Write { ty: stream, options, is_async, memory_address }.into()
        }
        B::StreamCancelRead => StreamDefinition::CancelRead { ty: stream, is_async }.into(),
        B::StreamCancelWrite => StreamDefinition::CancelWrite { ty: stream, is_async }.into(),
        B::StreamDropReadable => StreamDefinition::DropReadable { ty: stream }.into(),
        B::StreamDropWritable => StreamDefinition::DropWritable { ty: stream }.into(),
        B::StreamForward => StreamDefinition::Forward { ty: stream }.into(),
        B::FutureNew => FutureDefinition::New { ty: stream }.into(),
        B::FutureRead => {
            FutureDefinition::Read { ty: stream, options, is_async, memory_address }.into()
        }
        B::FutureWrite => {
            FutureDefinition::Write { ty: stream, options, is_async, memory_address }.into()
        }
        B::FutureCancelRead => FutureDefinition::CancelRead { ty: stream, is_async }.into(),
        B::FutureCancelWrite => FutureDefinition::CancelWrite { ty: stream, is_async }.into(),
        B::FutureDropReadable => FutureDefinition::DropReadable { ty: stream }.into(),
        B::FutureDropWritable => FutureDefinition::DropWritable { ty: stream }.into(),
        B::FutureForward => FutureDefinition::Forward { ty: stream }.into(),
        B::ErrorContextNew => ErrorContextDefinition::New { options, memory_address }.into(),
        B::ErrorContextDebugMessage => {
            ErrorContextDefinition::DebugMessage { options, memory_address }.into()
        }
        B::ErrorContextDrop => ErrorContextDefinition::Drop.into(),
        B::ThreadIndex => ThreadDefinition::Index.into(),
        B::ThreadNewIndirect => {
            ThreadDefinition::NewIndirect { start_type, table, table_address, start_parameter }
                .into()
        }
        B::ThreadResumeLater => ThreadDefinition::ResumeLater.into(),
        B::ThreadSuspend => ThreadDefinition::Suspend.into(),
        B::ThreadYield => ThreadDefinition::Yield.into(),
        B::ThreadSuspendThenResume => ThreadDefinition::SuspendThenResume.into(),
        B::ThreadYieldThenResume => ThreadDefinition::YieldThenResume.into(),
        B::ThreadSuspendThenPromote => ThreadDefinition::SuspendThenPromote.into(),
        B::ThreadYieldThenPromote => ThreadDefinition::YieldThenPromote.into(),
        B::ThreadSpawnRef => {
            ThreadDefinition::SpawnRef { is_shared, start_type, start_parameter }.into()
        }
        B::ThreadSpawnIndirect => {
            let (table, table_address) = (table, table_address);
            ThreadDefinition::SpawnIndirect {
                is_shared,
                start_type,
                table,
                table_address,
                start_parameter,
            }
            .into()
        }
        B::ThreadAvailableParallelism => {
            ThreadDefinition::AvailableParallelism { is_shared }.into()
        }
    }
}

/// The core type that `symbol` stands for where everything is `ty`.
fn resolved(symbol: SymbolicType, ty: IntegerType) -> CoreType {
    match symbol {
        SymbolicType::I32 => CoreType::I32,
        SymbolicType::I64 => CoreType::I64,
        SymbolicType::F32 => CoreType::F32,
        SymbolicType::F64 => CoreType::F64,
        SymbolicType::StartReference => CoreType::Function,
        _ => ty.into(),
    }
}

/// A value of type `ty` made of `number`.
fn value(ty: CoreType, number: u64) -> CoreValue {
    #[expect(clippy::cast_possible_truncation, reason = "any bits will do")]
    let low = number as u32;
    match ty {
        CoreType::I32 => CoreValue::I32(low),
        CoreType::I64 => CoreValue::I64(number),
        CoreType::F32 => CoreValue::F32(low),
        CoreType::F64 => CoreValue::F64(number),
        CoreType::Function => CoreValue::Function((low != 0).then_some(low)),
    }
}

/// Arguments of the types that the description says, and how a typed method sees them.
fn arguments(builtin: Builtin, ty: IntegerType, from: u64) -> (Vec<CoreValue>, Vec<String>) {
    let mut values = Vec::new();
    for (number, parameter) in (from..).zip(builtin.description().params) {
        if parameter.ty == SymbolicType::FlatResults {
            values.extend([CoreValue::I64(5), CoreValue::F32(6)]);
            return (values.clone(), vec![format!("{values:?}")]);
        }
        values.push(value(resolved(parameter.ty, ty), number));
    }
    let seen = values.iter().map(|value| match value {
        CoreValue::I32(number) | CoreValue::F32(number) => number.to_string(),
        CoreValue::I64(number) | CoreValue::F64(number) => number.to_string(),
        CoreValue::Function(function) => format!("{function:?}"),
    });
    (values.clone(), seen.collect())
}

const BOTH: [IntegerType; 2] = [IntegerType::I32, IntegerType::I64];

#[test]
fn every_call_reaches_the_method_of_the_references_name_with_its_arguments() {
    for (builtin, ty) in Builtin::ALL.into_iter().flat_map(|b| BOTH.map(|ty| (b, ty))) {
        let definition = definition(builtin, ty);
        assert_eq!(definition.builtin(), builtin);
        let (values, seen) = arguments(builtin, ty, 0xffff_fff0);
        let mut recorder = Recorder::new();
        let outcome = definition.call(&mut recorder, &values).unwrap();
        let (name, received) = recorder.calls.pop().unwrap();
        assert_eq!(name, format!("canon_{}", builtin.name().replace(['.', '-'], "_")));
        assert!(received.ends_with(&seen), "{builtin}: {received:?} does not end with {seen:?}");
        let Outcome::Return(result) = outcome else { panic!("{builtin} suspended") };
        let expected = builtin.description().result.map(|symbol| resolved(symbol, ty));
        assert_eq!(result.map(CoreValue::ty), expected, "{builtin}");
        assert_eq!(definition.result_type().map(CoreType::from), expected, "{builtin}");
        assert!(recorder.calls.is_empty(), "{builtin} is called once");
    }
}

#[test]
fn blocked_is_32_ones_whatever_the_width() {
    let read = |ty| definition(Builtin::StreamRead, ty);
    for (ty, expected) in [
        (IntegerType::I32, CoreValue::I32(0xffff_ffff)),
        (IntegerType::I64, CoreValue::I64(0xffff_ffff)),
    ] {
        let (values, _) = arguments(Builtin::StreamRead, ty, 1);
        let outcome = read(ty).call(&mut Recorder::new(), &values);
        assert_eq!(outcome, Ok(Outcome::Return(Some(expected))));
        assert_eq!(read(ty).resumed(0xffff_ffff), Ok(Some(expected)));
    }
}

#[test]
fn a_result_that_comes_later_is_encoded_as_one_that_comes_at_once() {
    for (builtin, ty) in Builtin::ALL.into_iter().flat_map(|b| BOTH.map(|ty| (b, ty))) {
        let definition = definition(builtin, ty);
        let result = definition.resumed(RESULT.into()).unwrap();
        let expected = definition.result_type().map(|ty| value(ty.into(), RESULT.into()));
        assert_eq!(result, expected, "{builtin}");
        if definition.result_type() == Some(IntegerType::I32) {
            let too_large = definition.resumed(1 << 32);
            assert_eq!(too_large, Err(Error::ResultTooLarge { builtin }));
        }
    }
}

#[test]
fn a_suspension_is_handed_through() {
    for builtin in Builtin::ALL {
        let (values, _) = arguments(builtin, IntegerType::I32, 1);
        let mut recorder = Recorder { suspends: true, ..Recorder::new() };
        let outcome = definition(builtin, IntegerType::I32).call(&mut recorder, &values);
        let (name, _) = recorder.calls.pop().unwrap();
        assert_eq!(outcome, Ok(Outcome::Suspend(name)));
    }
}

#[test]
fn the_first_checks_trap_before_the_rule_is_called_and_only_where_the_spec_says() {
    let cases = [
        (false, true, Rule::CannotLeaveComponentInstance, Trap::CannotLeaveComponentInstance),
        (true, false, Rule::NotAsyncLifted, Trap::NotAsyncLifted),
    ];
    for (may_leave, async_lifted, rule, trap) in cases {
        for builtin in Builtin::ALL {
            let (values, _) = arguments(builtin, IntegerType::I64, 1);
            let mut recorder = Recorder { may_leave, async_lifted, ..Recorder::new() };
            let outcome = definition(builtin, IntegerType::I64).call(&mut recorder, &values);
            if builtin.description().traps.contains(&rule) {
                assert_eq!(outcome, Err(Failure::Trap(trap)), "{builtin}");
                assert!(recorder.calls.is_empty(), "{builtin}");
            } else {
                assert!(outcome.is_ok(), "{builtin}");
            }
        }
    }
}

#[test]
fn arguments_too_many_too_few_or_of_another_type_are_the_hosts_error() {
    for (builtin, ty) in Builtin::ALL.into_iter().flat_map(|b| BOTH.map(|ty| (b, ty))) {
        if builtin == Builtin::TaskReturn {
            // Its arguments are as many as the task's result has flat values.
            continue;
        }
        let definition = definition(builtin, ty);
        let (values, _) = arguments(builtin, ty, 1);
        let expected = u32::try_from(values.len()).unwrap();
        let mut recorder = Recorder::new();
        let mut longer = values.clone();
        longer.push(CoreValue::I32(0));
        let given = expected + 1;
        let error = Error::ArgumentCount { builtin, expected, given };
        assert_eq!(definition.call(&mut recorder, &longer), Err(error.into()));
        if let Some((_, shorter)) = values.split_last() {
            let error = Error::ArgumentCount { builtin, expected, given: expected - 1 };
            assert_eq!(definition.call(&mut recorder, shorter), Err(error.into()));
        }
        for position in 0..expected {
            let mut wrong = values.clone();
            let place = &mut wrong[position as usize];
            let (right, given) = (place.ty(), CoreType::F64);
            *place = CoreValue::F64(0);
            let error = Error::ArgumentType { builtin, position, expected: right, given };
            assert_eq!(definition.call(&mut recorder, &wrong), Err(error.into()));
        }
        assert!(recorder.calls.is_empty(), "{builtin}");
    }
}

proptest! {
    #[test]
    fn no_arguments_make_a_call_panic(
        number in 0..Builtin::ALL.len(),
        wide in any::<bool>(),
        raw in prop::collection::vec((0..5_usize, any::<u64>()), 0..5),
    ) {
        let types =
            [CoreType::I32, CoreType::I64, CoreType::F32, CoreType::F64, CoreType::Function];
        let values: Vec<CoreValue> = raw.iter().map(|(ty, n)| value(types[*ty], *n)).collect();
        let ty = if wide { IntegerType::I64 } else { IntegerType::I32 };
        let builtin = Builtin::ALL[number];
        let mut recorder = Recorder::new();
        let outcome = definition(builtin, ty).call(&mut recorder, &values);
        // Whatever was passed, either the rule was called once or the host was told why not.
        prop_assert_eq!(recorder.calls.len(), usize::from(outcome.is_ok()));
    }
}

#[test]
fn the_table_finds_every_builtin_by_name_and_opcode() {
    for builtin in Builtin::ALL {
        assert_eq!(Builtin::from_name(builtin.name()), Some(builtin));
        assert_eq!(Builtin::from_opcode(builtin.description().opcode), Some(builtin));
        assert_eq!(builtin.description().builtin, builtin);
    }
    assert_eq!(Builtin::from_name("stream"), None);
    assert_eq!(Builtin::from_opcode(0x07), None);
}
