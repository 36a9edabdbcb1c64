//! Checking that a type is that of a Rust type, and finding the types of its handles.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::builtin::TypeIndex;
use crate::error::{AbiError, Failure};

use super::check::Mismatch;
use super::display::TypeNames;
use super::shapes::scalar;
use super::ty::{Case, EndType, Field, ListShape, RecordShape, Type, VariantShape, VariantType};
use super::type_list::TypeList;
use crate::abi::{ResourceKey, Shape};

/// The types that the handles in a Rust type have in a store.
///
/// A Rust type names a handle of a file, or a stream of bytes. The number of such a type depends on
/// the component. A check of a function's types against the Rust type finds the numbers, and stores
/// them here. Each `HandleTypes` is for one function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HandleTypes {
    found: Vec<(HandleShape, TypeIndex)>,
}

/// A kind of handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HandleShape {
    Resource(ResourceKey),
    Stream(&'static Shape),
    Future(&'static Shape),
}

/// The host's knowledge of the types that are compared with a Rust type: their names, which
/// [`Mismatch`]es then have, and the values of resource types.
pub trait ResourceFacts: TypeNames {
    /// Returns a description of `ty` if its resources are known to have no values of the Rust type
    /// `values`. `ty` is an [`Own`](Type::Own) or a [`Borrow`](Type::Borrow).
    ///
    /// It is called for Rust types that [have values](ResourceKey::has_values) only.
    fn other_values(&self, ty: &Type, values: ResourceKey) -> Option<String>;
}

/// No knowledge: no names, and no values.
#[derive(Clone, Copy, Debug)]
pub struct NoResourceFacts;

impl TypeNames for NoResourceFacts {
    fn name_of(&self, _: &Type) -> Option<Cow<'_, str>> {
        None
    }
}

impl ResourceFacts for NoResourceFacts {
    fn other_values(&self, _: &Type, _: ResourceKey) -> Option<String> {
        None
    }
}

impl HandleTypes {
    /// Returns the number of a handle's type.
    ///
    /// # Errors
    ///
    /// [`AbiError::UnknownHandleType`] if no check has found it, or `shape` is not that of a
    /// handle.
    pub fn number(&self, shape: &Shape) -> Result<TypeIndex, Failure> {
        let shape = match *shape {
            Shape::Own(key) | Shape::Borrow(key) => HandleShape::Resource(key),
            Shape::Stream(element) => HandleShape::Stream(element),
            Shape::Future(value) => HandleShape::Future(value),
            _ => return Err(AbiError::UnknownHandleType.into()),
        };
        let found = self.found.iter().find(|(found, _)| *found == shape);
        found.map(|(_, number)| *number).ok_or_else(|| AbiError::UnknownHandleType.into())
    }

    /// Stores the number of a handle's type. Fails if it has another number already.
    fn insert(&mut self, shape: HandleShape, number: TypeIndex) -> Result<(), ()> {
        match self.found.iter().find(|(found, _)| *found == shape) {
            Some((_, found)) if *found != number => Err(()),
            Some(_) => Ok(()),
            None => {
                self.found.push((shape, number));
                Ok(())
            }
        }
    }

    /// Checks that the types of a function's parameters are the parts of a tuple of this shape.
    ///
    /// # Errors
    ///
    /// [`Mismatch`], which names the part that differs.
    pub fn check_list(&mut self, types: &TypeList, shape: &Shape) -> Result<(), Mismatch> {
        self.check_list_with(types, shape, &NoResourceFacts)
    }

    /// Checks the types of a function's parameters as [`check_list`](Self::check_list) does, with
    /// the host's knowledge of resource types.
    ///
    /// # Errors
    ///
    /// [`Mismatch`], which names the part that differs.
    pub fn check_list_with(
        &mut self,
        types: &TypeList,
        shape: &Shape,
        facts: &dyn ResourceFacts,
    ) -> Result<(), Mismatch> {
        let shapes = match *shape {
            Shape::Nothing => &[],
            Shape::Tuple(shapes) => shapes,
            // Not a tuple. A single parameter has to be one, too.
            _ => return Err(Mismatch::new("a tuple with the parameters", shape)),
        };
        let types = types.types();
        if types.len() != shapes.len() {
            return Err(Mismatch::count(types.len() as u64, "parameters", shapes.len()));
        }
        types.zip(shapes).enumerate().try_for_each(|(position, (ty, shape))| {
            self.check(ty, shape, facts).map_err(|it| it.within(format_args!("[{position}]")))
        })
    }

    /// Checks that a function's result has this shape. `None` is a function without a result.
    ///
    /// # Errors
    ///
    /// [`Mismatch`], which names the part that differs.
    pub fn check_optional(&mut self, ty: Option<&Type>, shape: &Shape) -> Result<(), Mismatch> {
        self.check_optional_with(ty, shape, &NoResourceFacts)
    }

    /// Checks a function's result as [`check_optional`](Self::check_optional) does, with the host's
    /// knowledge of resource types.
    ///
    /// # Errors
    ///
    /// [`Mismatch`], which names the part that differs.
    pub fn check_optional_with(
        &mut self,
        ty: Option<&Type>,
        shape: &Shape,
        facts: &dyn ResourceFacts,
    ) -> Result<(), Mismatch> {
        match (ty, shape) {
            (None, Shape::Nothing) => Ok(()),
            (None, shape) => Err(Mismatch::new("nothing", shape)),
            (Some(ty), shape) => self.check(ty, shape, facts),
        }
    }

    /// Checks that a type has this shape.
    fn check(
        &mut self,
        ty: &Type,
        shape: &Shape,
        facts: &dyn ResourceFacts,
    ) -> Result<(), Mismatch> {
        let different = || Err(Mismatch::new(ty.with_names(facts), shape));
        let is_same = match (ty, *shape) {
            (Type::List(list), Shape::List(element)) if list.shape() == ListShape::List => {
                return self.check(list.element(), element, facts).map_err(|it| it.within("[]"));
            }
            (Type::List(list), Shape::FixedLengthList(element, length)) => {
                let ListShape::FixedLength(expected) = list.shape() else { return different() };
                if usize::try_from(expected).ok() != Some(length) {
                    return different();
                }
                return self.check(list.element(), element, facts).map_err(|it| it.within("[]"));
            }
            (Type::List(list), Shape::Map(key, value)) if list.shape() == ListShape::Map => {
                let Type::Record(entry) = list.element() else { return different() };
                let mut parts = entry.fields().iter().zip([(".key", key), (".value", value)]);
                return parts.try_for_each(|(field, (name, shape))| {
                    self.check(field.ty(), shape, facts).map_err(|it| it.within(name))
                });
            }
            (Type::Record(record), Shape::Record(fields))
                if record.shape() == RecordShape::Record =>
            {
                let names = record.fields().iter().map(Field::name);
                if !names.eq(fields.iter().map(|(name, _)| *name)) {
                    return different();
                }
                return record.fields().iter().zip(fields).try_for_each(
                    |(field, (name, shape))| {
                        self.check(field.ty(), shape, facts)
                            .map_err(|it| it.within(format_args!(".{name}")))
                    },
                );
            }
            (Type::Record(record), Shape::Tuple(shapes))
                if record.shape() == RecordShape::Tuple
                    && record.fields().len() == shapes.len() =>
            {
                let mut parts = record.fields().iter().zip(shapes).enumerate();
                return parts.try_for_each(|(position, (field, shape))| {
                    let part = format_args!(".{position}");
                    self.check(field.ty(), shape, facts).map_err(|it| it.within(part))
                });
            }
            (Type::Variant(variant), shape) => {
                return self.check_variant(variant, &shape, facts).unwrap_or_else(different);
            }
            (Type::Flags(flags), Shape::Flags(labels)) => flags.labels().eq(labels.iter().copied()),
            (Type::Own(number), Shape::Own(key)) | (Type::Borrow(number), Shape::Borrow(key)) => {
                if key.has_values()
                    && let Some(known) = facts.other_values(ty, key)
                {
                    return Err(Mismatch::new(known, shape));
                }
                self.insert(HandleShape::Resource(key), *number).is_ok()
            }
            (Type::Stream(end), Shape::Stream(element)) => {
                return self.check_end(end, element, HandleShape::Stream(element), facts);
            }
            (Type::Future(end), Shape::Future(value)) => {
                return self.check_end(end, value, HandleShape::Future(value), facts);
            }
            (ty, shape) => scalar(&shape).is_some_and(|it| it == *ty),
        };
        if is_same { Ok(()) } else { different() }
    }

    /// Returns `None` if it isn't a variant with the same cases.
    fn check_variant(
        &mut self,
        variant: &VariantType,
        shape: &Shape,
        facts: &dyn ResourceFacts,
    ) -> Option<Result<(), Mismatch>> {
        let cases = variant.cases();
        let mut payload = |case: Option<&Case>, shape: &Shape| {
            let case = case?;
            let result = self.check_optional_with(case.payload(), shape, facts);
            Some(result.map_err(|it| it.within(format_args!("({})", case.name()))))
        };
        match (variant.shape(), *shape) {
            (VariantShape::Variant, Shape::Variant(shapes)) => {
                let names = cases.iter().map(Case::name);
                if !names.eq(shapes.iter().map(|(name, _)| *name)) {
                    return None;
                }
                let mut results =
                    cases.iter().zip(shapes).filter_map(|(case, it)| payload(Some(case), it.1));
                Some(results.find(Result::is_err).unwrap_or(Ok(())))
            }
            (VariantShape::Enum, Shape::Enum(labels)) => {
                cases.iter().map(Case::name).eq(labels.iter().copied()).then_some(Ok(()))
            }
            (VariantShape::Option, Shape::Option(some)) => payload(cases.get(1), some),
            (VariantShape::Result, Shape::Result(ok, error)) => match payload(cases.first(), ok)? {
                Ok(()) => payload(cases.get(1), error),
                different => Some(different),
            },
            _ => None,
        }
    }

    fn check_end(
        &mut self,
        end: &EndType,
        element: &'static Shape,
        shape: HandleShape,
        facts: &dyn ResourceFacts,
    ) -> Result<(), Mismatch> {
        self.check_optional_with(end.element(), element, facts).map_err(|it| it.within("<>"))?;
        // Streams of the same elements have the same number.
        let same = self.insert(shape, end.index());
        same.map_err(|()| Mismatch::new("a stream or future", "one of another type"))
    }
}
