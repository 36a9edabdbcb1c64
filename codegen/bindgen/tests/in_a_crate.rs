//! Bindings that are made while a program is compiled: by the macro, and by a build script.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that fails panics")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const WIT: &str = "package example:greeter@1.0.0;\n\n\
    interface names { record person { name: string } who: func() -> person; }\n\n\
    world greeter { import names; export greet: func(greeting: string) -> string; }\n";

const LIB: &str = r#"//! Bindings, made in each way.
#![deny(warnings, missing_docs)]
pub mod by_path {
    //! With a path.
    weft::bindgen! { path: "wit", world: "greeter" }
}
pub mod by_default {
    //! With the default path, in the form that users of `wasmtime` know.
    weft::bindgen!({});
}
pub mod in_place {
    //! With inline text.
    weft::bindgen! {
        inline: "package a:b; world w { import example:greeter/names@1.0.0; export f: func(); }",
        path: "wit",
    }
}
pub mod by_a_build_script {
    //! With a build script.
    include!(concat!(env!("OUT_DIR"), "/bindings.rs"));
}
"#;

const BUILD: &str = r#"//! Makes bindings.
use weft_bindgen::{Options, Report, generate_to};

fn main() -> Result<(), Report> {
    let options = Options {
        wit: vec!["wit".into()],
        generated_by: "build.rs".into(),
        inner_attributes: false,
        ..Options::default()
    };
    let out = std::env::var_os("OUT_DIR").unwrap_or_default();
    let read = generate_to(&options, &std::path::Path::new(&out).join("bindings.rs"))?;
    print!("{}", read.rerun_if_changed());
    Ok(())
}
"#;

/// A crate with a folder `wit`.
struct Crate(PathBuf);

impl Crate {
    fn new() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("in-a-crate");
        let root = Path::new(weft_spec::DATA).parent().expect("the spec lies in the workspace");
        if folder.exists() {
            fs::remove_dir_all(&folder).expect("removable");
        }
        let made = Self(folder);
        let path = |name: &str| root.join(name).display().to_string();
        made.write(
            "Cargo.toml",
            &format!(
                "[package]\nname = \"in-a-crate\"\nedition = \"2024\"\n\n[dependencies]\n\
                 weft-runtime = {{ path = \"{}\", default-features = false, \
                 features = [\"std\", \"component\", \"bindgen\"] }}\n\n\
                 [build-dependencies]\nweft-bindgen = {{ path = \"{}\" }}\n\n[workspace]\n",
                path("runtime/component"),
                path("codegen/bindgen"),
            ),
        );
        made.write("wit/greeter.wit", WIT);
        made.write("src/lib.rs", LIB);
        made.write("build.rs", BUILD);
        fs::copy(root.join("Cargo.lock"), made.0.join("Cargo.lock")).expect("it is there");
        made
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().expect("it has a folder")).expect("a folder");
        fs::write(path, text).expect("writable");
    }

    /// Compiles the crate, and returns the compiler's messages; `Err` if it refuses the crate.
    fn check(&self) -> Result<String, String> {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bind/target");
        let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["check", "--quiet", "--offline"])
            .current_dir(&self.0)
            .env("CARGO_TARGET_DIR", target)
            .env_remove("RUSTFLAGS")
            .output()
            .expect("cargo runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(said) } else { Err(said) }
    }
}

#[track_caller]
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "there is no {part:?} in:\n{text}");
    }
}

#[test]
fn the_macro_and_build_scripts_follow_changes_of_the_wit() {
    let made = Crate::new();
    assert_eq!(made.check().as_deref(), Ok(""));

    // Only the WIT changes: it is read again, and its mistake is shown with its place.
    made.write("wit/greeter.wit", &WIT.replace("name: string }", "name: strin }"));
    let said = made.check().expect_err("there is no such type");
    has(&said, &["`strin` does not exist", "greeter.wit:3:41", "did you mean `string`?"]);

    // Without the build script, which fails first, the macro reports it.
    made.write("build.rs", "fn main() {}\n");
    let lib = LIB.split("pub mod by_a_build_script").next().expect("there is a start");
    made.write("src/lib.rs", lib);
    let said = made.check().expect_err("there is no such type");
    has(&said, &["`strin` does not exist", " wit/greeter.wit:3:41", "did you mean `string`?"]);
    has(&said, &["src/lib.rs:5:5", "in the macro `weft::bindgen`"]);

    made.write("wit/greeter.wit", WIT);
    assert_eq!(made.check().as_deref(), Ok(""));
    made.write("wit/greeter.wit", &WIT.replace("world greeter", "world other"));
    has(
        &made.check().expect_err("there is no such world"),
        &["no world `greeter`", "src/lib.rs:5:"],
    );

    // A mistake in an option is shown at the option.
    made.write("wit/greeter.wit", WIT);
    made.write(
        "src/lib.rs",
        "weft::bindgen! {\n    wurld: \"greeter\",\n    features: [\"x\"],\n}\n",
    );
    let said = made.check().expect_err("there is no such option");
    has(&said, &["there is no option `wurld`", "did you mean `world`?", "src/lib.rs:2:5"]);
    made.write("src/lib.rs", "weft::bindgen! {\n    features: [\"x\"],\n}\n");
    let said = made.check().expect_err("there is no such feature");
    has(&said, &["no package has an unstable feature `x`", "src/lib.rs:2:16"]);
}
