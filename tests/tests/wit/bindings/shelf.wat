;; The guest: `run` opens a file, appends "!" to it and returns the stream of its bytes; `count` finds files.
(module
  (import "example:shelf/types" "[static]file.open" (func $open (param i32 i32 i32)))
  (import "example:shelf/types" "[method]file.read" (func $read (param i32 i64) (result i32)))
  (import "example:shelf/types" "[method]file.append" (func $append (param i32 i32 i32 i32)))
  (import "example:shelf/types" "find" (func $find (param i32 i32 i32)))
  (import "example:shelf/types" "[resource-drop]file" (func $drop (param i32)))
  (import "[export]$root" "[task-return]run" (func $return (param i32 i32 i32)))
  (memory (export "memory") 1)
  (global $next (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local $address i32)
    (local.set $address (i32.and
      (i32.add (global.get $next) (i32.sub (local.get 2) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get 2))))
    (global.set $next (i32.add (local.get $address) (local.get 3)))
    (local.get $address))
  (data (i32.const 16) "no file")
  (data (i32.const 32) "no room")
  (data (i32.const 48) "!")
  (func (export "[async-lift]run") (param $name i32) (param $length i32) (param $offset i64) (result i32)
    (local $file i32)
    ;; result<file, error-code> at 64
    (call $open (local.get $name) (local.get $length) (i32.const 64))
    (if (i32.load8_u (i32.const 64)) (then
      (call $return (i32.const 1) (i32.const 16) (i32.const 7))
      (return (i32.const 0))))
    (local.set $file (i32.load (i32.const 68)))
    ;; result<u64, error-code> at 96
    (call $append (local.get $file) (i32.const 48) (i32.const 1) (i32.const 96))
    (if (i32.load8_u (i32.const 96)) (then
      (call $drop (local.get $file))
      (call $return (i32.const 1) (i32.const 32) (i32.const 7))
      (return (i32.const 0))))
    (call $return (i32.const 0) (call $read (local.get $file) (local.get $offset)) (i32.const 0))
    (call $drop (local.get $file))
    (i32.const 0))
  (func (export "[callback][async-lift]run") (param i32 i32 i32) (result i32) unreachable)
  (func (export "count") (param $start i32) (param $length i32) (result i32)
    (local $left i32) (local $next i32)
    ;; result<found, error-code> at 128: the best file at 132, the others' address at 136, their count at 140
    (call $find (local.get $start) (local.get $length) (i32.const 128))
    (if (i32.load8_u (i32.const 128)) (then (return (i32.const 0))))
    (call $drop (i32.load (i32.const 132)))
    (local.set $left (i32.load (i32.const 140)))
    (local.set $next (i32.load (i32.const 136)))
    (block $done
      (loop $each
        (br_if $done (i32.eqz (local.get $left)))
        (call $drop (i32.load (local.get $next)))
        (local.set $next (i32.add (local.get $next) (i32.const 4)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $each)))
    (i32.add (i32.const 1) (i32.load (i32.const 140)))))
