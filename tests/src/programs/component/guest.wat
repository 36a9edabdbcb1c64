;; What every guest does: it asks the host what to do next, does it, and says what came of it.
;; The functions that are lifted are added to this.

(type $none (func))
(type $to_i32 (func (result i32)))
(type $to_i64 (func (result i64)))
(type $one (func (param i32)))
(type $one_to_i32 (func (param i32) (result i32)))
(type $two (func (param i32 i32)))
(type $two_to_i32 (func (param i32 i32) (result i32)))
(type $three_to_i32 (func (param i32 i32 i32) (result i32)))

(import "world" "memory" (memory 256 256 (pagesize 1)))
;; The built-ins and imports that there are. They need this instance's memory, so they are put
;; there when it is made.
(import "world" "calls" (table $calls 1 funcref))
(import "world" "thread-index" (func $thread-index (result i32)))
(import "world" "context-get-0" (func $context-get-0 (result i32)))
(import "world" "context-get-1" (func $context-get-1 (result i32)))

;; A function (by its number), destructor (100) or start function (101) begins, on the thread with this
;; index, with this argument. Gives the thread's number.
(import "host" "begin" (func $begin (param $code i32) (param $index i32) (param $argument i32) (result i32)))
;; The callback of the thread with this index is called with this event. Gives its number.
(import "host" "event" (func $event (param $index i32) (param i32 i32 i32) (result i32)))
;; What the thread is to do next: the position in `calls`, times 16, plus the number of the
;; function's type. It says what the last call returned, and what the instance's state is.
(import "host" "next" (func $next
  (param $thread i32) (param $result i64) (param $event-index i32) (param $event-payload i32)
  (param $checksum i32) (param $post-returns i32)
  (param $reallocs i32) (param $length i32) (param $context-0 i32) (param $context-1 i32)
  (result i32)))
;; The arguments for what is to be done.
(import "host" "argument" (func $argument (param $position i32) (result i32)))

;; `realloc` and the function after a return can't call the host: they leave notes.
(global $post-returns (mut i32) (i32.const 0))
(global $reallocs (mut i32) (i32.const 0))
(global $length (mut i32) (i32.const 0))
(global $context-0 (mut i32) (i32.const 0))
(global $context-1 (mut i32) (i32.const 0))

(func (export "realloc") (param i32 i32 i32) (param $new-length i32) (result i32)
  (global.set $reallocs (i32.add (global.get $reallocs) (i32.const 1)))
  (global.set $length (local.get $new-length))
  (global.set $context-0 (call $context-get-0))
  (global.set $context-1 (call $context-get-1))
  (i32.const 200))

;; The `realloc` of elements: it leaves a note in the memory, moves what was there, and refuses one
;; length with an address that does not exist.
(func (export "allocate") (param $old i32) (param $old-length i32) (param $alignment i32)
  (param $length i32) (result i32) (local $log i32) (local $address i32)
  (local.set $log (i32.mul (i32.load (i32.const 196)) (i32.const 31)))
  (local.set $log (i32.add (local.get $log) (i32.mul (local.get $old-length) (i32.const 7))))
  (local.set $log (i32.add (local.get $log) (i32.mul (local.get $length) (i32.const 3))))
  (local.set $log (i32.add (local.get $log) (local.get $alignment)))
  (local.set $log (i32.add (local.get $log) (i32.mul (call $context-get-0) (i32.const 5))))
  (local.set $log (i32.add (local.get $log) (call $context-get-1)))
  (i32.store (i32.const 196) (local.get $log))
  (if (i32.eq (local.get $length) (i32.const 18)) (then (return (i32.const 0xfffffff0))))
  (local.set $address (i32.add (i32.const 200)
    (i32.mul (i32.and (local.get $log) (i32.const 3)) (i32.const 8))))
  (memory.copy (local.get $address) (local.get $old)
    (select (local.get $old-length) (local.get $length)
      (i32.lt_u (local.get $old-length) (local.get $length))))
  (local.get $address))

(func (export "store") (param $address i32) (param $word i32)
  (i32.store (local.get $address) (local.get $word)))

(func (export "post-return")
  (global.set $post-returns (i32.add (global.get $post-returns) (i32.const 1))))

(func (export "destructor") (param $representation i32)
  (drop (call $run
    (call $begin (i32.const 100) (call $thread-index) (local.get $representation)))))

(func $start (param $argument i32)
  (drop (call $run (call $begin (i32.const 101) (call $thread-index) (local.get $argument)))))
(table (export "start-functions") 2 2 funcref)
(elem (table 1) (i32.const 1) func $start)

(func (export "callback") (param i32 i32 i32) (result i32)
  (call $run
    (call $event (call $thread-index) (local.get 0) (local.get 1) (local.get 2))))

;; Before the program begins, the host gets the resources here that it passes in the program.
;; The first of the calls is `resource.new`.
(func (export "make") (param $representation i32) (result i32)
  (call_indirect $calls (type $one_to_i32) (local.get $representation) (i32.const 0)))

;; FNV-1a
(func $checksum (result i32) (local $at i32) (local $hashed i32)
  (local.set $hashed (i32.const 0x811c9dc5))
  (loop $again
    (local.set $hashed (i32.mul
      (i32.xor (local.get $hashed) (i32.load8_u (local.get $at)))
      (i32.const 0x01000193)))
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (br_if $again (i32.lt_u (local.get $at) (i32.const 256))))
  (local.get $hashed))

;; Does what the host says until it says to return, and what.
(func $run (param $thread i32) (result i32) (local $next i32) (local $call i32) (local $result i64)
  (loop $again
    (local.set $next (call $next
      (local.get $thread) (local.get $result)
      (i32.load (i32.const 248)) (i32.load (i32.const 252))
      (call $checksum) (global.get $post-returns)
      (global.get $reallocs) (global.get $length)
      (global.get $context-0) (global.get $context-1)))
    (local.set $call (i32.shr_u (local.get $next) (i32.const 4)))
    (local.set $result (i64.const 0))
    (block $three_to_i32 (block $two_to_i32 (block $two (block $one_to_i32 (block $one
      (block $to_i64 (block $to_i32 (block $none (block $return
        (br_table $return $none $to_i32 $to_i64 $one $one_to_i32 $two $two_to_i32 $three_to_i32
          (i32.and (local.get $next) (i32.const 15))))
      ;; $return
      (return (call $argument (i32.const 0))))
      ;; $none
      (call_indirect $calls (type $none) (local.get $call))
      (br $again))
      ;; $to_i32
      (local.set $result (i64.extend_i32_u
        (call_indirect $calls (type $to_i32) (local.get $call))))
      (br $again))
      ;; $to_i64
      (local.set $result (call_indirect $calls (type $to_i64) (local.get $call)))
      (br $again))
      ;; $one
      (call_indirect $calls (type $one) (call $argument (i32.const 0)) (local.get $call))
      (br $again))
      ;; $one_to_i32
      (local.set $result (i64.extend_i32_u (call_indirect $calls (type $one_to_i32)
        (call $argument (i32.const 0)) (local.get $call))))
      (br $again))
      ;; $two
      (call_indirect $calls (type $two)
        (call $argument (i32.const 0)) (call $argument (i32.const 1)) (local.get $call))
      (br $again))
      ;; $two_to_i32
      (local.set $result (i64.extend_i32_u (call_indirect $calls (type $two_to_i32)
        (call $argument (i32.const 0)) (call $argument (i32.const 1)) (local.get $call))))
      (br $again))
    ;; $three_to_i32
    (local.set $result (i64.extend_i32_u (call_indirect $calls (type $three_to_i32)
      (call $argument (i32.const 0)) (call $argument (i32.const 1))
      (call $argument (i32.const 2)) (local.get $call))))
    (br $again))
  (unreachable))
