//! Arbitrary actions of guests and the host after a part of a program: nothing is left at the end.

#![no_main]

use std::cell::LazyCell;

use libfuzzer_sys::fuzz_target;
use weft::chooser::Seeded;
use weft::limits::Heap;
use weft_tests::programs::ProgramPlayer;
use weft_tests::programs::component::stage::{ComponentStage, rehearse};
use weft_tests::programs::generator::Generator;

thread_local! {
    static STAGE: LazyCell<ComponentStage> = LazyCell::new(|| ComponentStage::new(3));
}

fuzz_target!(|numbers: (u64, u8, u8, u8)| {
    let (seed, length, lines, actions) = numbers;
    let player = ProgramPlayer::<Heap, _>::new(Seeded::new(seed), 1 + u32::from(length % 3));
    let generator = Generator::passing(seed, length.into());
    let (run, player) = rehearse(player, generator);
    STAGE.with(|stage| {
        let left = stage.storm(&run, &player, (seed, lines.into(), actions.into()));
        assert_eq!(left, []);
    });
});
