//! Types that contain themselves, which the Component Model has not; and handles that don't.
use weft::abi::{ComponentType, Lift, Lower};

#[derive(ComponentType, Lift, Lower)]
struct Node {
    value: u8,
    next: Option<Box<Node>>,
}

#[derive(ComponentType, Lift, Lower)]
enum Tree<T> {
    Leaf(T),
    Branch(Vec<(Tree<T>, u8)>),
}

#[derive(ComponentType, Lift, Lower)]
struct List(Vec<Self>);

#[derive(ComponentType, Lift, Lower)]
struct Fine {
    own: weft::handle::OwnHandle<Fine>,
}

fn main() {}
