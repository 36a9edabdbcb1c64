//! Methods that a store has in both forms: as a `Store`, and as a `Caller` in a host function.

/// Defines methods of a store and of a [`Caller`](crate::component::Caller). They may be generic:
/// the type parameters are in brackets after the name.
macro_rules! methods {
    ($(
        $(#[$doc:meta])*
        fn $name:ident [$($generics:tt)*] ($cx:ident $(, $argument:ident: $ty:ty)*)
            -> $result:ty $body:block
    )*) => {
        impl<E: CoreEngine, T: 'static> Store<E, T> {$(
            $(#[$doc])*
            pub fn $name<$($generics)*>(&mut self $(, $argument: $ty)*) -> $result {
                let $cx = &mut self.context();
                $body
            }
        )*}

        impl<E: CoreEngine, T: 'static> Caller<'_, '_, E, T> {$(
            $(#[$doc])*
            pub fn $name<$($generics)*>(&mut self $(, $argument: $ty)*) -> $result {
                let $cx = self.cx();
                $body
            }
        )*}
    };
}

pub(super) use methods;
