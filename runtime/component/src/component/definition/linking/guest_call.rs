//! The calls by guests, as an embedder sees them.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;
use core::fmt;

use crate::component::definition::extern_type::ExternType;
use crate::component::definition::items::{Definition, Item, Reference, Sort};

use super::composition::Composition;
use super::rules::{Call, NotLinked};

/// A call by a guest in a component: of a function that an instance imports, or of one of its own.
///
/// Its text has the caller and the callee, and the reason if the call is not linked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestCall {
    caller: Box<[usize]>,
    callee: Option<Box<[usize]>>,
    function: Box<str>,
    not_linked: Option<NotLinked>,
}

impl GuestCall {
    /// Returns the reports of calls, which are in the order of their callers.
    pub(super) fn all(composition: &Composition, calls: &[Call]) -> Vec<Self> {
        let mut told = Vec::with_capacity(calls.len());
        for of_caller in calls.chunk_by(|one, other| one.caller == other.caller) {
            let caller = of_caller.first().and_then(|it| composition.instances.get(it.caller));
            let Some(caller) = caller else { continue };
            let names = names(&caller.definition);
            told.extend(of_caller.iter().filter_map(|call| {
                let Item::Lower { function, .. } = caller.definition.items.get(call.item)? else {
                    return None;
                };
                let name = usize::try_from(*function).ok().and_then(|it| names.get(it).copied());
                let callee = call.callee.ok();
                let callee = callee.and_then(|it| composition.instances.get(it.instance));
                Some(Self {
                    caller: caller.way.clone().into(),
                    callee: callee.map(|callee| callee.way.clone().into()),
                    function: match name.flatten() {
                        Some(name) => name.into(),
                        None => format!("function {function}").into(),
                    },
                    not_linked: call.callee.err(),
                })
            }));
        }
        told
    }

    /// Returns the path of the calling instance from the outermost one: the index of each instance
    /// in its parent.
    #[must_use]
    pub fn caller(&self) -> &[usize] {
        &self.caller
    }

    /// Returns the path of the called instance, if the call is linked.
    #[must_use]
    pub fn callee(&self) -> Option<&[usize]> {
        self.callee.as_deref()
    }

    /// Returns the name of the function in the calling instance.
    #[must_use]
    pub fn function(&self) -> &str {
        &self.function
    }

    /// Returns the reason why the call is not linked. Returns `None` if it is linked.
    #[must_use]
    pub const fn not_linked(&self) -> Option<NotLinked> {
        self.not_linked
    }
}

impl fmt::Display for GuestCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} calls `{}`", Way(&self.caller), self.function)?;
        match (&self.callee, self.not_linked) {
            (Some(callee), _) => write!(f, " of {}: linked", Way(callee)),
            (None, Some(reason)) => write!(f, ": {reason}"),
            (None, None) => Ok(()),
        }
    }
}

/// The path of an instance.
struct Way<'a>(&'a [usize]);

impl fmt::Display for Way<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, rest @ ..] = self.0 else { return f.write_str("the component") };
        write!(f, "instance {first}")?;
        rest.iter().try_for_each(|index| write!(f, "/{index}"))
    }
}

/// Returns the names of a definition's functions: the first import, alias or export of each.
fn names(definition: &Definition) -> Vec<Option<&str>> {
    let mut names: Vec<Option<&str>> = Vec::new();
    for item in &definition.items {
        match item {
            Item::Lift { .. } => names.push(None),
            Item::AliasExport { sort: Sort::Function, name, .. } => names.push(Some(name)),
            Item::Import { name, ty: ExternType::Function(_), .. } => {
                names.push(Some(&name.full_name));
            }
            Item::Export { name, reference: Reference::Function(function), .. } => {
                let exported = usize::try_from(*function).ok().and_then(|it| names.get_mut(it));
                if let Some(exported) = exported {
                    exported.get_or_insert(&name.full_name);
                }
                names.push(Some(&name.full_name));
            }
            _ => {}
        }
    }
    names
}
