;; A guest that calls another one, in each way as often as it is told.
(component
  (component $Callee
    (core module $Module
      (memory (export "memory") 1)
      (func (export "nothing"))
      (func (export "numbers") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
      (func (export "text") (param i32 i32) (result i32) (local.get 1))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
    (core instance $i (instantiate $Module))
    (func (export "nothing") (canon lift (core func $i "nothing")))
    (func (export "numbers") (param "a" u32) (param "b" u32) (result u32)
      (canon lift (core func $i "numbers")))
    (func (export "text") (param "s" string) (result u32)
      (canon lift (core func $i "text")
        (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
  (component $Caller
    (import "nothing" (func $nop))
    (import "numbers" (func $add (param "a" u32) (param "b" u32) (result u32)))
    (import "text" (func $text (param "s" string) (result u32)))
    (core module $Memory (memory (export "memory") 1) (data (i32.const 16) "sixteen bytes it"))
    (core instance $memory (instantiate $Memory))
    (core func $nop (canon lower (func $nop)))
    (core func $add (canon lower (func $add)))
    (core func $text (canon lower (func $text) (memory (core memory $memory "memory"))))
    (core module $Module
      (import "" "nothing" (func $nop))
      (import "" "numbers" (func $add (param i32 i32) (result i32)))
      (import "" "text" (func $text (param i32 i32) (result i32)))
      (func (export "nothing") (param $n i32)
        (loop $again
          (call $nop)
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
      (func (export "numbers") (param $n i32)
        (loop $again
          (if (i32.ne (call $add (local.get $n) (i32.const 1))
                      (i32.add (local.get $n) (i32.const 1))) (then unreachable))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
      (func (export "text") (param $n i32)
        (loop $again
          (if (i32.ne (call $text (i32.const 16) (i32.const 16)) (i32.const 16))
            (then unreachable))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
    (core instance $i (instantiate $Module (with "" (instance
      (export "nothing" (func $nop)) (export "numbers" (func $add)) (export "text" (func $text))))))
    (func (export "nothing") (param "n" u32) (canon lift (core func $i "nothing")))
    (func (export "numbers") (param "n" u32) (canon lift (core func $i "numbers")))
    (func (export "text") (param "n" u32) (canon lift (core func $i "text"))))
  (instance $callee (instantiate $Callee))
  (instance $caller (instantiate $Caller
    (with "nothing" (func $callee "nothing"))
    (with "numbers" (func $callee "numbers"))
    (with "text" (func $callee "text"))))
  (export "nothing" (func $caller "nothing"))
  (export "numbers" (func $caller "numbers"))
  (export "text" (func $caller "text")))
