//! Packed integers, trap messages and value types: the promises of the generated tables.

use weft_core::code::{
    CallResult, CallbackCode, CallbackResult, CancelResult, CopyResult, Ends, EventCode,
    FutureResult, PackedField, StreamResult, SubtaskState,
};
use weft_core::core_value::CoreType;
use weft_core::error::{FieldTooLarge, UnknownCode};
use weft_core::limit;
use weft_core::trap::{
    CopyDirection, EndKind, EndSide, ExpectedResource, FoundResource, Layer, Removal, Rule, Trap,
};
use weft_core::value_type::{FixedLayout, ValueType};

#[test]
fn packed_fields_are_unpacked_again_and_have_the_bits_of_the_spec() {
    for code in CallbackCode::ALL {
        for waitable_set in [0, 1, 0x0fff_ffff] {
            let result = CallbackResult { code, waitable_set };
            let packed = result.pack().unwrap();
            assert_eq!(packed, code.code() | waitable_set << 4);
            assert_eq!(CallbackResult::unpack(packed), Ok(result));
        }
    }
    for state in SubtaskState::ALL {
        let result = CallResult { state, subtask: 0x0fff_ffff };
        assert_eq!(result.pack(), Ok(state.code() | 0xffff_fff0));
        assert_eq!(CallResult::unpack(result.pack().unwrap()), Ok(result));
        let result = CancelResult::Ended { state };
        assert_eq!(CancelResult::unpack(result.pack()), Ok(result));
    }
    for result in CopyResult::ALL {
        let ended = StreamResult::Ended { result, progress: limit::MAX_BUFFER_LENGTH };
        assert_eq!(StreamResult::unpack(ended.pack().unwrap()), Ok(ended));
        let ended = FutureResult::Ended { result };
        assert_eq!(ended.pack(), result.code());
        assert_eq!(FutureResult::unpack(result.code()), Ok(ended));
    }
    let ends = Ends { readable: 0x8000_0001, writable: 0xffff_fffe };
    assert_eq!(ends.pack(), 0xffff_fffe_8000_0001);
    assert_eq!(Ends::unpack(ends.pack()), ends);
}

#[test]
fn blocked_is_all_ones_and_no_ended_operation_is_taken_for_it() {
    assert_eq!(limit::BLOCKED, u32::MAX);
    assert_eq!(StreamResult::Blocked.pack(), Ok(limit::BLOCKED));
    assert_eq!(StreamResult::unpack(limit::BLOCKED), Ok(StreamResult::Blocked));
    assert_eq!(FutureResult::unpack(limit::BLOCKED), Ok(FutureResult::Blocked));
    assert_eq!(CancelResult::unpack(limit::BLOCKED), Ok(CancelResult::Blocked));
    let most = StreamResult::Ended { result: CopyResult::Cancelled, progress: 0x0fff_ffff };
    assert_ne!(most.pack(), Ok(limit::BLOCKED));
}

#[test]
fn a_number_that_does_not_fit_its_bits_is_refused_and_not_cut() {
    let value = limit::MAX_BUFFER_LENGTH + 1;
    let result = StreamResult::Ended { result: CopyResult::Completed, progress: value };
    let refused = FieldTooLarge { field: PackedField::StreamResultProgress, value };
    assert_eq!(result.pack(), Err(refused));
    assert_eq!(
        refused.to_string(),
        "268435456 does not fit the field `progress` of a `stream-result`"
    );
    let result = CallbackResult { code: CallbackCode::Wait, waitable_set: u32::MAX };
    assert!(result.pack().is_err());
    let result = CallResult { state: SubtaskState::Started, subtask: 1 << 28 };
    assert!(result.pack().is_err());
}

#[test]
fn an_unknown_code_is_a_trap_for_a_guest_and_an_error_elsewhere() {
    for code in 3..16 {
        assert_eq!(CallbackResult::unpack(code), Err(Trap::UnsupportedCallbackCode));
        assert_eq!(CallbackResult::unpack(0xffff_fff0 | code), Err(Trap::UnsupportedCallbackCode));
    }
    let unknown = UnknownCode { code: "copy-result", value: 3 };
    assert_eq!(StreamResult::unpack(0x13), Err(unknown));
    assert_eq!(unknown.to_string(), "3 is not a `copy-result`");
    assert_eq!(EventCode::from_code(7), Err(UnknownCode { code: "event-code", value: 7 }));
    for code in EventCode::ALL {
        assert_eq!(EventCode::from_code(code.code()), Ok(code));
    }
}

#[test]
fn a_trap_displays_as_the_official_suite_expects() {
    let cases = [
        (Trap::CannotLeaveComponentInstance, "cannot leave component instance"),
        (Trap::UnknownHandleIndex { index: u32::MAX }, "unknown handle index 4294967295"),
        (Trap::HandleWrongType { index: 1 }, "handle index 1 used with the wrong type"),
        (
            Trap::ResourceWrongType {
                index: 1,
                expected_resource: ExpectedResource::GuestDefinedResource,
                found_resource: FoundResource::ADifferentGuestDefinedResource,
            },
            "handle index 1 used with the wrong type, expected guest-defined resource but found \
             a different guest-defined resource",
        ),
        (
            Trap::EndBusy { removal: Removal::Remove, end_kind: EndKind::Stream },
            "cannot remove busy stream",
        ),
        (
            Trap::StreamForwardAfterDrop { end_side: EndSide::Readable },
            "cannot forward stream after being notified that the readable end dropped",
        ),
        (
            Trap::CopyNotPending { copy_direction: CopyDirection::Write },
            "stream or future write cancelled when no write is pending",
        ),
    ];
    for (trap, message) in cases {
        assert_eq!(trap.to_string(), message);
    }
    assert_eq!(Trap::UnknownHandleIndex { index: 3 }.rule().id(), "unknown-handle-index");
    assert_eq!(Rule::InvalidChar.layer(), Layer::Abi);
}

#[test]
fn a_value_type_is_found_by_its_opcode_and_knows_its_fixed_layout() {
    for ty in ValueType::ALL {
        assert_eq!(ValueType::from_opcode(ty.opcode()), Some(ty));
    }
    assert_eq!(ValueType::from_opcode(0x40), None);
    assert_eq!(
        ValueType::S64.fixed_layout(),
        Some(FixedLayout { size: 8, alignment: 8, flat: CoreType::I64 })
    );
    assert_eq!(ValueType::String.fixed_layout(), None);
    assert_eq!(ValueType::Map.specializes(), Some(ValueType::List));
    assert_eq!(ValueType::Option.specializes(), Some(ValueType::Variant));
    assert_eq!(ValueType::List.specializes(), None);
}
