wit_bindgen::generate!({ path: "../../wit/resources.wit", world: "resources" });

use exports::guests::resources::stacks::{self, GuestStack, StackBorrow};
use guests::resources::counters;
use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

struct Resources;

export!(Resources);

static LIVE: AtomicU32 = AtomicU32::new(0);

struct Stack {
    name: String,
    texts: RefCell<Vec<String>>,
}

impl Stack {
    fn with_texts(name: String, texts: Vec<String>) -> Self {
        LIVE.fetch_add(1, Relaxed);
        Self { name, texts: RefCell::new(texts) }
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, Relaxed);
    }
}

impl GuestStack for Stack {
    fn new(name: String) -> Self {
        Self::with_texts(name, Vec::new())
    }

    fn push(&self, text: String) {
        self.texts.borrow_mut().push(text);
    }

    fn pop(&self) -> Option<String> {
        self.texts.borrow_mut().pop()
    }

    fn append(a: stacks::Stack, b: stacks::Stack) -> stacks::Stack {
        let (a, b): (Stack, Stack) = (a.into_inner(), b.into_inner());
        let texts = a.texts.borrow_mut().drain(..).chain(b.texts.borrow_mut().drain(..)).collect();
        stacks::Stack::new(Stack::with_texts(format!("{}{}", a.name, b.name), texts))
    }
}

impl stacks::Guest for Resources {
    type Stack = Stack;

    fn texts(of: StackBorrow<'_>) -> Vec<String> {
        let stack: &Stack = of.get();
        let texts = stack.texts.borrow();
        std::iter::once(stack.name.clone()).chain(texts.iter().cloned()).collect()
    }

    fn live() -> u32 {
        LIVE.load(Relaxed)
    }
}

impl Guest for Resources {
    fn use_counters(start: u32) -> u32 {
        let (one, two) = (Counter::new(start), Counter::new(start));
        one.add(1);
        two.add(2);
        let both = Counter::join(one, two);
        counters::value_of(&both)
    }

    fn bump(it: Counter) -> Counter {
        it.add(100);
        it
    }

    fn peek(it: &Counter) -> u32 {
        counters::value_of(it)
    }

    fn bump_all(them: Vec<Counter>) -> Vec<Counter> {
        for it in &them {
            it.add(1);
        }
        them.into_iter().rev().collect()
    }

    fn forget(_them: Vec<Counter>) {}
}
