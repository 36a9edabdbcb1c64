//! Contexts: scopes restore exactly what was there, and a task has what it began in.

use weft_core::context::{AsyncContextScope, ContextError, ContextKey};
use weft_core::error::Error;
use weft_core::limits::Table;
use weft_core::machine::Machine;

use crate::board::{Board, Wrong, expect};

/// For whom something is done.
#[derive(ContextKey)]
#[context_key(crate = weft_core, value = u64)]
struct UserId;

pub(crate) fn play(machine: &mut Machine<Board>) -> Result<(), Wrong> {
    let locale = ContextKey::new("locale").map_err(ContextError::from)?;
    machine.host().set::<UserId>(1)?;
    let task = {
        let mut scope = AsyncContextScope::enter_empty(machine)?;
        expect(scope.host().get::<UserId>().is_none(), "a scope begins without values")?;
        scope.host().set::<UserId>(2)?;
        scope.host().set_context_value(locale, "de-CH")?;
        {
            let mut inner = AsyncContextScope::enter_copy(&mut scope)?;
            inner.host().set::<UserId>(3)?;
            expect(inner.host().get::<UserId>() == Some(3), "a scope in a scope has its value")?;
            let host = inner.host();
            let text = host.get_context_value(locale).and_then(|it| it.as_text());
            expect(text == Some("de-CH"), "a copied scope has the values around it")?;
        }
        expect(scope.host().get::<UserId>() == Some(2), "the scope around it is as it was")?;

        let third = ContextKey::new("third").map_err(ContextError::from)?;
        let full = ContextError::Error(Error::Full(Table::ContextValues));
        let refused = scope.host().set_context_value(third, 1);
        expect(refused == Err(full), "a context has no more values than there is room for")?;
        let refused = scope.host().set_context_value(locale, "de-CH-1996-x-too-long");
        let too_long = matches!(refused, Err(ContextError::Error(Error::ValueTooLong { .. })));
        expect(too_long, "a text that is too long is refused")?;
        scope.host().task_start()?
    };
    let mut host = machine.host();
    expect(host.get::<UserId>() == Some(1), "what was there before the scopes is there again")?;
    let context = host.task_context(task)?;
    let value = context.and_then(|it| it.get::<UserId>());
    expect(value == Some(2), "a task has the context that it began in")?;

    host.task_cancel(task)?;
    host.task_drop(task)?;
    let popped = host.context_pop()?;
    let value = popped.and_then(|it| it.get::<UserId>());
    expect(value == Some(1), "the last context is popped")
}
