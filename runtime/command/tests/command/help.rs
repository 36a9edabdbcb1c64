//! The help, and the completions.

use crate::weft::Folder;

#[test]
fn the_help_says_what_there_is() {
    insta::assert_snapshot!(Folder::with(&[]).weft(&["--help"]));
}

#[test]
fn each_command_has_a_help_with_examples() {
    let folder = Folder::with(&[]);
    for command in ["run", "serve", "inspect", "wast", "explore", "completions"] {
        let help = folder.weft(&[command, "--help"]);
        assert!(help.contains("Examples:\n  weft "), "{help}");
        assert!(help.ends_with("--- exit code 0\n"), "{help}");
        insta::assert_snapshot!(format!("help_{command}"), help);
    }
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    let folder = Folder::with(&[]);
    for wrong in [
        &["rum"][..],
        &["run"],
        &["run", "a.wasm", "--fuel", "x"],
        &["run", "a.wasm", "--tcp", "everywhere"],
        &["serve", "a.wasm", "--addr", "here"],
        &["inspect"],
        &[],
    ] {
        let shown = folder.weft(wrong);
        assert!(shown.ends_with("--- exit code 2\n"), "{shown}");
    }
}

#[test]
fn every_shell_has_completions() {
    let folder = Folder::with(&[]);
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = folder.weft(&["completions", shell]);
        assert!(script.contains("max-memory") && script.ends_with("--- exit code 0\n"), "{shell}");
    }
}
