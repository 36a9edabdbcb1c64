//! Generates programs during play. It looks at the machine, so that most actions are possible; a
//! program of random numbers would trap at its third call.
//!
//! | module | contents |
//! |---|---|
//! | `actions` | the actions of a guest: which kind comes next, calls and results |
//! | `ends`, `waits`, `others` | its actions on streams and futures, on sets and threads, on the rest |
//! | `passing` | its actions with streams of strings, records and handles, between instances |
//! | `many` | its actions that fill tables, or lead to hundreds of tasks |
//! | `host` | the actions of the host |

mod actions;
mod ends;
mod host;
mod many;
mod others;
mod passing;
mod waits;

use weft::builtin::Builtin;
use weft::chooser::{Choice, Chooser, Seeded};
use weft::limits::Limits;
use weft::trap::EndKind;

use super::host::Place;
use super::operation::{Entry, Operation};
use super::player::{Control, ProgramPlayer, Script};
use super::view::Guest;
use super::world::{BEYOND, Value, Width, end_kind};

/// The largest number of entries that end a program.
const WIND_DOWN: u32 = 80;

/// The instances of programs that have memories and tables of 64 bits, a bit for each: none, all but
/// the second, or the second.
pub const WIDE: [u32; 3] = [0, 0b101, 0b010];

/// Returns the same for the program of a seed.
#[must_use]
pub const fn wide(seed: u64) -> u32 {
    WIDE[(seed / 3 % 3) as usize]
}

/// A generator of a program from a seed.
#[derive(Clone, Copy, Debug)]
pub struct Generator {
    random: Seeded,
    /// The number of entries left before the program is brought to its end.
    left: u32,
    /// The number of entries left for its end.
    wind_down: u32,
    /// Set if the next entry names something that does not exist.
    is_wild: bool,
    /// The theme of the program.
    theme: Theme,
    /// Set if most calls are nested ones of functions that take and return nothing at once.
    is_nesting: bool,
    /// Set if most actions pass streams and futures to other instances, and copy there.
    is_passing: bool,
    /// The percentage of actions that create something.
    filling: u32,
    /// The percentage of actions that lead to more tasks.
    crowding: u32,
}

/// The theme of a program: the percentages of returning, resolving, calling, ends, waiting and
/// threads; the rest is for other operations.
#[derive(Clone, Copy, Debug)]
struct Theme([u32; 6]);

const THEMES: [Theme; 6] = [
    Theme([8, 10, 18, 24, 18, 10]),
    Theme([6, 6, 12, 46, 22, 2]),
    Theme([16, 12, 30, 4, 28, 4]),
    Theme([8, 8, 10, 10, 14, 44]),
    Theme([20, 14, 34, 8, 10, 4]),
    Theme([10, 8, 22, 8, 8, 4]),
];

/// Mostly calls, with built-ins in between.
const NESTING: Theme = Theme([14, 8, 40, 12, 6, 4]);

impl Generator {
    /// Creates a generator of the program of a seed, with about `length` entries before its end.
    #[must_use]
    pub fn new(seed: u64, length: u32) -> Self {
        let mut generator = Self {
            random: Seeded::new(seed ^ 0x5eed_0f9e),
            left: length,
            wind_down: WIND_DOWN,
            is_wild: false,
            theme: THEMES[0],
            is_nesting: false,
            is_passing: false,
            filling: 0,
            crowding: 0,
        };
        generator.theme = generator.one_of(&THEMES).unwrap_or(THEMES[0]);
        generator
    }

    /// Creates the same, with more nested calls without `async`.
    #[must_use]
    pub fn nesting(seed: u64, length: u32) -> Self {
        Self { is_nesting: true, theme: NESTING, ..Self::new(seed, length) }
    }

    /// Creates the same, with more streams and futures that are passed to other instances.
    #[must_use]
    pub fn passing(seed: u64, length: u32) -> Self {
        Self { is_passing: true, ..Self::new(seed, length) }
    }

    /// Creates the same, with guests that fill their tables.
    #[must_use]
    pub fn filling(seed: u64, length: u32) -> Self {
        Self { filling: 45, ..Self::new(seed, length) }
    }

    /// Creates the same, with guests that call until there are many tasks.
    #[must_use]
    pub fn crowding(seed: u64, length: u32) -> Self {
        Self { crowding: 99, wind_down: 5 * length, ..Self::new(seed, length) }
    }

    fn below(&mut self, count: u32) -> u32 {
        self.random.choose(Choice::Host, count.max(1))
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    fn one_of<T: Copy>(&mut self, items: &[T]) -> Option<T> {
        let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
        items.get(self.below(count) as usize).copied()
    }

    /// Returns the number to add to an address, length or position: 0; rarely, one that leads beyond
    /// 4 GiB if the instance has 64 bits, and out of bounds otherwise.
    fn offset(&mut self) -> u32 {
        self.rare_offset(1)
    }

    /// Returns the same, with one beyond 4 GiB in `share` of 300 cases.
    fn rare_offset(&mut self, share: u32) -> u32 {
        if self.below(300) < share { BEYOND } else { 0 }
    }

    /// Returns a word that has more than 32 bits at times, if the instance has 64 bits.
    fn word(&mut self, guest: &Guest, count: u32) -> u32 {
        let word = self.below(count);
        if guest.width == Width::Wide && self.chance(30) { BEYOND + word } else { word }
    }

    /// Returns one of `indices`; rarely, or if there is none, any small number.
    fn index(&mut self, indices: &[u32]) -> u32 {
        match self.one_of(indices) {
            Some(index) if self.below(200) > 0 => index,
            _ => {
                self.is_wild = true;
                self.below(7)
            }
        }
    }
}

impl<L: Limits, C: Chooser> Script<L, C> for Generator {
    fn next(&mut self, player: &mut ProgramPlayer<L, C>) -> Option<Entry> {
        let is_over = self.left == 0;
        let counter = if is_over { &mut self.wind_down } else { &mut self.left };
        *counter = counter.checked_sub(1)?;
        Some(match player.control {
            Control::Guest(thread) => {
                let guest = Guest::new(player, thread);
                if is_over { self.guest_ends(&guest) } else { self.guest(&guest) }
            }
            // Nothing is generated for it: it repeats the run with records.
            Control::Unrecorded => return None,
            Control::Host if player.places.last() == Some(&Place::Call) => {
                self.called_host(player, is_over)
            }
            Control::Host if is_over => return self.host_ends(player),
            Control::Host => self.host(player),
        })
    }
}

fn entry(operation: impl Into<Operation>, arguments: [u32; 4]) -> Entry {
    Entry { operation: operation.into(), arguments }
}

fn simple(operation: impl Into<Operation>) -> Entry {
    entry(operation, [0; 4])
}

/// Returns the action that creates a handle which can be passed as `value`.
fn make(value: Value) -> Entry {
    match value {
        Value::Own | Value::Borrow => entry(Builtin::ResourceNew, [7, 0, 0, 0]),
        Value::End(position) => match end_kind(position) {
            (EndKind::Stream, number) => entry(Builtin::StreamNew, [number, 0, 0, 0]),
            (EndKind::Future, number) => entry(Builtin::FutureNew, [number, 0, 0, 0]),
        },
        Value::ErrorContext => entry(Builtin::ErrorContextNew, [0, 3, 0, 0]),
    }
}
