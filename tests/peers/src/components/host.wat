;; A guest that calls host functions, each as often as it is told.
(component
  (import "nothing" (func $nop))
  (import "numbers" (func $number (param "a" u32) (result u32)))
  (import "text" (func $text (param "s" string) (result u32)))
  (core module $Memory (memory (export "memory") 1) (data (i32.const 16) "sixteen bytes it"))
  (core instance $memory (instantiate $Memory))
  (core func $nop (canon lower (func $nop)))
  (core func $number (canon lower (func $number)))
  (core func $text (canon lower (func $text) (memory (core memory $memory "memory"))))
  (core module $Module
    (import "" "nothing" (func $nop))
    (import "" "numbers" (func $number (param i32) (result i32)))
    (import "" "text" (func $text (param i32 i32) (result i32)))
    (func (export "nothing") (param $n i32)
      (loop $again
        (call $nop)
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (func (export "numbers") (param $n i32)
      (loop $again
        (if (i32.ne (call $number (local.get $n)) (i32.add (local.get $n) (i32.const 1)))
          (then unreachable))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (func (export "text") (param $n i32)
      (loop $again
        (if (i32.ne (call $text (i32.const 16) (i32.const 16)) (i32.const 16)) (then unreachable))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
  (core instance $i (instantiate $Module (with "" (instance
    (export "nothing" (func $nop)) (export "numbers" (func $number)) (export "text" (func $text))))))
  (func (export "nothing") (param "n" u32) (canon lift (core func $i "nothing")))
  (func (export "numbers") (param "n" u32) (canon lift (core func $i "numbers")))
  (func (export "text") (param "n" u32) (canon lift (core func $i "text"))))
