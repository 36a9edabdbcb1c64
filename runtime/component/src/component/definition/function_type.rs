//! The types of functions.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;

use crate::abi::{
    Flattening, HandleNumbers, InvalidType, NoResourceFacts, Resolver, Type, TypeList, TypeNames,
};
use crate::limit::MAX_FLAT_PARAMS;

/// The type of a function.
///
/// The meaning of numbers of resource types in it depends on the origin of the type. In the type of a
/// [`Function`](crate::component::Function), they are the numbers of the store, as in a
/// [`Resource`](crate::abi::Resource). In the type of a host function, they are positions in a list
/// of [`HostResourceType`](crate::component::HostResourceType)s: see
/// [`declared_function`](crate::component::Linker::declared_function).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionType {
    /// The names of the parameters.
    pub(crate) names: Arc<[Box<str>]>,
    /// The types of the parameters.
    pub(crate) params: TypeList,
    /// The type of the result.
    pub(crate) result: Option<Type>,
    /// The type of the result, as a list of at most one.
    pub(crate) results: TypeList,
    /// `true` if it is `async`.
    pub(crate) is_async: bool,
}

impl FunctionType {
    /// Makes the type of a function with these parameters, by name, and this result.
    ///
    /// ```
    /// use weft::abi::Type;
    /// use weft::component::FunctionType;
    ///
    /// let read = FunctionType::new([("count", Type::U32)], Some(Type::String))?;
    /// assert_eq!(read.to_string(), "func(count: u32) -> string");
    /// let read = read.into_async();
    /// assert_eq!(read.to_string(), "async func(count: u32) -> string");
    /// # Ok::<(), weft::abi::InvalidType>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidType::TooManyParts`]
    pub fn new<N: Into<Box<str>>>(
        params: impl IntoIterator<Item = (N, Type)>,
        result: Option<Type>,
    ) -> Result<Self, InvalidType> {
        let params = params.into_iter().map(|(name, ty)| (name.into(), ty));
        let (names, types): (alloc::vec::Vec<_>, alloc::vec::Vec<_>) = params.unzip();
        Ok(Self {
            names: names.into(),
            params: TypeList::new(types)?,
            results: TypeList::new(result.clone())?,
            result,
            is_async: false,
        })
    }

    /// Returns the type of the `async` function with the same parameters and result.
    #[must_use]
    pub fn into_async(self) -> Self {
        Self { is_async: true, ..self }
    }

    /// Returns the names and types of the parameters.
    pub fn params(&self) -> impl ExactSizeIterator<Item = (&str, &Type)> {
        self.names.iter().map(|name| &**name).zip(self.params.types())
    }

    /// Returns the type of the result.
    #[must_use]
    pub const fn result(&self) -> Option<&Type> {
        self.result.as_ref()
    }

    /// Returns `true` if it is `async`.
    #[must_use]
    pub const fn is_async(&self) -> bool {
        self.is_async
    }

    /// Returns `true` if it moves handles, so that its calls have to be remembered.
    pub(crate) const fn moves_handles(&self) -> bool {
        self.params.contains_handle() || self.results.contains_handle()
    }

    /// Returns `true` if all parameters and the result are core values that move between guests
    /// unchanged, except for NaNs.
    pub(crate) fn is_flat_plain(&self) -> bool {
        let (params, results) = (&self.params, &self.results);
        params.is_flat_plain()
            && !params.abi().narrow.flat.exceed(MAX_FLAT_PARAMS as usize)
            && results.is_flat_plain()
            && !results.abi().narrow.flat.exceed(Flattening::Lift.max_flat_results())
    }

    /// Returns `true` if it contains the number of a resource, stream or future type.
    pub(crate) const fn contains_numbers(&self) -> bool {
        self.params.contains_numbers() || self.results.contains_numbers()
    }

    /// Returns the type with the numbers of `numbers`.
    pub(crate) fn resolve<N: HandleNumbers>(
        &self,
        resolver: &mut Resolver,
        numbers: &mut N,
    ) -> Result<Self, N::Error> {
        Ok(Self {
            names: self.names.clone(),
            params: resolver.resolve_list(&self.params, numbers)?,
            results: resolver.resolve_list(&self.results, numbers)?,
            result: self.result.as_ref().map(|it| resolver.resolve(it, numbers)).transpose()?,
            is_async: self.is_async,
        })
    }
}

/// Written as in WIT, with numbers in place of the names of resource types.
impl fmt::Display for FunctionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_names(&NoResourceFacts).fmt(f)
    }
}

/// The type of a function that is written with names for types. [`FunctionType::with_names`] returns
/// it.
#[derive(Clone, Copy)]
pub struct NamedFunctionType<'a> {
    ty: &'a FunctionType,
    names: &'a dyn TypeNames,
}

impl FunctionType {
    /// Returns the type as text, in which the types in it have the names of `names`, as in
    /// [`Type::with_names`].
    #[must_use]
    pub const fn with_names<'a>(&'a self, names: &'a dyn TypeNames) -> NamedFunctionType<'a> {
        NamedFunctionType { ty: self, names }
    }
}

impl fmt::Debug for NamedFunctionType<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for NamedFunctionType<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ty, names } = *self;
        f.write_str(if ty.is_async { "async func(" } else { "func(" })?;
        for (position, (name, param)) in ty.params().enumerate() {
            let comma = if position == 0 { "" } else { ", " };
            write!(f, "{comma}{name}: {}", param.with_names(names))?;
        }
        f.write_str(")")?;
        match &ty.result {
            None => Ok(()),
            Some(result) => write!(f, " -> {}", result.with_names(names)),
        }
    }
}
