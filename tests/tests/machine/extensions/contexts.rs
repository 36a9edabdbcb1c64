//! Contexts by themselves, the current one, and those with which tasks start.

use weft_core::code::SubtaskState;
use weft_core::context::{
    AsyncContext, AsyncContextScope, ContextKeyCollision, ContextValue, IntoContextValue,
    TypedContextKey,
};
use weft_core::error::Error;
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::{Array, ArrayText, Table};

use super::{Locale, UserId, collision, elsewhere, key};
use crate::calls::{backpressure_dec, backpressure_inc, suspend, thread_yield};
use crate::guests::GuestMachine;
use crate::steps::{HOST, back, enters, subtask};

fn a_context_has_its_values_until_they_are_removed<L: ExtensionLimits>() {
    let mut context = AsyncContext::<L>::new();
    assert!(context.is_empty());
    assert_eq!(context.set_value(key("a"), 1_i32), Ok(None));
    assert_eq!(context.set_value(key("b"), "text"), Ok(None));
    assert_eq!(context.set_value(key("c"), [1_u8, 2]), Ok(None));
    assert_eq!(context.set_value(key("a"), 2_i32), Ok(Some(1_i32.into())));
    assert_eq!(context.len(), 3);
    assert!(context.contains_key(key("a")) && !context.contains_key(key("d")));
    assert_eq!(context.get_value(key("a")), Some(&ContextValue::S32(2)));
    assert_eq!(context.get_value(key("b")).and_then(ContextValue::as_text), Some("text"));
    assert_eq!(context.get_value(key("c")).and_then(ContextValue::as_bytes), Some(&[1, 2][..]));
    assert_eq!(context.get_value(key("d")), None);
    let keys: Vec<_> = context.iter().map(|(key, _)| key.name()).collect();
    assert_eq!(keys, ["a", "b", "c"]);

    let copy = context.try_clone().unwrap();
    assert_eq!(copy, context);
    assert_eq!(context.remove_value(key("a")), Some(2_i32.into()));
    assert_eq!(context.remove_value(key("a")), None);
    assert_ne!(copy, context);
    let keys: Vec<_> = context.iter().map(|(key, _)| key.name()).collect();
    assert_eq!(keys, ["b", "c"]);
    context.clear();
    assert_eq!(context, AsyncContext::default());
}

fn a_value_is_returned_as_its_own_type<L: ExtensionLimits>() {
    fn value<L: ExtensionLimits>(value: impl IntoContextValue<L>) -> ContextValue<L> {
        value.into_context_value().unwrap()
    }
    assert_eq!(value::<L>(true).get::<bool>(), Some(true));
    assert_eq!(value::<L>(-1_i8).get::<i8>(), Some(-1));
    assert_eq!(value::<L>(1_u8).get::<u8>(), Some(1));
    assert_eq!(value::<L>(-2_i16).get::<i16>(), Some(-2));
    assert_eq!(value::<L>(2_u16).get::<u16>(), Some(2));
    assert_eq!(value::<L>(-3_i32).get::<i32>(), Some(-3));
    assert_eq!(value::<L>(3_u32).get::<u32>(), Some(3));
    assert_eq!(value::<L>(-4_i64).get::<i64>(), Some(-4));
    assert_eq!(value::<L>(4_u64).get::<u64>(), Some(4));
    assert_eq!(value::<L>(0.5_f32).get::<f32>(), Some(0.5));
    assert_eq!(value::<L>(0.25_f64).get::<f64>(), Some(0.25));
    assert_eq!(value::<L>('ä').get::<char>(), Some('ä'));
    assert_eq!(value::<L>("text").get::<&'static str>(), Some("text"));
    assert_eq!(value::<L>(b"bytes").get::<&'static [u8]>(), Some(&b"bytes"[..]));
    assert_eq!(value::<L>([1_u8, 2]).get::<[u8; 2]>(), Some([1, 2]));
    let text = ArrayText::<4>::from("näi").unwrap();
    assert_eq!(value::<L>(text).get::<ArrayText<4>>(), Some("näi"));
    let bytes = Array::<u8, 4>::from_iter([1, 2, 3]);
    assert_eq!(value::<L>(bytes).get::<Array<u8, 4>>(), Some(&[1, 2, 3][..]));

    assert_eq!(value::<L>(1_u32).get::<u64>(), None);
    assert_eq!(value::<L>("text").get::<[u8; 4]>(), None);
    assert_eq!(value::<L>([1_u8, 2]).get::<[u8; 3]>(), None);
    assert_eq!(value::<L>(value::<L>(1_u32)), value::<L>(1_u32));
    assert_eq!(value::<L>(f64::NAN), value::<L>(-f64::NAN));
    assert_ne!(value::<L>(0.0_f32), value::<L>(-0.0_f32));
    assert_eq!(format!("{:?}", value::<L>("text")), "\"text\"");
}

fn a_typed_key_and_another_of_its_name_do_not_share_a_value<L: ExtensionLimits>() {
    let user = std::any::type_name::<UserId>();
    let other = std::any::type_name::<elsewhere::UserId>();

    let mut context = AsyncContext::<L>::new();
    assert_eq!(context.set::<UserId>(1), Ok(()));
    assert_eq!(context.set::<Locale>("de"), Ok(()));
    assert_eq!(context.get::<UserId>(), Some(1));
    assert_eq!(context.get::<Locale>(), Some("de"));
    assert_eq!(context.get_value(UserId::KEY), Some(&ContextValue::U64(1)));

    assert_eq!(context.get::<elsewhere::UserId>(), None);
    assert_eq!(collision(context.set::<elsewhere::UserId>(2)), (user, other));
    assert!(!context.remove::<elsewhere::UserId>());
    let text = ContextKeyCollision::TEXT;
    assert_eq!(collision(context.set_value(UserId::KEY, 2_u64)), (user, text));
    assert_eq!(context.get::<UserId>(), Some(1), "nothing has changed");

    assert!(context.remove::<UserId>());
    assert!(!context.contains::<UserId>());
    assert_eq!(context.set_value(UserId::KEY, 2_u64), Ok(None));
    assert_eq!(context.get::<UserId>(), None);
    assert_eq!(collision(context.set::<UserId>(3)), (text, user));
}

fn the_current_context_is_replaced_pushed_and_popped<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let with = |user| {
        let mut context = AsyncContext::new();
        context.set::<UserId>(user).unwrap();
        context
    };
    assert_eq!(world.machine.contexts().current(), None);
    assert_eq!(world.machine.contexts().depth(), 0);
    assert_eq!(world.machine.contexts().pop(), Ok(None));
    assert_eq!(world.machine.contexts().replace(with(1)), Ok(()));
    assert_eq!(world.machine.contexts().replace(with(2)), Ok(()));
    assert_eq!(world.machine.contexts().get::<UserId>(), Some(2));
    assert_eq!(world.machine.contexts().depth(), 1);
    assert_eq!(world.machine.contexts().push(with(3)), Ok(()));
    assert_eq!(world.machine.contexts().get::<UserId>(), Some(3));
    assert_eq!(world.machine.contexts().depth(), 2);
    assert_eq!(world.machine.contexts().replace(with(4)), Ok(()));
    assert_eq!(world.machine.contexts().pop(), Ok(Some(with(4))));
    assert_eq!(world.machine.contexts().pop(), Ok(Some(with(2))));
    assert_eq!(world.machine.contexts().pop(), Ok(None));
    assert_eq!(world.machine.contexts().current(), None);
    world.clean_up();
}

fn the_values_of_the_current_context_are_read_set_and_removed<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    assert_eq!(world.machine.contexts().get_value(key("a")), None);
    assert_eq!(world.machine.contexts().remove_value(key("a")), Ok(None));
    assert_eq!(world.machine.contexts().remove::<UserId>(), Ok(false));
    assert_eq!(world.machine.contexts().clear(), Ok(()));
    assert_eq!(world.machine.contexts().depth(), 0, "nothing was changed yet");

    assert_eq!(world.machine.contexts().set_value(key("a"), 1_u32), Ok(None));
    assert_eq!(world.machine.contexts().depth(), 1, "the first value makes a context");
    assert_eq!(world.machine.contexts().set_value(key("a"), 2_u32), Ok(Some(1_u32.into())));
    assert_eq!(world.machine.contexts().set::<UserId>(3), Ok(()));
    assert_eq!(world.machine.contexts().get_value(key("a")), Some(&2_u32.into()));
    assert_eq!(world.machine.contexts().get::<UserId>(), Some(3));
    let refused = collision(world.machine.contexts().set_value(UserId::KEY, 4_u64));
    assert_eq!(refused, (std::any::type_name::<UserId>(), ContextKeyCollision::TEXT));
    assert_eq!(world.machine.contexts().remove_value(key("a")), Ok(Some(2_u32.into())));
    assert_eq!(world.machine.contexts().remove::<UserId>(), Ok(true));
    assert_eq!(world.machine.contexts().current(), Some(&AsyncContext::new()));
    assert_eq!(world.machine.contexts().set::<UserId>(5), Ok(()));
    assert_eq!(world.machine.contexts().clear(), Ok(()));
    assert_eq!(world.machine.contexts().current(), Some(&AsyncContext::new()));
    assert_eq!(world.machine.contexts().pop(), Ok(Some(AsyncContext::new())));
    world.clean_up();
}

fn a_task_starts_with_a_copy_of_the_hosts_context<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let function = world.stackful(instance);
    let mut scope = AsyncContextScope::enter_empty(&mut world.machine).unwrap();
    scope.contexts().set::<UserId>(1).unwrap();
    let (call, step) = scope.invoke(function).unwrap();
    let thread = enters(&step, function);
    // The context of the task changes while it has control, not that of the host.
    let task = scope.task_of(thread).unwrap();
    assert_eq!(scope.tasks().current(), Some(task));
    assert_eq!(scope.contexts().get::<UserId>(), Some(1));
    scope.contexts().set::<Locale>("de").unwrap();
    drop(scope);

    assert_eq!(world.step(thread_yield()), HOST);
    assert_eq!((world.machine.tasks().current(), world.machine.contexts().current()), (None, None));
    world.machine.contexts().set::<UserId>(2).unwrap();
    let of_task = world.machine.contexts().of_task(task).unwrap().unwrap();
    assert_eq!((of_task.get::<UserId>(), of_task.get::<Locale>()), (Some(1), Some("de")));

    let step = world.tick();
    back(&step, thread);
    world.as_host(|world| {
        assert_eq!(
            world.machine.tasks().current(),
            Some(task),
            "the one that calls the host's function"
        );
        assert_eq!(world.machine.contexts().get::<UserId>(), Some(1));
        world.machine.contexts().set::<UserId>(3).unwrap();
    });
    assert_eq!(world.machine.contexts().get::<UserId>(), Some(3));
    world.task_return(None);
    assert_eq!(world.exit(), HOST);

    assert_eq!(world.machine.contexts().get::<UserId>(), Some(2));
    assert_eq!(world.machine.contexts().of_task(task), Err(Error::Unknown(Table::Tasks)));
    world.machine.contexts().pop().unwrap();
    assert_eq!(world.machine.count_of(Table::TaskRecords), 0);
    assert_eq!(world.machine.count_of(Table::Contexts), 0);
    world.machine.drop_call(call).unwrap();
    world.clean_up();
}

fn a_callee_starts_with_a_copy_of_its_callers_context<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, caller) = world.running();
    let instance = world.instance();
    let callee = world.stackful(instance);
    let caller_task = world.machine.task_of(caller).unwrap();
    world.machine.contexts().set::<UserId>(1).unwrap();

    let step = world.import_async(callee);
    let thread = enters(&step, callee);
    let callee_task = world.machine.task_of(thread).unwrap();
    assert_eq!(
        (world.machine.tasks().current(), world.machine.contexts().get::<UserId>()),
        (Some(callee_task), Some(1))
    );
    assert_eq!(world.machine.contexts().depth(), 1);
    world.machine.contexts().set::<UserId>(2).unwrap();
    assert_eq!(
        world.machine.contexts().of_task(caller_task).unwrap().unwrap().get::<UserId>(),
        Some(1)
    );

    let step = world.step(suspend());
    subtask(&step, caller, SubtaskState::Started);
    assert_eq!(
        (world.machine.tasks().current(), world.machine.contexts().get::<UserId>()),
        (Some(caller_task), Some(1))
    );
    world.machine.contexts().set::<UserId>(3).unwrap();
    world.machine.contexts().push(AsyncContext::new()).unwrap();
    assert_eq!(
        world.machine.contexts().of_task(callee_task).unwrap().unwrap().get::<UserId>(),
        Some(2)
    );
    assert_eq!(world.machine.count_of(Table::TaskRecords), 2);
    world.clean_up();
}

fn a_call_by_a_host_function_starts_with_its_callers_context<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, caller) = world.running();
    let instance = world.instance();
    let function = world.sync(instance);
    let task = world.machine.task_of(caller).unwrap();
    world.machine.contexts().set::<UserId>(1).unwrap();
    world.as_host(|world| {
        let (_, thread) = world.invoke(function);
        assert_ne!(world.machine.tasks().current(), Some(task));
        assert_eq!(world.machine.contexts().get::<UserId>(), Some(1));
        world.machine.contexts().set::<UserId>(2).unwrap();
        assert_eq!(world.return_value(None), HOST, "{thread:?}");
        assert_eq!(
            (world.machine.tasks().current(), world.machine.contexts().get::<UserId>()),
            (Some(task), Some(1))
        );
    });
    world.clean_up();
}

fn a_task_that_waits_to_enter_keeps_its_context<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, thread) = world.running();
    world.run(backpressure_inc());
    assert_eq!(world.step(thread_yield()), HOST);
    let function = world.stackful(instance);
    let mut scope = AsyncContextScope::enter_empty(&mut world.machine).unwrap();
    scope.contexts().set::<UserId>(7).unwrap();
    let (call, step) = scope.invoke(function).unwrap();
    assert_eq!(step, HOST);
    drop(scope);
    let step = world.tick();
    back(&step, thread);
    world.run(backpressure_dec());
    assert_eq!(world.step(suspend()), HOST);
    let step = world.tick();
    enters(&step, function);
    assert_eq!(world.machine.contexts().get::<UserId>(), Some(7));
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    world.machine.drop_call(call).unwrap();
    world.clean_up();
}

fn a_call_abandoned_before_its_start_leaves_no_context<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, thread) = world.running();
    world.run(backpressure_inc());
    assert_eq!(world.step(thread_yield()), HOST);
    let function = world.stackful(instance);
    let mut scope = AsyncContextScope::enter_empty(&mut world.machine).unwrap();
    scope.contexts().set::<UserId>(7).unwrap();
    let (call, _) = scope.invoke(function).unwrap();
    assert_eq!(scope.cancel_call(call), Ok(HOST));
    drop(scope);
    assert_eq!(world.machine.count_of(Table::TaskRecords), 0);
    assert_eq!(world.machine.count_of(Table::Contexts), 0);
    world.machine.drop_call(call).unwrap();
    let step = world.tick();
    back(&step, thread);
    world.clean_up();
}

fn tasks_removed_with_their_instance_leave_no_context<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, _) = world.running();
    world.machine.contexts().set::<UserId>(1).unwrap();
    assert_eq!(world.step(suspend()), HOST);
    assert_eq!(world.machine.count_of(Table::TaskRecords), 1);
    world.machine.remove_instance(instance).unwrap();
    assert_eq!(world.machine.count_of(Table::TaskRecords), 0);
    assert_eq!(world.machine.count_of(Table::ContextValues), 0);
    world.clean_up();
}

fn a_task_without_a_context_has_no_record<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, thread) = world.running();
    let task = world.machine.task_of(thread).unwrap();
    assert_eq!(world.machine.contexts().of_task(task), Ok(None));
    world.machine.contexts().push(AsyncContext::new()).unwrap();
    world.machine.contexts().pop().unwrap();
    assert_eq!(world.machine.contexts().current(), None);
    assert_eq!(world.machine.count_of(Table::TaskRecords), 0);
    let instance = world.instance();
    let function = world.plain(instance);
    let step = world.import(function);
    enters(&step, function);
    assert_eq!(world.machine.count_of(Table::TaskRecords), 0);
    world.clean_up();
}

on_each_storage! {
    a_context_has_its_values_until_they_are_removed,
    a_value_is_returned_as_its_own_type,
    a_typed_key_and_another_of_its_name_do_not_share_a_value,
    the_current_context_is_replaced_pushed_and_popped,
    the_values_of_the_current_context_are_read_set_and_removed,
    a_task_starts_with_a_copy_of_the_hosts_context,
    a_callee_starts_with_a_copy_of_its_callers_context,
    a_call_by_a_host_function_starts_with_its_callers_context,
    a_task_that_waits_to_enter_keeps_its_context,
    a_call_abandoned_before_its_start_leaves_no_context,
    tasks_removed_with_their_instance_leave_no_context,
    a_task_without_a_context_has_no_record,
}

/// Features of growing storage.
#[cfg(feature = "alloc")]
mod with_an_allocator {
    use weft_core::abi::Val;
    use weft_core::context::{AsyncContext, ContextValue};
    use weft_core::limits::Heap;

    use crate::extensions::key;

    #[test]
    fn any_value_of_the_component_model_is_kept() {
        let values = [
            Val::Bool(true),
            Val::S8(-1),
            Val::U8(1),
            Val::S16(-2),
            Val::U16(2),
            Val::S32(-3),
            Val::U32(3),
            Val::S64(-4),
            Val::U64(4),
            Val::F32(0.5),
            Val::F64(0.25),
            Val::Char('ä'),
            Val::from("text"),
            Val::record([Val::U8(1), Val::option(None)]),
        ];
        let mut context = AsyncContext::<Heap>::new();
        for value in values {
            context.set_value(key("value"), value.clone()).unwrap();
            let kept = context.get_value(key("value")).unwrap();
            assert_eq!(kept.get::<Val>(), Some(value));
        }
        let bytes = ContextValue::<Heap>::from_bytes(&[1]).unwrap();
        assert_eq!(bytes.get::<Val>(), None);
    }

    #[test]
    fn owned_text_and_bytes_are_returned_as_views() {
        let mut context = AsyncContext::<Heap>::new();
        context.set_value(key("text"), String::from("text")).unwrap();
        context.set_value(key("bytes"), vec![1_u8]).unwrap();
        let text = context.get_value(key("text")).unwrap();
        assert_eq!(text.get::<String>(), Some("text"));
        let bytes = context.get_value(key("bytes")).unwrap();
        assert_eq!(bytes.get::<Vec<u8>>(), Some(&[1][..]));
    }
}
