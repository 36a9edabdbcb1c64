//! Cancellation tokens and their handlers as data: trees of tokens and lists of handlers, with
//! the links in the records. Only new tokens and handlers need room, so cancelling can't fail for
//! lack of it.

use core::num::NonZeroU32;

use crate::error::Error;
use crate::host::limits::ExtensionLimits;
use crate::limits::Table;
use crate::machine::SubtaskId;
use crate::machine::arena::{Arena, Key, Slot};
use crate::machine::list::{Linked, Links, List};

/// A cancellation token. Its owner can cancel all that is bound to it, and ask if it was
/// cancelled. This is a **host extension**; its methods are those of
/// [`CancellationTokens`](super::CancellationTokens).
///
/// It is an id: after the token is dropped, methods fail with [`Error::Unknown`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CancellationToken {
    pub(crate) number: NonZeroU32,
    pub(crate) generation: u32,
}

/// A handler that was registered with a token: a **host extension**.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CancellationHandlerId {
    pub(crate) number: NonZeroU32,
    pub(crate) generation: u32,
}

/// A handler whose token was cancelled. This is a **host extension**.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cancelled {
    /// The handler, which doesn't exist any longer.
    pub handler: CancellationHandlerId,
    /// The number that the host registered.
    pub number: u64,
}

/// A token.
#[derive(Debug, Default)]
pub(crate) struct Token {
    /// Its neighbors among the children of its parent.
    links: Links<Self>,
    /// `None` if it is cancelled.
    parent: Option<Key<Self>>,
    /// Empty if it is cancelled.
    children: List<Self>,
    /// Empty if it is cancelled.
    handlers: List<Handler>,
    is_cancelled: bool,
}

/// An action for when a token is cancelled.
#[derive(Debug)]
pub(crate) struct Handler {
    links: Links<Self>,
    /// The token in whose list it is. `None` if the token was cancelled, so that the handler is
    /// in a list of `Tokens`.
    token: Option<Key<Token>>,
    action: Action,
}

/// The action of a handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Tell the host.
    Tell(u64),
    /// Cancel a host task.
    CancelTask(SubtaskId),
    /// Ask a guest to cancel a call of the host.
    CancelCall(SubtaskId),
}

impl Linked for Token {
    fn links(&self) -> &Links<Self> {
        &self.links
    }
    fn links_mut(&mut self) -> &mut Links<Self> {
        &mut self.links
    }
}

impl Linked for Handler {
    fn links(&self) -> &Links<Self> {
        &self.links
    }
    fn links_mut(&mut self) -> &mut Links<Self> {
        &mut self.links
    }
}

/// The handlers of all tokens.
type Handlers<L> = Arena<Handler, <L as ExtensionLimits>::CancellationHandlers<Slot<Handler>>>;

/// All tokens and handlers.
pub(crate) struct Tokens<L: ExtensionLimits> {
    all: Arena<Token, L::CancellationTokens<Slot<Token>>>,
    handlers: Handlers<L>,
    /// The cancelled handlers that the host has to be told of.
    told: List<Handler>,
    /// The handlers of host tasks that have to be cancelled.
    tasks: List<Handler>,
    /// The handlers of calls that have to be cancelled.
    calls: List<Handler>,
}

impl<L: ExtensionLimits> Tokens<L> {
    pub(crate) const fn new() -> Self {
        Self {
            all: Arena::new(Table::CancellationTokens),
            handlers: Arena::new(Table::CancellationHandlers),
            told: List::new(),
            tasks: List::new(),
            calls: List::new(),
        }
    }

    /// Sets the tag of the ids that are made from now on.
    pub(crate) const fn set_tag(&mut self, tag: u8) {
        self.all.set_tag(tag);
        self.handlers.set_tag(tag);
    }

    /// Returns the number of tokens.
    pub(crate) const fn len(&self) -> usize {
        self.all.len()
    }

    /// Returns the number of handlers.
    pub(crate) const fn handlers(&self) -> usize {
        self.handlers.len()
    }

    pub(crate) fn key(&self, token: CancellationToken) -> Result<Key<Token>, Error> {
        self.all.key(token.number, token.generation)
    }

    pub(crate) fn id(&self, token: Key<Token>) -> Result<CancellationToken, Error> {
        let generation = self.all.generation(token)?;
        Ok(CancellationToken { number: token.number(), generation })
    }

    pub(crate) fn handler_id(&self, handler: Key<Handler>) -> Result<CancellationHandlerId, Error> {
        let generation = self.handlers.generation(handler)?;
        Ok(CancellationHandlerId { number: handler.number(), generation })
    }

    pub(crate) fn is_cancelled(&self, token: Key<Token>) -> Result<bool, Error> {
        Ok(self.all.get(token)?.is_cancelled)
    }

    /// Adds a token, which is cancelled if its parent is.
    pub(crate) fn add(&mut self, parent: Option<Key<Token>>) -> Result<Key<Token>, Error> {
        let is_cancelled = parent.map_or(Ok(false), |parent| self.is_cancelled(parent))?;
        let token = self.all.insert(Token { is_cancelled, ..Token::default() })?;
        if let Some(parent) = parent.filter(|_| !is_cancelled) {
            self.adopt(parent, token)?;
        }
        Ok(token)
    }

    /// Makes a token the child of another.
    fn adopt(&mut self, parent: Key<Token>, child: Key<Token>) -> Result<(), Error> {
        let mut children = core::mem::take(&mut self.all.get_mut(parent)?.children);
        children.push_back(&mut self.all, child)?;
        self.all.get_mut(parent)?.children = children;
        self.all.get_mut(child)?.parent = Some(parent);
        Ok(())
    }

    /// Removes a token from its parent, if it has one, and returns the parent.
    fn leave_parent(&mut self, token: Key<Token>) -> Result<Option<Key<Token>>, Error> {
        let Some(parent) = self.all.get_mut(token)?.parent.take() else { return Ok(None) };
        let mut children = core::mem::take(&mut self.all.get_mut(parent)?.children);
        children.remove(&mut self.all, token)?;
        self.all.get_mut(parent)?.children = children;
        Ok(Some(parent))
    }

    /// Cancels a token with all tokens below it, and fires their handlers. Returns `true` if it
    /// was not cancelled before.
    pub(crate) fn cancel(&mut self, token: Key<Token>) -> Result<bool, Error> {
        if self.is_cancelled(token)? {
            return Ok(false);
        }
        self.leave_parent(token)?;
        let mut cancelled = List::default();
        cancelled.push_back(&mut self.all, token)?;
        while let Some(token) = cancelled.front() {
            cancelled.remove(&mut self.all, token)?;
            self.all.get_mut(token)?.is_cancelled = true;
            while let Some(handler) = self.all.get(token)?.handlers.front() {
                self.fire(handler)?;
            }
            while let Some(child) = self.all.get(token)?.children.front() {
                self.leave_parent(child)?;
                cancelled.push_back(&mut self.all, child)?;
            }
        }
        Ok(true)
    }

    /// Removes a token, with the handlers that were not fired. Its children become those of its
    /// parent.
    pub(crate) fn remove(&mut self, token: Key<Token>) -> Result<(), Error> {
        let parent = self.leave_parent(token)?;
        while let Some(child) = self.all.get(token)?.children.front() {
            self.leave_parent(child)?;
            if let Some(parent) = parent {
                self.adopt(parent, child)?;
            }
        }
        self.all.remove(token)?;
        Ok(())
    }

    /// Returns the first handler of a token, with its action.
    pub(crate) fn first_handler(
        &self,
        token: Key<Token>,
    ) -> Result<Option<(Key<Handler>, Action)>, Error> {
        let Some(handler) = self.all.get(token)?.handlers.front() else { return Ok(None) };
        Ok(Some((handler, self.handlers.get(handler)?.action)))
    }

    /// Adds a handler to a token. Without a token, or if the token is cancelled, it is fired.
    pub(crate) fn add_handler(
        &mut self,
        token: Option<Key<Token>>,
        action: Action,
    ) -> Result<Key<Handler>, Error> {
        let waits_for = match token {
            Some(token) if !self.is_cancelled(token)? => Some(token),
            _ => None,
        };
        let links = Links::default();
        let handler = self.handlers.insert(Handler { links, token: waits_for, action })?;
        match waits_for {
            Some(token) => {
                let handlers = &mut self.all.get_mut(token)?.handlers;
                handlers.push_back(&mut self.handlers, handler)?;
            }
            None => {
                let (handlers, list) = self.list(action);
                list.push_back(handlers, handler)?;
            }
        }
        Ok(handler)
    }

    /// Moves a handler to the list of its action, if it was not fired before. Returns `true` if
    /// it wasn't.
    pub(crate) fn fire(&mut self, handler: Key<Handler>) -> Result<bool, Error> {
        let fired = self.handlers.get_mut(handler)?;
        let (token, action) = (fired.token.take(), fired.action);
        let Some(token) = token else { return Ok(false) };
        self.all.get_mut(token)?.handlers.remove(&mut self.handlers, handler)?;
        let (handlers, list) = self.list(action);
        list.push_back(handlers, handler)?;
        Ok(true)
    }

    /// Returns the handler with this id, if the host has to be told of it.
    pub(crate) fn telling(&self, id: CancellationHandlerId) -> Result<Key<Handler>, Error> {
        let handler = self.handlers.key(id.number, id.generation)?;
        match self.handlers.get(handler)?.action {
            Action::Tell(_) => Ok(handler),
            Action::CancelTask(_) | Action::CancelCall(_) => {
                Err(Error::Unknown(Table::CancellationHandlers))
            }
        }
    }

    /// Removes a handler, fired or not.
    pub(crate) fn remove_handler(&mut self, handler: Key<Handler>) -> Result<Action, Error> {
        let Handler { token, action, .. } = *self.handlers.get(handler)?;
        match token {
            Some(token) => {
                self.all.get_mut(token)?.handlers.remove(&mut self.handlers, handler)?;
            }
            None => {
                let (handlers, list) = self.list(action);
                list.remove(handlers, handler)?;
            }
        }
        self.handlers.remove(handler)?;
        Ok(action)
    }

    /// Removes and returns the next handler that the host has to be told of.
    pub(crate) fn next_told(&mut self) -> Result<Option<Cancelled>, Error> {
        let Some(key) = self.told.front() else { return Ok(None) };
        let handler = self.handler_id(key)?;
        match self.remove_handler(key)? {
            Action::Tell(number) => Ok(Some(Cancelled { handler, number })),
            _ => Err(Error::Inconsistent(Table::CancellationHandlers)),
        }
    }

    /// Returns the next host task that has to be cancelled.
    pub(crate) fn next_task(&self) -> Option<SubtaskId> {
        self.subtask_of(self.tasks.front()?)
    }

    /// Returns the next call that has to be cancelled.
    pub(crate) fn next_call(&self) -> Option<SubtaskId> {
        self.subtask_of(self.calls.front()?)
    }

    fn subtask_of(&self, handler: Key<Handler>) -> Option<SubtaskId> {
        match self.handlers.get(handler).ok()?.action {
            Action::CancelTask(subtask) | Action::CancelCall(subtask) => Some(subtask),
            Action::Tell(_) => None,
        }
    }

    /// Returns the list of fired handlers with this action.
    const fn list(&mut self, action: Action) -> (&mut Handlers<L>, &mut List<Handler>) {
        let list = match action {
            Action::Tell(_) => &mut self.told,
            Action::CancelTask(_) => &mut self.tasks,
            Action::CancelCall(_) => &mut self.calls,
        };
        (&mut self.handlers, list)
    }
}
