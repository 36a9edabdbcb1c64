//! The calls by guests, as an embedder is told of them.

use alloc::boxed::Box;
use alloc::format;
use core::fmt;

use crate::component::definition::extern_type::ExternType;
use crate::component::definition::items::{Definition, Item, Reference, Sort};

use super::composition::Composition;
use super::rules::{Call, NotLinked};

/// A call by a guest in a component: of a function that an instance imports, or of one of its own.
///
/// Its text says who calls what, and why the call is not linked, if it isn't.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestCall {
    caller: Box<[usize]>,
    callee: Option<Box<[usize]>>,
    function: Box<str>,
    not_linked: Option<NotLinked>,
}

impl GuestCall {
    /// Returns what is told of a call.
    pub(super) fn of(composition: &Composition, call: &Call) -> Option<Self> {
        let caller = composition.instances.get(call.caller)?;
        let Item::Lower { function, .. } = caller.definition.items.get(call.item)? else {
            return None;
        };
        let way = |number: usize| Some(composition.instances.get(number)?.way.clone().into());
        Some(Self {
            caller: caller.way.clone().into(),
            callee: call.callee.ok().and_then(|callee| way(callee.instance)),
            function: name_of(&caller.definition, *function),
            not_linked: call.callee.err(),
        })
    }

    /// Returns the way to the instance that calls, from the outermost one: the index of each in the
    /// one around it.
    #[must_use]
    pub fn caller(&self) -> &[usize] {
        &self.caller
    }

    /// Returns the way to the instance that is called, if the call is linked.
    #[must_use]
    pub fn callee(&self) -> Option<&[usize]> {
        self.callee.as_deref()
    }

    /// Returns the name of the function, as the caller has it.
    #[must_use]
    pub fn function(&self) -> &str {
        &self.function
    }

    /// Returns the reason why the call is not linked; nothing if it is.
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

/// The way to an instance.
struct Way<'a>(&'a [usize]);

impl fmt::Display for Way<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, rest @ ..] = self.0 else { return f.write_str("the component") };
        write!(f, "instance {first}")?;
        rest.iter().try_for_each(|index| write!(f, "/{index}"))
    }
}

/// Returns the name of a function in an instance.
fn name_of(definition: &Definition, function: u32) -> Box<str> {
    let functions = definition.items.iter().filter(|item| adds_function(item));
    let found = usize::try_from(function).ok().and_then(|index| functions.clone().nth(index));
    let name = match found {
        Some(Item::Import { name, .. } | Item::Export { name, .. }) => Some(&name.full_name),
        Some(Item::AliasExport { name, .. }) => Some(name),
        _ => definition.items.iter().find_map(|item| match item {
            Item::Export { name, reference, .. } if *reference == Reference::Function(function) => {
                Some(&name.full_name)
            }
            _ => None,
        }),
    };
    name.cloned().unwrap_or_else(|| format!("function {function}").into())
}

const fn adds_function(item: &Item) -> bool {
    matches!(
        item,
        Item::Lift { .. }
            | Item::AliasExport { sort: Sort::Function, .. }
            | Item::Import { ty: ExternType::Function(_), .. }
            | Item::Export { reference: Reference::Function(_), .. }
    )
}
