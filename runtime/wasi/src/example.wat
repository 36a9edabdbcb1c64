;; A program of WASI 0.2: it writes "hello\n" to standard output.
(component
  (import "wasi:io/error@0.2.0" (instance $error (export "error" (type (sub resource)))))
  (alias export $error "error" (type $io-error))
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

  (core module $Memory
    (memory (export "memory") 1)
    (data (i32.const 16) "hello\n"))
  (core instance $memory (instantiate $Memory))
  (canon lower (func $stdout "get-stdout") (core func $get-stdout))
  (canon lower (func $streams "[method]output-stream.blocking-write-and-flush")
    (memory (core memory $memory "memory"))
    (core func $write))

  (core module $Program
    (import "" "get-stdout" (func $get-stdout (result i32)))
    (import "" "write" (func $write (param i32 i32 i32 i32)))
    (import "" "memory" (memory 1))
    (func (export "run") (result i32)
      (call $write (call $get-stdout) (i32.const 16) (i32.const 6) (i32.const 0))
      (i32.load8_u (i32.const 0))))
  (core instance $program (instantiate $Program (with "" (instance
    (export "get-stdout" (func $get-stdout))
    (export "write" (func $write))
    (export "memory" (memory $memory "memory"))))))
  (func $run (result (result)) (canon lift (core func $program "run")))
  (instance (export "wasi:cli/run@0.2.0") (export "run" (func $run))))
