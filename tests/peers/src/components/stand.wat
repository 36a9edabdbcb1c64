;; A task that waits for a host function where it stands.
(component
  (import "park" (func $park async))
  (core func $park (canon lower (func $park)))
  (core func $return (canon task.return (result u32)))
  (core module $Module
    (import "" "park" (func $park))
    (import "" "return" (func $return (param i32)))
    (func (export "park") (call $park) (call $return (i32.const 42))))
  (core instance $i (instantiate $Module (with "" (instance
    (export "park" (func $park)) (export "return" (func $return))))))
  (func (export "park") async (result u32) (canon lift (core func $i "park") async)))
