//! Plays programs as components, and shortens those that differ.

use std::sync::Arc;
use std::task::Waker;

use weft::abi::Val;
use weft::chooser::{Choice, Chooser};
use weft::component::{CallError, CallId, Component, Instance, Linker, Store};
use weft::engine::wasmi::Wasmi;
use weft::limits::{Heap, Limits, Table};
use weft::timeline::Timeline;

use super::calls::{Call, calls};
use super::composition::Composition;
use super::expected::{Expected, ended};
use super::expressible::Expressible;
use super::functions::linker;
use super::host::{HeldEnd, Host, Invocation, end_action, number};
use super::playback::{Difference, Shared};
use super::storm::Stormy;
use super::text::world;
use crate::programs::generator::WIDE;
use crate::programs::host::EndOrigin;
use crate::programs::operation::Entry;
use crate::programs::player::{ProgramPlayer, Run, Script, Tape};
use crate::programs::world::Width;

/// The loaded components of all worlds of up to a number of instances.
#[derive(Clone, Debug)]
pub struct ComponentStage {
    engine: Wasmi,
    composition: Composition,
    worlds: Arc<[Loaded]>,
    is_eager: bool,
    is_recorded: bool,
}

/// A world.
#[derive(Debug)]
pub(super) struct Loaded {
    /// The number of instances.
    instances: usize,
    /// The instances with memories and tables of 64 bits: bit 0 is the first one's.
    wide: u32,
    pub(super) component: Component<Wasmi>,
    pub(super) linker: Linker<Wasmi, Host>,
    pub(super) calls: Arc<[Vec<Call>]>,
}

/// Returns the bits of `wide` that `instances` instances use.
fn used(wide: u32, instances: usize) -> u32 {
    wide & !(u32::MAX << instances)
}

/// A shortened program that differs.
#[derive(Clone, Debug)]
pub struct Shortened {
    /// The actions.
    pub entries: Vec<Entry>,
    /// The trace of the machine.
    pub trace: Vec<String>,
    /// The difference.
    pub difference: Difference,
}

impl ComponentStage {
    /// Loads the components of worlds of up to `instances` instances, composed like this.
    ///
    /// # Panics
    ///
    /// If one of them is refused.
    #[must_use]
    pub fn new(composition: Composition, instances: u32) -> Self {
        let engine = Wasmi::default();
        let load = |(count, wide)| {
            let text = world(composition, count, wide);
            let bytes = wat::parse_str(text).expect("the world's text");
            let component = Component::new(&engine, &bytes).expect("the world's component");
            let calls = |number| calls(composition, number, count, Width::of(wide, number));
            let calls: Vec<Vec<Call>> = (0..count).map(calls).collect();
            let instances = count as usize;
            Loaded { instances, wide, component, linker: linker(count), calls: calls.into() }
        };
        let mut worlds: Vec<(u32, u32)> = (1..=instances)
            .flat_map(|count| WIDE.map(|wide| (count, used(wide, count as usize))))
            .collect();
        worlds.sort_unstable();
        worlds.dedup();
        let worlds = worlds.into_iter().map(load).collect();
        Self { engine, composition, worlds, is_eager: false, is_recorded: false }
    }

    /// Makes calls get their records at once.
    #[must_use]
    pub fn eager(self) -> Self {
        Self { is_eager: true, ..self }
    }

    /// Lets stores record a timeline.
    #[must_use]
    pub fn recorded(self) -> Self {
        Self { is_recorded: true, ..self }
    }

    /// Plays `run` again, in a world of `instances` instances. `run` left the player in this state.
    /// Returns the difference, if any.
    ///
    /// # Panics
    ///
    /// If the world can't be instantiated.
    #[must_use]
    pub fn play<L: Limits, C: Chooser>(
        &self,
        run: &Run,
        player: &ProgramPlayer<L, C>,
    ) -> Option<Difference> {
        let (mut play, _) = self.prepare(run, player);
        play.play_to_its_end();
        play.shared.lock().difference.clone()
    }

    /// Plays the first `lines` events of `run`, as [`play`](Self::play) does. Then guests call any
    /// built-in with any number, and the host does `actions` random actions, chosen by `seed`: it
    /// cancels, abandons, drops, panics and removes. At last the host drops everything it has.
    /// Returns the tables that are not empty then.
    ///
    /// # Panics
    ///
    /// If an action does what it may never do.
    #[must_use]
    pub fn storm<L: Limits, C: Chooser>(
        &self,
        run: &Run,
        player: &ProgramPlayer<L, C>,
        (seed, lines, actions): (u64, usize, u32),
    ) -> Vec<(Table, usize)> {
        let world = self.world(run, player);
        let types = {
            // Types of values and streams without resources are the same for all instances.
            let (mut play, root) = self.prepare(run, player);
            play.store.remove_instance(&root).expect("nothing runs");
            play.store.count_of(Table::Types)
        };
        let (mut play, root) = self.prepare(run, player);
        play.play_to(lines);
        Stormy::new(play, world, root, seed).rage(actions, types)
    }

    /// Returns the world of `run`.
    fn world<L: Limits, C: Chooser>(&self, run: &Run, player: &ProgramPlayer<L, C>) -> &Loaded {
        let instances = player.world.instances.len();
        let wide = used(run.settings.wide, instances);
        let is_it = |it: &&Loaded| it.instances == instances && it.wide == wide;
        self.worlds.iter().find(is_it).expect("a loaded world")
    }

    /// Creates a store with the world of `run`.
    fn prepare<L: Limits, C: Chooser>(
        &self,
        run: &Run,
        player: &ProgramPlayer<L, C>,
    ) -> (Play, Instance<Wasmi>) {
        let Loaded { component, linker, calls, .. } = self.world(run, player);
        let shared = Shared::new(Expected::new(run, player), calls.clone());
        let chooser = Box::new(shared.clone());
        let mut store = Store::with_chooser(&self.engine, chooser, Host::new(shared.clone()));
        store.set_eager_records(self.is_eager);
        if self.is_recorded {
            store.record_timeline(Timeline::new(100)).expect("no guest is interrupted");
        }
        let mut play = Play { store, shared, open: Vec::new() };
        let root = play.set_up(component, linker);
        (play, root)
    }

    /// Returns the shortest program found that still differs.
    #[must_use]
    pub fn shorten(&self, instances: u32, run: &Run) -> Option<Shortened> {
        let choices: Vec<u32> = run.choices.iter().map(|it| it.chosen.chosen).collect();
        let try_ = |entries: &[Entry]| {
            let world = (instances, run.settings.wide);
            let (run, player) = play_again(self.composition, world, entries, choices.clone())?;
            let difference = self.play(&run, &player)?;
            Some(Shortened { entries: run.entries, trace: run.trace, difference })
        };
        let mut shortest = try_(&run.entries)?;
        let mut size = shortest.entries.len().div_ceil(2);
        while size > 0 {
            let starts = (0..shortest.entries.len()).step_by(size);
            let found = starts.into_iter().find_map(|start| {
                let mut entries = shortest.entries.clone();
                entries.drain(start..(start + size).min(entries.len()));
                try_(&entries).filter(|it| it.entries.len() < shortest.entries.len())
            });
            match found {
                Some(found) => {
                    size = size.min(found.entries.len());
                    shortest = found;
                }
                None => size /= 2,
            }
        }
        Some(shortest)
    }
}

/// A chooser that answers from a list, or with the first possibility if the list does not fit.
#[derive(Clone, Debug)]
struct Again {
    choices: std::vec::IntoIter<u32>,
}

impl Chooser for Again {
    fn choose(&mut self, _: Choice, count: u32) -> u32 {
        self.choices.next().filter(|chosen| *chosen < count).unwrap_or(0)
    }
}

/// Returns the run of a machine with these entries, limited to those that components can do, and
/// with these choices if they fit; nothing if that is no program. The world has a number of
/// instances, and those in `wide` have memories and tables of 64 bits.
#[must_use]
pub fn play_again(
    composition: Composition,
    (instances, wide): (u32, u32),
    entries: &[Entry],
    choices: Vec<u32>,
) -> Option<(Run, ProgramPlayer<Heap, impl Chooser + use<>>)> {
    let again = Again { choices: choices.into_iter() };
    let player = ProgramPlayer::<Heap, _>::wide(again, instances, wide);
    let play = || rehearse(composition, player, Tape(entries.iter()));
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(play)).ok()
}

/// Returns the run of a machine with a script, limited to the operations that components can do.
pub fn rehearse<L: Limits, C: Chooser>(
    composition: Composition,
    player: ProgramPlayer<L, C>,
    script: impl Script<L, C>,
) -> (Run, ProgramPlayer<L, C>) {
    player.play(&mut Expressible::new(composition, script))
}

/// A program that is being played.
pub(super) struct Play {
    pub(super) store: Store<Wasmi, Host>,
    pub(super) shared: Shared,
    /// The calls of the host that have not ended.
    pub(super) open: Vec<(u32, CallId)>,
}

impl Play {
    /// Creates the instances, and the resources that the host passes to them.
    fn set_up(
        &mut self,
        component: &Component<Wasmi>,
        linker: &Linker<Wasmi, Host>,
    ) -> Instance<Wasmi> {
        let made = self.store.instantiate(component, linker).expect("the world's instance");
        let names = (0..).map(|number| format!("i{number}"));
        let instances: Vec<_> = names.map_while(|name| made.instance(&name)).collect();
        let make = self.store.function(&instances[0], "make").expect("`make`");
        self.store.data_mut().instances = instances;
        let representations = self.shared.lock().expected.representations.clone();
        for (call, representation) in representations {
            let result = self.store.call(&make, &[Val::U32(representation)]);
            let Ok(Some(Val::Own(resource))) = result else { panic!("a resource: {result:?}") };
            self.store.data_mut().made.insert(call, resource);
        }
        // From now on, a pending task continues only when the trace says it.
        self.store.set_turns_per_poll(1);
        self.shared.lock().has_begun = true;
        made
    }

    /// Performs the first `lines` lines, unless there are fewer, or there is a difference.
    fn play_to(&mut self, lines: usize) {
        while self.shared.lock().position() < lines {
            if let Err(error) = self.step() {
                self.shared.lock().trap(&error);
                break;
            }
            if self.shared.lock().is_over() {
                break;
            }
        }
    }

    /// Performs the lines, until there are none, or there is a difference.
    fn play_to_its_end(&mut self) {
        self.play_to(usize::MAX);
        self.shared.lock().finish();
        self.compare_received();
    }

    /// Checks that the values read from each end are the first values that the machine's host read.
    fn compare_received(&mut self) {
        let received = std::mem::take(&mut self.store.data_mut().received);
        let mut playback = self.shared.lock();
        for (at, values) in received {
            if !playback.expected.received[at].starts_with(&values) {
                playback.differ(format!("E{at} gave {values:?}"));
            }
        }
    }

    /// Performs the next line.
    fn step(&mut self) -> Result<(), CallError> {
        self.take_results()?;
        if end_action(&mut self.store, &self.shared)? {
            return Ok(());
        }
        let line = self.shared.lock().take_line();
        let words: Vec<&str> = line.split(' ').collect();
        if let Some(it) = Invocation::read(&line) {
            self.invoke(it)?;
            return self.take_trap();
        }
        match words.as_slice() {
            ["host.cancel", call] => {
                let call: u32 = number(call);
                let open = self.open.iter().find(|(it, _)| *it == call);
                match open.copied() {
                    Some((_, id)) => self.store.cancel(id)?,
                    None => self.shared.lock().differ(format!("C{call} has ended")),
                }
            }
            ["host.return", call] => {
                let mut playback = self.shared.lock();
                let hosted = playback.hosted.entry(number(call)).or_default();
                hosted.has_returned = true;
                if let Some(waker) = hosted.waker.take() {
                    waker.wake();
                }
            }
            ["host.tick"] => {
                self.store.poll(Waker::noop())?;
            }
            ["end"] => {
                if self.store.poll(Waker::noop())?.can_go_on {
                    self.shared.lock().differ("a task can continue".to_owned());
                }
            }
            _ => {
                let mut playback = self.shared.lock();
                playback.differ(format!("the host is in control, which can't do: {line}"));
            }
        }
        self.take_trap()
    }

    /// Records the results of calls. The trap of one call comes before the results of the others.
    fn take_results(&mut self) -> Result<(), CallError> {
        let (mut results, mut open, mut failed) = (Vec::new(), Vec::new(), None);
        for (number, id) in std::mem::take(&mut self.open) {
            match self.store.take_result(id)? {
                None => open.push((number, id)),
                Some(Ok(value)) => results.push((number, Some(value))),
                Some(Err(CallError::Cancelled)) => results.push((number, None)),
                Some(Err(error)) => failed = failed.or(Some(error)),
            }
        }
        self.open = open;
        for (number, returned) in results {
            let how = if returned.is_some() { "returned" } else { "cancelled" };
            if failed.is_none() {
                self.shared.lock().emit(&ended(number, how));
            }
            let value = returned.flatten();
            if let Some(end) = HeldEnd::passed(value.as_ref()) {
                let origin = EndOrigin { call: number, is_writable: false };
                self.store.data_mut().ends.insert(origin, end);
            }
            if let Some(Val::ErrorContext(it)) = value {
                self.store.drop_error_context(it)?;
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Records a trap of the last host action that belongs to no call; or else a host call that
    /// was dropped too early.
    fn take_trap(&mut self) -> Result<(), CallError> {
        if let Some(error) = self.store.take_background_trap() {
            return Err(error);
        }
        let mut playback = self.shared.lock();
        // Calls that cannot continue after a trap are also dropped.
        let traps = playback.expected_line().starts_with("trap ") || playback.is_over();
        if let Some(number) = playback.dropped
            && !traps
        {
            playback.differ(format!("host-cancel C{number}"));
        }
        Ok(())
    }

    fn invoke(&mut self, it: Invocation) -> Result<(), CallError> {
        self.shared.lock().call_count += 1;
        let arguments = it.arguments(&mut self.store)?;
        let function = self.store.function(&self.store.data().instances[it.instance], &it.name());
        let function = function.expect("a function of the world");
        let id = self.store.start(&function, &arguments)?;
        self.open.push((it.call, id));
        Ok(())
    }
}
