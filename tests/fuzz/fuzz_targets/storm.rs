//! Arbitrary actions of guests and the host after a part of a program: nothing is left at the end.

#![no_main]

use std::cell::LazyCell;

use libfuzzer_sys::fuzz_target;
use weft::chooser::Seeded;
use weft::limits::Heap;
use weft_tests::programs::ProgramPlayer;
use weft_tests::programs::component::composition::Composition;
use weft_tests::programs::component::stage::{ComponentStage, rehearse};
use weft_tests::programs::generator::Generator;

thread_local! {
    static STAGES: LazyCell<[ComponentStage; 2]> =
        LazyCell::new(|| COMPOSITIONS.map(|it| ComponentStage::new(it, 3)));
}

const COMPOSITIONS: [Composition; 2] = [Composition::Siblings, Composition::Nested];

fuzz_target!(|numbers: (u64, u8, u8, u8, bool)| {
    let (seed, length, lines, actions, nested) = numbers;
    let nested = usize::from(nested);
    let player = ProgramPlayer::<Heap, _>::new(Seeded::new(seed), 1 + u32::from(length % 3));
    let generator = Generator::passing(seed, length.into());
    let (run, player) = rehearse(COMPOSITIONS[nested], player, generator);
    STAGES.with(|stages| {
        let left = stages[nested].storm(&run, &player, (seed, lines.into(), actions.into()));
        assert_eq!(left, []);
    });
});
