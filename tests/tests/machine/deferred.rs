//! Calls without records beside calls with them: for all actions of guests and the host, and all
//! moments of observation, the results are the same.

mod side;

use weft_core::builtin::TypeIndex;
use weft_core::chooser::{Choice, Chooser as _, Seeded};
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::MachineSizes;
use weft_core::machine::HandleView;
use weft_core::trap::CopyDirection;

use crate::calls::{
    Call, HOST_RESOURCE, STREAM, backpressure_dec, backpressure_inc, context_get, context_set,
    error_context_drop, error_context_new, join, resource_drop, resource_new, resource_rep,
    set_drop, set_new, thread_index,
};
use side::{Count, Doing, HOSTS, INSTANCES, Kind, Look, Side};

/// The two sides of a program.
struct Program<L: ExtensionLimits> {
    eager: Side<L>,
    deferred: Side<L>,
    random: Seeded,
    /// The percentage of actions that need the records without a reason.
    looks: u32,
    trace: Vec<String>,
}

impl<L: ExtensionLimits> Program<L> {
    fn new(seed: u64, looks: u32, max_table_length: u32) -> Self {
        let eager = Side::new(false, seed, max_table_length);
        let deferred = Side::new(true, seed, max_table_length);
        Self { eager, deferred, random: Seeded::new(!seed), looks, trace: Vec::new() }
    }

    fn below(&mut self, count: u32) -> u32 {
        self.random.choose(Choice::Host, count)
    }

    fn position(&mut self, count: usize) -> usize {
        self.below(u32::try_from(count).unwrap()) as usize
    }

    /// Performs an action on both sides, and checks that the results are equal.
    #[track_caller]
    fn act(&mut self, doing: &Doing) -> String {
        let told = self.eager.act(doing);
        self.trace.push(format!("{doing:?}: {told}"));
        let deferred = self.deferred.act(doing);
        assert_eq!(deferred, told, "\n{}", self.trace.join("\n"));
        if self.deferred.is_lost && !matches!(doing, Doing::Trapped) {
            self.act(&Doing::Trapped);
        } else if self.eager.must_unwind {
            assert!(self.deferred.must_unwind);
            self.act(&Doing::Trapped);
        }
        told
    }

    fn run(mut self, length: u32) -> Count {
        for _ in 0..length {
            if self.eager.is_all_locked_down() {
                break;
            }
            let doing = self.next();
            self.act(&doing);
            if self.below(100) < self.looks {
                let look = Look::ALL[self.position(Look::ALL.len())];
                self.act(&Doing::Look(look));
            }
        }
        self.act(&Doing::Look(Look::MakeRecords));
        self.eager.clean_up();
        self.deferred.clean_up()
    }

    fn next(&mut self) -> Doing {
        let point = self.below(100);
        match self.eager.kind() {
            None | Some(Kind::Host) => self.host(point),
            Some(Kind::Callback { resolved }) if point < 40 && self.below(20) > 0 => {
                if resolved.is_some() { Doing::Return(0) } else { Doing::Resolve(point) }
            }
            Some(Kind::Guest { .. } | Kind::Callback { .. }) => match point {
                0..30 if self.eager.stack.len() < 8 => self.call(),
                0..55 => Doing::Return(self.below(100)),
                55 if self.below(10) == 0 => Doing::Trapped,
                55..65 => Doing::BeginRealloc,
                _ => Doing::BuiltIn(self.built_in()),
            },
            Some(Kind::Realloc | Kind::PostReturn { .. } | Kind::Destructor) => match point {
                0..80 => Doing::Return(1),
                80..83 => Doing::BeginRealloc,
                83 => self.call(),
                84..90 => Doing::BuiltIn(context_get(1)),
                90..96 => Doing::BuiltIn(context_set(0, point)),
                96 => Doing::BuiltIn(self.built_in()),
                _ => Doing::Return(2),
            },
        }
    }

    /// Returns a call of any function that enters at once.
    fn call(&mut self) -> Doing {
        let (function, is_async) = (self.position(HOSTS + 1), self.below(3) == 0);
        let enters = self.eager.enters_at_once(function);
        let function = if enters { function } else { function - 1 };
        Doing::Call(function, is_async && function != HOSTS)
    }

    fn host(&mut self, point: u32) -> Doing {
        let is_nested = self.eager.kind() == Some(Kind::Host);
        match point {
            0..40 if is_nested => Doing::Return(self.below(100)),
            0..60 if self.eager.stack.len() < 8 => {
                let function = self.position(HOSTS);
                let enters = self.eager.enters_at_once(function);
                if enters { Doing::Invoke(function) } else { Doing::HostEvents }
            }
            60..75 => Doing::BeginRealloc,
            75..83 => Doing::NewStream(self.position(INSTANCES)),
            83..90 if !self.eager.host_ends.is_empty() => {
                Doing::HostDrop(self.position(self.eager.host_ends.len()))
            }
            _ => Doing::HostEvents,
        }
    }

    /// Returns a handle of the running guest for which `condition` holds; rarely, any number.
    fn handle(&mut self, condition: impl Fn(&HandleView) -> bool) -> Option<u32> {
        if self.below(100) == 0 {
            return Some(self.below(5));
        }
        let indices = self.eager.indices(condition);
        if indices.is_empty() { None } else { Some(indices[self.position(indices.len())]) }
    }

    fn end(&mut self, of: CopyDirection) -> Option<u32> {
        self.handle(|it| matches!(it, HandleView::End { direction, .. } if *direction == of))
    }

    fn resource(&mut self, of: TypeIndex) -> Option<u32> {
        self.handle(|it| matches!(it, HandleView::Resource { ty, .. } if *ty == of))
    }

    fn built_in(&mut self) -> Call {
        let own = self.eager.ty;
        let point = self.below(100);
        let call = match point {
            0..8 => Some(thread_index()),
            8..14 => Some(context_get(self.below(2))),
            14..20 => Some(context_set(self.below(2), self.below(100))),
            20..24 => Some(backpressure_inc()),
            24..25 => Some(backpressure_dec()),
            25..30 => self.handle(|it| matches!(it, HandleView::WaitableSet { .. })).map(set_drop),
            30..36 => Some(STREAM.make()),
            36..46 => self.end(CopyDirection::Read).map(|end| STREAM.drop_readable(end)),
            46..52 => self.end(CopyDirection::Write).map(|end| STREAM.drop_writable(end)),
            52..56 => self.end(CopyDirection::Read).and_then(|readable| {
                Some(STREAM.forward(readable, self.end(CopyDirection::Write)?))
            }),
            56..62 => Some(resource_new(HOST_RESOURCE, point)),
            62..70 if self.eager.instance() == Some(0) => Some(resource_new(own, point)),
            70..76 => self.resource(HOST_RESOURCE).map(|it| resource_rep(HOST_RESOURCE, it)),
            76..80 => self.resource(HOST_RESOURCE).map(|it| resource_drop(HOST_RESOURCE, it)),
            80..86 => self.resource(own).map(|it| resource_drop(own, it)),
            86..90 => Some(error_context_new()),
            90..94 => {
                self.handle(|it| matches!(it, HandleView::ErrorContext(_))).map(error_context_drop)
            }
            94..96 => self.end(CopyDirection::Read).map(|end| join(end, 0)),
            _ => None,
        };
        call.unwrap_or_else(set_new)
    }
}

/// Plays the programs of this number of seeds; the records are needed never, rarely and often.
fn count_of<L: ExtensionLimits>(seeds: u64, length: u32) -> Count {
    let mut sum = Count::default();
    for seed in 0..seeds {
        // The largest number of handles and threads of an instance.
        let max_table_length = if seed % 5 == 0 { 3 + (seed % 7) as u32 } else { u32::MAX };
        for looks in [0, 2, 12, 50] {
            sum += Program::<L>::new(seed, looks, max_table_length).run(length);
        }
    }
    sum
}

fn observation_never_changes_the_results<L: ExtensionLimits>() {
    let count = count_of::<L>(400, 80);
    println!("{count:?}");
    // Frames whose records were made at the same time.
    let made_together: usize = count.made[3..].iter().sum();
    assert!(count.ended > 4000 && count.made[2] > 700 && made_together > 400, "{count:?}");
    assert!(count.refused > 1000 && count.ended_async > 800, "{count:?}");
}

on_each_storage!(observation_never_changes_the_results);

/// Large tables.
const LARGE: MachineSizes = MachineSizes {
    instances: 3,
    functions: 12,
    types: 10,
    handles: 40,
    thread_indices: 12,
    tasks: 24,
    threads: 24,
    waitables: 60,
    waitable_sets: 40,
    resources: 40,
    lends: 0,
    error_contexts: 40,
    frames: 24,
    held_frames: 0,
    message_bytes: 8,
};

/// Defines a test for each of these tables: the table has exactly this size, and all others are
/// large.
macro_rules! tight {
    ($($name:ident: $limits:ident $table:ident $size:literal;)*) => {$(
        weft_core::limits! {
            struct $limits { $table: $size, ..LARGE }
        }

        #[test]
        fn $name() {
            let count = count_of::<$limits>(40, 60);
            assert!(count.refused > 0, "{count:?}");
        }
    )*};
}

// A call starts without records only if there is room for them. Making them therefore never fails,
// and an operation without room for records also has none without them.
tight! {
    one_thread_index_is_promised_once: OneThreadIndex thread_indices 1;
    two_thread_indices_are_promised_once: TwoThreadIndices thread_indices 2;
    three_thread_indices_are_promised_once: ThreeThreadIndices thread_indices 3;
    one_task_is_promised_once: OneTask tasks 1;
    two_tasks_are_promised_once: TwoTasks tasks 2;
    four_tasks_are_promised_once: FourTasks tasks 4;
    one_thread_is_promised_once: OneThread threads 1;
    two_threads_are_promised_once: TwoThreads threads 2;
    four_threads_are_promised_once: FourThreads threads 4;
    one_waitable_is_promised_once: OneWaitable waitables 1;
    two_waitables_are_promised_once: TwoWaitables waitables 2;
    four_waitables_are_promised_once: FourWaitables waitables 4;
    one_frame_is_promised_once: OneFrame frames 1;
    two_frames_are_promised_once: TwoFrames frames 2;
    three_frames_are_promised_once: ThreeFrames frames 3;
    five_frames_are_promised_once: FiveFrames frames 5;
    three_handles_are_promised_once: ThreeHandles handles 3;
}
