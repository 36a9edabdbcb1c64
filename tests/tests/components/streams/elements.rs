//! Element types, and handles as elements.

use weft::abi::{ComponentType, Lift, Lower, Type, Val};
use weft::builtin::TypeIndex;
use weft::component::streams::StreamError;
use weft::component::{CallError, Caller, HostResourceType, streams};
use weft::engine::wasmi::Wasmi;
use weft::handle::{OwnHandle, StreamHandle};
use weft::limit::BLOCKED;
use weft::limits::Table;
use weft_tests::world::World;

use super::guests::by_steps;

#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower)]
struct Point {
    x: i16,
    y: i16,
}

#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower)]
#[component(variant)]
enum Color {
    #[component(name = "red")]
    Red,
    #[component(name = "custom")]
    Custom(u16),
}

/// Sends values to a guest, which reads them into its 4 bytes, and receives others from it.
fn read_word<V: Lower + Send + 'static>(element: &str, values: Vec<V>) -> (u32, u32) {
    let (mut world, instance) = by_steps(element);
    let count = u32::try_from(values.len()).unwrap();
    let (stream, _) = world.store.stream_from(values).unwrap();
    world.call(&instance, "take", &[Val::Stream(stream.end())]);
    // Result 1 means that the stream was dropped after the last value.
    let read = world.number(&instance, "read", &[Val::U32(count)]);
    (read, world.number(&instance, "word", &[Val::U32(0)]))
}

#[test]
fn plain_elements_are_read_unchanged() {
    assert_eq!(read_word("u8", vec![1_u8, 2, 3, 4]), (4 << 4 | 1, 0x0403_0201));
    assert_eq!(read_word("u16", vec![1_u16, 2]), (2 << 4 | 1, 0x0002_0001));
    assert_eq!(read_word("f32", vec![1.5_f32]), (1 << 4 | 1, 1.5_f32.to_bits()));
    assert_eq!(read_word("(tuple u8 u16)", vec![(1_u8, 2_u16)]).1 & 0xffff_00ff, 0x0002_0001);
    assert_eq!(read_word("bool", vec![true, false]).1 & 0xffff, 1);
}

fn written<V>(element: &str, count: u32) -> Vec<V>
where
    V: for<'a> Lift<'a> + Send + 'static,
{
    let (mut world, instance) = by_steps(element);
    let Some(Val::Stream(end)) = world.call(&instance, "make", &[]) else { panic!() };
    let collecting = world.store.collect(StreamHandle::<V>::from(end)).unwrap();
    assert_eq!(world.number(&instance, "write", &[Val::U32(count)]), count << 4);
    world.call(&instance, "drop-writable", &[]);
    world.store.block_on(collecting).unwrap()
}

#[test]
fn plain_elements_are_written_unchanged() {
    assert_eq!(written::<u8>("u8", 3), b"abc");
    assert_eq!(written::<u16>("u16", 2), [0x6261, 0x6463]);
    assert_eq!(written::<u64>("u64", 1), [u64::from_le_bytes(*b"abcdefgh")]);
    assert_eq!(written::<(u8, u16)>("(tuple u8 u16)", 2), [(0x61, 0x6463), (0x65, 0x6867)]);
    assert_eq!(written::<[u8; 2]>("(list u8 2)", 2), [*b"ab", *b"cd"]);
    // There are streams without elements.
    assert_eq!(written::<()>("", 3).len(), 3);
}

/// Returns a component whose stream has an element type with names.
fn named(ty: &str, name: &str) -> String {
    let text = crate::linking::guests::has_streams(name);
    // Types with names are exported before their use.
    text.replace(
        &format!("(type $s (stream {name}))"),
        &format!(
            "(type $inner {ty}) (export {name} \"it\" (type $inner)) (type $s (stream {name}))"
        ),
    )
}

#[test]
fn records_and_variants_of_users() {
    let text = named("(record (field \"x\" s16) (field \"y\" s16))", "$it");
    let mut world = World::new();
    let instance = world.instance(&text);
    let (stream, _) = world.store.stream_from(vec![Point { x: 1, y: -1 }]).unwrap();
    world.call(&instance, "take", &[Val::Stream(stream.end())]);
    assert_eq!(world.number(&instance, "read", &[Val::U32(1)]), 1 << 4 | 1);
    assert_eq!(world.number(&instance, "word", &[Val::U32(0)]), 0xffff_0001);
    let Some(Val::Stream(end)) = world.call(&instance, "make", &[]) else { panic!() };
    let collecting = world.store.collect(StreamHandle::<Point>::from(end)).unwrap();
    world.number(&instance, "write", &[Val::U32(1)]);
    world.call(&instance, "drop-writable", &[]);
    let points = world.store.block_on(collecting).unwrap();
    assert_eq!(points, [Point { x: 0x6261, y: 0x6463 }]);

    let text = named("(variant (case \"red\") (case \"custom\" u16))", "$it");
    let mut world = World::new();
    let instance = world.instance(&text);
    let colors = vec![Color::Custom(7), Color::Red];
    let (stream, _) = world.store.stream_from(colors).unwrap();
    world.call(&instance, "take", &[Val::Stream(stream.end())]);
    assert_eq!(world.number(&instance, "read", &[Val::U32(2)]), 2 << 4 | 1);
    assert_eq!(world.number(&instance, "word", &[Val::U32(0)]) & 0xffff_00ff, 0x0007_0001);
}

#[test]
fn text_is_lowered_by_realloc() {
    let (mut world, instance) = by_steps("string");
    let texts = vec![String::from("one"), String::from("other"), String::from("third")];
    let (stream, sending) = world.store.stream_from(texts).unwrap();
    world.call(&instance, "take", &[Val::Stream(stream.end())]);
    assert_eq!(world.number(&instance, "read", &[Val::U32(2)]), 2 << 4);
    let second = world.number(&instance, "word", &[Val::U32(8)]);
    assert_eq!(world.number(&instance, "word", &[Val::U32(12)]), 5);
    let read = (second..second + 5).map(|at| world.number(&instance, "load", &[Val::U32(at)]));
    assert_eq!(read.collect::<Vec<_>>(), b"other".map(u32::from));
    assert_eq!(world.number(&instance, "read", &[Val::U32(2)]), 1 << 4 | 1);
    world.store.block_on(sending).unwrap();
}

/// Checks streams of streams, in both directions.
#[test]
fn streams_go_through_streams() {
    let mut world = World::new();
    let text = crate::linking::guests::has_streams("$inner");
    let text = text.replacen("(component", "(component (type $inner (stream u8))", 1);
    let instance = world.instance(&text);
    let (inner, sending) = world.store.stream_from(b"inner".to_vec()).unwrap();
    let (outer, sending_outer) = world.store.stream_from(vec![inner]).unwrap();
    world.call(&instance, "take", &[Val::Stream(outer.end())]);
    assert_eq!(world.number(&instance, "read", &[Val::U32(2)]), 1 << 4 | 1);
    world.store.block_on(sending_outer).unwrap();
    // It now belongs to the guest.
    assert!(!sending.is_finished());
    assert_ne!(world.number(&instance, "word", &[Val::U32(0)]), 0);

    // A stream that the host passes twice.
    let (inner, _) = world.store.stream_from(b"inner".to_vec()).unwrap();
    let again = StreamHandle::<u8>::from(inner.end());
    let (outer, sending_outer) = world.store.stream_from(vec![inner, again]).unwrap();
    world.call(&instance, "take", &[Val::Stream(outer.end())]);
    assert_eq!(world.number(&instance, "read", &[Val::U32(2)]), 1);
    let error = world.store.block_on(sending_outer).unwrap_err();
    assert!(matches!(error, StreamError::Call(CallError::Handle(_))), "{error}");
}

#[derive(Debug)]
enum Word {}

/// Returns a guest whose streams contain resources of the host.
fn words() -> (World<u32>, HostResourceType<Wasmi, u32>, weft::component::Instance<Wasmi>) {
    let mut world = World::with(0);
    let word = HostResourceType::with_destructor(|caller: &mut Caller<'_, '_, Wasmi, u32>, it| {
        *caller.data_mut() += u32::try_from(it)?;
        Ok(())
    });
    world.linker.resource("word", &word);
    let text = crate::linking::guests::has_streams("(own $word)").replacen(
        "(component",
        "(component (import \"word\" (type $word (sub resource)))",
        1,
    );
    let instance = world.instance(&text);
    (world, word, instance)
}

#[test]
fn resources_go_through_streams_of_a_named_type() {
    let (mut world, word, instance) = words();
    let none = world.store.stream_from(vec![OwnHandle::<Word>::new(1)]);
    assert!(matches!(none, Err(CallError::ElementType(_))));
    let ty = Type::Own(world.store.resource_type(&word).unwrap());
    let wrong = world.store.stream_of_type(&ty, vec![1_u8]);
    assert!(matches!(wrong, Err(CallError::Elements(_))));
    let unknown = Type::Own(TypeIndex(1000));
    assert!(world.store.stream_of_type(&unknown, vec![OwnHandle::<Word>::new(1)]).is_err());

    let owned = vec![OwnHandle::<Word>::new(5), OwnHandle::new(6), OwnHandle::new(7)];
    let (stream, _) = world.store.stream_of_type(&ty, owned).unwrap();
    world.call(&instance, "take", &[Val::Stream(stream.end())]);
    assert_eq!(world.number(&instance, "read", &[Val::U32(2)]), 2 << 4);
    let (stream, mut writer) = world.store.stream_writer_of_type::<OwnHandle<Word>>(&ty).unwrap();
    world.call(&instance, "take", &[Val::Stream(stream.end())]);
    assert_eq!(world.number(&instance, "read", &[Val::U32(1)]), BLOCKED);
    world.store.block_on(writer.send(OwnHandle::new(9))).unwrap();
    assert_eq!(world.number(&instance, "cancel-read", &[]), 1 << 4 | 2);
}

/// Checks that values which a sink has not taken are dropped when it ends.
#[test]
fn streams_that_a_sink_does_not_take_are_dropped() {
    let mut world = World::new();
    let inner = Type::stream(Some(Type::U8), TypeIndex(0)).unwrap();
    let (readable, writable) = world.store.new_stream(Some(&inner)).unwrap();
    let taking = world
        .store
        .stream_into(StreamHandle::<StreamHandle<u8>>::from(readable), streams::collect_at_most(1))
        .unwrap();
    let (first, _) = world.store.stream_from(vec![1_u8]).unwrap();
    let (second, sending) = world.store.stream_from(vec![2_u8]).unwrap();
    let both = vec![Val::Stream(first.end()), Val::Stream(second.end())];
    world.store.write(writable, both).unwrap();
    let taken = world.store.block_on(taking).unwrap();
    assert_eq!(taken, [first]);
    let error = world.store.block_on(sending).unwrap_err();
    assert!(matches!(error, StreamError::Dropped), "{error}");
    world.store.next_end_event().unwrap();
    world.store.drop_end(writable).unwrap();
    world.store.drop_end(taken[0].end()).unwrap();
    world.store.poll(std::task::Waker::noop()).unwrap();
    assert_eq!(world.store.count_of(Table::Waitables), 0);
}
