//! Contexts: scopes restore the previous state exactly, and a task has the context in which it was
//! started.

use weft_core::context::{AsyncContextScope, ContextError, ContextKey};
use weft_core::error::{Error, ExtensionError};
use weft_core::host::ExtendedMachine;
use weft_core::limits::Table;

use crate::board::{Board, Wrong, expect};

/// The id of a user.
#[derive(ContextKey)]
#[context_key(value = u64, crate = weft_core)]
struct UserId;

pub(crate) fn play(machine: &mut ExtendedMachine<Board>) -> Result<(), Wrong> {
    let locale = ContextKey::new("locale").map_err(ContextError::from)?;
    machine.contexts().set::<UserId>(1)?;
    let task = {
        let mut scope = AsyncContextScope::enter_empty(machine)?;
        expect(scope.contexts().get::<UserId>().is_none(), "a scope begins without values")?;
        scope.contexts().set::<UserId>(2)?;
        scope.contexts().set_value(locale, "de-CH")?;
        {
            let mut inner = AsyncContextScope::enter_copy(&mut scope)?;
            inner.contexts().set::<UserId>(3)?;
            expect(
                inner.contexts().get::<UserId>() == Some(3),
                "a scope in a scope has its value",
            )?;
            let text = inner.contexts().get_value(locale).and_then(|it| it.as_text());
            expect(text == Some("de-CH"), "a copied scope has the values around it")?;
        }
        expect(scope.contexts().get::<UserId>() == Some(2), "the scope around it is as it was")?;

        let third = ContextKey::new("third").map_err(ContextError::from)?;
        let full = ContextError::Error(Error::Full(Table::ContextValues));
        let refused = scope.contexts().set_value(third, 1);
        expect(refused == Err(full), "the number of values in a context is limited")?;
        let refused = scope.contexts().set_value(locale, "de-CH-1996-x-too-long");
        let too_long = matches!(
            refused,
            Err(ContextError::Error(Error::Extension(ExtensionError::ValueTooLong { .. })))
        );
        expect(too_long, "a text that is too long is refused")?;
        scope.tasks().start()?
    };
    expect(
        machine.contexts().get::<UserId>() == Some(1),
        "the state before the scopes is restored",
    )?;
    let context = machine.tasks().context(task)?;
    let value = context.and_then(|it| it.get::<UserId>());
    expect(value == Some(2), "a task has the context that it began in")?;

    machine.tasks().cancel(task)?;
    machine.tasks().drop(task)?;
    let popped = machine.contexts().pop()?;
    let value = popped.and_then(|it| it.get::<UserId>());
    expect(value == Some(1), "the last context is popped")
}
