//! The options for limits of guests.

use std::time::Duration;

use clap::Args;
use weft::component::{Store, StoreLimits};
use weft::engine::wasmi::Wasmi;

/// The limits of a guest.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitArguments {
    /// Stop the guest after this much fuel: about one unit for each instruction. It runs more
    /// slowly then.
    #[arg(long, value_name = "UNITS")]
    pub(crate) fuel: Option<u64>,
    /// Limit the guest's linear memory, and its tables, such as to `64MiB` each. Beyond that,
    /// `memory.grow` and `table.grow` fail. An element of a table counts as 8 bytes.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) max_memory: Option<u64>,
}

/// The number of bytes that an element of a table counts for.
const ELEMENT_BYTES: u64 = 8;

/// The largest amount of fuel that a guest uses before others have their turn.
const SLICE: u64 = 10_000_000;

impl LimitArguments {
    /// Returns the engine. It counts fuel if the fuel is limited.
    pub(crate) fn engine(&self) -> Wasmi {
        if self.fuel.is_some() { engine_with_fuel() } else { Wasmi::default() }
    }

    /// Sets the limits of a store.
    pub(crate) fn limit<T: 'static>(&self, store: &mut Store<Wasmi, T>) {
        let limits = StoreLimits::DEFAULT;
        store.set_limits(match self.max_memory {
            Some(bytes) => {
                limits.with_memory_bytes(bytes).with_table_elements(bytes / ELEMENT_BYTES)
            }
            None => limits,
        });
        // This fails only for an engine without fuel, and then the fuel is not limited.
        let _ = store.set_fuel(self.fuel);
    }
}

/// Returns an engine that counts fuel, so that a time-out stops a guest that spins.
pub(crate) fn engine_with_fuel() -> Wasmi {
    Wasmi::with_fuel(SLICE)
}

/// Splits a number from the unit after it.
fn number_and_unit(text: &str) -> Result<(u64, &str), String> {
    let end = text.find(|it: char| !it.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    match number.parse() {
        Ok(number) => Ok((number, unit)),
        Err(_) if number.is_empty() => {
            Err("expected a number, such as in `5s` or `64MiB`".to_owned())
        }
        Err(_) => Err("the number is too large".to_owned()),
    }
}

/// Parses a time of the command line.
///
/// # Errors
///
/// The text is not a time.
pub(crate) fn time(text: &str) -> Result<Duration, String> {
    let (number, unit) = number_and_unit(text)?;
    let seconds = match unit {
        "ms" => return Ok(Duration::from_millis(number)),
        "s" | "" => 1,
        "m" | "min" => 60,
        "h" => 3600,
        _ => return Err(format!("`{unit}` is not a unit of time: use `ms`, `s`, `m` or `h`")),
    };
    let seconds = number.checked_mul(seconds).ok_or("the time is too long")?;
    Ok(Duration::from_secs(seconds))
}

fn size(text: &str) -> Result<u64, String> {
    let (number, unit) = number_and_unit(text)?;
    let bytes: u64 = match unit {
        "" | "B" => 1,
        "k" | "K" | "KiB" => 1 << 10,
        "M" | "MiB" => 1 << 20,
        "G" | "GiB" => 1 << 30,
        _ => return Err(format!("`{unit}` is not a unit of size: use `B`, `KiB`, `MiB` or `GiB`")),
    };
    number.checked_mul(bytes).ok_or_else(|| "the size is too large".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        let times = ["500ms", "5s", "5", "2m", "1h"].map(time);
        let expected = [500, 5_000, 5_000, 120_000, 3_600_000];
        assert_eq!(times, expected.map(|it| Ok(Duration::from_millis(it))));
        for wrong in
            ["", "s", "-1s", "1.5s", "1d", "99999999999999999999s", "18446744073709551615h"]
        {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_have_units() {
        let sizes = ["7", "7B", "64KiB", "64k", "16MiB", "2G"].map(size);
        assert_eq!(sizes, [7, 7, 1 << 16, 1 << 16, 1 << 24, 1 << 31].map(Ok));
        for wrong in ["", "MiB", "1TB", "-1", "99999999999G"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
