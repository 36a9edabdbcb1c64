//! Ctrl-C, and a pipe that is closed.

use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::programs::folder;
use crate::weft::{Folder, shown};

/// Sends signals, one after another.
fn send(child: &Child, signals: &[&str]) {
    let script = "for signal do kill -s \"$signal\" \"$0\"; done";
    let mut command = Command::new("sh");
    command.args(["-c", script, &child.id().to_string()]).args(signals);
    assert!(command.status().unwrap().success());
}

/// Sends signals to a call that does not end. Returns the visible result.
///
/// The command can't be seen to have begun. So if its output has no `expected` text, it gets more
/// time for that.
fn ended_by(signals: &[&str], call: &str, expected: &str) -> String {
    let folder = Folder::with_shop();
    let mut ended = String::new();
    for wait in [500, 2_000, 8_000, 32_000].map(Duration::from_millis) {
        let mut command = folder.command(["run", "shop.wat", "--invoke", call]);
        command.args(["--timeline", "out.txt"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        sleep(wait);
        send(&child, signals);
        ended = shown(&child.wait_with_output().unwrap());
        if ended.contains(expected) {
            break;
        }
    }
    ended
}

const INTERRUPTED: &str =
    "--- standard error\nerror[interrupted]: the guest was interrupted\n--- exit code 130\n";

#[test]
fn ctrl_c_ends_a_guest_whatever_it_does() {
    assert_eq!(ended_by(&["INT"], "yields()", INTERRUPTED), INTERRUPTED);
    let spins = ended_by(&["INT"], "spin()", "did not stop");
    insta::assert_snapshot!("interrupted_without_timeline", spins);
}

#[test]
fn ctrl_c_ends_a_program_that_waits_for_input() {
    let reads = folder("(call $hello) (drop (call $read (call $get-stdin))) (i32.const 0)");
    let mut command = reads.command(["run", "app.wat", "--timeline", "out.txt"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let stdin = child.stdin.take();
    let mut said = [0; 6];
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut said).unwrap();
    // It waits by then, or begins to with the signal there.
    sleep(Duration::from_millis(200));
    send(&child, &["INT"]);
    assert_eq!(shown(&child.wait_with_output().unwrap()), INTERRUPTED);
    // It has learned of that, and was not ended with the process: that leaves no timeline.
    let timeline = std::fs::read_to_string(reads.path().join("out.txt")).unwrap();
    assert!(timeline.contains("the host calls run of"), "{timeline}");
    drop((stdin, stdout));
}

#[test]
fn a_second_signal_ends_a_guest_at_once() {
    // Two of a kind might become one. Either may be heard first.
    let ended = ended_by(&["INT", "TERM"], "spin()", "a second signal came");
    assert!(ended.contains("a second signal came before the timeline was written"), "{ended}");
    assert!(["130\n", "143\n"].iter().any(|code| ended.ends_with(code)), "{ended}");
}

#[test]
fn what_kill_sends_ends_with_143() {
    let expected =
        "--- standard error\nerror[terminated]: the guest was terminated\n--- exit code 143\n";
    assert_eq!(ended_by(&["TERM"], "yields()", expected), expected);
}

#[test]
fn a_pipe_that_nobody_reads_is_no_failure() {
    let folder = Folder::with_shop();
    let mut child = folder.command(["inspect", "shop.wat"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
