//! Rules of many built-ins, tested on each of them.

use weft_core::code::SubtaskState;
use weft_core::error::Failure;
use weft_core::host::limits::ExtensionLimits;
use weft_core::machine::{InstanceId, Step};
use weft_core::trap::{Rule, Trap};

use crate::calls::{
    Call, FUTURE, HOST_RESOURCE, Of, STREAM, error_context_debug_message, error_context_drop,
    error_context_new, every_built_in, join, resource_drop, resource_new, resource_rep, set_drop,
    set_new, set_poll, set_wait, subtask_cancel, subtask_drop, sync_subtask_cancel,
};
use crate::guests::GuestMachine;
use crate::steps::{calls_host, subtask};

fn during_realloc_and_post_return_nothing_leaves_the_instance<L: ExtensionLimits>() {
    let in_realloc: fn(&mut GuestMachine<L>) = |world| {
        let (instance, _) = world.running();
        world.machine.begin_realloc(instance).unwrap();
    };
    let in_post_return: fn(&mut GuestMachine<L>) = |world| {
        let instance = world.instance();
        let function = world.sync_with_post_return(instance);
        world.invoke(function);
        let step = world.return_value(None);
        assert!(matches!(step, Step::CallPostReturn { .. }), "{step:?}");
    };
    for enter in [in_realloc, in_post_return] {
        let mut refused = 0;
        for call in every_built_in() {
            let mut world = GuestMachine::<L>::new();
            enter(&mut world);
            let description = call.definition.builtin().description();
            let may_not = description.traps.contains(&Rule::CannotLeaveComponentInstance);
            let result = world.try_call(call);
            let trap = Err(Failure::Trap(Trap::CannotLeaveComponentInstance));
            assert_eq!(result == trap, may_not, "{}: {result:?}", description.name);
            refused += usize::from(may_not);
            world.clean_up();
        }
        assert_eq!(refused, 41);
    }
}

/// The kinds of handles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Resource,
    Subtask,
    End(Of, Side),
    Set,
    ErrorContext,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Readable,
    Writable,
}

/// Runs an instance that has one handle of each kind.
fn one_of_each<L: ExtensionLimits>(world: &mut GuestMachine<L>) -> (InstanceId, Vec<(Kind, u32)>) {
    let (instance, main) = world.running();
    let function = world.host_function(7);
    let step = world.import_async(function);
    calls_host(&step, 7);
    let step = world.host_returned();
    let mut handles = vec![
        (Kind::Subtask, subtask(&step, main, SubtaskState::Starting)),
        (Kind::Resource, world.get(resource_new(HOST_RESOURCE, 7))),
        (Kind::Set, world.get(set_new())),
        (Kind::ErrorContext, world.get(error_context_new())),
    ];
    for of in [STREAM, FUTURE] {
        let (readable, writable) = world.ends(of);
        handles.push((Kind::End(of, Side::Readable), readable));
        handles.push((Kind::End(of, Side::Writable), writable));
    }
    (instance, handles)
}

/// An operation that takes a handle.
struct Taker<L: ExtensionLimits> {
    name: String,
    accepts: Vec<Kind>,
    takes: Box<Takes<L>>,
}

type Takes<L> = dyn Fn(&mut GuestMachine<L>, InstanceId, u32) -> Result<(), Failure>;

fn built_in<L: ExtensionLimits>(
    accepts: &[Kind],
    call: impl Fn(u32) -> Call + 'static,
) -> Taker<L> {
    let name = format!("{:?}", call(0).definition);
    let takes =
        move |world: &mut GuestMachine<L>, _, index| world.try_call(call(index)).map(|_| ());
    Taker { name, accepts: accepts.to_vec(), takes: Box::new(takes) }
}

fn host<L: ExtensionLimits>(
    name: &str,
    accepts: Kind,
    takes: impl Fn(&mut GuestMachine<L>, InstanceId, u32) -> Result<(), Failure> + 'static,
) -> Taker<L> {
    Taker { name: name.to_owned(), accepts: vec![accepts], takes: Box::new(takes) }
}

fn takers<L: ExtensionLimits>() -> Vec<Taker<L>> {
    let waitables = [
        Kind::Subtask,
        Kind::End(STREAM, Side::Readable),
        Kind::End(STREAM, Side::Writable),
        Kind::End(FUTURE, Side::Readable),
        Kind::End(FUTURE, Side::Writable),
    ];
    let mut takers = vec![
        built_in(&[Kind::Set], set_wait),
        built_in(&[Kind::Set], set_poll),
        built_in(&[Kind::Set], set_drop),
        built_in(&waitables, |waitable| join(waitable, 0)),
        built_in(&[Kind::Subtask], subtask_cancel),
        built_in(&[Kind::Subtask], sync_subtask_cancel),
        built_in(&[Kind::Subtask], subtask_drop),
        built_in(&[Kind::Resource], |resource| resource_drop(HOST_RESOURCE, resource)),
        built_in(&[Kind::Resource], |resource| resource_rep(HOST_RESOURCE, resource)),
        built_in(&[Kind::ErrorContext], error_context_debug_message),
        built_in(&[Kind::ErrorContext], error_context_drop),
        host("lift_own", Kind::Resource, |world, instance, index| {
            world.machine.lift_own(instance, HOST_RESOURCE, index).map(|_| ())
        }),
        host("lift_borrow", Kind::Resource, |world, _, index| {
            let function = world.host_function(8);
            let step = world.import(function);
            let call = calls_host(&step, 8);
            world.machine.lift_borrow(call, HOST_RESOURCE, index).map(|_| ())
        }),
        host("lift_error_context", Kind::ErrorContext, |world, instance, index| {
            let id = world.machine.lift_error_context(instance, index)?;
            world.machine.drop_error_context(id).map_err(Failure::Error)
        }),
    ];
    for of in [STREAM, FUTURE] {
        takers.extend(takers_of_ends(of));
    }
    takers
}

fn takers_of_ends<L: ExtensionLimits>(of: Of) -> Vec<Taker<L>> {
    let readable = [Kind::End(of, Side::Readable)];
    let writable = [Kind::End(of, Side::Writable)];
    vec![
        built_in(&readable, move |end| of.read(end, 1)),
        built_in(&writable, move |end| of.write(end, 1)),
        built_in(&readable, move |end| of.sync_read(end, 0)),
        built_in(&writable, move |end| of.sync_write(end, 0)),
        built_in(&readable, move |end| of.cancel_read(end)),
        built_in(&writable, move |end| of.cancel_write(end)),
        built_in(&readable, move |end| of.drop_readable(end)),
        built_in(&writable, move |end| of.drop_writable(end)),
        built_in(&readable, move |end| of.forward(end, 77)),
        host("lift_end", readable[0], move |world, instance, index| {
            let end = world.machine.lift_end(instance, of.kind, of.ty, index)?;
            world.machine.lower_end(instance, of.kind, of.ty, end).map(|_| ())
        }),
        built_in(&writable, move |end| of.forward(if of == STREAM { 5 } else { 7 }, end)),
    ]
}

fn every_taker_of_a_handle_refuses_those_of_every_other_kind<L: ExtensionLimits>() {
    let (_, kinds) = one_of_each(&mut GuestMachine::<L>::new());
    let mut refusals = 0;
    for taker in takers::<L>() {
        for (kind, index) in &kinds {
            let mut world = GuestMachine::<L>::new();
            let (instance, _) = one_of_each(&mut world);
            let result = (taker.takes)(&mut world, instance, *index);
            let (name, trap) = (&taker.name, Trap::HandleWrongType { index: *index });
            if taker.accepts.contains(kind) {
                assert_ne!(result, Err(trap.into()), "{name} takes {kind:?}");
            } else {
                // A forwarded end is out of the table before the other end is looked up.
                let is_forwarded = name.contains("Forward") && [5, 7].contains(index);
                let gone = Trap::UnknownHandleIndex { index: *index };
                let is_gone = is_forwarded && result == Err(gone.into());
                assert!(is_gone || result == Err(trap.into()), "{name} does not take {kind:?}");
                refusals += 1;
            }
            world.clean_up();
        }
    }
    assert_eq!(refusals, 36 * 8 - 36 - 4);
}

fn every_taker_of_a_handle_refuses_those_that_are_not_there<L: ExtensionLimits>() {
    for taker in takers::<L>() {
        for index in [0, 10, 1000, 0x1000_0000, u32::MAX] {
            let mut world = GuestMachine::<L>::new();
            let (instance, _) = one_of_each(&mut world);
            // Handle 10 existed.
            let [kept, gone] = [(); 2].map(|()| world.get(set_new()));
            assert_eq!((kept, gone), (9, 10));
            world.run(set_drop(gone));
            let result = (taker.takes)(&mut world, instance, index);
            let trap = Trap::UnknownHandleIndex { index };
            assert_eq!(result, Err(trap.into()), "{}", taker.name);
            world.clean_up();
        }
    }
}

on_each_storage!(
    during_realloc_and_post_return_nothing_leaves_the_instance,
    every_taker_of_a_handle_refuses_those_of_every_other_kind,
    every_taker_of_a_handle_refuses_those_that_are_not_there,
);
