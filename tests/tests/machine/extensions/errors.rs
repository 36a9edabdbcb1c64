//! The host's data on error contexts, those of the host and those of guests.

use weft_core::context::ContextValue;
use weft_core::error::{Error, ExtensionError, MachineError};
use weft_core::error_context::{ErrorSeverity, StackFrame};
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::HandleView;

use super::{LONGEST_KEY, no_keys};
use crate::calls::{error_context_drop, error_context_new};
use crate::guests::GuestMachine;

/// The error of an error context that no longer exists.
const GONE: Error = Error::Unknown(Table::ErrorContexts);

fn an_error_has_a_message_a_severity_and_a_code<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let error = world.machine.error_contexts().create("it broke", ErrorSeverity::Critical).unwrap();
    assert_eq!(world.machine.error_contexts().message(error), Ok("it broke"));
    assert_eq!(world.machine.error_contexts().severity(error), Ok(ErrorSeverity::Critical));
    assert_eq!(world.machine.error_contexts().set_severity(error, ErrorSeverity::Info), Ok(()));
    assert_eq!(world.machine.error_contexts().severity(error), Ok(ErrorSeverity::Info));
    assert_eq!(world.machine.error_contexts().code(error), Ok(None));
    assert_eq!(world.machine.error_contexts().set_code(error, -7), Ok(()));
    assert_eq!(world.machine.error_contexts().code(error), Ok(Some(-7)));
    assert_eq!(world.machine.error_contexts().set_code(error, None), Ok(()));
    assert_eq!(world.machine.error_contexts().code(error), Ok(None));
    assert_eq!(world.machine.error_contexts().source(error), Ok(None));
    assert_eq!(world.machine.error_contexts().drop(error), Ok(()));
    world.clean_up();
}

fn an_error_has_stack_frames_from_the_innermost_out<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let inner = StackFrame::new("connect").file("database.rs").line(142).column(15);
    let outer = StackFrame::new("main");
    let error = world
        .machine
        .error_contexts()
        .create_with_stack_trace("no answer", ErrorSeverity::Warning, [inner])
        .unwrap();
    assert_eq!(world.machine.error_contexts().add_stack_frame(error, outer), Ok(()));
    let frames: Vec<_> = world.machine.error_contexts().stack_frames(error).unwrap().collect();
    assert_eq!(frames, [inner, outer]);
    assert_eq!(
        world.machine.error_contexts().stack_trace(error).unwrap().to_string(),
        "warning: no answer\n    at connect (database.rs:142:15)\n    at main"
    );
    world.machine.error_contexts().drop(error).unwrap();
    world.clean_up();
}

/// A text with two forged errors, a forged frame, and a terminal command.
const FORGED: &str = "x\r\n    at f\ncaused by: \u{1b}[2Jy\u{2028}";

fn nothing_in_a_trace_can_be_mistaken_for_its_lines<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let forged: String = FORGED.chars().take(12).collect();
    for text in [&*forged, "\n", "\u{202E}a", "a\u{85}b"] {
        let frame = StackFrame::new(text).file(text).line(1);
        let mut errors = world.machine.error_contexts();
        let error =
            errors.create_with_stack_trace(text, ErrorSeverity::Info, [frame, frame]).unwrap();
        let source = errors.create(text, ErrorSeverity::Info).unwrap();
        errors.set_source(error, source).unwrap();
        let trace = world.machine.error_contexts().stack_trace(error).unwrap().to_string();
        assert_eq!(trace.chars().filter(|it| it.is_control()).count(), 3, "{trace}");
        assert!(!trace.contains('\u{202E}'), "{trace}");
        let quoted = format!("{text:?}");
        let lines: Vec<&str> = trace.split('\n').collect();
        assert_eq!(lines[0], format!("info: {quoted}"));
        assert_eq!(lines[1..3], [&*format!("    at {quoted} ({quoted}:1)"); 2]);
        assert_eq!(lines[3], format!("caused by: info: {quoted}"));
        world.machine.error_contexts().drop(source).unwrap();
        world.machine.error_contexts().drop(error).unwrap();
    }
    world.clean_up();
}

fn an_error_has_metadata_by_their_keys<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let error = world.machine.error_contexts().create_simple("it broke").unwrap();
    assert_eq!(world.machine.error_contexts().severity(error), Ok(ErrorSeverity::Error));
    assert_eq!(world.machine.error_contexts().get_metadata(error, "url"), Ok(None));
    assert_eq!(world.machine.error_contexts().remove_metadata(error, "url"), Ok(None));
    assert_eq!(world.machine.error_contexts().set_metadata(error, "url", "tcp://a"), Ok(None));
    assert_eq!(world.machine.error_contexts().set_metadata(error, "try", 1_u32), Ok(None));
    assert_eq!(
        world.machine.error_contexts().set_metadata(error, "try", 2_u32),
        Ok(Some(1_u32.into()))
    );
    let url = world.machine.error_contexts().get_metadata(error, "url").unwrap().cloned();
    assert_eq!(url.as_ref().and_then(ContextValue::as_text), Some("tcp://a"));
    let all: Vec<_> = world
        .machine
        .error_contexts()
        .metadata(error)
        .unwrap()
        .map(|(key, value)| (key, value.clone()))
        .collect();
    assert_eq!(all, [("url", url.unwrap()), ("try", 2_u32.into())]);
    assert_eq!(
        world.machine.error_contexts().remove_metadata(error, "try"),
        Ok(Some(2_u32.into()))
    );
    assert_eq!(world.machine.error_contexts().metadata(error).unwrap().count(), 1);
    world.machine.error_contexts().drop(error).unwrap();
    world.clean_up();
}

fn keys_of_error_metadata_follow_the_rules_of_contexts<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let error = world.machine.error_contexts().create_simple("it broke").unwrap();
    for (text, invalid) in no_keys() {
        let refused = world.machine.error_contexts().set_metadata(error, &text, 1_u32);
        assert_eq!(refused, Err(ExtensionError::InvalidKey(invalid).into()), "{text:?}");
        assert_eq!(world.machine.error_contexts().get_metadata(error, &text), Ok(None));
    }
    assert_eq!(world.machine.error_contexts().set_metadata(error, LONGEST_KEY, 1_u32), Ok(None));
    assert_eq!(world.machine.error_contexts().metadata(error).unwrap().count(), 1);
    world.machine.error_contexts().drop(error).unwrap();
    world.clean_up();
}

fn host_data_on_a_guests_error_ends_with_it<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, _) = world.running();
    let handle = world.get(error_context_new());
    let Ok(Some(HandleView::ErrorContext(error))) = world.machine.handle_view(instance, handle)
    else {
        panic!("an error context");
    };
    assert_eq!(world.machine.error_contexts().severity(error), Ok(ErrorSeverity::Error));
    assert_eq!(
        world.machine.error_contexts().stack_trace(error).unwrap().to_string(),
        "error: message"
    );
    world.machine.error_contexts().set_severity(error, ErrorSeverity::Critical).unwrap();
    world.machine.error_contexts().set_code(error, 5).unwrap();
    world.machine.error_contexts().add_stack_frame(error, StackFrame::new("guest")).unwrap();
    world.machine.error_contexts().set_metadata(error, "task", 1_u64).unwrap();
    let trace = world.machine.error_contexts().stack_trace(error).unwrap();
    assert_eq!(trace.to_string(), "critical 5: message\n    at guest");
    assert_eq!(format!("{trace:?}"), trace.to_string());
    assert_eq!(world.machine.error_contexts().drop(error), Err(MachineError::NotHeld.into()));
    assert_eq!(
        world.machine.error_contexts().message(error),
        Ok("message"),
        "as the guest gave it"
    );
    assert_eq!(world.machine.count_of(Table::ErrorRecords), 1);

    world.run(error_context_drop(handle));
    assert_eq!(world.machine.count_of(Table::ErrorRecords), 0);
    // The next one is at the same place, and has no data.
    let handle = world.get(error_context_new());
    let Ok(Some(HandleView::ErrorContext(next))) = world.machine.handle_view(instance, handle)
    else {
        panic!("an error context");
    };
    assert_eq!(world.machine.error_contexts().severity(error), Err(GONE));
    assert_eq!(world.machine.error_contexts().severity(next), Ok(ErrorSeverity::Error));
    assert_eq!(world.machine.error_contexts().code(next), Ok(None));
    assert_eq!(world.machine.error_contexts().metadata(next).unwrap().count(), 0);
    world.clean_up();
}

fn host_data_on_an_error_survives_a_guest_that_passes_it<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, _) = world.running();
    let error = world.machine.error_contexts().create("lost", ErrorSeverity::Warning).unwrap();
    let handle = world.machine.lower_error_context(instance, error).unwrap();
    assert_eq!(world.machine.debug_message(error), Ok("lost"));
    assert_eq!(world.machine.error_contexts().severity(error), Ok(ErrorSeverity::Warning));
    let back = world.lift_error_context(instance, handle);
    assert_eq!(back, error);
    world.run(error_context_drop(handle));
    assert_eq!(world.machine.error_contexts().severity(back), Ok(ErrorSeverity::Warning));
    world.machine.error_contexts().drop(back).unwrap();
    assert_eq!(world.machine.error_contexts().severity(back), Err(GONE));
    world.clean_up();
}

fn every_operation_refuses_an_error_that_is_gone<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let error = world.machine.error_contexts().create_simple("gone").unwrap();
    let other = world.machine.error_contexts().create_simple("there").unwrap();
    world.machine.error_contexts().drop(error).unwrap();
    assert_eq!(world.machine.error_contexts().drop(error), Err(GONE));
    assert_eq!(world.machine.error_contexts().message(error), Err(GONE));
    assert_eq!(world.machine.error_contexts().severity(error), Err(GONE));
    assert_eq!(world.machine.error_contexts().set_severity(error, ErrorSeverity::Info), Err(GONE));
    assert_eq!(world.machine.error_contexts().code(error), Err(GONE));
    assert_eq!(world.machine.error_contexts().set_code(error, 1), Err(GONE));
    assert_eq!(world.machine.error_contexts().source(error), Err(GONE));
    assert_eq!(world.machine.error_contexts().set_source(error, other), Err(GONE));
    assert_eq!(world.machine.error_contexts().set_source(other, error), Err(GONE));
    assert_eq!(
        world.machine.error_contexts().add_stack_frame(error, StackFrame::new("f")),
        Err(GONE)
    );
    assert_eq!(world.machine.error_contexts().stack_frames(error).map(Iterator::count), Err(GONE));
    assert_eq!(world.machine.error_contexts().set_metadata(error, "a", 1_u32), Err(GONE));
    assert_eq!(world.machine.error_contexts().get_metadata(error, "a"), Err(GONE));
    assert_eq!(world.machine.error_contexts().remove_metadata(error, "a"), Err(GONE));
    assert_eq!(world.machine.error_contexts().metadata(error).map(Iterator::count), Err(GONE));
    assert_eq!(
        world.machine.error_contexts().stack_trace(error).map(|it| it.to_string()),
        Err(GONE)
    );
    world.machine.error_contexts().drop(other).unwrap();
    world.clean_up();
}

on_each_storage! {
    an_error_has_a_message_a_severity_and_a_code,
    an_error_has_stack_frames_from_the_innermost_out,
    nothing_in_a_trace_can_be_mistaken_for_its_lines,
    an_error_has_metadata_by_their_keys,
    keys_of_error_metadata_follow_the_rules_of_contexts,
    host_data_on_a_guests_error_ends_with_it,
    host_data_on_an_error_survives_a_guest_that_passes_it,
    every_operation_refuses_an_error_that_is_gone,
}
