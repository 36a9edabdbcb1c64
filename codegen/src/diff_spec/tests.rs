use super::*;
#[test]
fn real() {
    let (spec, texts) = weft_spec::load_with_sources(Path::new(weft_spec::DATA)).unwrap_or_else(|e| panic!("{e}"));
    let checkout = weft_spec::pinned::component_model().unwrap();
    let comparison = diff_spec(&spec, &texts, &checkout).unwrap_or_else(|e| panic!("{e}"));
    println!("{}", comparison.render(false));
}
