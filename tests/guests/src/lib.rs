//! The guests that are built by other toolchains, and their records.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::{Deserialize, Serialize};

/// A guest of `built/list.toml`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Guest {
    /// The name of its file without `.wasm`.
    pub name: String,
    /// The languages and toolchains.
    pub made_by: String,
    /// The files and folders of its sources, below `tests/guests`.
    pub sources: Vec<String>,
    /// The size of the component in bytes, when it was last built.
    #[serde(default)]
    pub size: u64,
    /// The checksum of the sources of the last build.
    #[serde(default)]
    pub checksum: String,
}

/// The guests in the file `built/list.toml`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Guests {
    /// In the order of their names.
    pub guest: Vec<Guest>,
}

impl Guests {
    /// Reads the list.
    pub fn read() -> Result<Self, Box<dyn Error>> {
        Ok(toml::from_str(&fs::read_to_string(list())?)?)
    }

    /// Writes the list.
    pub fn write(&self) -> Result<(), Box<dyn Error>> {
        let text = fs::read_to_string(list())?;
        let legend: String = text
            .lines()
            .take_while(|line| line.starts_with('#'))
            .fold(String::new(), |legend, line| legend + line + "\n");
        fs::write(list(), legend + "\n" + &toml::to_string(self)?)?;
        Ok(())
    }

    /// Returns the guest of a name.
    pub fn get(&self, name: &str) -> Option<&Guest> {
        self.guest.iter().find(|guest| guest.name == name)
    }
}

impl Guest {
    /// Returns the file of the component: in `built` if it is in the repository, otherwise in the
    /// output of `tests/guests/build`.
    pub fn file(&self) -> PathBuf {
        let file = format!("{}.wasm", self.name);
        let committed = folder().join("built").join(&file);
        if committed.exists() {
            return committed;
        }
        match std::env::var_os("GUESTS_TARGET") {
            Some(target) => PathBuf::from(target).join("made").join(file),
            None => folder().join("../../target/guests/made").join(file),
        }
    }

    /// Computes the checksum of the sources: of the names and contents of their files.
    ///
    /// It is FNV-1a, of 64 bits. It finds forgotten builds, and protects against nothing else.
    pub fn checksum_of_sources(&self) -> io::Result<String> {
        let mut files = Vec::new();
        for source in &self.sources {
            collect(&folder().join(source), &mut files)?;
        }
        files.sort();
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for file in files {
            let name =
                file.strip_prefix(folder()).unwrap_or(&file).to_string_lossy().replace('\\', "/");
            for byte in name.bytes().chain(fs::read(&file)?) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        Ok(format!("{hash:016x}"))
    }
}

/// Returns the folder `tests/guests`.
fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn list() -> PathBuf {
    folder().join("built/list.toml")
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            collect(&entry?.path(), files)?;
        }
    } else {
        files.push(path.to_owned());
    }
    Ok(())
}
