//! Handles of values carry their type.

use weft_core::abi::{CoreValueIter, LiftContext, LowerFailure, Resource, Type, TypeList, Val};
use weft_core::builtin::TypeIndex;
use weft_core::error::{AbiError, Failure};
use weft_core::limits::Heap;
use weft_core::machine::{Machine, TypeDefinition};
use weft_core::trap::EndKind;

use crate::dynamic::guest::{Guest, OPTIONS, Table, translated};

const FILE: TypeIndex = TypeIndex(1);
const SOCKET: TypeIndex = TypeIndex(2);

type Failed = Box<dyn std::error::Error>;

#[test]
fn a_resource_is_lifted_with_the_machines_type_and_lowered_back() -> Result<(), Failed> {
    let list = TypeList::new([Type::Own(FILE), Type::Borrow(SOCKET)])?;
    let resource = |ty, representation| Resource { ty: translated(ty), representation };
    let vals = [Val::Own(resource(FILE, 7)), Val::Borrow(resource(SOCKET, 8))];
    let mut guest = Guest::new(0);
    let flat = list.lower_flat_values(&mut guest, 16, &vals, None)?;
    assert_eq!(flat.as_slice(), [1, 2]);
    let mut cx = LiftContext::with_handles(&[], OPTIONS, Table(&mut guest.table));
    let lifted = list.lift_flat_values(&mut cx, 16, &mut CoreValueIter::new(flat.as_slice()))?;
    assert_eq!(lifted, vals);
    assert_eq!(guest.table, [None, Some(resource(SOCKET, 8))]);
    Ok(())
}

#[test]
fn a_resource_of_another_type_is_an_error_and_is_not_lowered() -> Result<(), Failed> {
    let file = Resource { ty: translated(FILE), representation: 7 };
    let mut guest = Guest::new(0);
    for (ty, val) in [
        (Type::Own(SOCKET), Val::Own(file)),
        (Type::Borrow(SOCKET), Val::Borrow(file)),
        // The component's number is not the machine's.
        (Type::Own(FILE), Val::Own(Resource { ty: FILE, ..file })),
    ] {
        let lowered = TypeList::new([ty])?.lower_flat_values(&mut guest, 16, &[val], None);
        let mismatch = Failure::from(AbiError::ValueMismatch);
        assert_eq!(lowered, Err(LowerFailure::Failure(mismatch)));
        assert!(guest.table.is_empty());
    }
    Ok(())
}

#[test]
fn a_handle_of_another_kind_is_a_mismatch_with_its_place() -> Result<(), Failed> {
    let mut machine = Machine::<Heap>::default();
    let ty = machine.define_type(TypeDefinition::Ends { is_none_or_number: true })?;
    let (end, _) = machine.new_host_ends(EndKind::Stream, ty)?;
    let error_context = machine.new_host_error_context("")?;
    let resource = Resource { ty: FILE, representation: 1 };
    let vals = [
        (Val::Own(resource), "an owned resource"),
        (Val::Borrow(resource), "a borrowed resource"),
        (Val::Stream(end), "a stream"),
        (Val::Future(end), "a future"),
        (Val::ErrorContext(error_context), "an error context"),
        (Val::U32(1), "a u32"),
    ];
    let types = [
        Type::Own(FILE),
        Type::Borrow(FILE),
        Type::stream(Some(Type::U8), ty)?,
        Type::future(Some(Type::U8), ty)?,
        Type::ErrorContext,
    ];
    for (position, ty) in types.iter().enumerate() {
        let held = Type::record([("held", Type::option(ty.clone())?)])?;
        for (number, (val, found)) in vals.iter().enumerate() {
            let held_val = Val::record([Val::option(Some(val.clone()))]);
            let checked = held.check(&held_val);
            if position == number {
                assert_eq!(checked, Ok(()));
            } else {
                let text = format!("at .held(some): expected {ty}, found {found}");
                assert_eq!(checked.unwrap_err().to_string(), text);
            }
        }
    }
    Ok(())
}
