(component
  (import "example:plugins/host" (instance $host
    (export "page" (type $page (sub resource)))
    (export "[constructor]page" (func (param "title" string) (result (own $page))))
    (export "[method]page.line" (func (param "self" (borrow $page)) (param "text" string)))))
  (alias export $host "page" (type $page))
  (import "page" (type $world-page (eq $page)))
  (core module $Memory
    (memory (export "memory") 1)
    (data (i32.const 0) "a page") (data (i32.const 16) "a line"))
  (core instance $memory (instantiate $Memory))
  (canon lower (func $host "[constructor]page") (memory (core memory $memory "memory")) (core func $new))
  (canon lower (func $host "[method]page.line") (memory (core memory $memory "memory")) (core func $line))
  (core module $Module
    (import "" "memory" (memory 1))
    (import "" "new" (func $new (param i32 i32) (result i32)))
    (import "" "line" (func $line (param i32 i32 i32)))
    (func (export "draw") (param $lines i32) (result i32)
      (local $page i32)
      (local.set $page (call $new (i32.const 0) (i32.const 6)))
      (block $end
        (loop $next
          (br_if $end (i32.eqz (local.get $lines)))
          (call $line (local.get $page) (i32.const 16) (i32.const 6))
          (local.set $lines (i32.sub (local.get $lines) (i32.const 1)))
          (br $next)))
      (local.get $page))
    (func (export "grow") (param $pages i32) (result i32)
      (i32.ne (memory.grow (local.get $pages)) (i32.const -1))))
  (core instance $module (instantiate $Module (with "" (instance
    (export "memory" (memory $memory "memory"))
    (export "new" (func $new))
    (export "line" (func $line))))))
  (func (export "draw") (param "lines" u32) (result (own $world-page))
    (canon lift (core func $module "draw")))
  (func (export "grow") (param "pages" u32) (result bool)
    (canon lift (core func $module "grow"))))
