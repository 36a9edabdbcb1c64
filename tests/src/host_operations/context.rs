//! Contexts: values of the current context, scopes, and contexts of tasks.

use weft::context::{AsyncContext, AsyncContextScope, ContextKey};
use weft::host::ExtendedMachine;
use weft::host::limits::ExtensionLimits;

super::operations! {
    /// Reads the value of a typed key, the last of four keys.
    GET, "get, typed, the last of four", get;
    /// Reads the value of a text key, the first of four keys.
    GET_TEXT, "get, by text, the first of four", get_text;
    /// Sets the number of a typed key.
    SET, "set a number, typed", set;
    /// Sets the number of a text key.
    SET_NUMBER_BY_TEXT, "set a number, by text", set_number_by_text;
    /// Sets the text of a text key.
    SET_TEXT, "set a text, by text", set_text;
    /// Sets a value and removes it.
    SET_AND_REMOVE, "set a number and remove it, typed", set_and_remove;
    /// Enters a scope without values.
    EMPTY_SCOPE, "enter an empty scope and leave it", empty_scope;
    /// Enters a scope, and sets and reads a value in it.
    SCOPE, "enter a scope, set, get, and leave it", scope;
    /// Enters a scope that starts with the values of the surrounding context.
    COPIED_SCOPE, "enter a scope with a copy and leave it", copied_scope;
    /// Pushes a context, and pops it.
    PUSH_AND_POP, "push and pop", push_and_pop;
    /// Starts a task in a context, cancels it, and drops it.
    TASK_IN_CONTEXT, "start a task in it, cancel and drop that", task_in_context;
    /// Starts a task in a context and changes the context, so that it is copied; then drops the
    /// task.
    SET_SHARED, "the same, and set a value of the shared context", set_shared;
}

/// The id of a user.
#[derive(ContextKey)]
#[context_key(value = u64)]
struct UserId;

/// A text with the length limit of a bounded machine.
const TEXT: &str = "0123456789abcdef0123456789abcdef";

fn key(name: &str) -> ContextKey<'_> {
    ContextKey::new(name).expect("a key")
}

/// Returns a machine whose current context has four values.
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
        machine.tasks().cancel(task).expect("a running task");
        machine.tasks().drop(task).expect("an ended task");
    })
}

fn set_shared<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = with_values::<L>();
    Box::new(move || {
        let task = machine.tasks().start().expect("a task");
        machine.contexts().set::<UserId>(8).expect("a value");
        machine.tasks().cancel(task).expect("a running task");
        machine.tasks().drop(task).expect("an ended task");
    })
}
