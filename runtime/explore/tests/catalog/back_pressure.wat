;; A task turns on back-pressure while it works, and turns it off only on one of its ways. Then later
;; calls wait for ever.
(component
  (core func $inc (canon backpressure.inc))
  (core func $dec (canon backpressure.dec))
  (core func $yield (canon thread.yield))
  (core func $return (canon task.return))
  (core module $Module
    (import "" "inc" (func $inc))
    (import "" "dec" (func $dec))
    (import "" "yield" (func $yield (result i32)))
    (import "" "return" (func $return))
    (global $is-ready (mut i32) (i32.const 0))
    (func (export "prepare")
      (drop (call $yield))
      (global.set $is-ready (i32.const 1))
      (call $return))
    (func (export "work")
      (call $inc)
      (drop (call $yield))
      (if (i32.eqz (global.get $is-ready)) (then
        ;; @right: (call $dec)
        (call $return)
        (return)))
      (call $dec)
      (call $return)))
  (core instance $module (instantiate $Module (with "" (instance
    (export "inc" (func $inc)) (export "dec" (func $dec)) (export "yield" (func $yield))
    (export "return" (func $return))))))
  (func (export "first") async (canon lift (core func $module "prepare") async))
  (func (export "second") async (canon lift (core func $module "work") async))
  (func (export "third") async (canon lift (core func $module "prepare") async)))
