//! Each example runs to its end, and prints what it should.
#![expect(clippy::unwrap_used, reason = "a test that fails to set up has failed")]

use std::process::Command;

#[track_caller]
fn expect_output(program: &str, expected: &str) {
    let output = Command::new(program).output().unwrap();
    let (printed, complained) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{complained}");
    assert_eq!(printed, expected);
}

#[test]
fn a_plug_in_draws_has_a_limit_and_is_given_up() {
    let expected = "`a page` has 3 lines\n\
        15 more pages of memory: true\n\
        and another one: false\n\
        the plug-in took too long\n\
        it had begun 2 pages\n\
        another one has begun 1\n";
    expect_output(env!("CARGO_BIN_EXE_plugins"), expected);
}

#[test]
fn bytes_go_through_a_pipeline() {
    expect_output(env!("CARGO_BIN_EXE_pipeline"), "BYTES\nCOME\nONE\nBY\nONE\n");
}
