//! Each of the two parts has its own sizes.

weft::limits! {
    struct Mixed { contexts: 2, ..MachineSizes::SMALL }
    extensions { tasks: 2 }
}

fn main() {}
