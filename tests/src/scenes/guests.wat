;; A guest that calls another one, in each way as often as it is told.
(component
  (component $Callee
    (core func $return (canon task.return))
    (core module $Module
      (import "" "return" (func $return))
      (memory (export "memory") 1)
      (func (export "nothing"))
      (func (export "add") (param i32 i32) (result i32)
        (i32.add (local.get 0) (local.get 1)))
      (func (export "length") (param i32 i32) (result i32) (local.get 1))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
      (func (export "return-at-once") (result i32) (call $return) (i32.const 0 (; EXIT ;)))
      (func (export "callback") (param i32 i32 i32) (result i32) unreachable))
    (core instance $module (instantiate $Module (with "" (instance
      (export "return" (func $return))))))
    (func (export "nothing") (canon lift (core func $module "nothing")))
    (func (export "add") (param "a" u32) (param "b" u32) (result u32)
      (canon lift (core func $module "add")))
    (func (export "length") (param "text" string) (result u32)
      (canon lift (core func $module "length")
        (memory (core memory $module "memory")) (realloc (core func $module "realloc"))))
    (func (export "return-at-once") async
      (canon lift (core func $module "return-at-once")
        async (callback (core func $module "callback")))))
  (component $Caller
    (import "nothing" (func $nothing))
    (import "add" (func $add (param "a" u32) (param "b" u32) (result u32)))
    (import "length" (func $length (param "text" string) (result u32)))
    (import "return-at-once" (func $return-at-once async))
    (core module $Memory
      (memory (export "memory") 1)
      (data (i32.const 16) "sixteen bytes it"))
    (core instance $memory (instantiate $Memory))
    (core func $nothing (canon lower (func $nothing)))
    (core func $add (canon lower (func $add)))
    (core func $length (canon lower (func $length) (memory (core memory $memory "memory"))))
    (core func $return-at-once (canon lower (func $return-at-once) async))
    (core module $Module
      (import "" "nothing" (func $nothing))
      (import "" "add" (func $add (param i32 i32) (result i32)))
      (import "" "length" (func $length (param i32 i32) (result i32)))
      (import "" "return-at-once" (func $return-at-once (result i32)))
      (func (export "nothing") (param $n i32)
        (loop $again
          (call $nothing)
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
      (func (export "add") (param $n i32)
        (loop $again
          (drop (call $add (local.get $n) (i32.const 1)))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
      (func (export "length") (param $n i32)
        (loop $again
          (drop (call $length (i32.const 16) (i32.const 16)))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
      (func (export "return-at-once") (param $n i32)
        (loop $again
          (if (i32.ne (call $return-at-once) (i32.const 2 (; RETURNED ;))) (then unreachable))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
    (core instance $module (instantiate $Module (with "" (instance
      (export "nothing" (func $nothing))
      (export "add" (func $add))
      (export "length" (func $length))
      (export "return-at-once" (func $return-at-once))))))
    (func (export "nothing") (param "n" u32) (canon lift (core func $module "nothing")))
    (func (export "add") (param "n" u32) (canon lift (core func $module "add")))
    (func (export "length") (param "n" u32) (canon lift (core func $module "length")))
    (func (export "return-at-once") (param "n" u32)
      (canon lift (core func $module "return-at-once"))))
  (instance $callee (instantiate $Callee))
  (instance $caller (instantiate $Caller
    (with "nothing" (func $callee "nothing"))
    (with "add" (func $callee "add"))
    (with "length" (func $callee "length"))
    (with "return-at-once" (func $callee "return-at-once"))))
  (export "nothing" (func $caller "nothing"))
  (export "add" (func $caller "add"))
  (export "length" (func $caller "length"))
  (export "return-at-once" (func $caller "return-at-once")))
