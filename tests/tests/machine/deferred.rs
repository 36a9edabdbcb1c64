//! Calls without records beside calls with them: whatever guests and the host do, in any order, and
//! whenever somebody looks, the same comes of it.

mod side;

use weft_core::builtin::TypeIndex;
use weft_core::chooser::{Choice, Chooser as _, Seeded};
use weft_core::host::limits::ExtensionLimits;
use weft_core::machine::HandleView;
use weft_core::trap::CopyDirection;

use crate::calls::{
    Call, HOST_RESOURCE, STREAM, backpressure_dec, backpressure_inc, context_get, context_set,
    error_context_drop, error_context_new, join, resource_drop, resource_new, resource_rep,
    set_drop, set_new, thread_index,
};
use side::{Count, Doing, INSTANCES, Kind, Look, Side};

/// The two sides of a program.
struct Program<L: ExtensionLimits> {
    eager: Side<L>,
    deferred: Side<L>,
    random: Seeded,
    /// How often the host or a guest looks without need, in a hundred.
    looks: u32,
    trace: Vec<String>,
}

impl<L: ExtensionLimits> Program<L> {
    fn new(seed: u64, looks: u32) -> Self {
        let eager = Side::new(false, seed);
        let deferred = Side::new(true, seed);
        Self { eager, deferred, random: Seeded::new(!seed), looks, trace: Vec::new() }
    }

    fn below(&mut self, count: u32) -> u32 {
        self.random.choose(Choice::Tick, count)
    }

    fn position(&mut self, count: usize) -> usize {
        self.below(u32::try_from(count).unwrap()) as usize
    }

    /// Both sides do the same, and the same comes of it.
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
            Some(Kind::Guest { .. }) => match point {
                0..30 if self.eager.stack.len() < 8 => {
                    Doing::Call(self.position(2 * INSTANCES + 1))
                }
                0..55 => Doing::Return(self.below(100)),
                55 if self.below(10) == 0 => Doing::Trapped,
                55..65 => Doing::BeginRealloc,
                _ => Doing::BuiltIn(self.built_in()),
            },
            Some(Kind::Realloc | Kind::PostReturn { .. } | Kind::Destructor) => match point {
                0..80 => Doing::Return(1),
                80..83 => Doing::BeginRealloc,
                83 => Doing::Call(self.position(2 * INSTANCES + 1)),
                84..90 => Doing::BuiltIn(thread_index()),
                90..96 => Doing::BuiltIn(context_set(0, point)),
                96 => Doing::BuiltIn(self.built_in()),
                _ => Doing::Return(2),
            },
        }
    }

    fn host(&mut self, point: u32) -> Doing {
        let is_nested = self.eager.kind() == Some(Kind::Host);
        match point {
            0..40 if is_nested => Doing::Return(self.below(100)),
            0..60 if self.eager.stack.len() < 8 => Doing::Invoke(self.position(2 * INSTANCES)),
            60..75 => Doing::BeginRealloc,
            75..83 => Doing::NewStream(self.position(INSTANCES)),
            83..90 if !self.eager.host_ends.is_empty() => {
                Doing::HostDrop(self.position(self.eager.host_ends.len()))
            }
            _ => Doing::HostEvents,
        }
    }

    /// A handle of the guest that runs for which `condition` holds; seldom, any number.
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
            25..30 => self
                .handle(|it| matches!(it, HandleView::WaitableSet { .. }))
                .map(|set| set_drop(set)),
            30..36 => Some(STREAM.make()),
            36..46 => self.end(CopyDirection::Read).map(|end| STREAM.drop_readable(end)),
            46..52 => self.end(CopyDirection::Write).map(|end| STREAM.drop_writable(end)),
            52..56 => self
                .end(CopyDirection::Read)
                .and_then(|readable| Some(STREAM.forward(readable, self.end(CopyDirection::Write)?))),
            56..62 => Some(resource_new(HOST_RESOURCE, point)),
            62..70 if self.eager.instance() == Some(0) => Some(resource_new(own, point)),
            70..76 => self.resource(HOST_RESOURCE).map(|it| resource_rep(HOST_RESOURCE, it)),
            76..80 => self.resource(HOST_RESOURCE).map(|it| resource_drop(HOST_RESOURCE, it)),
            80..86 => self.resource(own).map(|it| resource_drop(own, it)),
            86..90 => Some(error_context_new()),
            90..94 => self
                .handle(|it| matches!(it, HandleView::ErrorContext(_)))
                .map(|it| error_context_drop(it)),
            94..96 => self.end(CopyDirection::Read).map(|end| join(end, 0)),
            _ => None,
        };
        call.unwrap_or_else(set_new)
    }
}

fn count_of<L: ExtensionLimits>(seeds: std::ops::Range<u64>, length: u32) -> Count {
    let mut sum = Count::default();
    for seed in seeds {
        for looks in [0, 2, 12, 50] {
            let count = Program::<L>::new(seed, looks).run(length);
            sum.deferred += count.deferred;
            sum.ended += count.ended;
            sum.refused += count.refused;
            for (sum, made) in sum.made.iter_mut().zip(count.made) {
                *sum += made;
            }
        }
    }
    sum
}

fn whoever_looks_and_whenever_the_same_comes_of_it<L: ExtensionLimits>() {
    let count = count_of::<L>(0..250, 80);
    println!("{count:?}");
    assert!(count.ended > 2000 && count.made[2] > 500 && count.made[3..].iter().sum::<usize>() > 300);
}

on_each_storage!(whoever_looks_and_whenever_the_same_comes_of_it);
