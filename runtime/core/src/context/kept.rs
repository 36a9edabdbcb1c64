//! Values of any type of the Component Model that the host keeps.

use alloc::string::String;
use core::slice;

use crate::abi::{
    ComponentType, HandleTypes, Lift, Lower, Type, TypeList, Val, from_vals, to_vals,
};
use crate::error::{Error, ExtensionError, Failure};
use crate::host::limits::ExtensionLimits;

use super::value::{ContextValue, ContextValueType, IntoContextValue};
use super::value_ref::ContextValueRef;

/// A wrapper for the value of a key: a **host extension**. The wrapped value is of any type of the
/// Component Model without handles, such as a record that derives
/// [`Value`][derive].
///
/// A context returns the value without the wrapper, and converts it each time.
///
/// ```standalone_crate
/// # extern crate weft_core as weft;
/// use weft::abi::{ComponentType, Lift, Lower};
/// use weft::context::{AsyncContext, ContextKey, Kept};
/// use weft::limits::Heap;
///
/// #[derive(Debug, PartialEq, ComponentType, Lift, Lower)]
/// struct User {
///     id: u64,
///     name: String,
/// }
///
/// #[derive(ContextKey)]
/// #[context_key(value = Kept<User>)]
/// struct CurrentUser;
///
/// let mut context = AsyncContext::<Heap>::new();
/// context.set::<CurrentUser>(Kept(User { id: 7, name: "Ada".into() }))?;
/// let user = context.get::<CurrentUser>();
/// assert_eq!(user, Some(User { id: 7, name: "Ada".into() }));
/// # Ok::<(), weft::context::ContextError>(())
/// ```
///
/// [derive]: https://docs.rs/weft-macros/latest/weft_macros/derive.Value.html
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kept<T>(
    /// The value.
    pub T,
);

/// Returns the types of one parameter of type `T`. None if `T` is `()`, or has handles.
fn types_of<T: ComponentType>() -> Option<TypeList> {
    if T::HANDLES {
        return None;
    }
    TypeList::new([Type::of::<T>().ok()??]).ok()
}

fn val_of<T: Lower>(value: &T) -> Result<Val, Error> {
    let no_value = || Error::from(ExtensionError::NoContextValue);
    let types = types_of::<T>().ok_or_else(no_value)?;
    let made = to_vals(&(value,), &types, &HandleTypes::default());
    let made = made.map_err(|failure| match failure {
        Failure::Error(error) => error,
        Failure::Trap(_) => no_value(),
    });
    made?.pop().ok_or_else(no_value)
}

fn value_of<T: for<'a> Lift<'a>>(val: &Val) -> Option<T> {
    let values = slice::from_ref(val);
    from_vals::<(T,)>(values, &types_of::<T>()?, &HandleTypes::default()).ok().map(|(it,)| it)
}

macro_rules! kept {
    ($([$($parameter:ident),*] $ty:ty: $value:ty, $of:expr;)*) => {$(
        impl<L, $($parameter),*> IntoContextValue<L> for $ty
        where
            L: ExtensionLimits<Text = String, Compound = Val>,
            $value: Lower,
        {
            fn into_context_value(self) -> Result<ContextValue<L>, Error> {
                let of: fn(&Self) -> &$value = $of;
                Ok(val_of(of(&self))?.into())
            }
        }

        impl<L, $($parameter),*> ContextValueType<L> for $ty
        where
            L: ExtensionLimits<Text = String, Compound = Val>,
            $value: Lower + for<'a> Lift<'a> + 'static,
            Self: 'static,
        {
            type View<'a> = $value;

            fn view(value: ContextValueRef<'_, L>) -> Option<$value> {
                value_of(&value.get::<Val>()?)
            }
        }
    )*};
}

kept! {
    [T] Kept<T>: T, |it| &it.0;
    [T] Option<T>: Self, |it| it;
    [T, E] Result<T, E>: Self, |it| it;
    [A] (A,): Self, |it| it;
    [A, B] (A, B): Self, |it| it;
    [A, B, C] (A, B, C): Self, |it| it;
    [A, B, C, D] (A, B, C, D): Self, |it| it;
    [A, B, C, D, E] (A, B, C, D, E): Self, |it| it;
    [A, B, C, D, E, F] (A, B, C, D, E, F): Self, |it| it;
}

#[cfg(test)]
mod tests {
    use std::string::ToString as _;
    use std::vec;
    use std::vec::Vec;

    use super::*;
    use crate::handle::ErrorContext;
    use crate::limits::Heap;

    #[derive(
        Clone, Debug, PartialEq, weft_macros::ComponentType, weft_macros::Lift, weft_macros::Lower,
    )]
    #[component(crate = crate)]
    struct User {
        id: u64,
        name: Option<String>,
        seen: Vec<(u8, bool)>,
    }

    fn keep<T: IntoContextValue<Heap>>(value: T) -> ContextValue<Heap> {
        value.into_context_value().unwrap()
    }

    #[test]
    fn values_of_all_types_come_back_as_they_were() {
        let user = User { id: 7, name: Some("Ada".to_string()), seen: vec![(1, true)] };
        assert_eq!(keep(Kept(user.clone())).get::<Kept<User>>(), Some(user.clone()));
        assert_eq!(keep(Some(user.clone())).get::<Option<User>>(), Some(Some(user.clone())));
        assert_eq!(keep(None::<User>).get::<Option<User>>(), Some(None));
        let pair = (3_u8, "x".to_string());
        assert_eq!(keep(pair.clone()).get::<(u8, String)>(), Some(pair));
        assert_eq!(keep(Err::<u8, _>(user.clone())).get::<Result<u8, User>>(), Some(Err(user)));
        assert_eq!(keep(Kept(5_u32)).get::<u32>(), Some(5), "as if it was kept by itself");
        assert_eq!(keep(5_u32).get::<Kept<u32>>(), Some(5));
    }

    #[test]
    fn values_of_other_types_are_none() {
        let user = User { id: 7, name: None, seen: vec![] };
        assert_eq!(keep(Kept(user)).get::<(u8, u8)>(), None);
        assert_eq!(keep(5_u32).get::<Option<u32>>(), None);
        assert_eq!(keep(Some(5_u32)).get::<Option<u64>>(), None);
        assert_eq!(ContextValue::<Heap>::from_bytes(&[1]).unwrap().get::<Option<u8>>(), None);
    }

    #[test]
    fn handles_are_refused() {
        let refused = |value: Result<ContextValue<Heap>, Error>| value.map(|_| ()).unwrap_err();
        let no_value = Error::from(ExtensionError::NoContextValue);
        assert_eq!(refused(None::<ErrorContext>.into_context_value()), no_value);
    }
}
