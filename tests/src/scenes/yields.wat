;; A guest that lets others run, as often as it is told.
(component
  (core func $return (canon task.return))
  (core func $yield (canon thread.yield))
  (core module $Module
    (import "" "return" (func $return))
    (import "" "yield" (func $yield (result i32)))
    (global $n (mut i32) (i32.const 0))
    (func (export "stackful") (param $n i32)
      (loop $again
        (drop (call $yield))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (call $return))
    (func (export "with-callback") (param $n i32) (result i32)
      (global.set $n (local.get $n))
      (i32.const 1 (; YIELD ;)))
    (func (export "callback") (param i32 i32 i32) (result i32)
      (global.set $n (i32.sub (global.get $n) (i32.const 1)))
      (if (result i32) (global.get $n)
        (then (i32.const 1 (; YIELD ;)))
        (else (call $return) (i32.const 0 (; EXIT ;))))))
  (core instance $module (instantiate $Module (with "" (instance
    (export "return" (func $return))
    (export "yield" (func $yield))))))
  (func (export "stackful") async (param "n" u32)
    (canon lift (core func $module "stackful") async))
  (func (export "with-callback") async (param "n" u32)
    (canon lift (core func $module "with-callback")
      async (callback (core func $module "callback")))))
