//! Misuse of the machine by a host: each way is refused with an error, and changes nothing.

mod hosts;

use std::collections::BTreeSet;

use weft_core::builtin::{Builtin, Outcome};
use weft_core::chooser::{Choice, Chooser, REFUSED};
use weft_core::code::{CallbackCode, CallbackResult, PackedField};
use weft_core::core_value::{CoreType, CoreValue};
use weft_core::error::{
    AbiError, BuiltinCallError, Error, ExtensionError, Failure, FieldTooLarge, MachineError,
    MissingCapability,
};
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::{LiftMode, LiftedFunction, Machine, Step, TypeDefinition};

use crate::calls::{
    Call, OPTIONS, STREAM, available_parallelism, context_get, context_set, every_built_in, join,
    set_new, set_poll, set_wait, thread_yield,
};
use crate::guests::{Bounded, GuestMachine};
use crate::steps::{HOST, calls_host};

/// A way to misuse the machine, in an empty store, and the error.
type Misuse<L> = fn(&mut GuestMachine<L>) -> Error;

fn misuses<L: ExtensionLimits>() -> Vec<Misuse<L>> {
    let mut misuses = built_ins();
    misuses.extend(out_of_turn());
    misuses.extend(half_way());
    misuses.extend(hosts::host_function_calls());
    misuses.extend(hosts::ends());
    misuses.extend(hosts::unknown());
    misuses.extend(hosts::extensions());
    misuses.extend(hosts::threads());
    misuses.extend(hosts::tasks());
    misuses
}

fn every_misuse_is_refused_and_changes_nothing<L: ExtensionLimits>() {
    for misuse in misuses::<L>() {
        let mut world = GuestMachine::new();
        misuse(&mut world);
        world.clean_up();
    }
}

/// The types of errors with their sources: the one that all layers share, and one for each layer.
const SOURCES: [(&str, &str); 5] = [
    ("Error", include_str!("../../../runtime/core/src/error/mod.rs")),
    ("BuiltinCallError", include_str!("../../../runtime/core/src/error/builtin_call.rs")),
    ("MachineError", include_str!("../../../runtime/core/src/error/machine.rs")),
    ("AbiError", include_str!("../../../runtime/core/src/error/abi.rs")),
    ("ExtensionError", include_str!("../../../runtime/core/src/error/extension.rs")),
];

/// The cases of `Error` that contain the error of a layer.
const LAYERS: [&str; 4] = ["BuiltinCall", "Machine", "Abi", "Extension"];

/// Returns the names of all errors in the sources.
fn cases() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (ty, source) in SOURCES {
        let cases = source.split(&format!("pub enum {ty} {{")).nth(1).unwrap();
        let cases = cases.split("\n}").next().unwrap();
        let lines = cases.lines().filter_map(|line| line.strip_prefix("    "));
        let starts = lines.filter(|it| it.starts_with(|first: char| first.is_ascii_uppercase()));
        for case in starts.map(word).filter(|it| !LAYERS.contains(&it.as_str())) {
            assert!(all.insert(case.clone()), "two layers have an error {case}");
        }
    }
    all
}

/// Returns the first word of a case, in its source or in its debug text.
fn word(case: &str) -> String {
    case.split(|it: char| !it.is_ascii_alphanumeric()).next().unwrap().to_owned()
}

/// Returns the name of the error, without its layer.
fn name(error: Error) -> String {
    let text = format!("{error:?}");
    let inner = LAYERS.iter().find_map(|layer| text.strip_prefix(&format!("{layer}(")));
    word(inner.unwrap_or(&text))
}

#[test]
fn every_error_is_raised() {
    let mut raised = BTreeSet::new();
    for misuse in misuses::<Bounded>() {
        let mut world = GuestMachine::new();
        let last = misuse(&mut world);
        world.refused.push(last);
        raised.extend(world.refused.iter().copied().map(name));
    }
    // `full` has a test for each table.
    raised.insert(name(Error::Full(Table::Tasks)));
    // Errors of the canonical ABI, which has its own tests.
    let of_values = [
        AbiError::ByteCount,
        AbiError::CoreTrap,
        AbiError::FlatValueCount,
        AbiError::LiftedTooLarge,
        AbiError::NoRealloc,
        AbiError::NotInline,
        AbiError::NotUtf8,
        AbiError::ResourceValue,
        AbiError::SourceChanged,
        AbiError::TooLong,
        AbiError::UncheckedAddress,
        AbiError::UnknownHandleType,
        AbiError::ValueMismatch,
    ];
    for error in of_values {
        assert!(raised.insert(name(error.into())), "{error:?}");
    }
    // An error of representations of 64 bits, which has a unit test.
    assert!(raised.insert(name(MachineError::RepresentationTooLarge.into())));
    // Errors of one kind of storage, which `extensions` raises.
    for error in [
        ExtensionError::ValueTooLong { bytes: 0 },
        ExtensionError::TooManySources { max: 0 },
        ExtensionError::NoContextValue,
    ] {
        assert!(raised.insert(name(error.into())), "{error:?}");
    }
    // No operation raises these.
    let mut expected = cases();
    assert!(expected.remove(&name(Error::Inconsistent(Table::Tasks))));
    assert_eq!(raised, expected);
    assert_eq!(raised.len(), 67);
}

/// A chooser that returns an impossible choice, for one kind of choice: the number of possibilities
/// and this number.
struct Beyond(Choice, u32);

impl Chooser for Beyond {
    fn choose(&mut self, choice: Choice, count: u32) -> u32 {
        if choice == self.0 { count.saturating_add(self.1) } else { 0 }
    }
}

fn beyond<L: ExtensionLimits>(
    choice: Choice,
    count: u32,
    attempt: fn(&mut GuestMachine<L, Beyond>, u32) -> Result<(), Failure>,
) -> Error {
    let mut world = GuestMachine::<L, _>::with(Beyond(choice, 5));
    world.running();
    let set = world.get(set_new());
    for _ in 0..2 {
        let (readable, writable) = world.ends(STREAM);
        world.run(STREAM.drop_writable(writable));
        world.run(join(readable, set));
    }
    let (before, expected) =
        (world.state(), Error::ChoiceOutOfRange { choice, chosen: count + 5, count });
    assert_eq!(attempt(&mut world, set), Err(expected.into()));
    assert_eq!(world.state(), before);
    world.clean_up();
    expected
}

fn beyond_ticks<L: ExtensionLimits>(added: u32, error: Error) -> Error {
    let mut world = GuestMachine::<L, _>::with(Beyond(Choice::Tick, added));
    for _ in 0..2 {
        world.running();
        assert_eq!(world.step(thread_yield()), HOST);
    }
    world.refuses(error, Machine::tick);
    world.clean_up();
    error
}

fn built_ins<L: ExtensionLimits>() -> Vec<Misuse<L>> {
    vec![
        |world| {
            world.running();
            let call = set_wait(1);
            let builtin = Builtin::WaitableSetWait;
            for given in [0, 1, 3] {
                let arguments = vec![CoreValue::I32(1); given as usize];
                world.refuses(
                    BuiltinCallError::ArgumentCount { builtin, expected: 2, given },
                    |machine| call.definition.call(machine, &arguments),
                );
            }
            BuiltinCallError::ArgumentCount { builtin, expected: 2, given: 0 }.into()
        },
        |world| {
            world.running();
            let (expected, given) = (CoreType::I32, CoreType::F64);
            let builtin = Builtin::WaitableJoin;
            let error = BuiltinCallError::ArgumentType { builtin, position: 1, expected, given };
            world.refuses(error, |machine| {
                join(1, 0).definition.call(machine, &[CoreValue::I32(1), CoreValue::F64(0)])
            })
        },
        |world| {
            use weft_core::builtin::ContextDefinition;
            use weft_core::core_value::IntegerType;
            world.running();
            let set = ContextDefinition::Set { ty: IntegerType::I64, slot: 0 };
            let arguments = vec![CoreValue::I64(1 << 32)];
            world.run(Call { definition: set.into(), arguments });
            let builtin = Builtin::ContextGet;
            world.refuses(BuiltinCallError::ResultTooLarge { builtin }, |machine| {
                context_get(0).definition.call(machine, &[])
            })
        },
        |_| {
            let (field, value) = (PackedField::CallbackResultWaitableSet, 1 << 28);
            let result = CallbackResult { code: CallbackCode::Wait, waitable_set: value };
            let too_large = result.pack().map_err(Error::from).unwrap_err();
            assert_eq!(too_large, FieldTooLarge { field, value }.into());
            too_large
        },
        |world| {
            world.running();
            let slot = 2;
            for call in [context_get(slot), context_set(slot, 1)] {
                world.refuses(BuiltinCallError::NoContextSlot { slot }, |machine| {
                    call.definition.call(machine, &call.arguments)
                });
            }
            BuiltinCallError::NoContextSlot { slot }.into()
        },
        |world| {
            world.running();
            let capability = MissingCapability::SharedFunctions;
            let builtin = Builtin::ThreadAvailableParallelism;
            world.refuses(BuiltinCallError::EngineCapability { builtin, capability }, |machine| {
                available_parallelism(true).definition.call(machine, &[])
            })
        },
        |_| beyond::<L>(Choice::Event, 2, |world, set| world.try_call(set_poll(set)).map(|_| ())),
        |_| beyond::<L>(Choice::Event, 2, |world, set| world.try_call(set_wait(set)).map(|_| ())),
        |_| beyond::<L>(Choice::Wait, 2, |world, set| world.try_call(set_wait(set)).map(|_| ())),
        |_| beyond::<L>(Choice::Yield, 2, |world, _| world.try_call(thread_yield()).map(|_| ())),
        |_| {
            beyond::<L>(Choice::Spawn, 2, |world, _| {
                world.try_call(crate::calls::spawn_ref(false, Some(1), 2)).map(|_| ())
            })
        },
        |_| {
            beyond::<L>(Choice::DebugMessage, 2, |world, _| {
                world.try_call(crate::calls::error_context_new()).map(|_| ())
            })
        },
        |_| {
            let (choice, count, chosen) = (Choice::Tick, 2, 7);
            beyond_ticks::<L>(5, Error::ChoiceOutOfRange { choice, chosen, count })
        },
        |_| {
            let (choice, count) = (Choice::Tick, 2);
            beyond_ticks::<L>(REFUSED, Error::ChoiceRefused { choice, count })
        },
    ]
}

/// Returns operations that are called out of turn.
fn out_of_turn<L: ExtensionLimits>() -> Vec<Misuse<L>> {
    vec![
        |world| {
            let instance = world.instance();
            let function = world.stackful(instance);
            for call in every_built_in() {
                world.refuses(MachineError::NoCurrentThread, |machine| {
                    call.definition.call(machine, &call.arguments)
                });
            }
            world.refuses(MachineError::NoCurrentThread, |machine| {
                machine.canon_lower(function, true)
            });
            world.refuses(MachineError::NoCurrentThread, |machine| machine.function_returned(None));
            world.refuses(MachineError::NoCurrentThread, Machine::realloc_returned);
            world.refuses(MachineError::OtherStep, |machine| machine.new_error_context("none"));
            world.refuses(MachineError::OtherStep, Machine::debug_message_stored);
            world.refuses(MachineError::OtherStep, Machine::host_resource_dropped)
        },
        |world| {
            world.refuses(MachineError::NotEntered, Machine::trapped);
            world.refuses(MachineError::NotEntered, Machine::host_returned)
        },
        |world| {
            // A guest runs, and has not called the host.
            let instance = world.instance();
            let function = world.stackful(instance);
            let (call, _) = world.invoke(function);
            let (readable, _) = world.host_ends(STREAM);
            world.refuses(MachineError::NotEntered, Machine::realloc_returned);
            world.refuses(MachineError::GuestHasControl, Machine::host_returned);
            world.refuses(MachineError::GuestHasControl, Machine::tick);
            world.refuses(MachineError::GuestHasControl, |machine| machine.invoke(function));
            world.refuses(MachineError::GuestHasControl, |machine| machine.cancel_call(call));
            world
                .refuses(MachineError::GuestHasControl, |machine| machine.host_copy(readable, 0, 1))
        },
        |world| {
            world.running();
            let function = world.host_function(7);
            let _ = world.import(function);
            world.refuses(MachineError::Entered, Machine::tick)
        },
        |world| {
            let (instance, _) = world.running();
            world.machine.begin_realloc(instance).unwrap();
            world.refuses(MachineError::InRealloc, |machine| machine.begin_realloc(instance));
            world.refuses(MachineError::InRealloc, |machine| machine.function_returned(None))
        },
        |world| {
            let instance = world.instance();
            let function = world.sync_with_post_return(instance);
            world.invoke(function);
            let step = world.return_value(None);
            assert!(matches!(step, Step::CallPostReturn { .. }), "{step:?}");
            world.refuses(MachineError::InRealloc, |machine| machine.begin_realloc(instance))
        },
        |world| {
            let (instance, _) = world.running();
            world.refuses(MachineError::InstanceRuns, |machine| machine.remove_instance(instance));
            let callee = world.instance();
            let function = world.stackful(callee);
            let _ = world.import(function);
            world.refuses(MachineError::InstanceRuns, |machine| machine.remove_instance(instance));
            world.refuses(MachineError::InstanceRuns, |machine| machine.remove_instance(callee))
        },
        |world| {
            let instance = world.instance();
            let (result_type, lift_options, is_async) = (None, OPTIONS, false);
            for lift in [LiftMode::Stackful, LiftMode::Callback] {
                let function =
                    LiftedFunction { instance, is_async, lift, result_type, lift_options };
                world.refuses(MachineError::AsyncLiftOfSyncType, |machine| machine.lift(function));
            }
            MachineError::AsyncLiftOfSyncType.into()
        },
        |world| {
            let instance = world.instance();
            let function = world.callback(instance);
            world.invoke(function);
            world
                .refuses(MachineError::NoCallbackResult, |machine| machine.function_returned(None));
            assert_eq!(world.exit_to_yield(), HOST);
            let _ = world.tick();
            world.refuses(MachineError::NoCallbackResult, |machine| machine.function_returned(None))
        },
    ]
}

/// Checks that every operation except a call of a built-in is refused.
fn all_is_refused<L: ExtensionLimits>(world: &mut GuestMachine<L>, error: MachineError) -> Error {
    let function = world.host_function(7);
    let (readable, _) = world.host_ends(STREAM);
    world.refuses(error, |machine| machine.canon_lower(function, true));
    world.refuses(error, |machine| machine.function_returned(Some(0)));
    world.refuses(error, |machine| machine.host_copy(readable, 0, 1));
    world.refuses(error, Machine::host_returned);
    world.refuses(error, Machine::realloc_returned);
    world.refuses(error, Machine::tick)
}

/// Returns operations that are called while another one must be called.
fn half_way<L: ExtensionLimits>() -> Vec<Misuse<L>> {
    vec![
        |world| {
            let (instance, _) = world.running();
            let (readable, _) = world.ends(STREAM);
            let read = STREAM.read(readable, 1);
            let step = read.definition.call(&mut world.machine, &read.arguments);
            assert!(matches!(step, Ok(Outcome::Suspend(Step::CheckBuffer(_)))), "{step:?}");
            world.refuses(MachineError::OtherStep, |machine| machine.new_error_context("none"));
            world.refuses(MachineError::OtherStep, Machine::debug_message_stored);
            world.refuses(MachineError::OtherStep, Machine::host_resource_dropped);
            world.refuses(MachineError::OtherStep, |machine| machine.remove_instance(instance));
            all_is_refused(world, MachineError::OtherStep)
        },
        |world| {
            world.running();
            let step = world.step(crate::calls::task_return());
            assert!(matches!(step, Step::Return(_)), "{step:?}");
            all_is_refused(world, MachineError::OtherStep)
        },
        |world| {
            // It traps half-way, after which the call can only be abandoned.
            let (instance, _) = world.running();
            assert!(world.machine.function_returned(None).is_err());
            world.refuses(MachineError::MustUnwind, |machine| machine.begin_realloc(instance));
            world.refuses(MachineError::OtherStep, |machine| machine.remove_instance(instance));
            all_is_refused(world, MachineError::MustUnwind)
        },
        |world| {
            let (instance, _) = world.running();
            let function = world.host_function(7);
            let step = world.import(function);
            let call = calls_host(&step, 7);
            world.machine.lock_down_instance(instance).unwrap();
            world.refuses(MachineError::CallerGone, |machine| {
                machine.return_host_function_call(call, None)
            });
            world.refuses(MachineError::CallerGone, |machine| {
                machine.cancel_host_function_call(call)
            });
            world
                .refuses(MachineError::CallerGone, |machine| machine.start_host_function_call(call))
        },
        |world| {
            let [definer, other] = world.instances();
            let wrong = [
                world.callback(definer),
                world.stackful(definer),
                world.plain(definer),
                world.sync_with_post_return(definer),
                world.sync(other),
                world.host_function(1),
            ];
            for destructor in wrong {
                let (instance, destructor) = (Some(definer), Some(destructor));
                let resource = TypeDefinition::Resource { instance, destructor };
                world.refuses(MachineError::NoDestructor, |machine| machine.define_type(resource));
            }
            let destructor = Some(world.sync(definer));
            let resource = TypeDefinition::Resource { instance: None, destructor };
            world.refuses(MachineError::NoDestructor, |machine| machine.define_type(resource))
        },
    ]
}

fn no_built_in_is_called_while_a_step_is_to_be_ended_or_a_trap_unwound<L: ExtensionLimits>() {
    for call in every_built_in() {
        let mut world = GuestMachine::<L>::new();
        world.running();
        let step = world.step(crate::calls::task_return());
        assert!(matches!(step, Step::Return(_)), "{step:?}");
        world.refuses(MachineError::OtherStep, |machine| {
            call.definition.call(machine, &call.arguments)
        });

        let mut world = GuestMachine::<L>::new();
        world.running();
        assert!(world.machine.function_returned(None).is_err());
        world.refuses(MachineError::MustUnwind, |machine| {
            call.definition.call(machine, &call.arguments)
        });
    }
}

on_each_storage!(
    every_misuse_is_refused_and_changes_nothing,
    no_built_in_is_called_while_a_step_is_to_be_ended_or_a_trap_unwound,
);
