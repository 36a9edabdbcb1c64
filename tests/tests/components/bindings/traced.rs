//! Spans around calls of host functions.

use std::fmt::{Debug, Write as _};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use weft::binding::{HostAccess, HostCaller, HostError, HostView, Interface};
use weft_tests::world::World;

/// A subscriber that records spans and events.
#[derive(Debug, Default)]
struct Notes {
    lines: Mutex<Vec<String>>,
    next: AtomicU64,
}

#[derive(Default)]
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Notes {
    fn add(&self, line: String) {
        self.lines.lock().unwrap().push(line);
    }
}

#[derive(Debug)]
struct Shared(std::sync::Arc<Notes>);

impl Subscriber for Shared {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "weft::binding"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let id = self.0.next.fetch_add(1, Ordering::Relaxed) + 1;
        let mut fields = Fields::default();
        span.record(&mut fields);
        self.0.add(format!("span {id} {}{}", span.metadata().name(), fields.0));
        Id::from_u64(id)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.0.add(format!("event{}", fields.0));
    }

    fn enter(&self, span: &Id) {
        self.0.add(format!("enter {}", span.into_u64()));
    }

    fn exit(&self, span: &Id) {
        self.0.add(format!("exit {}", span.into_u64()));
    }
}

#[derive(Debug, Default)]
struct Sum(u32);

enum SumView {}

impl HostView<Sum> for SumView {
    type Host<'a> = &'a mut u32;

    fn view(data: &mut Sum) -> &mut u32 {
        &mut data.0
    }
}

impl Sum {
    fn now(caller: &mut impl HostCaller<Self>, n: u32) -> Result<u32, HostError> {
        let sum = caller.host().0.checked_add(n).ok_or("too much")?;
        caller.host().0 = sum;
        Ok(sum)
    }

    async fn later(access: impl HostAccess<Self>, n: u32) -> Result<u32, HostError> {
        access.with(move |caller| caller.host().0 += n).await?;
        Err(HostError::from("too late"))
    }
}

#[test]
fn a_call_has_a_span_with_its_arguments_and_its_result() {
    let mut world = World::with(Sum::default());
    let mut sums = Interface::new(&mut world.linker, None, |data: &mut Sum| data);
    sums.traced().function("add", |host: &mut Sum, (n,): (u32,)| {
        host.0 += n;
        Ok(host.0)
    });
    sums.traced().caller_function("now", |caller, (n,)| Sum::now(caller, n));
    sums.traced().async_function("later", |access, (n,)| Sum::later(access, n));
    let mut views = Interface::of_views::<SumView>(&mut world.linker, Some("example:sums/views"));
    views.traced().function("add", |host, (n,): (u32,)| {
        **host += n;
        Ok(**host)
    });
    let instance = world.instance(
        r#"(component
            (import "add" (func $add (param "n" u32) (result u32)))
            (import "now" (func $now (param "n" u32) (result u32)))
            (import "later" (func $later (param "n" u32) (result u32)))
            (import "example:sums/views" (instance $views
                (export "add" (func (param "n" u32) (result u32)))))
            (core func $add (canon lower (func $add)))
            (core func $now (canon lower (func $now)))
            (core func $later (canon lower (func $later)))
            (core func $view (canon lower (func $views "add")))
            (core module $module
                (import "" "add" (func $add (param i32) (result i32)))
                (import "" "now" (func $now (param i32) (result i32)))
                (import "" "later" (func $later (param i32) (result i32)))
                (import "" "view" (func $view (param i32) (result i32)))
                (func (export "run") (result i32)
                    (call $later (call $now (call $view (call $add (i32.const 1)))))))
            (core instance $module (instantiate $module (with "" (instance
                (export "add" (func $add)) (export "now" (func $now))
                (export "later" (func $later)) (export "view" (func $view))))))
            (func (export "run") (result u32) (canon lift (core func $module "run"))))"#,
    );
    let run = world.store.typed_function::<(), u32>(&instance, "run").unwrap();
    let notes = std::sync::Arc::new(Notes::default());
    let subscriber = Shared(notes.clone());
    let result = tracing::subscriber::with_default(subscriber, || world.store.call(&run, ()));
    assert!(result.is_err());
    let lines = notes.lines.lock().unwrap().join("\n");
    let expected = "\
span 1 host function function=\"add\"
enter 1
event message=call arguments=(1,)
exit 1
enter 1
event message=return result=Ok(1)
exit 1
span 2 host function interface=\"example:sums/views\" function=\"add\"
enter 2
event message=call arguments=(1,)
exit 2
enter 2
event message=return result=Ok(2)
exit 2
span 3 host function function=\"now\"
enter 3
event message=call arguments=(2,)
exit 3
enter 3
event message=return result=Ok(4)
exit 3
span 4 host function function=\"later\"
enter 4
event message=call arguments=(4,)
exit 4
enter 4
exit 4
enter 4
exit 4
enter 4
event message=return result=Err(\"too late\")
exit 4
enter 4
exit 4";
    assert_eq!(lines, expected, "{lines}");
}
