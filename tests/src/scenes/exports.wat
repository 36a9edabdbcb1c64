;; What the host calls.
(component
  (core func $return (canon task.return))
  (core module $Module
    (import "" "return" (func $return))
    (memory (export "memory") 1)
    (data (i32.const 8) "\10\00\00\00\10\00\00\00sixteen bytes it")
    (func (export "nothing"))
    (func (export "add") (param i32 i32) (result i32)
      (i32.add (local.get 0) (local.get 1)))
    (func (export "length") (param i32 i32) (result i32) (local.get 1))
    (func (export "text") (result i32) (i32.const 8))
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
  (func (export "text") (result string)
    (canon lift (core func $module "text") (memory (core memory $module "memory"))))
  (func (export "return-at-once") async
    (canon lift (core func $module "return-at-once")
      async (callback (core func $module "callback")))))
