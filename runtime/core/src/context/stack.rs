//! The contexts of each task and of the host: one that is current, and those under it.
//!
//! Contexts are shared. A task begins with its caller's current one, which costs a count. A
//! change of a context that others have, too, changes a copy.

use crate::error::{Error, ExtensionError};
use crate::host::limits::ExtensionLimits;
use crate::limits::Table;
use crate::machine::arena::{Arena, Key, Slot};

use super::AsyncContext;

/// A context, with the number of stacks that have it.
pub(crate) struct Shared<L: ExtensionLimits> {
    holders: u32,
    context: AsyncContext<L>,
}

/// A context that is not current, in one stack.
pub(crate) struct Under<L: ExtensionLimits> {
    context: Key<Shared<L>>,
    under: Option<Key<Self>>,
}

/// The contexts of a task, or of the host.
pub(crate) struct Stack<L: ExtensionLimits> {
    current: Option<Key<Shared<L>>>,
    under: Option<Key<Under<L>>>,
    /// The number of its contexts.
    depth: u32,
    /// The number of its contexts that stay until a scope is left.
    entered: u32,
}

impl<L: ExtensionLimits> Default for Stack<L> {
    fn default() -> Self {
        Self::new()
    }
}

impl<L: ExtensionLimits> Stack<L> {
    /// Creates a stack without contexts.
    pub(crate) const fn new() -> Self {
        Self { current: None, under: None, depth: 0, entered: 0 }
    }

    pub(crate) const fn depth(&self) -> u32 {
        self.depth
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.depth == 0
    }
}

/// The state of a stack that a scope restores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    depth: u32,
    entered: u32,
}

/// All contexts.
pub(crate) struct ContextTable<L: ExtensionLimits> {
    shared: Arena<Shared<L>, L::Contexts<Slot<Shared<L>>>>,
    unders: Arena<Under<L>, L::ContextScopes<Slot<Under<L>>>>,
}

impl<L: ExtensionLimits> ContextTable<L> {
    pub(crate) const fn new() -> Self {
        Self { shared: Arena::new(Table::Contexts), unders: Arena::new(Table::ContextScopes) }
    }

    /// Returns the number of contexts.
    pub(crate) const fn len(&self) -> usize {
        self.shared.len()
    }

    /// Returns the number of contexts that are not current, over all stacks.
    pub(crate) const fn scopes(&self) -> usize {
        self.unders.len()
    }

    /// Returns the number of values in all contexts.
    pub(crate) fn values(&self) -> usize {
        self.iter().map(AsyncContext::len).sum()
    }

    fn iter(&self) -> impl Iterator<Item = &AsyncContext<L>> {
        let keys = (0..self.shared.positions()).filter_map(|it| self.shared.key_at(it));
        keys.filter_map(|it| Some(&self.shared.get(it).ok()?.context))
    }

    /// Returns the current context of a stack.
    pub(crate) fn current(&self, stack: &Stack<L>) -> Option<&AsyncContext<L>> {
        Some(&self.shared.get(stack.current?).ok()?.context)
    }

    /// Returns a stack whose only context is the current one of `stack`.
    pub(crate) fn inherit(&mut self, stack: &Stack<L>) -> Result<Stack<L>, Error> {
        let Some(current) = stack.current else { return Ok(Stack::default()) };
        let holders = &mut self.shared.get_mut(current)?.holders;
        *holders = holders.checked_add(1).ok_or(Error::Full(Table::Contexts))?;
        Ok(Stack { current: Some(current), under: None, depth: 1, entered: 0 })
    }

    /// Makes a context current, over the one before.
    pub(crate) fn push(
        &mut self,
        stack: &mut Stack<L>,
        context: AsyncContext<L>,
    ) -> Result<(), Error> {
        self.shared.reserve(1)?;
        let before = match stack.current {
            None => stack.under,
            Some(context) => Some(self.unders.insert(Under { context, under: stack.under })?),
        };
        stack.current = Some(self.shared.insert(Shared { holders: 1, context })?);
        stack.under = before;
        stack.depth += 1;
        Ok(())
    }

    /// Removes and returns the current context, so that the one under it is current.
    pub(crate) fn pop(&mut self, stack: &mut Stack<L>) -> Result<Option<AsyncContext<L>>, Error> {
        let Some(current) = stack.current else { return Ok(None) };
        if stack.depth == stack.entered {
            return Err(ExtensionError::ContextScopeEntered.into());
        }
        let popped = self.take(current)?;
        self.lower(stack)?;
        Ok(Some(popped))
    }

    /// Takes a context out of a stack: the context itself, or a copy if others have it, too.
    fn take(&mut self, key: Key<Shared<L>>) -> Result<AsyncContext<L>, Error> {
        let shared = self.shared.get_mut(key)?;
        if shared.holders == 1 {
            return Ok(self.shared.remove(key)?.context);
        }
        let copy = shared.context.try_clone()?;
        shared.holders -= 1;
        Ok(copy)
    }

    /// Removes a context from a stack.
    fn release(&mut self, key: Key<Shared<L>>) -> Result<(), Error> {
        let shared = self.shared.get_mut(key)?;
        shared.holders -= 1;
        if shared.holders == 0 {
            self.shared.remove(key)?;
        }
        Ok(())
    }

    /// Makes the context under the current one current, which is gone.
    fn lower(&mut self, stack: &mut Stack<L>) -> Result<(), Error> {
        stack.depth -= 1;
        (stack.current, stack.under) = match stack.under {
            None => (None, None),
            Some(under) => {
                let under = self.unders.remove(under)?;
                (Some(under.context), under.under)
            }
        };
        Ok(())
    }

    /// Replaces the current context, or pushes the first one.
    pub(crate) fn replace(
        &mut self,
        stack: &mut Stack<L>,
        context: AsyncContext<L>,
    ) -> Result<(), Error> {
        let Some(current) = stack.current else { return self.push(stack, context) };
        let shared = self.shared.get_mut(current)?;
        if shared.holders == 1 {
            shared.context = context;
            return Ok(());
        }
        let replaced = self.shared.insert(Shared { holders: 1, context })?;
        self.release(current)?;
        stack.current = Some(replaced);
        Ok(())
    }

    /// Changes the current context, so that no other stack sees the change, or a new one if there
    /// is none. If `change` fails, nothing has changed.
    pub(crate) fn change<R, E: From<Error>>(
        &mut self,
        stack: &mut Stack<L>,
        change: impl FnOnce(&mut AsyncContext<L>) -> Result<R, E>,
    ) -> Result<R, E> {
        let current = match stack.current {
            Some(current) => self.shared.get_mut(current)?,
            None => {
                let mut context = AsyncContext::new();
                let result = change(&mut context)?;
                self.push(stack, context)?;
                return Ok(result);
            }
        };
        if current.holders == 1 {
            return change(&mut current.context);
        }
        let mut context = current.context.try_clone()?;
        self.shared.reserve(1)?;
        let result = change(&mut context)?;
        self.replace(stack, context)?;
        Ok(result)
    }

    /// Enters a scope, whose context can't be popped before it is left.
    pub(crate) fn enter(
        &mut self,
        stack: &mut Stack<L>,
        context: AsyncContext<L>,
    ) -> Result<Mark, Error> {
        let mark = Mark { depth: stack.depth, entered: stack.entered };
        self.push(stack, context)?;
        stack.entered = stack.depth;
        Ok(mark)
    }

    /// Leaves a scope, with all contexts that were entered or pushed in it.
    pub(crate) fn leave(&mut self, stack: &mut Stack<L>, mark: Mark) -> Result<(), Error> {
        while stack.depth > mark.depth {
            if let Some(current) = stack.current {
                self.release(current)?;
            }
            self.lower(stack)?;
        }
        stack.entered = mark.entered.min(stack.depth);
        Ok(())
    }

    /// Removes all contexts of a stack, whose owner is gone.
    pub(crate) fn end(&mut self, mut stack: Stack<L>) -> Result<(), Error> {
        self.leave(&mut stack, Mark { depth: 0, entered: 0 })
    }
}
