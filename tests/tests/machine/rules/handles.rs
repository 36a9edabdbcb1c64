//! Rules of handles, which must exist and have the right kind and type; and of resources.

use weft_core::builtin::TypeIndex;
use weft_core::error::Failure;
use weft_core::host::limits::ExtensionLimits;
use weft_core::machine::{InstanceId, LoweredBorrow, Step, SubtaskId, TypeDefinition};
use weft_core::trap::{ExpectedResource, FoundResource, Trap};

use super::Row;
use crate::calls::{
    Call, FUTURE, HOST_RESOURCE, OTHER_HOST_RESOURCE, STREAM, error_context_debug_message,
    error_context_drop, join, resource_drop, resource_new, resource_rep, set_drop, set_new,
    set_poll, set_wait, subtask_cancel, subtask_drop,
};
use crate::guests::GuestMachine;
use crate::steps::trap_of;

const BEYOND: &str = "Table.get: i >= len(self.array)";
const FREE: &str = "Table.get: self.array[i] is None";

/// Calls a built-in that takes another kind of handle with a waitable set, which is at index 1.
fn with_set<L: ExtensionLimits>(
    world: &mut GuestMachine<L>,
    call: impl FnOnce(u32) -> Call,
) -> Trap {
    world.running();
    let set = world.get(set_new());
    world.trap(call(set))
}

/// Calls a built-in that takes another kind of handle with a resource, which is at index 1.
fn with_resource<L: ExtensionLimits>(
    world: &mut GuestMachine<L>,
    call: impl FnOnce(u32) -> Call,
) -> Trap {
    world.running();
    let resource = world.get(resource_new(HOST_RESOURCE, 7));
    world.trap(call(resource))
}

/// Calls a built-in with the readable end of a stream of text, at index 1, and the writable one,
/// at index 2.
fn with_text<L: ExtensionLimits>(
    world: &mut GuestMachine<L>,
    call: impl FnOnce(u32, u32) -> Call,
) -> Trap {
    world.running();
    let (readable, writable) = world.ends(STREAM.other());
    world.trap(call(readable, writable))
}

/// Runs an instance whose handle 1 is a waitable set.
fn holds_set<L: ExtensionLimits>(world: &mut GuestMachine<L>) -> InstanceId {
    let (instance, _) = world.running();
    assert_eq!(world.get(set_new()), 1);
    instance
}

/// Runs an instance whose handle 1 is a host resource, and which calls a function.
fn calls_with_resource<L: ExtensionLimits>(world: &mut GuestMachine<L>) -> (InstanceId, SubtaskId) {
    let (instance, _) = world.running();
    assert_eq!(world.get(resource_new(HOST_RESOURCE, 7)), 1);
    let callee = world.instance();
    let function = world.stackful(callee);
    let step = world.import_async(function);
    let Step::CallFunction { caller, .. } = step else { panic!("{step:?}") };
    (instance, caller)
}

fn lift_borrow<L: ExtensionLimits>(
    world: &mut GuestMachine<L>,
    call: SubtaskId,
    ty: TypeIndex,
    index: u32,
) -> Result<u64, Failure> {
    world.machine.lift_borrow(call, ty, index)
}

pub(super) fn rows<L: ExtensionLimits>() -> Vec<Row<L>> {
    let mut rows = kinds();
    rows.extend(kinds_of_ends());
    rows.extend(types_of_ends());
    rows.extend(resources());
    rows.extend(vec![
        Row::new(Trap::UnknownHandleIndex { index: 1 }, BEYOND, |world| {
            world.running();
            world.trap(set_wait(1))
        }),
        Row::new(Trap::UnknownHandleIndex { index: u32::MAX }, BEYOND, |world| {
            holds_set(world);
            world.trap(set_drop(u32::MAX))
        }),
        Row::new(Trap::UnknownHandleIndex { index: 0 }, FREE, |world| {
            holds_set(world);
            world.trap(set_poll(0))
        }),
        Row::new(Trap::UnknownHandleIndex { index: 1 }, FREE, |world| {
            holds_set(world);
            world.run(set_drop(1));
            world.trap(set_drop(1))
        }),
        Row::new(Trap::UnknownHandleIndex { index: 99 }, BEYOND, |world| {
            let instance = world.instance();
            let function = world.callback(instance);
            world.invoke(function);
            trap_of(world.machine.function_returned(Some(2 | 99 << 4)))
        }),
    ]);
    rows
}

fn kinds<L: ExtensionLimits>() -> Vec<Row<L>> {
    let wrong = Trap::HandleWrongType { index: 1 };
    vec![
        Row::new(wrong, "canon_lift: not isinstance(wset, WaitableSet)", |world| {
            let instance = world.instance();
            let function = world.callback(instance);
            world.invoke(function);
            assert_eq!(world.get(resource_new(HOST_RESOURCE, 7)), 1);
            trap_of(world.machine.function_returned(Some(2 | 1 << 4)))
        }),
        Row::new(wrong, "canon_waitable_set_wait: not isinstance(wset, WaitableSet)", |world| {
            with_resource(world, set_wait)
        }),
        Row::new(wrong, "canon_waitable_set_poll: not isinstance(wset, WaitableSet)", |world| {
            with_resource(world, set_poll)
        }),
        Row::new(wrong, "canon_waitable_set_drop: not isinstance(wset, WaitableSet)", |world| {
            with_resource(world, set_drop)
        }),
        Row::new(wrong, "canon_waitable_join: not isinstance(w, Waitable)", |world| {
            with_resource(world, |resource| join(resource, 0))
        }),
        Row::new(wrong, "canon_waitable_join: not isinstance(wset, WaitableSet)", |world| {
            with_text(world, |readable, writable| join(writable, readable))
        }),
        Row::new(wrong, "canon_subtask_cancel: not isinstance(subtask, Subtask)", |world| {
            with_text(world, |readable, _| subtask_cancel(readable))
        }),
        Row::new(wrong, "canon_subtask_drop: not isinstance(s, Subtask)", |world| {
            with_set(world, subtask_drop)
        }),
        Row::new(wrong, "canon_resource_drop: not isinstance(h, ResourceHandle)", |world| {
            with_set(world, |set| resource_drop(HOST_RESOURCE, set))
        }),
        Row::new(wrong, "canon_resource_rep: not isinstance(h, ResourceHandle)", |world| {
            with_set(world, |set| resource_rep(HOST_RESOURCE, set))
        }),
        Row::new(
            wrong,
            "canon_error_context_debug_message: not isinstance(errctx, ErrorContext)",
            |world| with_set(world, error_context_debug_message),
        ),
        Row::new(
            wrong,
            "canon_error_context_drop: not isinstance(errctx, ErrorContext)",
            |world| with_resource(world, error_context_drop),
        ),
        Row::new(wrong, "lift_error_context: not isinstance(errctx, ErrorContext)", |world| {
            let instance = holds_set(world);
            trap_of(world.machine.lift_error_context(instance, 1))
        }),
        Row::new(wrong, "lift_own: not isinstance(h, ResourceHandle)", |world| {
            let instance = holds_set(world);
            trap_of(world.machine.lift_own(instance, HOST_RESOURCE, 1))
        }),
        Row::new(
            Trap::HandleWrongType { index: 2 },
            "lift_borrow: not isinstance(h, ResourceHandle)",
            |world| {
                let (instance, _) = world.running();
                world.get(resource_new(HOST_RESOURCE, 7));
                world.get(set_new());
                let callee = world.instance();
                let function = world.stackful(callee);
                let step = world.import(function);
                let Step::CallFunction { caller, .. } = step else { panic!("{step:?}") };
                assert_eq!(world.machine.calling_instance(caller), Ok(Some(instance)));
                trap_of(lift_borrow(world, caller, HOST_RESOURCE, 2))
            },
        ),
    ]
}

fn kinds_of_ends<L: ExtensionLimits>() -> Vec<Row<L>> {
    let wrong = Trap::HandleWrongType { index: 1 };
    vec![
        Row::new(
            Trap::HandleWrongType { index: 2 },
            "lift_async_value: not isinstance(end, ReadableEndT)",
            |world| {
                // The writable end.
                let (instance, _) = world.running();
                let (_, writable) = world.ends(STREAM);
                trap_of(world.machine.lift_end(instance, STREAM.kind, STREAM.ty, writable))
            },
        ),
        Row::new(wrong, "lift_async_value: not isinstance(end, ReadableEndT)", |world| {
            let (instance, _) = world.running();
            let (readable, _) = world.ends(STREAM);
            trap_of(world.machine.lift_end(instance, FUTURE.kind, FUTURE.ty, readable))
        }),
        Row::new(wrong, "copy: not isinstance(end, EndT)", |world| {
            with_set(world, |set| STREAM.read(set, 1))
        }),
        Row::new(wrong, "cancel_copy: not isinstance(end, EndT)", |world| {
            with_set(world, |set| STREAM.cancel_write(set))
        }),
        Row::new(wrong, "drop: not isinstance(end, EndT)", |world| {
            with_set(world, |set| FUTURE.drop_readable(set))
        }),
        Row::new(wrong, "forward: not isinstance(readable_end, ReadableEndT)", |world| {
            with_set(world, |set| STREAM.forward(set, set))
        }),
        Row::new(
            Trap::HandleWrongType { index: 3 },
            "forward: not isinstance(writable_end, WritableEndT)",
            |world| {
                world.running();
                let (readable, _) = world.ends(STREAM);
                let (other, _) = world.ends(STREAM);
                world.trap(STREAM.forward(readable, other))
            },
        ),
    ]
}

fn types_of_ends<L: ExtensionLimits>() -> Vec<Row<L>> {
    let [one, two] = [1, 2].map(|index| Trap::ElementTypeMismatch { index });
    vec![
        Row::new(one, "lift_async_value: end.t != t", |world| {
            let (instance, _) = world.running();
            let (readable, _) = world.ends(STREAM.other());
            trap_of(world.machine.lift_end(instance, STREAM.kind, STREAM.ty, readable))
        }),
        Row::new(one, "copy: end.t != stream_or_future_t.t", |world| {
            with_text(world, |readable, _| STREAM.read(readable, 1))
        }),
        Row::new(two, "copy: end.t != stream_or_future_t.t", |world| {
            with_text(world, |_, writable| STREAM.sync_write(writable, 0))
        }),
        Row::new(one, "cancel_copy: end.t != stream_or_future_t.t", |world| {
            with_text(world, |readable, _| STREAM.cancel_read(readable))
        }),
        Row::new(two, "drop: end.t != stream_or_future_t.t", |world| {
            with_text(world, |_, writable| STREAM.drop_writable(writable))
        }),
        Row::new(one, "forward: readable_end.t != stream_or_future_t.t", |world| {
            with_text(world, |readable, writable| STREAM.forward(readable, writable))
        }),
        Row::new(
            Trap::ElementTypeMismatch { index: 4 },
            "forward: writable_end.t != stream_or_future_t.t",
            |world| {
                world.running();
                let (readable, _) = world.ends(STREAM);
                let (_, writable) = world.ends(STREAM.other());
                world.trap(STREAM.forward(readable, writable))
            },
        ),
    ]
}

/// Returns the trap of a resource of one type that is used as another.
fn wrong_type(expected: ExpectedResource, found: FoundResource) -> Trap {
    let (expected_resource, found_resource) = (expected, found);
    Trap::ResourceWrongType { index: 1, expected_resource, found_resource }
}

/// Adds a resource type that an instance defines.
fn guests_type<L: ExtensionLimits>(world: &mut GuestMachine<L>, instance: InstanceId) -> TypeIndex {
    let instance = Some(instance);
    let resource = TypeDefinition::Resource { instance, destructor: None };
    world.machine.define_type(resource).unwrap()
}

fn resources<L: ExtensionLimits>() -> Vec<Row<L>> {
    use ExpectedResource::{GuestDefinedResource as Guests, HostResource as Hosts};
    use FoundResource::{
        ADifferentGuestDefinedResource, ADifferentHostResource, GuestDefinedResource, HostResource,
    };
    vec![
        Row::new(
            wrong_type(Hosts, ADifferentHostResource),
            "canon_resource_drop: h.rt is not rt",
            |world| with_resource(world, |resource| resource_drop(OTHER_HOST_RESOURCE, resource)),
        ),
        Row::new(wrong_type(Guests, HostResource), "canon_resource_rep: h.rt is not rt", |world| {
            let (instance, _) = world.running();
            let ty = guests_type(world, instance);
            let resource = world.get(resource_new(HOST_RESOURCE, 7));
            world.trap(resource_rep(ty, resource))
        }),
        Row::new(wrong_type(Hosts, GuestDefinedResource), "lift_own: h.rt is not t.rt", |world| {
            let (instance, _) = world.running();
            let ty = guests_type(world, instance);
            let resource = world.get(resource_new(ty, 7));
            trap_of(world.machine.lift_own(instance, HOST_RESOURCE, resource))
        }),
        Row::new(
            wrong_type(Guests, ADifferentGuestDefinedResource),
            "canon_resource_drop: h.rt is not rt",
            |world| {
                let (instance, _) = world.running();
                let [ty, other] = [(); 2].map(|()| guests_type(world, instance));
                let resource = world.get(resource_new(ty, 7));
                world.trap(resource_drop(other, resource))
            },
        ),
        Row::new(
            wrong_type(Hosts, ADifferentHostResource),
            "lift_borrow: h.rt is not t.rt",
            |world| {
                let (_, call) = calls_with_resource(world);
                trap_of(lift_borrow(world, call, OTHER_HOST_RESOURCE, 1))
            },
        ),
        Row::new(Trap::ResourceLent, "canon_resource_drop: h.num_lends != 0", |world| {
            let (_, call) = calls_with_resource(world);
            lift_borrow(world, call, HOST_RESOURCE, 1).unwrap();
            // The callee blocks, and the caller continues.
            let _ = world.step(crate::calls::suspend());
            world.trap(resource_drop(HOST_RESOURCE, 1))
        }),
        Row::new(Trap::ResourceLent, "lift_own: h.num_lends != 0", |world| {
            let (instance, call) = calls_with_resource(world);
            lift_borrow(world, call, HOST_RESOURCE, 1).unwrap();
            trap_of(world.machine.lift_own(instance, HOST_RESOURCE, 1))
        }),
        Row::new(Trap::ResourceLent, "canon_resource_drop: h.num_lends != 0", |world| {
            // A borrowed handle that was lent on.
            let borrowed = borrows(world);
            let last = world.instance();
            let function = world.stackful(last);
            let step = world.import_async(function);
            let Step::CallFunction { caller, .. } = step else { panic!("{step:?}") };
            lift_borrow(world, caller, HOST_RESOURCE, borrowed).unwrap();
            let _ = world.step(crate::calls::suspend());
            world.trap(resource_drop(HOST_RESOURCE, borrowed))
        }),
        Row::new(Trap::NotAnOwningHandle, "lift_own: not h.own", |world| {
            let borrowed = borrows(world);
            let instance = world.instances[0];
            trap_of(world.machine.lift_own(instance, HOST_RESOURCE, borrowed))
        }),
    ]
}

/// Runs a function that has borrowed a resource from the host.
fn borrows<L: ExtensionLimits>(world: &mut GuestMachine<L>) -> u32 {
    let instance = world.instance();
    let function = world.stackful(instance);
    let (_, step) = world.begin(function);
    let Step::CallFunction { task, .. } = step else { panic!("{step:?}") };
    let borrowed = world.machine.lower_borrow(task, HOST_RESOURCE, 1).unwrap();
    let LoweredBorrow::Index(index) = borrowed else { panic!("{borrowed:?}") };
    index
}
