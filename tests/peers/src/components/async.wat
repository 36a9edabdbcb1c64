;; Calls with `async` of a host function that is ready, and of another guest that returns at
;; once; yields.
(component
  (import "ready" (func $ready async))
  (component $Callee
    (core func $return (canon task.return))
    (core module $Module
      (import "" "return" (func $return))
      (func (export "callback") (param i32 i32 i32) (result i32) unreachable)
      (func (export "run") (result i32) (call $return) (i32.const 0)))
    (core instance $i (instantiate $Module (with "" (instance (export "return" (func $return))))))
    (func (export "run") async
      (canon lift (core func $i "run") async (callback (core func $i "callback")))))
  (component $Caller
    (import "ready" (func $ready async))
    (import "run" (func $run async))
    (core func $ready (canon lower (func $ready) async))
    (core func $run (canon lower (func $run) async))
    (core func $return (canon task.return))
    (core module $Module
      (import "" "ready" (func $ready (result i32)))
      (import "" "run" (func $run (result i32)))
      (import "" "return" (func $return))
      (global $n (mut i32) (i32.const 0))
      (func (export "ready") (param $n i32) (result i32)
        (loop $again
          (if (i32.ne (call $ready) (i32.const 2 (; RETURNED ;))) (then unreachable))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (call $return) (i32.const 0))
      (func (export "run") (param $n i32) (result i32)
        (loop $again
          (if (i32.ne (call $run) (i32.const 2 (; RETURNED ;))) (then unreachable))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (call $return) (i32.const 0))
      (func (export "yield") (param $n i32) (result i32)
        (global.set $n (local.get $n))
        (i32.const 1 (; YIELD ;)))
      (func (export "callback") (param i32 i32 i32) (result i32)
        (global.set $n (i32.sub (global.get $n) (i32.const 1)))
        (if (result i32) (global.get $n)
          (then (i32.const 1))
          (else (call $return) (i32.const 0)))))
    (core instance $i (instantiate $Module (with "" (instance
      (export "ready" (func $ready)) (export "run" (func $run)) (export "return" (func $return))))))
    (func (export "ready") async (param "n" u32)
      (canon lift (core func $i "ready") async (callback (core func $i "callback"))))
    (func (export "run") async (param "n" u32)
      (canon lift (core func $i "run") async (callback (core func $i "callback"))))
    (func (export "yield") async (param "n" u32)
      (canon lift (core func $i "yield") async (callback (core func $i "callback")))))
  (instance $callee (instantiate $Callee))
  (instance $caller (instantiate $Caller
    (with "ready" (func $ready)) (with "run" (func $callee "run"))))
  (export "ready" (func $caller "ready"))
  (export "run" (func $caller "run"))
  (export "yield" (func $caller "yield")))
