//! The exit codes of `weft`, which are those of shells and of `timeout` for the same events.

/// Success.
pub(crate) const SUCCESS: u8 = 0;
/// The guest reports failure, or a check found problems.
pub(crate) const NOT_WELL: u8 = 1;
/// The command line is wrong. `clap` ends with the same code.
pub(crate) const USAGE: u8 = 2;
/// The guest used up its time or its fuel.
pub(crate) const TIME_OUT: u8 = 124;
/// Weft itself failed.
pub(crate) const WEFT_FAILED: u8 = 125;
/// The file exists, but can't be read or run.
pub(crate) const CANNOT_RUN: u8 = 126;
/// The file does not exist.
pub(crate) const NOT_FOUND: u8 = 127;
/// The guest trapped: the code of a program that `SIGABRT` has ended.
pub(crate) const TRAP: u8 = 134;
/// Ctrl-C: the code of a program that `SIGINT` has ended.
pub(crate) const INTERRUPTED: u8 = 130;
/// The reader of the output is gone: the code of a program that `SIGPIPE` has ended.
pub(crate) const NOBODY_READS: u8 = 141;
/// The code of a program that `SIGTERM` has ended.
pub(crate) const TERMINATED: u8 = 143;

/// The table of exit codes in the help.
pub(crate) const TABLE: &str = "\
Exit codes:
  0    success
  1    the guest reports failure, or a check found problems
  2    the command line is wrong
  124  the guest used up its time or its fuel
  125  Weft failed: for example, a folder can't be opened, or a port is in use
  126  a file can't be read, is not what it should be, or needs something that is missing
  127  the file does not exist
  130  Ctrl-C (128 + SIGINT); 143 after SIGTERM
  134  the guest trapped (128 + SIGABRT)
  141  the reader of the guest's output is gone (128 + SIGPIPE)
  Other codes are those of the guest.";
