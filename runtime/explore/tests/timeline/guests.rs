//! The components whose timelines are drawn.

/// `$Consumer` lets three tasks of `$Producer` write to streams, and reads from them. Each task
/// yields in between.
///
/// | export | effect |
/// |---|---|
/// | `run` | reads `n` bytes from each of three streams, and asks the host after each one |
pub(super) const STREAMS: &str = r#"
(component
  (import "note" (func $note (param "n" u32)))
  (type $bytes (stream u8))
  (component $Producer
    (type $bytes (stream u8))
    (core module $Memory (memory (export "memory") 1))
    (core instance $memory (instantiate $Memory))
    (canon stream.new $bytes (core func $new))
    (canon stream.write $bytes (memory (core memory $memory "memory")) (core func $write))
    (canon stream.drop-writable $bytes (core func $drop))
    (canon task.return (result $bytes) (core func $return))
    (canon thread.yield (core func $yield))
    (core module $Module
      (import "" "new" (func $new (result i64)))
      (import "" "write" (func $write (param i32 i32 i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (import "" "return" (func $return (param i32)))
      (import "" "yield" (func $yield (result i32)))
      (func (export "produce") (param $n i32)
        (local $ends i64) (local $end i32)
        (local.set $ends (call $new))
        (local.set $end (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32))))
        (call $return (i32.wrap_i64 (local.get $ends)))
        (loop $next
          (drop (call $yield))
          (drop (call $write (local.get $end) (i32.const 16) (i32.const 2)))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br_if $next (i32.gt_s (local.get $n) (i32.const 0))))
        (call $drop (local.get $end))))
    (core instance $module (instantiate $Module (with "" (instance
      (export "new" (func $new))
      (export "write" (func $write))
      (export "drop" (func $drop))
      (export "return" (func $return))
      (export "yield" (func $yield))))))
    (func (export "produce") async (param "n" u32) (result $bytes)
      (canon lift (core func $module "produce") async)))
  (component $Consumer
    (type $bytes (stream u8))
    (import "produce" (func $produce async (param "n" u32) (result $bytes)))
    (import "note" (func $note (param "n" u32)))
    (core module $Memory (memory (export "memory") 1))
    (core instance $memory (instantiate $Memory))
    (canon lower (func $produce) (core func $produce))
    (canon lower (func $note) (core func $note))
    (canon stream.read $bytes (memory (core memory $memory "memory")) (core func $read))
    (canon stream.drop-readable $bytes (core func $drop))
    (core module $Module
      (import "" "produce" (func $produce (param i32) (result i32)))
      (import "" "note" (func $note (param i32)))
      (import "" "read" (func $read (param i32 i32 i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (func (export "run") (param $n i32) (result i32)
        (local $a i32) (local $b i32) (local $c i32) (local $i i32)
        (local.set $a (call $produce (local.get $n)))
        (local.set $b (call $produce (local.get $n)))
        (local.set $c (call $produce (local.get $n)))
        (loop $next
          (drop (call $read (local.get $a) (i32.const 16) (i32.const 2)))
          (drop (call $read (local.get $b) (i32.const 32) (i32.const 2)))
          (drop (call $read (local.get $c) (i32.const 48) (i32.const 2)))
          (call $note (local.get $i))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $next (i32.lt_s (local.get $i) (local.get $n))))
        (call $drop (local.get $a))
        (call $drop (local.get $b))
        (call $drop (local.get $c))
        (local.get $i)))
    (core instance $module (instantiate $Module (with "" (instance
      (export "produce" (func $produce))
      (export "note" (func $note))
      (export "read" (func $read))
      (export "drop" (func $drop))))))
    (func (export "run") async (param "n" u32) (result u32) (canon lift (core func $module "run"))))
  (instance $producer (instantiate $Producer))
  (instance $consumer (instantiate $Consumer
    (with "produce" (func $producer "produce"))
    (with "note" (func $note))))
  (export "run" (func $consumer "run")))
"#;

/// `run` calls `take` of another instance with a stream, and waits for it. `take` reads from the
/// stream first.
pub(super) const CIRCLE: &str = r#"
(component
  (type $bytes (stream u8))
  (component $Taker
    (type $bytes (stream u8))
    (core module $Memory (memory (export "memory") 1))
    (core instance $memory (instantiate $Memory))
    (canon stream.read $bytes (memory (core memory $memory "memory")) (core func $read))
    (core module $Module
      (import "" "read" (func $read (param i32 i32 i32) (result i32)))
      (func (export "take") (param $end i32)
        (drop (call $read (local.get $end) (i32.const 16) (i32.const 1)))))
    (core instance $module (instantiate $Module (with "" (instance (export "read" (func $read))))))
    (func (export "take") async (param "from" $bytes) (canon lift (core func $module "take"))))
  (component $Giver
    (type $bytes (stream u8))
    (import "take" (func $take async (param "from" $bytes)))
    (canon stream.new $bytes (core func $new))
    (canon lower (func $take) (core func $take))
    (core module $Module
      (import "" "new" (func $new (result i64)))
      (import "" "take" (func $take (param i32)))
      (func (export "run") (call $take (i32.wrap_i64 (call $new)))))
    (core instance $module (instantiate $Module (with "" (instance
      (export "new" (func $new)) (export "take" (func $take))))))
    (func (export "run") async (canon lift (core func $module "run"))))
  (instance $taker (instantiate $Taker))
  (instance $giver (instantiate $Giver (with "take" (func $taker "take"))))
  (export "run" (func $giver "run")))
"#;
