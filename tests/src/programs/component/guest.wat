;; What every guest does: it asks the host what to do next, does it, and says what came of it.
;; The functions that are lifted are added to this, and `$run` and `$run-after-return`. `ADDRESS` is
;; the type of addresses; `$word`, `$long` and `$address` convert one to an `i32`, to an `i64`, and
;; from an `i32`.

(import "world" "memory" (memory ADDRESS 256 256 (pagesize 1)))
;; The built-ins and imports that there are. They need this instance's memory, so they are put
;; there when it is made.
(import "world" "calls" (table $calls 1 funcref))
(import "world" "thread-index" (func $thread-index (result i32)))
(import "world" "context-get-0" (func $context-get-0 (result ADDRESS)))
(import "world" "context-get-1" (func $context-get-1 (result ADDRESS)))

;; A function (by its number), destructor (100) or start function (101) begins, on the thread with this
;; index, with this argument. Gives the thread's number.
(import "host" "begin" (func $begin (param $code i32) (param $index i32) (param $argument i64) (result i32)))
;; The callback of the thread with this index is called with this event. Gives its number.
(import "host" "event" (func $event (param $index i32) (param i32 i32 i32) (result i32)))
;; What the thread is to do next: the position in `calls`, times 16, plus the number of the
;; function's type. It says what the last call returned, and what the instance's state is.
(import "host" "next" (func $next
  (param $thread i32) (param $result i64) (param $event-index i32) (param $event-payload i32)
  (param $checksum i32) (param $post-returns i32)
  (param $reallocs i32) (param $length i32) (param $context-0 i64) (param $context-1 i64)
  (result i32)))
;; The arguments for what is to be done.
(import "host" "argument" (func $argument (param $position i32) (result i64)))

;; `realloc` and the function after a return can't call the host: they leave notes.
(global $post-returns (mut i32) (i32.const 0))
(global $reallocs (mut i32) (i32.const 0))
(global $length (mut i32) (i32.const 0))
;; The call that the next function after a return does, plus one.
(global $after-return (mut i32) (i32.const 0))
(global $context-0 (mut i64) (i64.const 0))
(global $context-1 (mut i64) (i64.const 0))

(func (export "realloc") (param ADDRESS ADDRESS ADDRESS) (param $new-length ADDRESS)
  (result ADDRESS)
  (global.set $reallocs (i32.add (global.get $reallocs) (i32.const 1)))
  (global.set $length (call $word (local.get $new-length)))
  (global.set $context-0 (call $long (call $context-get-0)))
  (global.set $context-1 (call $long (call $context-get-1)))
  (ADDRESS.const 200))

;; The `realloc` of elements: it leaves a note in the memory, moves what was there, and refuses one
;; length with an address that does not exist.
(func (export "allocate") (param $old ADDRESS) (param $old-length ADDRESS)
  (param $alignment ADDRESS) (param $length ADDRESS) (result ADDRESS)
  (local $log i32) (local $address ADDRESS)
  (local.set $log (i32.mul (i32.load (ADDRESS.const 196)) (i32.const 31)))
  (local.set $log (i32.add (local.get $log)
    (i32.mul (call $word (local.get $old-length)) (i32.const 7))))
  (local.set $log (i32.add (local.get $log)
    (i32.mul (call $word (local.get $length)) (i32.const 3))))
  (local.set $log (i32.add (local.get $log) (call $word (local.get $alignment))))
  (local.set $log (i32.add (local.get $log)
    (i32.mul (call $word (call $context-get-0)) (i32.const 5))))
  (local.set $log (i32.add (local.get $log) (call $word (call $context-get-1))))
  (i32.store (ADDRESS.const 196) (local.get $log))
  (if (ADDRESS.eq (local.get $length) (ADDRESS.const 18))
    (then (return (ADDRESS.const REFUSED))))
  (local.set $address (ADDRESS.add (ADDRESS.const 200)
    (call $address (i32.mul (i32.and (local.get $log) (i32.const 3)) (i32.const 8)))))
  (memory.copy (local.get $address) (local.get $old)
    (select (local.get $old-length) (local.get $length)
      (ADDRESS.lt_u (local.get $old-length) (local.get $length))))
  (local.get $address))

(func (export "store") (param $at i32) (param $word i32)
  (i32.store (call $address (local.get $at)) (local.get $word)))

(func (export "post-return")
  (global.set $post-returns (i32.add (global.get $post-returns) (i32.const 1)))
  (if (global.get $after-return) (then
    (call $run-after-return (i32.sub (global.get $after-return) (i32.const 1))))))

(func (export "destructor") (param $representation i32)
  (drop (call $run
    (call $begin (i32.const 100) (call $thread-index)
      (i64.extend_i32_u (local.get $representation))))))

(func $start (param $argument ADDRESS)
  (drop (call $run
    (call $begin (i32.const 101) (call $thread-index) (call $long (local.get $argument))))))
(func $other (unreachable))
;; Nothing, the start function, and a function of another type.
(table (export "start-functions") ADDRESS 3 3 funcref)
(elem (table 1) (ADDRESS.const 1) func $start $other)

(func (export "callback") (param i32 i32 i32) (result i32)
  (call $run
    (call $event (call $thread-index) (local.get 0) (local.get 1) (local.get 2))))

;; Before the program begins, the host gets the resources here that it passes in the program.
;; The first of the calls is `resource.new`.
(func (export "make") (param $representation i32) (result i32)
  (call_indirect $calls (param i32) (result i32) (local.get $representation) (i32.const 0)))

;; FNV-1a
(func $checksum (result i32) (local $at ADDRESS) (local $hashed i32)
  (local.set $hashed (i32.const 0x811c9dc5))
  (loop $again
    (local.set $hashed (i32.mul
      (i32.xor (local.get $hashed) (i32.load8_u (local.get $at)))
      (i32.const 0x01000193)))
    (local.set $at (ADDRESS.add (local.get $at) (ADDRESS.const 1)))
    (br_if $again (ADDRESS.lt_u (local.get $at) (ADDRESS.const 256))))
  (local.get $hashed))

;; Asks the host what the thread is to do next.
(func $ask (param $thread i32) (param $result i64) (result i32)
  (call $next
    (local.get $thread) (local.get $result)
    (i32.load (ADDRESS.const 248)) (i32.load (ADDRESS.const 252))
    (call $checksum) (global.get $post-returns)
    (global.get $reallocs) (global.get $length)
    (global.get $context-0) (global.get $context-1)))
