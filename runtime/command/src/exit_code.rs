//! The exit codes of `weft`: those that shells and `timeout` have for the same things.

/// All is well.
pub(crate) const SUCCESS: u8 = 0;
/// The guest says that it has failed, or not all is well with what was looked at.
pub(crate) const NOT_WELL: u8 = 1;
/// The command line is wrong. `clap` ends with the same code.
pub(crate) const USAGE: u8 = 2;
/// The guest was given a time, or an amount of fuel, and that is over.
pub(crate) const TIME_OUT: u8 = 124;
/// Weft itself could not do its part.
pub(crate) const WEFT_FAILED: u8 = 125;
/// The file is there, and can't be run.
pub(crate) const CANNOT_RUN: u8 = 126;
/// There is no such file.
pub(crate) const NOT_FOUND: u8 = 127;
/// The guest trapped: as a program that `SIGABRT` has ended.
pub(crate) const TRAP: u8 = 134;
/// Ctrl-C: as a program that `SIGINT` has ended.
pub(crate) const INTERRUPTED: u8 = 130;
/// Nobody reads the output: as a program that `SIGPIPE` has ended.
pub(crate) const NOBODY_READS: u8 = 141;
/// As a program that `SIGTERM` has ended.
pub(crate) const TERMINATED: u8 = 143;

/// The table of exit codes in the help.
pub(crate) const TABLE: &str = "\
Exit codes:
  0    all is well
  1    the guest says that it has failed; or not all is well with what was looked at
  2    the command line is wrong
  124  the time, or the fuel, that the guest was given is over
  125  Weft could not do its part: a folder can't be opened, a port is in use
  126  the file can't be run: it is no component, or needs what is not there
  127  there is no such file
  130  Ctrl-C (128 + SIGINT); 143 after SIGTERM
  134  the guest trapped (128 + SIGABRT)
  141  nobody reads what the guest writes (128 + SIGPIPE)
  Other codes are the guest's own.";
