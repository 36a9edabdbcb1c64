//! Scopes: the state before a scope is current again after it, however it is left.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::collection::vec;
use proptest::prelude::*;
use weft_core::context::{AsyncContext, AsyncContextScope, with_async_context};
use weft_core::error::{Error, ExtensionError, MachineError};
use weft_core::host::limits::ExtensionLimits;
use weft_core::host::{ExtendedMachine, HostExtensions};
use weft_core::limits::Table;

use super::{Locale, UserId};
use crate::calls::suspend;
use crate::guests::GuestMachine;
use crate::steps::HOST;

fn a_scope_acts_as_its_store_with_another_context<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let machine = &mut world.machine;
    machine.contexts().set::<UserId>(1).unwrap();

    let mut scope = AsyncContextScope::enter_empty(machine).unwrap();
    assert_eq!(scope.contexts().current(), Some(&AsyncContext::new()));
    scope.contexts().set::<UserId>(2).unwrap();
    {
        let mut context = AsyncContext::new();
        context.set::<Locale>("de").unwrap();
        let mut inner = AsyncContextScope::enter(&mut scope, context).unwrap();
        assert_eq!(inner.contexts().get::<UserId>(), None);
        assert_eq!(inner.contexts().get::<Locale>(), Some("de"));
        assert_eq!(inner.contexts().depth(), 3);
        let mut copy = AsyncContextScope::enter_copy(&mut inner).unwrap();
        assert_eq!(copy.contexts().get::<Locale>(), Some("de"));
        copy.contexts().set::<Locale>("fr").unwrap();
        drop(copy);
        assert_eq!(inner.contexts().get::<Locale>(), Some("de"));
    }
    assert_eq!(scope.contexts().get::<UserId>(), Some(2));
    drop(scope);
    assert_eq!(machine.contexts().get::<UserId>(), Some(1));
    machine.contexts().pop().unwrap();
    world.clean_up();
}

fn a_scopes_context_exists_until_the_scope_is_left<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let mut scope = AsyncContextScope::enter_empty(&mut world.machine).unwrap();
    assert_eq!(scope.contexts().pop(), Err(ExtensionError::ContextScopeEntered.into()));
    scope.contexts().push(AsyncContext::new()).unwrap();
    scope.contexts().set::<UserId>(1).unwrap();
    assert_eq!(scope.contexts().pop().unwrap().unwrap().get::<UserId>(), Some(1));
    assert_eq!(scope.contexts().pop(), Err(ExtensionError::ContextScopeEntered.into()));
    assert_eq!(scope.contexts().replace(AsyncContext::new()), Ok(()));
    assert_eq!(scope.contexts().pop(), Err(ExtensionError::ContextScopeEntered.into()));
    scope.contexts().push(AsyncContext::new()).unwrap();
    drop(scope);
    assert_eq!(world.machine.contexts().current(), None);
    assert_eq!(world.machine.contexts().pop(), Ok(None));
    world.clean_up();
}

fn a_forgotten_scope_is_left_with_the_one_around_it<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    world.machine.contexts().set::<UserId>(1).unwrap();
    let mut scope = AsyncContextScope::enter_empty(&mut world.machine).unwrap();
    std::mem::forget(AsyncContextScope::enter_empty(&mut *scope).unwrap());
    scope.contexts().push(AsyncContext::new()).unwrap();
    assert_eq!(scope.contexts().depth(), 4);
    drop(scope);
    assert_eq!(
        (world.machine.contexts().get::<UserId>(), world.machine.contexts().depth()),
        (Some(1), 1)
    );
    assert!(world.machine.contexts().pop().unwrap().is_some());
    world.clean_up();
}

fn a_scope_in_a_host_function_belongs_to_its_caller<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    world.running();
    world.machine.contexts().set::<UserId>(1).unwrap();
    world.as_host(|world| {
        let mut scope = AsyncContextScope::enter_empty(&mut world.machine).unwrap();
        scope.contexts().set::<UserId>(2).unwrap();
        assert_eq!(scope.contexts().get::<UserId>(), Some(2));
    });
    assert_eq!(world.machine.contexts().get::<UserId>(), Some(1));
    world.clean_up();
}

fn a_scope_outlives_the_task_that_it_was_entered_for<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, _) = world.running();
    let mut scope = AsyncContextScope::enter_empty(&mut world.machine).unwrap();
    assert_eq!(suspend().definition.call(&mut *scope, &[]).map(|_| ()), Ok(()));
    assert_eq!(scope.contexts().current(), None, "the host has control, with contexts of its own");
    scope.contexts().set::<UserId>(1).unwrap();
    scope.remove_instance(instance).unwrap();
    drop(scope);
    assert_eq!(world.machine.count_of(Table::TaskRecords), 0);
    assert_eq!(world.machine.contexts().get::<UserId>(), Some(1));
    world.machine.contexts().pop().unwrap();
    world.clean_up();
}

fn a_closure_runs_in_a_scope_that_a_panic_also_leaves<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let machine = &mut world.machine;
    let found = with_async_context(machine, AsyncContext::new(), |machine| {
        machine.contexts().set::<UserId>(1).unwrap();
        machine.contexts().get::<UserId>()
    });
    assert_eq!(found, Ok(Some(1)));
    assert_eq!(machine.contexts().current(), None);

    let panicked = catch_unwind(AssertUnwindSafe(|| {
        with_async_context(machine, AsyncContext::new(), |machine| {
            let mut inner = AsyncContextScope::enter_empty(machine).unwrap();
            inner.contexts().push(AsyncContext::new()).unwrap();
            // This is not `panic!`, which would print a message.
            std::panic::resume_unwind(Box::new("a panic"));
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(machine.contexts().current(), None);
    assert_eq!(machine.contexts().depth(), 0);
    world.clean_up();
}

on_each_storage! {
    a_scope_acts_as_its_store_with_another_context,
    a_scopes_context_exists_until_the_scope_is_left,
    a_forgotten_scope_is_left_with_the_one_around_it,
    a_scope_in_a_host_function_belongs_to_its_caller,
    a_scope_outlives_the_task_that_it_was_entered_for,
    a_closure_runs_in_a_scope_that_a_panic_also_leaves,
}

/// An action in a scope.
#[derive(Clone, Debug)]
enum Doing {
    Set(u64),
    SetAnother(&'static str),
    Remove,
    Clear,
    Push,
    Replace(u64),
    Pop,
    /// A task starts, and stays.
    Begin,
    /// All these actions in a scope, which is left in this way.
    Scope(Vec<Doing>, Leaving),
}

/// The ways to leave a scope.
#[derive(Clone, Copy, Debug)]
enum Leaving {
    AtItsEnd,
    ByError,
    ByPanic,
    /// The guard is forgotten, and the scope is left with the one around it.
    Forgotten,
}

fn doings() -> impl Strategy<Value = Vec<Doing>> {
    let leaf = prop_oneof![
        (0..9_u64).prop_map(Doing::Set),
        prop_oneof![Just("de"), Just("fr")].prop_map(Doing::SetAnother),
        Just(Doing::Remove),
        Just(Doing::Clear),
        Just(Doing::Push),
        (0..9_u64).prop_map(Doing::Replace),
        Just(Doing::Pop),
        Just(Doing::Begin),
    ];
    let leaving = prop_oneof![
        Just(Leaving::AtItsEnd),
        Just(Leaving::ByError),
        Just(Leaving::ByPanic),
        Just(Leaving::Forgotten),
    ];
    let doing = leaf.prop_recursive(4, 40, 6, move |inner| {
        (vec(inner, 0..6), leaving.clone()).prop_map(|(doings, by)| Doing::Scope(doings, by))
    });
    vec(doing, 0..12)
}

/// The visible contexts: a model of the current one, and of those under it.
type Seen = Vec<(Option<u64>, Option<String>)>;

/// The contexts that tasks have seen when they started.
type Begun = Vec<(weft_core::machine::TaskId, Option<(Option<u64>, Option<String>)>)>;

struct Play<'a, L: ExtensionLimits> {
    function: weft_core::machine::FunctionId,
    begun: &'a mut Begun,
    of: std::marker::PhantomData<L>,
}

impl<L: ExtensionLimits> Play<'_, L> {
    /// Performs the actions, compared with the model, in a scope in which the first `entered`
    /// contexts stay. An operation on a full table changes nothing.
    fn play(
        &mut self,
        machine: &mut ExtendedMachine<L>,
        seen: &mut Seen,
        entered: &mut usize,
        doings: &[Doing],
    ) {
        for doing in doings {
            self.step(machine, seen, entered, doing);
            assert_eq!(machine.contexts().depth() as usize, seen.len());
            assert_eq!(current(machine), seen.last().cloned());
        }
    }

    fn step(
        &mut self,
        machine: &mut ExtendedMachine<L>,
        seen: &mut Seen,
        entered: &mut usize,
        doing: &Doing,
    ) {
        match doing {
            Doing::Set(value) => {
                if machine.contexts().set::<UserId>(*value).is_ok() {
                    top(seen).0 = Some(*value);
                }
            }
            Doing::SetAnother(value) => {
                if machine.contexts().set::<Locale>(value).is_ok() {
                    top(seen).1 = Some(String::from(*value));
                }
            }
            Doing::Remove => {
                if machine.contexts().remove::<UserId>() == Ok(true) {
                    top(seen).0 = None;
                }
            }
            Doing::Clear => {
                if machine.contexts().clear().is_ok() && !seen.is_empty() {
                    *top(seen) = (None, None);
                }
            }
            Doing::Push => {
                if machine.contexts().push(AsyncContext::new()).is_ok() {
                    seen.push((None, None));
                }
            }
            Doing::Replace(value) => {
                let mut context = AsyncContext::new();
                context.set::<UserId>(*value).unwrap();
                if machine.contexts().replace(context).is_ok() {
                    *top(seen) = (Some(*value), None);
                }
            }
            Doing::Pop => match machine.contexts().pop() {
                Ok(popped) => assert_eq!(popped.is_some(), seen.pop().is_some()),
                Err(error) => {
                    assert_eq!(error, Error::Extension(ExtensionError::ContextScopeEntered));
                    assert_eq!(seen.len(), *entered);
                }
            },
            Doing::Begin => {
                if let Ok((call, _)) = machine.invoke(self.function) {
                    let task = machine.tasks().current().unwrap();
                    self.begun.push((task, seen.last().cloned()));
                    assert_eq!(suspend().definition.call(machine, &[]).map(|_| ()), Ok(()));
                    machine.next_host_event().unwrap();
                    machine.drop_call(call).unwrap();
                }
            }
            Doing::Scope(doings, leaving) => {
                let before = seen.clone();
                match self.scope(machine, seen, doings, *leaving) {
                    None => *seen = before,
                    Some(forgotten) => *entered = forgotten,
                }
            }
        }
    }

    /// Performs the actions in a scope. Returns the number of contexts that stay because the scope
    /// was not left; nothing if it was.
    fn scope(
        &mut self,
        machine: &mut ExtendedMachine<L>,
        seen: &mut Seen,
        doings: &[Doing],
        leaving: Leaving,
    ) -> Option<usize> {
        let mut scope = AsyncContextScope::enter_empty(machine).ok()?;
        seen.push((None, None));
        let entered = &mut seen.len();
        match leaving {
            Leaving::AtItsEnd => self.play(&mut scope, seen, entered, doings),
            Leaving::ByError => {
                let result = self.play_and_fail(scope, seen, entered, doings);
                assert_eq!(result, Err(MachineError::NotHeld.into()));
            }
            Leaving::ByPanic => {
                let panicked = catch_unwind(AssertUnwindSafe(move || {
                    let mut scope = scope;
                    self.play(&mut scope, seen, entered, doings);
                    std::panic::resume_unwind(Box::new(Marker))
                }));
                let panic: Box<dyn std::any::Any + Send> = panicked.unwrap_err();
                if !panic.is::<Marker>() {
                    std::panic::resume_unwind(panic);
                }
            }
            Leaving::Forgotten => {
                // The scope around it has to clean up the rest.
                self.play(&mut scope, seen, entered, doings);
                std::mem::forget(scope);
                return Some(*entered);
            }
        }
        None
    }

    /// Leaves the scope with an error.
    fn play_and_fail(
        &mut self,
        mut scope: AsyncContextScope<'_, ExtendedMachine<L>>,
        seen: &mut Seen,
        entered: &mut usize,
        doings: &[Doing],
    ) -> Result<(), Error> {
        self.play(&mut scope, seen, entered, doings);
        Err(MachineError::NotHeld)?;
        std::mem::forget(scope);
        Ok(())
    }
}

/// The panic that leaves a scope.
struct Marker;

fn top(seen: &mut Seen) -> &mut (Option<u64>, Option<String>) {
    if seen.is_empty() {
        seen.push((None, None));
    }
    seen.last_mut().unwrap()
}

fn current<S: HostExtensions>(store: &mut S) -> Option<(Option<u64>, Option<String>)> {
    let context = store.contexts().current()?;
    Some((context.get::<UserId>(), context.get::<Locale>().map(String::from)))
}

/// Performs the actions in an outermost scope, and asserts that nothing of it is left, and that
/// each task has the context in which it was started.
fn nothing_is_left<L: ExtensionLimits>(doings: &[Doing]) {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let function = world.stackful(instance);
    let mut begun = Vec::new();
    let mut play = Play { function, begun: &mut begun, of: std::marker::PhantomData };
    let mut scope = AsyncContextScope::enter_empty(&mut world.machine).unwrap();
    let mut seen = vec![(None, None)];
    play.play(&mut scope, &mut seen, &mut 1, doings);
    drop(scope);
    assert_eq!(world.machine.contexts().depth(), 0);
    for (task, expected) in begun {
        let context = world.machine.contexts().of_task(task).unwrap();
        let found = context.map(|it| (it.get::<UserId>(), it.get::<Locale>().map(String::from)));
        assert_eq!(found, expected);
    }
    assert_eq!(world.machine.tick(), Ok(HOST));
    world.machine.remove_instance(instance).unwrap();
    for table in [Table::Contexts, Table::ContextScopes, Table::ContextValues, Table::TaskRecords] {
        assert_eq!(world.machine.count_of(table), 0, "{table} are left");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn bounded_scopes_restore_the_previous_state_exactly(doings in doings()) {
        nothing_is_left::<crate::guests::Bounded>(&doings);
    }

    #[cfg(feature = "alloc")]
    #[test]
    fn growing_scopes_restore_the_previous_state_exactly(doings in doings()) {
        nothing_is_left::<weft_core::limits::Heap>(&doings);
    }
}
