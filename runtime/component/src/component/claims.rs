//! What the host holds, and whether it has what it gives to a guest.
//!
//! The host has no handle table. What it is given are ids: of resources that guests define, the
//! type and the representation; of ends and error contexts, what the machine calls them. An id
//! can be copied and kept, so before anything is given to a guest it is looked for here: a
//! resource that is given away or dropped is gone, and no second one can be made of it.
//!
//! Resources whose type is the host's own are not counted: whose representation stands for what
//! is its own matter.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use thiserror::Error;

use crate::abi::{EndType, Resource, Type, TypeList, Val};
use crate::builtin::TypeIndex;
use crate::chooser::Chooser;
use crate::code::SubtaskState;
use crate::engine::CoreEngine;
use crate::error::Error;
use crate::limits::Limits;
use crate::machine::{EndId, EndState, ErrorContextId, HandleView, Machine, SubtaskId, TaskId};
use crate::trap::{CopyDirection, EndKind};

use super::state::{Fault, State};

/// A handle that the host gives to a guest can't be given.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("at {path}: {problem}")]
pub struct HandleError {
    path: String,
    problem: HandleProblem,
}

/// Why a handle can't be given to a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HandleProblem {
    /// It is a resource, stream or future of another type.
    #[error("the handle is of another type")]
    OtherType,
    /// The host does not hold it: it never did, or has given it away or dropped it.
    #[error("the host does not hold this")]
    NotHeld,
    /// The resource is lent to a call that goes on.
    #[error("the resource is lent to a call")]
    Lent,
    /// Only readable ends are given away.
    #[error("the end is a writable one")]
    NotReadable,
    /// A read of the end is under way, or it has come to its end.
    #[error("a read of the end is under way, or it is done")]
    Busy,
}

impl HandleError {
    pub(crate) const fn new(path: String, problem: HandleProblem) -> Self {
        Self { path, problem }
    }

    /// Where the handle is: the position of the value, and `.field`, `[element]` and `(case)`
    /// within it.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is wrong with it.
    #[must_use]
    pub const fn problem(&self) -> HandleProblem {
        self.problem
    }

    fn within(mut self, part: &str) -> Self {
        self.path.insert_str(0, part);
        self
    }

    /// The same as what a call can't go on for.
    pub(crate) fn fault(self) -> Fault {
        Fault::Host(self.into())
    }
}

/// What the host holds of resources whose types guests define.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// What it owns, and how often: nothing keeps a guest from giving one representation twice.
    owned: BTreeMap<Resource, u32>,
    /// What it has borrowed, for the time of the calls of its functions.
    borrowed: Vec<(SubtaskId, Resource)>,
    /// What it has lent to calls of its own.
    lent: Lent,
    /// What nobody has taken.
    pub(crate) unclaimed: Vec<Val>,
}

/// What the host has lent to calls of its own. Of calls that are over, what is left is removed
/// each time that they may be as many as those that are not.
#[derive(Debug, Default)]
struct Lent {
    /// The calls that have borrowed something, and the task of each, once it has started.
    borrowers: BTreeMap<SubtaskId, Option<TaskId>>,
    /// Who has borrowed what.
    resources: BTreeMap<Resource, Vec<SubtaskId>>,
    /// With so many borrowers, those are removed whose calls are over.
    remove_at: usize,
}

/// Calls that are over are looked for among so many at least.
const MIN_BORROWERS: usize = 16;

impl Lent {
    /// A call borrows these.
    fn insert(&mut self, call: SubtaskId, resources: impl IntoIterator<Item = Resource>) {
        for resource in resources {
            self.borrowers.insert(call, None);
            self.resources.entry(resource).or_default().push(call);
        }
    }

    /// Before a borrower is added: removes those whose calls are over, if there are so many that
    /// looking for them costs little for each.
    fn make_room(&mut self, goes_on: impl Fn(SubtaskId, Option<TaskId>) -> bool) {
        if self.borrowers.len() < self.remove_at.max(MIN_BORROWERS) {
            return;
        }
        let Self { borrowers, resources, remove_at } = self;
        borrowers.retain(|call, task| goes_on(*call, *task));
        resources.retain(|_, calls| {
            calls.retain(|call| borrowers.contains_key(call));
            !calls.is_empty()
        });
        *remove_at = borrowers.len().saturating_mul(2);
    }

    /// Whether a call that goes on has borrowed the resource.
    fn is_lent(
        &self,
        resource: Resource,
        goes_on: impl Fn(SubtaskId, Option<TaskId>) -> bool,
    ) -> bool {
        let calls = self.resources.get(&resource).map_or(&[][..], Vec::as_slice);
        calls.iter().any(|call| self.borrowers.get(call).is_some_and(|task| goes_on(*call, *task)))
    }
}

impl Held {
    fn count(&self, resource: Resource) -> u32 {
        self.owned.get(&resource).copied().unwrap_or_default()
    }

    /// The host owns one more.
    fn add(&mut self, resource: Resource) {
        let count = self.owned.entry(resource).or_default();
        *count = count.saturating_add(1);
    }

    fn remove(&mut self, resource: Resource) {
        if let Some(count) = self.owned.get_mut(&resource) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.owned.remove(&resource);
            }
        }
    }

    /// A call of the host has started as a task.
    pub(crate) fn started(&mut self, call: SubtaskId, task: TaskId) {
        if let Some(borrower) = self.lent.borrowers.get_mut(&call) {
            *borrower = Some(task);
        }
    }

    /// A function of the host has returned, and has not borrowed anything any more.
    pub(crate) fn returned(&mut self, call: SubtaskId) {
        self.borrowed.retain(|(borrower, _)| *borrower != call);
    }
}

/// What the host gives with some values.
#[derive(Debug, Default)]
struct Claims {
    owned: Vec<(Resource, String)>,
    borrowed: Vec<(Resource, String)>,
    ends: Vec<(EndId, String)>,
    error_contexts: Vec<(ErrorContextId, String)>,
}

impl<E: CoreEngine, T: Send + 'static> State<E, T> {
    /// Whether a guest defines the resource type.
    fn is_guests(&self, ty: TypeIndex) -> bool {
        self.machine.resource_instance(ty).is_ok_and(|instance| instance.is_some())
    }

    /// The host has been given a resource.
    pub(crate) fn hold(&mut self, resource: Resource) {
        if self.is_guests(resource.ty) {
            self.held.add(resource);
        }
    }

    /// A function of the host has borrowed a resource.
    pub(crate) fn hold_borrowed(&mut self, call: SubtaskId, resource: Resource) {
        if !self.is_guests(resource.ty) {
            return;
        }
        let Self { held, machine, .. } = self;
        if held.borrowed.len() == held.borrowed.capacity() {
            // Calls that were given up have not returned.
            held.borrowed.retain(|(call, _)| {
                matches!(
                    machine.call_state(*call),
                    Ok(SubtaskState::Starting | SubtaskState::Started)
                )
            });
        }
        held.borrowed.push((call, resource));
    }

    /// Takes what the host gives with these values, which are of these types. What is lent is
    /// lent to `call`, once it is [known](Self::lend).
    ///
    /// If anything can't be given, nothing is taken.
    pub(crate) fn claim(
        &mut self,
        types: &TypeList,
        values: &[Val],
    ) -> Result<Vec<Resource>, HandleError> {
        if !types.types().any(may_hold) {
            return Ok(Vec::new());
        }
        let mut claims = Claims::default();
        self.find_each(types.types().zip(values), &mut claims, |it| format!("[{it}]"))?;
        self.take(claims)
    }

    /// The same for elements of a stream, or the value of a future.
    pub(crate) fn claim_elements(&mut self, ty: &Type, values: &[Val]) -> Result<(), HandleError> {
        if !may_hold(ty) {
            return Ok(());
        }
        let mut claims = Claims::default();
        self.find_each(values.iter().map(|it| (ty, it)), &mut claims, |it| format!("[{it}]"))?;
        self.take(claims).map(|_| ())
    }

    /// Takes a resource from the host; its own are always there.
    pub(crate) fn claim_owned(&mut self, resource: Resource) -> Result<(), HandleError> {
        let owned = Vec::from([(resource, String::from("the resource"))]);
        self.take(Claims { owned, ..Claims::default() }).map(|_| ())
    }

    /// The host has lent these to a call that it has begun.
    pub(crate) fn lend(&mut self, call: SubtaskId, resources: Vec<Resource>) {
        if resources.is_empty() {
            return;
        }
        let Self { held, machine, .. } = self;
        held.lent.make_room(|call, task| goes_on(machine, call, task));
        held.lent.insert(call, resources);
    }

    /// Finds what a value holds.
    fn find(&self, ty: &Type, value: &Val, claims: &mut Claims) -> Result<(), HandleError> {
        let here = |problem| Err(HandleError::new(String::new(), problem));
        match (ty, value) {
            (Type::Own(expected) | Type::Borrow(expected), Val::Own(it) | Val::Borrow(it))
                if it.ty != *expected =>
            {
                here(HandleProblem::OtherType)
            }
            (Type::Own(_), Val::Own(it)) => {
                claims.owned.push((*it, String::new()));
                Ok(())
            }
            (Type::Borrow(_), Val::Borrow(it)) => {
                claims.borrowed.push((*it, String::new()));
                Ok(())
            }
            (Type::Stream(ty), Val::Stream(end)) => match self.check_end(EndKind::Stream, ty, *end)
            {
                Ok(()) => {
                    claims.ends.push((*end, String::new()));
                    Ok(())
                }
                Err(problem) => here(problem),
            },
            (Type::Future(ty), Val::Future(end)) => match self.check_end(EndKind::Future, ty, *end)
            {
                Ok(()) => {
                    claims.ends.push((*end, String::new()));
                    Ok(())
                }
                Err(problem) => here(problem),
            },
            (Type::ErrorContext, Val::ErrorContext(it)) => {
                claims.error_contexts.push((*it, String::new()));
                Ok(())
            }
            (Type::List(list), Val::List(elements)) if may_hold(list.element()) => {
                self.find_each(elements.iter().map(|it| (list.element(), it)), claims, |it| {
                    format!("[{it}]")
                })
            }
            (Type::Record(record), Val::Record(fields)) => {
                let types = record.fields();
                let parts = types.iter().zip(fields).map(|(field, it)| (field.ty(), it));
                self.find_each(parts, claims, |it| {
                    format!(".{}", types.get(it).map_or("", |field| field.name()))
                })
            }
            (Type::Variant(variant), Val::Variant(case, Some(payload))) => {
                let Some(case) = variant.case(*case) else { return Ok(()) };
                let part = case.payload().map(|ty| (ty, &**payload));
                self.find_each(part.into_iter(), claims, |_| format!("({})", case.name()))
            }
            _ => Ok(()),
        }
    }

    /// Finds what each of some parts holds, and says where.
    fn find_each<'a>(
        &self,
        parts: impl Iterator<Item = (&'a Type, &'a Val)>,
        claims: &mut Claims,
        name: impl Fn(usize) -> String,
    ) -> Result<(), HandleError> {
        for (position, (ty, value)) in parts.enumerate() {
            if !may_hold(ty) {
                continue;
            }
            let before = claims.counts();
            let found = self.find(ty, value, claims);
            found.map_err(|error| error.within(&name(position)))?;
            claims.within(before, || name(position));
        }
        Ok(())
    }

    fn check_end(&self, kind: EndKind, ty: &EndType, end: EndId) -> Result<(), HandleProblem> {
        if !self.machine.is_hosts_end(end) {
            return Err(HandleProblem::NotHeld);
        }
        match self.machine.end_view(end) {
            Ok(HandleView::End { ty: found, kind: found_kind, direction, state, .. }) => {
                if (found, found_kind) != (ty.index(), kind) {
                    Err(HandleProblem::OtherType)
                } else if direction != CopyDirection::Read {
                    Err(HandleProblem::NotReadable)
                } else if state != EndState::Idle {
                    Err(HandleProblem::Busy)
                } else {
                    Ok(())
                }
            }
            _ => Err(HandleProblem::NotHeld),
        }
    }

    /// Takes what was found, if the host has all of it. Gives what is lent.
    fn take(&mut self, mut claims: Claims) -> Result<Vec<Resource>, HandleError> {
        claims.owned.retain(|(it, _)| self.is_guests(it.ty));
        claims.borrowed.retain(|(it, _)| self.is_guests(it.ty));
        let mut given = BTreeMap::<_, u32>::new();
        for (resource, path) in &claims.owned {
            let given = given.entry(*resource).or_default();
            *given = given.saturating_add(1);
            let left = self.held.count(*resource).checked_sub(*given);
            let problem = match left {
                None => HandleProblem::NotHeld,
                Some(0) if self.is_lent(*resource) => HandleProblem::Lent,
                Some(_) => continue,
            };
            return Err(HandleError::new(path.clone(), problem));
        }
        for (resource, path) in &claims.borrowed {
            let given = given.get(resource).copied().unwrap_or_default();
            let is_owned = self.held.count(*resource) > given;
            if !is_owned && !self.held.borrowed.iter().any(|(_, it)| it == resource) {
                return Err(HandleError::new(path.clone(), HandleProblem::NotHeld));
            }
        }
        let mut ends = alloc::collections::BTreeSet::new();
        for (end, path) in &claims.ends {
            if !ends.insert(*end) {
                return Err(HandleError::new(path.clone(), HandleProblem::NotHeld));
            }
        }
        let mut error_contexts = BTreeMap::<_, u32>::new();
        for (error_context, path) in &claims.error_contexts {
            let given = error_contexts.entry(*error_context).or_default();
            *given = given.saturating_add(1);
            if self.machine.host_holds(*error_context).unwrap_or_default() < *given {
                return Err(HandleError::new(path.clone(), HandleProblem::NotHeld));
            }
        }
        for (resource, _) in claims.owned {
            self.held.remove(resource);
        }
        Ok(claims.borrowed.into_iter().map(|(resource, _)| resource).collect())
    }

    /// Whether a call that goes on has borrowed the resource from the host.
    fn is_lent(&self, resource: Resource) -> bool {
        self.held.lent.is_lent(resource, |call, task| goes_on(&self.machine, call, task))
    }

    /// The host has again what it gave with these values, as nobody has taken them.
    pub(crate) fn give_back(&mut self, values: &[Val]) {
        for value in values {
            match value {
                Val::List(values) | Val::Record(values) => self.give_back(values),
                Val::Variant(_, Some(value)) => self.give_back(core::slice::from_ref(value)),
                Val::Own(resource) => self.hold(*resource),
                _ => {}
            }
        }
    }

    /// Gives up values that nobody takes. Resources are dropped as soon as the store
    /// [runs on](super::call::turn).
    pub(crate) fn discard(&mut self, values: Vec<Val>) -> Result<(), Error> {
        for value in values {
            match value {
                Val::List(values) | Val::Record(values) => self.discard(values)?,
                Val::Variant(_, Some(value)) => self.discard(Vec::from([*value]))?,
                value @ Val::Own(_) => self.held.unclaimed.push(value),
                Val::Stream(end) | Val::Future(end) => self.machine.drop_host_end(end)?,
                Val::ErrorContext(it) => self.machine.drop_error_context(it)?,
                _ => {}
            }
        }
        Ok(())
    }
}

impl Claims {
    fn counts(&self) -> [usize; 4] {
        [self.owned.len(), self.borrowed.len(), self.ends.len(), self.error_contexts.len()]
    }

    /// What was found since there were so many is within a part with this name.
    fn within(
        &mut self,
        [owned, borrowed, ends, error_contexts]: [usize; 4],
        name: impl Fn() -> String,
    ) {
        let owned = self.owned.iter_mut().skip(owned).map(|(_, path)| path);
        let borrowed = self.borrowed.iter_mut().skip(borrowed).map(|(_, path)| path);
        let ends = self.ends.iter_mut().skip(ends).map(|(_, path)| path);
        let error_contexts = self.error_contexts.iter_mut().skip(error_contexts);
        let error_contexts = error_contexts.map(|(_, path)| path);
        for path in owned.chain(borrowed).chain(ends).chain(error_contexts) {
            path.insert_str(0, &name());
        }
    }
}

/// Whether a call of the host can still use what it has borrowed.
fn goes_on<L: Limits, C: Chooser>(
    machine: &Machine<L, C>,
    call: SubtaskId,
    task: Option<TaskId>,
) -> bool {
    match task {
        Some(task) => !machine.is_task_over(task),
        None => machine.call_state(call) == Ok(SubtaskState::Starting),
    }
}

/// Whether a value of this type may have a handle in it, as far as a look at it tells.
const fn may_hold(ty: &Type) -> bool {
    matches!(
        ty,
        Type::Own(_)
            | Type::Borrow(_)
            | Type::Stream(_)
            | Type::Future(_)
            | Type::ErrorContext
            | Type::List(_)
            | Type::Record(_)
            | Type::Variant(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(generation: u32) -> SubtaskId {
        SubtaskId::from_u64(u64::from(generation) << 32 | 1).unwrap()
    }

    #[test]
    fn what_was_lent_to_calls_that_are_over_takes_no_room() {
        let mut lent = Lent::default();
        let resource = |representation| Resource { ty: TypeIndex(0), representation };
        use crate::id::Id as _;
        let goes_on = |it: SubtaskId, _| it.generation() == 0;
        lent.make_room(goes_on);
        lent.insert(call(0), [resource(0)]);
        for generation in 1..10_000 {
            lent.make_room(goes_on);
            lent.insert(call(generation), [resource(0), resource(generation.into())]);
            assert!(lent.borrowers.len() <= MIN_BORROWERS);
            assert!(lent.resources.len() <= MIN_BORROWERS);
        }
        assert!(lent.is_lent(resource(0), goes_on));
        assert!(!lent.is_lent(resource(9_999), goes_on));
        assert!(!lent.is_lent(resource(0), |_, _| false));
    }
}
