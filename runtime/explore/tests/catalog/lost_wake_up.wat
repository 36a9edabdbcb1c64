;; A consumer suspends itself until a producer has put something. If the producer puts it after the
;; consumer has looked and before the consumer has said that it waits, nobody wakes the consumer.
(component
  (core func $index (canon thread.index))
  (core func $suspend (canon thread.suspend))
  (core func $resume (canon thread.resume-later))
  (core func $yield (canon thread.yield))
  (core func $return (canon task.return))
  (core module $Module
    (import "" "index" (func $index (result i32)))
    (import "" "suspend" (func $suspend (result i32)))
    (import "" "resume" (func $resume (param i32)))
    (import "" "yield" (func $yield (result i32)))
    (import "" "return" (func $return))
    (global $is-full (mut i32) (i32.const 0))
    (global $waiting (mut i32) (i32.const 0))
    (func (export "consume")
      (if (i32.eqz (global.get $is-full)) (then
        ;; @wrong: others run between the look and the next line.
        (drop (call $yield))
        ;; @right: (if (global.get $is-full) (then (call $return) (return)))
        (global.set $waiting (call $index))
        (drop (call $suspend))))
      (call $return))
    (func (export "produce")
      (drop (call $yield))
      (global.set $is-full (i32.const 1))
      (if (global.get $waiting) (then (call $resume (global.get $waiting))))
      (call $return)))
  (core instance $module (instantiate $Module (with "" (instance
    (export "index" (func $index)) (export "suspend" (func $suspend))
    (export "resume" (func $resume)) (export "yield" (func $yield))
    (export "return" (func $return))))))
  (func (export "first") async (canon lift (core func $module "consume") async))
  (func (export "second") async (canon lift (core func $module "produce") async)))
