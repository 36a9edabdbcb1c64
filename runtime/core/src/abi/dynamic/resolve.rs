//! Replacing the numbers of resource, stream and future types in types.
//!
//! A component numbers its resource types by slots of its own. Before a value of such a type is
//! lifted or lowered, its slots are replaced with the numbers of a store, as are the numbers of
//! stream and future types.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::builtin::TypeIndex;

use super::digest::digest;
use super::ty::{Case, EndType, Facts, Field, ListType, RecordType, Type, VariantType};
use super::type_list::TypeList;

/// The source of the numbers that a [`Resolver`] writes into types.
pub trait HandleNumbers {
    /// The reason why a type has no number.
    type Error;
    /// Returns the store's number of the resource type with this `slot`.
    fn resource(&mut self, slot: TypeIndex) -> Result<TypeIndex, Self::Error>;
    /// Returns the number of the type of streams of `element`, which is resolved already.
    fn stream(&mut self, element: Option<&Type>) -> Result<TypeIndex, Self::Error>;
    /// Returns the number of the type of futures of `value`, which is resolved already.
    fn future(&mut self, value: Option<&Type>) -> Result<TypeIndex, Self::Error>;
}

/// A converter of types, which replaces the numbers of resource, stream and future types in them.
///
/// A part that several types share is converted once, and they share the result. A type without
/// handles is returned unchanged, and shared.
///
/// ```
/// use core::convert::Infallible;
/// use weft_core::abi::{HandleNumbers, Resolver, Type};
/// use weft_core::builtin::TypeIndex;
///
/// /// A store in which the resource types of a component have the numbers from 100 on.
/// struct Numbers;
///
/// impl HandleNumbers for Numbers {
///     type Error = Infallible;
///
///     fn resource(&mut self, slot: TypeIndex) -> Result<TypeIndex, Infallible> {
///         Ok(TypeIndex(100 + slot.0))
///     }
///     fn stream(&mut self, _: Option<&Type>) -> Result<TypeIndex, Infallible> {
///         Ok(TypeIndex(0))
///     }
///     fn future(&mut self, _: Option<&Type>) -> Result<TypeIndex, Infallible> {
///         Ok(TypeIndex(1))
///     }
/// }
///
/// let files = Type::list(Type::Own(TypeIndex(3)))?;
/// let resolved = Resolver::default().resolve(&files, &mut Numbers)?;
/// assert_eq!(resolved, Type::list(Type::Own(TypeIndex(103)))?);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Resolver {
    /// The result for each compound type, by its address, with the type itself, so that no other
    /// type gets that address.
    resolved: BTreeMap<usize, (Type, Type)>,
}

impl Resolver {
    /// Returns `ty` with the numbers of `numbers`.
    ///
    /// # Errors
    ///
    /// The first error that `numbers` returns.
    pub fn resolve<N: HandleNumbers>(
        &mut self,
        ty: &Type,
        numbers: &mut N,
    ) -> Result<Type, N::Error> {
        if !ty.contains_numbers() {
            return Ok(ty.clone());
        }
        let address = match ty {
            Type::Own(slot) => return Ok(Type::Own(numbers.resource(*slot)?)),
            Type::Borrow(slot) => return Ok(Type::Borrow(numbers.resource(*slot)?)),
            Type::List(list) => Arc::as_ptr(list).addr(),
            Type::Record(record) => Arc::as_ptr(record).addr(),
            Type::Variant(variant) => Arc::as_ptr(variant).addr(),
            Type::Stream(end) | Type::Future(end) => Arc::as_ptr(end).addr(),
            _ => return Ok(ty.clone()),
        };
        if let Some((_, resolved)) = self.resolved.get(&address) {
            return Ok(resolved.clone());
        }
        let resolved = self.resolve_compound(ty, numbers)?;
        self.resolved.insert(address, (ty.clone(), resolved.clone()));
        Ok(resolved)
    }

    /// Returns `types` with the numbers of `numbers`.
    ///
    /// # Errors
    ///
    /// The first error that `numbers` returns.
    pub fn resolve_list<N: HandleNumbers>(
        &mut self,
        types: &TypeList,
        numbers: &mut N,
    ) -> Result<TypeList, N::Error> {
        if !types.contains_numbers() {
            return Ok(types.clone());
        }
        let record = self.resolve_record(types.record(), numbers)?;
        Ok(record.map_or_else(|| types.clone(), TypeList::of_record))
    }

    fn resolve_compound<N: HandleNumbers>(
        &mut self,
        ty: &Type,
        numbers: &mut N,
    ) -> Result<Type, N::Error> {
        Ok(match ty {
            Type::List(list) => {
                let element = self.resolve(&list.element, numbers)?;
                if is_same(&element, &list.element) {
                    return Ok(ty.clone());
                }
                let facts = list.facts.with_digest(digest((list.shape, &element)));
                Type::List(Arc::new(ListType { facts, element, ..**list }))
            }
            Type::Record(record) => match self.resolve_record(record, numbers)? {
                None => ty.clone(),
                Some(record) => Type::Record(Arc::new(record)),
            },
            Type::Variant(variant) => {
                let mut changed = false;
                let mut cases = Vec::with_capacity(variant.cases.len());
                for Case { name, payload } in &variant.cases {
                    let resolved =
                        payload.as_ref().map(|ty| self.resolve(ty, numbers)).transpose()?;
                    changed |= match (payload, &resolved) {
                        (Some(before), Some(after)) => !is_same(before, after),
                        _ => false,
                    };
                    cases.push(Case { name: name.clone(), payload: resolved });
                }
                if !changed {
                    return Ok(ty.clone());
                }
                let cases: Box<[Case]> = cases.into();
                let facts = variant.facts.with_digest(digest((variant.shape, &cases)));
                Type::Variant(Arc::new(VariantType { facts, cases, ..**variant }))
            }
            Type::Stream(end) => {
                let element = self.resolve_element(end, numbers)?;
                let index = numbers.stream(element.as_ref())?;
                Type::Stream(Arc::new(end.with(element, index)))
            }
            Type::Future(end) => {
                let element = self.resolve_element(end, numbers)?;
                let index = numbers.future(element.as_ref())?;
                Type::Future(Arc::new(end.with(element, index)))
            }
            _ => ty.clone(),
        })
    }

    fn resolve_element<N: HandleNumbers>(
        &mut self,
        end: &EndType,
        numbers: &mut N,
    ) -> Result<Option<Type>, N::Error> {
        end.element.as_ref().map(|element| self.resolve(element, numbers)).transpose()
    }

    /// Returns `None` if there is no handle in it.
    fn resolve_record<N: HandleNumbers>(
        &mut self,
        record: &RecordType,
        numbers: &mut N,
    ) -> Result<Option<RecordType>, N::Error> {
        let mut changed = false;
        let mut fields = Vec::with_capacity(record.fields.len());
        for Field { name, ty, offset } in &record.fields {
            let resolved = self.resolve(ty, numbers)?;
            changed |= !is_same(ty, &resolved);
            fields.push(Field { name: name.clone(), ty: resolved, offset: *offset });
        }
        // Handles with all numbers have one size and no plain bits, so that the layout stays.
        Ok(changed.then(|| {
            let fields: Box<[Field]> = fields.into();
            RecordType {
                facts: record.facts.with_digest(digest((record.shape, &fields))),
                fields,
                runs: record.runs.clone(),
                shape: record.shape,
                lifting_traps: record.lifting_traps,
            }
        }))
    }
}

impl Facts {
    /// Returns the facts of the type with other numbers in it.
    const fn with_digest(self, digest: u64) -> Self {
        Self { digest, ..self }
    }
}

impl EndType {
    /// Returns the type with these numbers in it.
    fn with(&self, element: Option<Type>, index: TypeIndex) -> Self {
        let facts = self.facts.with_digest(digest((&element, index)));
        Self { facts, element, index }
    }
}

/// Returns `true` if resolving has changed nothing. A type in which it has is a new one.
fn is_same(before: &Type, after: &Type) -> bool {
    match (before, after) {
        (Type::List(before), Type::List(after)) => Arc::ptr_eq(before, after),
        (Type::Record(before), Type::Record(after)) => Arc::ptr_eq(before, after),
        (Type::Variant(before), Type::Variant(after)) => Arc::ptr_eq(before, after),
        (Type::Stream(before), Type::Stream(after))
        | (Type::Future(before), Type::Future(after)) => Arc::ptr_eq(before, after),
        (Type::Own(before), Type::Own(after)) | (Type::Borrow(before), Type::Borrow(after)) => {
            before == after
        }
        _ => true,
    }
}
