//! Functions that do the same have the same digest, however they are written; others do not.

use super::functions::{Functions, Renamed};
use super::*;

/// Returns the signature and the digest of the first function in `text`.
fn read(text: &str) -> (String, String) {
    let file = checkout::Text { path: "x.py".to_owned(), text: text.to_owned() };
    let functions = Functions::read(&file).unwrap_or_else(|report| panic!("{text}\n{report}"));
    let unit = functions.units.first().unwrap();
    let digest = unit.digest(&Renamed::new());
    let digest = digest.unwrap_or_else(|problem| panic!("{text}\n{}", problem.message));
    (unit.signature(&Renamed::new()), digest)
}

/// Returns a function with these lines.
fn function(lines: &str) -> String {
    format!("def f(a, b):\n  {}\n", lines.replace('\n', "\n  "))
}

#[test]
fn what_does_the_same_has_the_same_digest() {
    for (one, other) in [
        ("x = a\nreturn x", "result: int = a\nreturn result"),
        ("x = a\ny = b\nreturn g(x, y)", "y = a\nx = b\nreturn g(y, x)"),
        ("return a + b", "# A comment.\n\nreturn (a\n  + b)  # Another."),
        ("return a + b", "'''Returns the sum.'''\nreturn a + b"),
        ("return a", "pass\nreturn a; pass"),
        ("return 'a\\'b' 'c'", "return \"a'bc\""),
        ("return '\\x41\\n\\101'", "return 'A\\nA'"),
        ("return 0xff_ff + 1e3", "return 65535 + 1000.0"),
        ("if a: g()\nelif b: h()", "if a:\n  g()\nelse:\n  if b:\n    h()"),
        ("assert(a == b)", "assert a == b"),
        ("return not (a in b)", "return (not a in b)"),
        ("return (a, b)", "return a, b"),
        ("[x] = a\nreturn x", "(y,) = a\nreturn y"),
        ("return [x.t for x in a if x]", "return [y.t for y in a if y]"),
        ("g = lambda x, y = 1: x + y\nreturn g", "h = lambda z, u = 1: z + u\nreturn h"),
        (
            "def g(x) -> int:\n  return x + a\nreturn g",
            "def h(y: str):\n  return (y + a)\nreturn h",
        ),
        (
            "x = 0\ndef g():\n  nonlocal x\n  x = 1\ng()",
            "y = 0\ndef h():\n  nonlocal y\n  y = 1\nh()",
        ),
        (
            "match a:\n  case A(x) | B(x): return x",
            "match (a):\n  case (A(y) | B(y)):\n    return y",
        ),
        (
            "match a:\n  case [x, *r] as w if x: return w",
            "match a:\n  case [y, *s] as v if y: return v",
        ),
        ("try: g()\nexcept E as e: return e", "try:\n  g()\nexcept E as x:\n  return x"),
        ("for i, x in a: g(i, x)", "for (j, y) in a:\n  g(j, y)"),
        ("with g() as x: h(x)", "with (g() as y):\n  h(y)"),
        ("global x\nx = 1", "global x\nx = (1)"),
        ("return a[1:, ::2]", "return (a[1 : , : : 2])"),
        ("return -a ** -b", "return -(a ** (-b))"),
        ("return a < b < 3 and not a or b", "return ((a < b < 3) and (not a)) or b"),
        (
            "class C:\n  def next(self, x): return x\nreturn C()",
            "class D:\n  def next(me, y): return y\nreturn D()",
        ),
        ("x: int\nreturn a", "return a"),
        ("a.x: int = 1", "a.x = 1"),
        ("print(f'{a!r:>{b}} {{')", "print((f'{a!r:>{b}} {{'))"),
    ] {
        assert_eq!(read(&function(one)), read(&function(other)), "{one}\n{other}");
    }
}

#[test]
fn what_does_something_else_has_another_digest() {
    for (one, other) in [
        ("return a - b", "return b - a"),
        ("x = g(a)\ny = h(b)\nreturn x", "x = h(b)\ny = g(a)\nreturn y"),
        ("return (a < b) < 3", "return a < b < 3"),
        ("return a - (b - 1)", "return a - b - 1"),
        ("return (a and b) or 1", "return a and (b or 1)"),
        ("return 'a'", "return b'a'"),
        ("return r'\\n'", "return '\\n'"),
        ("return a.x", "return a.y"),
        ("return g(x = a)", "return g(y = a)"),
        ("return g(a)", "return g(*a)"),
        ("return g(*a)", "return g(**a)"),
        ("return [x for x in a]", "return {x for x in a}"),
        ("return (x for x in a)", "return [x for x in a]"),
        ("return [x for y in a for x in y]", "return [y for y in a for x in y]"),
        ("return a,", "return a"),
        ("return [a]", "return (a,)"),
        ("return a[1:]", "return a[:1]"),
        ("while a: g()", "if a: g()"),
        ("if a:\n  g()\nh()", "if a:\n  g()\n  h()"),
        ("for x in a: g()\nelse: h()", "for x in a: g()\nh()"),
        ("x = 0\ndef g():\n  nonlocal x\n  x = 1\ng()", "x = 0\ndef g():\n  x = 1\ng()"),
        ("def g(x, y): return x\nreturn g", "def g(y, x): return x\nreturn g"),
        ("def g(x): return x\nreturn g", "def g(*x): return x\nreturn g"),
        ("def g(x): yield x\nreturn g", "def g(x): return x\nreturn g"),
        ("match a:\n  case A.x: return 1", "match a:\n  case x: return 1"),
        ("match a:\n  case _: return 1", "match a:\n  case x: return 1"),
        ("match a:\n  case A(x): return 1", "match a:\n  case A(x, y): return 1"),
        (
            "match a:\n  case A(): return 1\n  case B(): return 2",
            "match a:\n  case B(): return 2\n  case A(): return 1",
        ),
        ("return a is b", "return a == b"),
        ("return a is not b", "return a is (not b)"),
        ("x = y = a", "x = a"),
        ("x += a", "x -= a"),
        ("x += a", "x = x + a"),
        ("raise A", "raise A from b"),
        ("return", "return None"),
        ("return f'{a}'", "return '{a}'"),
    ] {
        assert_ne!(read(&function(one)).1, read(&function(other)).1, "{one}\n{other}");
    }
}

#[test]
fn parameters_and_their_defaults_are_the_signature() {
    for (head, signature) in [
        ("f(a: int, b = 2 ** 3) -> str", "(a, b = (binary ** 2 3))"),
        ("f(self, *rest, key = None, **more)", "(self, *rest, key = None, **more)"),
        ("f(a, /, b, *, c: 'x' = 'y')", "(a, /, b, *, c = \"sy\")"),
        ("f[T](x: T)", "(x)"),
        ("f()", "()"),
    ] {
        assert_eq!(read(&format!("def {head}: pass\n")).0, signature);
    }
    let digest = |text: &str| read(text).1;
    assert_eq!(digest("def f(a): return a\n"), digest("def g(b = 1): return b\n"));
    assert_ne!(digest("def f(a, b): return a\n"), digest("def f(a, b): return b\n"));
    assert_ne!(digest("@one\ndef f(): pass\n"), digest("@two\ndef f(): pass\n"));
    assert_ne!(digest("async def f(): pass\n"), digest("def f(): pass\n"));
}

#[test]
fn a_class_is_its_bases_decorators_and_fields() {
    let digest = |text: &str| read(text).1;
    assert_eq!(
        digest("class A(B):\n  x: int\n  y = 1\n  def f(self): pass\n"),
        digest("class C(B):\n  'A C.'\n  x: 'str' # A comment.\n  y = (1)\n  def g(): return 1\n")
    );
    for other in [
        "class A(C):\n  x: int\n  y = 1\n",
        "class A(B):\n  y = 1\n  x: int\n",
        "class A(B):\n  x: int = 1\n  y = 1\n",
        "class A(B):\n  x = 1\n  y = 1\n",
        "@dataclass\nclass A(B):\n  x: int\n  y = 1\n",
        "class A(B):\n  y = 1\n",
    ] {
        assert_ne!(digest("class A(B):\n  x: int\n  y = 1\n"), digest(other), "{other}");
    }
}
