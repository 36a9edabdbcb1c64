//! The guests in `built`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use weft_guest_tests::Guests;

use crate::Fine;

fn in_repository() -> BTreeSet<String> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("built");
    let files = fs::read_dir(built).unwrap();
    files
        .filter_map(|file| {
            Some(file.unwrap().file_name().to_str()?.strip_suffix(".wasm")?.to_owned())
        })
        .collect()
}

#[test]
fn no_guest_is_older_than_its_sources() -> Fine {
    let committed = in_repository();
    for guest in Guests::read()?.guest {
        if committed.contains(&guest.name) {
            let name = &guest.name;
            assert_eq!(
                guest.checksum,
                guest.checksum_of_sources()?,
                "run `tests/guests/build {name}`"
            );
            assert_eq!(
                guest.size,
                fs::metadata(guest.file())?.len(),
                "run `tests/guests/build {name}`"
            );
        }
    }
    Ok(())
}

#[test]
fn every_guest_is_in_the_list() -> Fine {
    let listed = Guests::read()?.guest.into_iter().map(|guest| guest.name).collect();
    assert!(in_repository().is_subset(&listed));
    Ok(())
}

#[test]
fn no_guest_has_a_path_of_the_machine_that_built_it() -> Fine {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let home = std::env::var("HOME").unwrap_or_default();
    for name in in_repository() {
        let bytes =
            fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("built/{name}.wasm")))?;
        for path in [
            here.to_string_lossy().into_owned(),
            "/root/".into(),
            "/tmp/".into(),
            format!("{home}/.cargo"),
        ] {
            let found = bytes.windows(path.len()).any(|window| window == path.as_bytes());
            assert!(!found, "{name}: {path}");
        }
    }
    Ok(())
}
