;; A guest of the world `reader` of notes.wit.
(component
  (type $notes (instance
    (export "note" (type $note (sub resource)))
    (type $codes (enum "missing" "full"))
    (export "error-code" (type $code (eq $codes)))
    (export "[static]note.open" (func
      (param "title" string) (result (result (own $note) (error $code)))))
    (export "[method]note.append" (func async
      (param "self" (borrow $note)) (param "text" string) (result (result (error $code)))))
    (export "[method]note.read" (func (param "self" (borrow $note)) (result (stream u8))))))
  (import "example:notes/store" (instance $notes (type $notes)))
  (alias export $notes "note" (type $note))
  (alias export $notes "error-code" (type $code-of-notes))
  (import "error-code" (type $code (eq $code-of-notes)))
  (type $bytes (stream u8))
  (type $shown (result $bytes (error $code)))
  (core module $Memory
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 64))
    ;; Texts are one after the other; nothing is given back.
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.get $next)
      (global.set $next (i32.add (global.get $next) (local.get 3)))))
  (core instance $memory (instantiate $Memory))
  (alias core export $memory "memory" (core memory $memory))
  (alias core export $memory "realloc" (core func $realloc))
  (core func $open (canon lower (func $notes "[static]note.open") (memory (core memory $memory))))
  (core func $append (canon lower (func $notes "[method]note.append") (memory (core memory $memory))))
  (core func $read (canon lower (func $notes "[method]note.read")))
  (core func $drop (canon resource.drop $note))
  (core func $return (canon task.return (result $shown)))
  (core module $Main
    (import "" "memory" (memory 1))
    (import "" "open" (func $open (param i32 i32 i32)))
    (import "" "append" (func $append (param i32 i32 i32 i32)))
    (import "" "read" (func $read (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (import "" "return" (func $return (param i32 i32)))
    (data (i32.const 0) "!")
    (func (export "show") (param $title i32) (param $length i32) (result i32) (local $note i32)
      ;; result<note, error-code> at 16
      (call $open (local.get $title) (local.get $length) (i32.const 16))
      (if (i32.load8_u (i32.const 16)) (then
        (call $return (i32.const 1) (i32.load8_u (i32.const 20)))
        (return (i32.const 0))))
      (local.set $note (i32.load (i32.const 20)))
      ;; result<_, error-code> at 32
      (call $append (local.get $note) (i32.const 0) (i32.const 1) (i32.const 32))
      (if (i32.load8_u (i32.const 32))
        (then (call $return (i32.const 1) (i32.load8_u (i32.const 33))))
        (else (call $return (i32.const 0) (call $read (local.get $note)))))
      (call $drop (local.get $note))
      (i32.const 0))
    (func (export "callback") (param i32 i32 i32) (result i32) unreachable))
  (core instance $main (instantiate $Main (with "" (instance
    (export "memory" (memory $memory))
    (export "open" (func $open)) (export "append" (func $append)) (export "read" (func $read))
    (export "drop" (func $drop)) (export "return" (func $return))))))
  (func (export "show") async (param "title" string) (result $shown)
    (canon lift (core func $main "show") async (memory (core memory $memory)) (realloc (core func $realloc))
      (callback (core func $main "callback")))))
