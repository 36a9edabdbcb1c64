;; A program of WASI 0.2: it sleeps for 20 ms, takes a random number, and writes to standard output. It
;; fails if it has not slept so long.
(component
  (import "wasi:io/error@0.2.0" (instance $error (export "error" (type (sub resource)))))
  (alias export $error "error" (type $io-error))
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export "pollable" (type $pollable (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (alias outer 1 $io-error (type $outer-error))
    (export "error" (type $error (eq $outer-error)))
    (export "output-stream" (type $output (sub resource)))
    (type $stream-error-type (variant (case "last-operation-failed" (own $error)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $stream-error-type)))
    (export "[method]output-stream.blocking-write-and-flush"
      (func (param "self" (borrow $output)) (param "contents" (list u8))
        (result (result (error $stream-error)))))))
  (alias export $streams "output-stream" (type $output))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer 1 $output (type $outer-output))
    (export "output-stream" (type $output (eq $outer-output)))
    (export "get-stdout" (func (result (own $output))))))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
    (alias outer 1 $pollable (type $outer-pollable))
    (export "pollable" (type $pollable (eq $outer-pollable)))
    (export "now" (func (result u64)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))))
  (import "wasi:random/random@0.2.0" (instance $random
    (export "get-random-u64" (func (result u64)))))

  (core module $Memory
    (memory (export "memory") 1)
    (data (i32.const 16) "slept, and rolled a 0\n"))
  (core instance $memory (instantiate $Memory))
  (canon lower (func $stdout "get-stdout") (core func $get-stdout))
  (canon lower (func $streams "[method]output-stream.blocking-write-and-flush")
    (memory (core memory $memory "memory")) (core func $write))
  (canon lower (func $clock "now") (core func $now))
  (canon lower (func $clock "subscribe-duration") (core func $subscribe))
  (canon lower (func $poll "[method]pollable.block") (core func $block))
  (canon lower (func $random "get-random-u64") (core func $random-number))

  (core module $Program
    (import "" "get-stdout" (func $get-stdout (result i32)))
    (import "" "write" (func $write (param i32 i32 i32 i32)))
    (import "" "now" (func $now (result i64)))
    (import "" "subscribe" (func $subscribe (param i64) (result i32)))
    (import "" "block" (func $block (param i32)))
    (import "" "random" (func $random (result i64)))
    (import "" "memory" (memory 1))
    (func (export "run") (result i32)
      (local $start i64)
      (local.set $start (call $now))
      (call $block (call $subscribe (i64.const 20_000_000)))
      (if (i64.lt_u (i64.sub (call $now) (local.get $start)) (i64.const 20_000_000))
        (then (return (i32.const 1))))
      (i64.store8 (i32.const 36)
        (i64.add (i64.const 49) (i64.rem_u (call $random) (i64.const 6))))
      (call $write (call $get-stdout) (i32.const 16) (i32.const 22) (i32.const 0))
      (i32.load8_u (i32.const 0))))
  (core instance $program (instantiate $Program (with "" (instance
    (export "get-stdout" (func $get-stdout))
    (export "write" (func $write))
    (export "now" (func $now))
    (export "subscribe" (func $subscribe))
    (export "block" (func $block))
    (export "random" (func $random-number))
    (export "memory" (memory $memory "memory"))))))
  (func $run (result (result)) (canon lift (core func $program "run")))
  (instance (export "wasi:cli/run@0.2.0") (export "run" (func $run))))
