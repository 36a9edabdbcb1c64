#![cfg_attr(all(feature = "std", feature = "wasmi"), doc = include_str!("guide/overview.md"))]
#![cfg_attr(
    not(all(feature = "std", feature = "wasmi")),
    doc = "A guide to what a host can do besides calling components. Its chapters need the features `std` and `wasmi`."
)]

macro_rules! chapters {
    ($($chapter:ident $page:literal)*) => {$(
        #[cfg(all(feature = "std", feature = "wasmi"))]
        #[doc = include_str!(concat!("guide/", $page))]
        pub mod $chapter {}
    )*};
}

chapters! {
    context_management "context_management.md"
    task_management "task_management.md"
    waitable_sets "waitable_sets.md"
    error_contexts "error_contexts.md"
    threads "threads.md"
    fixed_length_lists "fixed_length_lists.md"
    integration "integration.md"
    environments "environments.md"
    performance "performance.md"
    testing "testing.md"
    contributing "contributing.md"
}
