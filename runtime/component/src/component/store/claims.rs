//! The handles in values that the host passes.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::abi::{EndType, Resource, Type, Val};
use crate::machine::{EndId, EndState, ErrorContextId, HandleView};
use crate::trap::{CopyDirection, EndKind};

use super::handle_error::{HandleError, HandleProblem};
use super::machine::StoreMachine;

/// The handles in values that the host passes, each with its place in them.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    pub(crate) owned: Vec<(Resource, String)>,
    pub(crate) borrowed: Vec<(Resource, String)>,
    pub(crate) ends: Vec<(EndId, String)>,
    pub(crate) error_contexts: Vec<(ErrorContextId, String)>,
}

/// The numbers of handles that were found before.
struct Counts {
    owned: usize,
    borrowed: usize,
    ends: usize,
    error_contexts: usize,
}

impl Claims {
    /// Finds the handles in a value.
    fn find(&mut self, machine: &StoreMachine, ty: &Type, value: &Val) -> Result<(), HandleError> {
        let here = |problem| Err(HandleError::new(String::new(), problem));
        match (ty, value) {
            (Type::Own(expected) | Type::Borrow(expected), Val::Own(it) | Val::Borrow(it))
                if it.ty != *expected =>
            {
                here(HandleProblem::OtherType)
            }
            (Type::Own(_), Val::Own(it)) => {
                self.owned.push((*it, String::new()));
                Ok(())
            }
            (Type::Borrow(_), Val::Borrow(it)) => {
                self.borrowed.push((*it, String::new()));
                Ok(())
            }
            (Type::Stream(ty), Val::Stream(end)) => {
                match check_end(machine, EndKind::Stream, ty, *end) {
                    Ok(()) => {
                        self.ends.push((*end, String::new()));
                        Ok(())
                    }
                    Err(problem) => here(problem),
                }
            }
            (Type::Future(ty), Val::Future(end)) => {
                match check_end(machine, EndKind::Future, ty, *end) {
                    Ok(()) => {
                        self.ends.push((*end, String::new()));
                        Ok(())
                    }
                    Err(problem) => here(problem),
                }
            }
            (Type::ErrorContext, Val::ErrorContext(it)) => {
                self.error_contexts.push((*it, String::new()));
                Ok(())
            }
            (Type::List(list), Val::List(elements)) if may_hold(list.element()) => {
                let parts = elements.iter().map(|it| (list.element(), it));
                self.find_each(machine, parts, |it| format!("[{it}]"))
            }
            (Type::Record(record), Val::Record(fields)) => {
                let types = record.fields();
                let parts = types.iter().zip(fields).map(|(field, it)| (field.ty(), it));
                self.find_each(machine, parts, |it| {
                    format!(".{}", types.get(it).map_or("", |field| field.name()))
                })
            }
            (Type::Variant(variant), Val::Variant(case, Some(payload))) => {
                let Some(case) = variant.case(*case) else { return Ok(()) };
                let part = case.payload().map(|ty| (ty, &**payload));
                self.find_each(machine, part.into_iter(), |_| format!("({})", case.name()))
            }
            _ => Ok(()),
        }
    }

    /// Finds the handles in each of some parts, with their places.
    pub(crate) fn find_each<'a>(
        &mut self,
        machine: &StoreMachine,
        parts: impl Iterator<Item = (&'a Type, &'a Val)>,
        name: impl Fn(usize) -> String,
    ) -> Result<(), HandleError> {
        for (position, (ty, value)) in parts.enumerate() {
            if !may_hold(ty) {
                continue;
            }
            let before = self.counts();
            let found = self.find(machine, ty, value);
            found.map_err(|error| error.within(&name(position)))?;
            self.within(&before, || name(position));
        }
        Ok(())
    }

    const fn counts(&self) -> Counts {
        Counts {
            owned: self.owned.len(),
            borrowed: self.borrowed.len(),
            ends: self.ends.len(),
            error_contexts: self.error_contexts.len(),
        }
    }

    /// Adds the name of a part to the places of the handles that were found since then.
    fn within(&mut self, since: &Counts, name: impl Fn() -> String) {
        let owned = self.owned.iter_mut().skip(since.owned).map(|(_, path)| path);
        let borrowed = self.borrowed.iter_mut().skip(since.borrowed).map(|(_, path)| path);
        let ends = self.ends.iter_mut().skip(since.ends).map(|(_, path)| path);
        let error_contexts = self.error_contexts.iter_mut().skip(since.error_contexts);
        let error_contexts = error_contexts.map(|(_, path)| path);
        for path in owned.chain(borrowed).chain(ends).chain(error_contexts) {
            path.insert_str(0, &name());
        }
    }
}

/// Checks that the host holds the readable end of a stream or future of this type, and that no read
/// of it is under way.
fn check_end(
    machine: &StoreMachine,
    kind: EndKind,
    ty: &EndType,
    end: EndId,
) -> Result<(), HandleProblem> {
    if !machine.is_hosts_end(end) {
        return Err(HandleProblem::NotHeld);
    }
    match machine.end_view(end) {
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

/// Returns `true` if a value of this type may have a handle in it. Only the outermost type is
/// looked at.
pub(crate) const fn may_hold(ty: &Type) -> bool {
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
