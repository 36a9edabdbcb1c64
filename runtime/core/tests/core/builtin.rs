//! The way of a call from core values to a typed method and back, for every built-in and width.

use proptest::prelude::*;
use weft_core::builtin::{
    Builtin, CoreTypeIndex, Definition, Guards, MemoryIndex, OptionsIndex, Outcome, Suspends,
    SymbolicType, TableIndex, TypeIndex,
};
use weft_core::code::{CancelResult, Ends, EventCode, FutureResult, StreamResult};
use weft_core::core_value::{CoreType, CoreValue, IntegerType};
use weft_core::error::{BuiltinCallError, Failure};
use weft_core::trap::{Rule, Trap};

/// The number that the recorder returns.
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

#[rustfmt::skip]
#[expect(clippy::too_many_lines, reason = "a table, a row a line")]
#[path = "../generated/definitions.rs"]
mod definitions;
#[rustfmt::skip]
#[path = "../generated/recorder.rs"]
mod recorded;

use definitions::Fixed;

/// The value that the recorder returns.
trait Sample {
    const SAMPLE: Self;
}

macro_rules! samples {
    ($($ty:ty = $value:expr;)*) => {
        $(impl Sample for $ty {
            const SAMPLE: Self = $value;
        })*
    };
}

samples! {
    () = ();
    u32 = RESULT;
    u64 = RESULT as u64;
    CancelResult = CancelResult::Blocked;
    Ends = Ends { readable: RESULT, writable: RESULT };
    EventCode = EventCode::FutureWrite;
    FutureResult = FutureResult::Blocked;
    StreamResult = StreamResult::Blocked;
}

impl Recorder {
    #[expect(clippy::unnecessary_wraps, reason = "the generated recorder returns it unchanged")]
    fn record<T: Sample>(
        &mut self,
        name: &'static str,
        arguments: Vec<String>,
    ) -> Result<Outcome<T, &'static str>, Failure> {
        self.calls.push((name, arguments));
        Ok(if self.suspends { Outcome::Suspend(name) } else { Outcome::Return(T::SAMPLE) })
    }
}

/// Returns a definition of `builtin` whose symbols stand for `ty`.
fn definition(builtin: Builtin, ty: IntegerType) -> Definition {
    let fixed = Fixed {
        resource_type: TypeIndex(6),
        representation: ty,
        context_type: ty,
        slot: 1,
        result_type: Some(TypeIndex(7)),
        options: OptionsIndex(2),
        is_async: true,
        memory: MemoryIndex(3),
        memory_address: ty,
        stream_type: TypeIndex(1),
        future_type: TypeIndex(8),
        start_type: CoreTypeIndex(5),
        table: TableIndex(4),
        table_address: ty,
        start_parameter: ty,
        is_shared: true,
    };
    fixed.definition(builtin)
}

/// Returns the core type that `symbol` stands for if every symbol is `ty`.
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

/// Returns a value of type `ty` made of `number`.
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

/// Returns arguments of the types in the description, and the texts in which a typed method sees
/// them.
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
fn every_call_reaches_its_method_with_its_arguments() {
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
fn blocked_is_32_ones_for_each_width() {
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
            assert_eq!(too_large, Err(BuiltinCallError::ResultTooLarge { builtin }));
        }
    }
}

#[test]
fn a_suspension_is_passed_on() {
    for builtin in Builtin::ALL {
        let (values, _) = arguments(builtin, IntegerType::I32, 1);
        let mut recorder = Recorder { suspends: true, ..Recorder::new() };
        let outcome = definition(builtin, IntegerType::I32).call(&mut recorder, &values);
        let (name, _) = recorder.calls.pop().unwrap();
        assert_eq!(outcome, Ok(Outcome::Suspend(name)));
    }
}

#[test]
fn the_first_checks_trap_before_the_rule_is_called() {
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
            // It has as many arguments as the task's result has flat values.
            continue;
        }
        let definition = definition(builtin, ty);
        let (values, _) = arguments(builtin, ty, 1);
        let expected = u8::try_from(values.len()).unwrap();
        let mut recorder = Recorder::new();
        let mut longer = values.clone();
        longer.push(CoreValue::I32(0));
        let given = u32::from(expected) + 1;
        let error = BuiltinCallError::ArgumentCount { builtin, expected, given };
        assert_eq!(definition.call(&mut recorder, &longer), Err(error.into()));
        if let Some((_, shorter)) = values.split_last() {
            let error = BuiltinCallError::ArgumentCount {
                builtin,
                expected,
                given: u32::from(expected) - 1,
            };
            assert_eq!(definition.call(&mut recorder, shorter), Err(error.into()));
        }
        for position in 0..expected.into() {
            let mut wrong = values.clone();
            let place = &mut wrong[position as usize];
            let (right, given) = (place.ty(), CoreType::F64);
            *place = CoreValue::F64(0);
            let error =
                BuiltinCallError::ArgumentType { builtin, position, expected: right, given };
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
        // With any arguments, either the rule is called once, or the host gets an error.
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
