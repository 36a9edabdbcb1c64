//! Misuse of objects of the host: calls, ends, ids.

use weft_core::builtin::TypeIndex;
use weft_core::context::AsyncContextScope;
use weft_core::error::{Error, ExtensionError, InvalidContextKey, MachineError};
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::{LiftMode, LiftedFunction, Machine, Step, TypeDefinition};
use weft_core::thread::ThreadSpawnConfig;
use weft_core::trap::EndKind;

use super::Misuse;
use crate::calls::{FUTURE, HOST_RESOURCE, OPTIONS, STREAM, VALUE, suspend};
use crate::steps::{HOST, WAITS, calls_host, cancels_host};

pub(super) fn host_function_calls<L: ExtensionLimits>() -> Vec<Misuse<L>> {
    vec![
        |world| {
            // A guest called a guest.
            world.running();
            let callee = world.instance();
            let function = world.stackful(callee);
            let Step::CallFunction { caller, .. } = world.import(function) else { panic!() };
            assert_eq!(world.step(suspend()), HOST);
            world.refuses(MachineError::NotHosts, |machine| {
                machine.start_host_function_call(caller)
            });
            world.refuses(MachineError::NotHosts, |machine| {
                machine.return_host_function_call(caller, None)
            });
            world.refuses(MachineError::NotHosts, |machine| {
                machine.cancel_host_function_call(caller)
            });
            world.refuses(MachineError::NotHosts, |machine| machine.cancel_call(caller));
            world.refuses(MachineError::NotHosts, |machine| machine.drop_call(caller))
        },
        |world| {
            let instance = world.instance();
            let function = world.stackful(instance);
            let (call, _) = world.invoke(function);
            world.refuses(MachineError::HostHasNoHandles, |machine| {
                machine.lift_borrow(call, HOST_RESOURCE, 1)
            })
        },
        |world| {
            world.running();
            let function = world.host_function(7);
            let step = world.import(function);
            let call = calls_host(&step, 7);
            world.refuses(MachineError::NotStarted, |machine| {
                machine.return_host_function_call(call, None)
            });
            world.refuses(MachineError::NotCancelled, |machine| {
                machine.cancel_host_function_call(call)
            })
        },
        |world| {
            world.running();
            let function = world.host_function(7);
            let step = world.import(function);
            let call = calls_host(&step, 7);
            world.machine.start_host_function_call(call).unwrap();
            world.refuses(MachineError::AlreadyStarted, |machine| {
                machine.start_host_function_call(call)
            });
            world.machine.return_host_function_call(call, None).unwrap();
            world.refuses(MachineError::AlreadyResolved, |machine| {
                machine.start_host_function_call(call)
            });
            world.refuses(MachineError::AlreadyResolved, |machine| {
                machine.return_host_function_call(call, None)
            });
            world.refuses(MachineError::AlreadyResolved, |machine| {
                machine.cancel_host_function_call(call)
            })
        },
        |world| {
            let (_, main) = world.running();
            let function = world.host_function(7);
            let step = world.import_async(function);
            let call = calls_host(&step, 7);
            let step = world.host_returned();
            let sub = crate::steps::subtask(&step, main, weft_core::code::SubtaskState::Starting);
            let step = world.step(crate::calls::subtask_cancel(sub));
            assert_eq!(cancels_host(&step, 7), call);
            world.refuses(MachineError::NotStarted, |machine| {
                machine.return_host_function_call(call, None)
            })
        },
        |world| {
            let instance = world.instance();
            let function = world.stackful(instance);
            let (call, _) = world.invoke(function);
            assert_eq!(world.step(suspend()), HOST);
            let step = world.machine.cancel_call(call);
            assert_eq!(world.answer(step), Ok(HOST));
            world.refuses(MachineError::AlreadyCancelled, |machine| machine.cancel_call(call))
        },
        |world| {
            let instance = world.instance();
            let function = world.stackful(instance);
            let (call, _) = world.invoke(function);
            world.task_return(None);
            assert_eq!(world.exit(), HOST);
            world.refuses(MachineError::AlreadyResolved, |machine| machine.cancel_call(call))
        },
        |world| {
            let (instance, _) = world.running();
            let index = world.get(crate::calls::error_context_new());
            let id = world.machine.lift_error_context(instance, index).unwrap();
            world.machine.drop_error_context(id).unwrap();
            world.refuses(MachineError::NotHeld, |machine| machine.drop_error_context(id));
            world
                .refuses(MachineError::NotHeld, |machine| machine.lower_error_context(instance, id))
        },
    ]
}

pub(super) fn ends<L: ExtensionLimits>() -> Vec<Misuse<L>> {
    vec![
        |world| {
            let instance = world.instance();
            let (readable, _) = world.host_ends(STREAM);
            world.machine.lower_end(instance, STREAM.kind, STREAM.ty, readable).unwrap();
            world.refuses(MachineError::NotHeld, |machine| {
                machine.lower_end(instance, STREAM.kind, STREAM.ty, readable)
            });
            world.refuses(MachineError::NotHeld, |machine| machine.host_copy(readable, 0, 1));
            world.refuses(MachineError::NotHeld, |machine| machine.cancel_host_copy(readable));
            world.refuses(MachineError::NotHeld, |machine| machine.finish_cancellation(readable));
            world.refuses(MachineError::NotHeld, |machine| machine.drop_host_end(readable))
        },
        |world| {
            // An end of another kind, of another element, or of both.
            let instance = world.instance();
            for of in [STREAM, FUTURE] {
                let (readable, _) = world.host_ends(of);
                for expected in [STREAM, FUTURE, STREAM.other(), FUTURE.other()] {
                    if expected != of {
                        world.refuses(MachineError::EndMismatch, |machine| {
                            machine.lower_end(instance, expected.kind, expected.ty, readable)
                        });
                    }
                }
                let (kind, ty) = (of.kind, of.other().ty);
                world.refuses(MachineError::EndMismatch, |machine| {
                    machine.lower_end(instance, kind, ty, readable)
                });
                // It still belongs to the host, and is unchanged.
                assert!(world.machine.lower_end(instance, of.kind, of.ty, readable).is_ok());
            }
            MachineError::EndMismatch.into()
        },
        |world| {
            let instance = world.instance();
            let (_, writable) = world.host_ends(FUTURE);
            world.refuses(MachineError::NotReadable, |machine| {
                machine.lower_end(instance, FUTURE.kind, FUTURE.ty, writable)
            })
        },
        |world| {
            let instance = world.instance();
            let (readable, writable) = world.host_ends(STREAM);
            world.refuses(MachineError::EndIdle, |machine| machine.cancel_host_copy(readable));
            world.host_copy(readable, 4);
            world.refuses(MachineError::EndBusy, |machine| machine.host_copy(readable, 0, 4));
            world.refuses(MachineError::EndBusy, |machine| machine.drop_host_end(readable));
            world.refuses(MachineError::EndBusy, |machine| {
                machine.lower_end(instance, STREAM.kind, STREAM.ty, readable)
            });
            world.refuses(MachineError::NotCancelled, |machine| {
                machine.finish_cancellation(writable)
            });
            world.machine.drop_host_end(writable).unwrap();
            world.refuses(MachineError::NotCancelled, |machine| {
                machine.finish_cancellation(readable)
            });
            assert!(world.machine.next_host_event().unwrap().is_some());
            // It has reached its end.
            world.refuses(MachineError::EndBusy, |machine| machine.host_copy(readable, 0, 4));
            world.refuses(MachineError::EndBusy, |machine| {
                machine.lower_end(instance, STREAM.kind, STREAM.ty, readable)
            });
            world.refuses(MachineError::EndIdle, |machine| machine.cancel_host_copy(readable))
        },
        |world| {
            let (readable, writable) = world.host_ends(STREAM);
            world.host_copy(readable, 4);
            world.machine.cancel_host_copy(readable).unwrap();
            world.refuses(MachineError::EndIdle, |machine| machine.cancel_host_copy(readable));
            assert!(world.machine.finish_cancellation(writable).is_ok());
            world.refuses(MachineError::EndIdle, |machine| machine.cancel_host_copy(writable))
        },
        |world| {
            let (readable, _) = world.host_ends(STREAM);
            let (future, _) = world.host_ends(FUTURE);
            let long = weft_core::limit::MAX_BUFFER_LENGTH + 1;
            for (end, length) in [(readable, long), (future, 0), (future, 2)] {
                world.refuses(MachineError::BufferTooLong { length }, |machine| {
                    machine.host_copy(end, 0, length)
                });
            }
            MachineError::BufferTooLong { length: long }.into()
        },
        |world| {
            // A guest's read that is not being cancelled.
            let (instance, _) = world.running();
            let (theirs, ours) = world.host_ends(STREAM);
            let readable =
                world.machine.lower_end(instance, STREAM.kind, STREAM.ty, theirs).unwrap();
            assert_eq!(world.get(STREAM.read(readable, 1)), WAITS);
            world.refuses(MachineError::NotCancelled, |machine| machine.finish_cancellation(ours))
        },
    ]
}

/// Returns operations with ids and numbers of objects that do not exist, or no longer exist.
pub(super) fn unknown<L: ExtensionLimits>() -> Vec<Misuse<L>> {
    vec![
        |world| {
            let instance = world.instance();
            let function = world.stackful(instance);
            world.machine.remove_instance(instance).unwrap();
            let unknown = Error::Unknown(Table::Instances);
            world.refuses(unknown, |machine| machine.remove_instance(instance));
            world.refuses(unknown, |machine| machine.is_locked_down(instance));
            world.refuses(unknown, |machine| machine.begin_realloc(instance));
            world.refuses(unknown, |machine| machine.lift_own(instance, HOST_RESOURCE, 1));
            world.refuses(unknown, |machine| machine.lower_own(instance, HOST_RESOURCE, 1));
            world.refuses(unknown, |machine| machine.lift_error_context(instance, 1));
            assert!(world.machine.invoke(function).is_err());
            let (result_type, lift_options, lift) = (None, OPTIONS, LiftMode::Stackful);
            let function =
                LiftedFunction { instance, is_async: true, lift, result_type, lift_options };
            world.refuses(unknown, |machine| machine.lift(function));
            let resource = TypeDefinition::Resource { instance: Some(instance), destructor: None };
            world.refuses(unknown, |machine| machine.define_type(resource))
        },
        |world| {
            let unknown = Error::Unknown(Table::Functions);
            let host = world.host_function(7);
            world.refuses(unknown, |machine| machine.invoke(host));
            let resource = TypeDefinition::Resource { instance: None, destructor: Some(host) };
            world.refuses(MachineError::NoDestructor, |machine| machine.define_type(resource))
        },
        |world| {
            let (instance, _) = world.running();
            let unknown = Error::Unknown(Table::Types);
            let ty = TypeIndex(99);
            for (kind, ty) in [(EndKind::Stream, ty), (EndKind::Future, VALUE)] {
                world.refuses(unknown, |machine| machine.new_host_ends(kind, ty));
                let new = crate::calls::Of { kind, ty }.make();
                world.refuses(unknown, |machine| new.definition.call(machine, &[]));
            }
            for ty in [ty, VALUE, STREAM.ty] {
                let new = crate::calls::resource_new(ty, 1);
                world.refuses(unknown, |machine| new.definition.call(machine, &new.arguments));
                world.refuses(unknown, |machine| {
                    let thread = machine.current().unwrap();
                    let task = machine.task_of(thread).unwrap();
                    machine.lower_borrow(task, ty, 1)
                });
            }
            assert!(world.machine.is_locked_down(instance).is_ok());
            unknown
        },
        |world| {
            let instance = world.instance();
            let function = world.stackful(instance);
            let (call, thread) = world.invoke(function);
            let task = world.machine.task_of(thread).unwrap();
            world.task_return(None);
            assert_eq!(world.exit(), HOST);
            world.machine.drop_call(call).unwrap();
            let (tasks, threads) = (Error::Unknown(Table::Tasks), Error::Unknown(Table::Threads));
            world.refuses(tasks, |machine| machine.lower_borrow(task, HOST_RESOURCE, 1));
            world.refuses(threads, |machine| machine.task_of(thread));
            let unknown = Error::Unknown(Table::Waitables);
            world.refuses(unknown, |machine| machine.drop_call(call));
            world.refuses(unknown, |machine| machine.cancel_call(call));
            world.refuses(unknown, |machine| machine.call_state(call));
            world.refuses(unknown, |machine| machine.is_callee_gone(call));
            world.refuses(unknown, |machine| machine.calling_instance(call));
            // Other objects are still in their places.
            world.invoke(function);
            assert_eq!(world.step(suspend()), HOST);
            world.refuses(unknown, |machine| machine.cancel_call(call));
            world.refuses(threads, |machine| machine.thread_view(thread));
            world.refuses(tasks, |machine| machine.lower_borrow(task, HOST_RESOURCE, 1))
        },
        |world| {
            let (readable, writable) = world.host_ends(STREAM);
            world.machine.drop_host_end(readable).unwrap();
            world.machine.drop_host_end(writable).unwrap();
            world.host_ends(STREAM);
            let unknown = Error::Unknown(Table::Waitables);
            for end in [readable, writable] {
                world.refuses(unknown, |machine| machine.host_copy(end, 0, 1));
                world.refuses(unknown, |machine| machine.drop_host_end(end));
                world.refuses(unknown, |machine| machine.end_view(end));
            }
            let id = world.machine.new_host_error_context("message").unwrap();
            world.machine.drop_error_context(id).unwrap();
            let unknown = Error::Unknown(Table::ErrorContexts);
            world.refuses(unknown, |machine| machine.debug_message(id).map(str::to_owned));
            world.refuses(unknown, |machine| machine.drop_error_context(id))
        },
    ]
}

pub(super) fn extensions<L: ExtensionLimits>() -> Vec<Misuse<L>> {
    vec![
        |world| {
            std::mem::forget(AsyncContextScope::enter_empty(&mut world.machine).unwrap());
            let refused = world.refuses(ExtensionError::ContextScopeEntered, |machine| {
                machine.contexts().pop().map(|_| ())
            });
            // A scope that was forgotten is not left.
            world.machine = Machine::default();
            refused
        },
        |world| {
            let error = world.machine.error_contexts().create_simple("error").unwrap();
            let refused = world.refuses(ExtensionError::SourceCycle, |machine| {
                machine.error_contexts().set_source(error, error)
            });
            world.machine.error_contexts().drop(error).unwrap();
            refused
        },
        |world| {
            let error = world.machine.error_contexts().create_simple("error").unwrap();
            let refused = world
                .refuses(ExtensionError::InvalidKey(InvalidContextKey::Empty), |machine| {
                    machine.error_contexts().set_metadata(error, "", 1_u32)
                });
            world.machine.error_contexts().drop(error).unwrap();
            refused
        },
        |world| {
            world.machine.count_destructors(1);
            let config = ThreadSpawnConfig::default();
            let thread = world.machine.threads().prepare(config, None).unwrap();
            let unknown = ExtensionError::UnknownDestructor { number: 1 };
            let refused = world
                .refuses(unknown, |machine| machine.threads().set_local(thread, 1, 1_u32, Some(1)));
            world.machine.threads().give_up(thread).unwrap();
            refused
        },
    ]
}

pub(super) fn threads<L: ExtensionLimits>() -> Vec<Misuse<L>> {
    vec![|world| {
        let instance = world.instance();
        let function = world.stackful(instance);
        let config = ThreadSpawnConfig::default();
        let spawned = world.machine.threads().spawn_ref(function, config, None);
        let (thread, call, _) = spawned.unwrap();
        world.refuses(ExtensionError::NotJoined, |machine| machine.threads().cancel_join(thread));
        world.refuses(ExtensionError::JoinCycle, |machine| {
            machine.threads().begin_join(thread, Some(thread))
        });
        world.task_return(None);
        assert_eq!(world.exit(), HOST);
        world.refuses(ExtensionError::ThreadEnded, |machine| {
            machine.threads().remove_local(thread, 1).map(|_| ())
        });
        world.machine.threads().begin_join(thread, None).unwrap();
        world.machine.threads().end_join(thread).unwrap().unwrap();
        let refused = world.refuses(ExtensionError::AlreadyJoined, |machine| {
            machine.threads().begin_join(thread, None)
        });
        assert_eq!(world.machine.threads().clean_up(), Ok(1));
        world.machine.drop_call(call).unwrap();
        refused
    }]
}

pub(super) fn tasks<L: ExtensionLimits>() -> Vec<Misuse<L>> {
    vec![
        |world| {
            let task = world.machine.tasks().start().unwrap();
            let refused =
                world.refuses(ExtensionError::NotFinished, |machine| machine.tasks().drop(task));
            world.refuses(ExtensionError::NotBound, |machine| {
                machine.cancellation_tokens().unbind(task)
            });
            let token = world.machine.cancellation_tokens().create().unwrap();
            world.machine.cancellation_tokens().bind(token, task).unwrap();
            world.refuses(ExtensionError::AlreadyBound, |machine| {
                machine.cancellation_tokens().bind(token, task)
            });
            world.machine.cancellation_tokens().cancel(token).unwrap();
            world.machine.cancellation_tokens().drop(token).unwrap();
            world.machine.tasks().drop(task).unwrap();
            refused
        },
        |world| {
            let task = world.machine.tasks().start().unwrap();
            let set = world.machine.waitable_sets().create_with(&[task]).unwrap();
            world.refuses(ExtensionError::SetNotEmpty, |machine| machine.waitable_sets().drop(set));
            world
                .refuses(ExtensionError::SetCycle, |machine| machine.waitable_sets().add(set, set));
            world.machine.waitable_sets().remove(set, task).unwrap();
            world.refuses(ExtensionError::NotMember, |machine| {
                machine.waitable_sets().remove(set, task)
            });
            world.machine.waitable_sets().close(set).unwrap();
            let refused = world.refuses(ExtensionError::SetClosed, |machine| {
                machine.waitable_sets().add(set, task)
            });
            world.machine.waitable_sets().drop(set).unwrap();
            world.machine.tasks().cancel(task).unwrap();
            world.machine.tasks().drop(task).unwrap();
            refused
        },
    ]
}
