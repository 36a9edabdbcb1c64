//! Contexts: values of the current one, scopes, and those that tasks have.

use weft::context::{AsyncContext, AsyncContextScope, ContextKey};
use weft::host::ExtendedMachine;
use weft::host::limits::ExtensionLimits;

super::operations! {
    /// The value of a typed key, which is the last of four.
    GET, "get, typed, the last of four", get;
    /// The value of a key that is text, which is the first of four.
    GET_TEXT, "get, by text, the first of four", get_text;
    /// Another number for a typed key.
    SET, "set a number, typed", set;
    /// Another number for a key that is text.
    SET_NUMBER_BY_TEXT, "set a number, by text", set_number_by_text;
    /// Another text for a key that is text.
    SET_TEXT, "set a text, by text", set_text;
    /// A value comes and goes.
    SET_AND_REMOVE, "set a number and remove it, typed", set_and_remove;
    /// A scope without values.
    EMPTY_SCOPE, "enter an empty scope and leave it", empty_scope;
    /// A scope with a value, which is set and read.
    SCOPE, "enter a scope, set, get, and leave it", scope;
    /// A scope that begins with the values of the context around it.
    COPIED_SCOPE, "enter a scope with a copy and leave it", copied_scope;
    /// A context is pushed, and popped.
    PUSH_AND_POP, "push and pop", push_and_pop;
    /// A task begins in a context, is cancelled, and is forgotten.
    TASK_IN_CONTEXT, "start a task in it, cancel and drop that", task_in_context;
    /// A task begins in a context, which is changed, so that it is copied; and is forgotten.
    SET_SHARED, "the same, and set what the task has, too", set_shared;
}

/// For whom something is done.
#[derive(ContextKey)]
#[context_key(value = u64)]
struct UserId;

/// A text, as long as a text of a bounded machine may be.
const TEXT: &str = "0123456789abcdef0123456789abcdef";

fn key(name: &str) -> ContextKey<'_> {
    ContextKey::new(name).expect("a key")
}

/// A machine whose host's context has four values.
fn with_values<L: ExtensionLimits>() -> ExtendedMachine<L> {
    let mut machine = ExtendedMachine::<L>::default();
    for name in ["attempt", "deadline", "tenant"] {
        machine.contexts().set_value(key(name), 1_u64).expect("a value");
    }
    machine.contexts().set::<UserId>(7).expect("a value");
    machine
}

fn get<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = with_values::<L>();
    Box::new(move || assert_eq!(machine.contexts().get::<UserId>(), Some(7)))
}

fn get_text<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = with_values::<L>();
    Box::new(move || {
        let value = machine.contexts().get_value(key("attempt")).expect("a value");
        assert_eq!(value.get::<u64>(), Some(1));
    })
}

fn set<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = with_values::<L>();
    let mut value = 0;
    Box::new(move || {
        value += 1;
        machine.contexts().set::<UserId>(value).expect("a value");
    })
}

fn set_number_by_text<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = with_values::<L>();
    let mut value = 0_u64;
    Box::new(move || {
        value += 1;
        machine.contexts().set_value(key("tenant"), value).expect("a value");
    })
}

fn set_text<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = with_values::<L>();
    Box::new(move || {
        machine.contexts().set_value(key("tenant"), TEXT).expect("a value");
    })
}

fn set_and_remove<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = with_values::<L>();
    machine.contexts().remove::<UserId>().expect("a context");
    Box::new(move || {
        machine.contexts().set::<UserId>(8).expect("a value");
        assert_eq!(machine.contexts().remove::<UserId>(), Ok(true));
    })
}

fn empty_scope<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = with_values::<L>();
    Box::new(move || {
        let scope = AsyncContextScope::enter_empty(&mut machine).expect("a scope");
        drop(scope);
    })
}

fn scope<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = with_values::<L>();
    Box::new(move || {
        let mut scope = AsyncContextScope::enter_empty(&mut machine).expect("a scope");
        scope.contexts().set::<UserId>(8).expect("a value");
        assert_eq!(scope.contexts().get::<UserId>(), Some(8));
    })
}

fn copied_scope<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = with_values::<L>();
    Box::new(move || {
        let mut scope = AsyncContextScope::enter_copy(&mut machine).expect("a scope");
        assert_eq!(scope.contexts().get::<UserId>(), Some(7));
    })
}

fn push_and_pop<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = with_values::<L>();
    let mut context = AsyncContext::new();
    context.set::<UserId>(8).expect("a value");
    let mut pushed = Some(context);
    Box::new(move || {
        machine.contexts().push(pushed.take().expect("a context")).expect("another context");
        pushed = machine.contexts().pop().expect("contexts");
    })
}

fn task_in_context<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = with_values::<L>();
    Box::new(move || {
        let task = machine.tasks().start().expect("a task");
        machine.tasks().cancel(task).expect("a task that is not over");
        machine.tasks().drop(task).expect("a task that is over");
    })
}

fn set_shared<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = with_values::<L>();
    Box::new(move || {
        let task = machine.tasks().start().expect("a task");
        machine.contexts().set::<UserId>(8).expect("a value");
        machine.tasks().cancel(task).expect("a task that is not over");
        machine.tasks().drop(task).expect("a task that is over");
    })
}
