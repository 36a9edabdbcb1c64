//! Plays programs on the executable reference, and shortens those that differ.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use weft::builtin::Builtin;
use weft::chooser::{Choice, Chooser};
use weft::limits::Heap;

use super::operation::{Entry, Operation};
use super::player::{NamedChoice, ProgramPlayer, Run, Tape};

/// A way to run the reference.
#[derive(Clone, Debug)]
pub struct Reference {
    python: OsString,
    definitions: PathBuf,
    /// The places that trap, for each rule.
    sites: Value,
}

impl Reference {
    /// Finds Python and the reference.
    ///
    /// # Errors
    ///
    /// A sentence that names the missing part.
    pub fn find() -> Result<Self, String> {
        let python = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
        let probe = "import sys; sys.exit(sys.version_info < (3, 10))";
        let found = Command::new(&python).args(["-c", probe]).status();
        if !found.is_ok_and(|status| status.success()) {
            return Err("there is no Python of version 3.10 or newer".to_owned());
        }
        let folder = crate::pinned::component_model()
            .map_err(|report| format!("the pinned sources are not here: {report}"))?;
        let definitions = folder.join("design/mvp/canonical-abi/definitions.py");
        let spec = weft_spec::load(Path::new(weft_spec::DATA))
            .map_err(|report| format!("the data has mistakes: {report}"))?;
        let sites = spec.traps.iter().map(|trap| {
            let sites: Vec<&str> = trap.sites.iter().map(|site| site.as_str()).collect();
            (trap.id.to_string(), json!(sites))
        });
        Ok(Self { python, definitions, sites: Value::Object(sites.collect()) })
    }

    /// Plays programs, and returns the difference of each, if any.
    ///
    /// # Errors
    ///
    /// A sentence with the reason why they could not be played.
    pub fn play(&self, programs: &[Value]) -> Result<Vec<Option<String>>, String> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("reference/machine.py");
        let mut child = Command::new(&self.python)
            .arg(script)
            .arg(&self.definitions)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot run Python: {error}"))?;
        let builtins: Vec<&str> = Builtin::ALL.iter().map(|builtin| builtin.name()).collect();
        let header = json!({ "sites": self.sites, "builtins": builtins });
        let mut input = format!("{header}\n");
        for program in programs {
            input.push_str(&program.to_string());
            input.push('\n');
        }
        let stdin = child.stdin.take();
        let writer = std::thread::spawn(move || {
            if let Some(mut stdin) = stdin {
                // A script that ended early is detected by its answers.
                let _ = stdin.write_all(input.as_bytes());
            }
        });
        let output = child.wait_with_output().map_err(|error| error.to_string())?;
        writer.join().map_err(|_| "the programs could not be written".to_owned())?;
        let answers: Vec<Option<String>> = String::from_utf8_lossy(&output.stdout)
            .lines()
            .map(|line| (line != "ok").then(|| line.to_owned()))
            .collect();
        if answers.len() == programs.len() {
            Ok(answers)
        } else {
            Err(format!("of {} programs Python played {}", programs.len(), answers.len()))
        }
    }

    /// Returns the shortest program found that still differs, and the difference.
    ///
    /// # Errors
    ///
    /// A sentence with the reason why it could not be played.
    pub fn shorten(&self, instances: u32, run: &Run) -> Result<(Run, String), String> {
        let mut shortest = run.clone();
        let mut differs = self
            .play(&[program(instances, run)])?
            .remove(0)
            .ok_or("the program does not differ when it is played again")?;
        let mut size = shortest.entries.len().div_ceil(2);
        while size > 0 {
            let mut candidates = Vec::new();
            let mut start = 0;
            while start < shortest.entries.len() {
                let mut entries = shortest.entries.clone();
                entries.drain(start..(start + size).min(entries.len()));
                if let Some(run) = play_again(instances, &entries, &shortest) {
                    candidates.push(run);
                }
                start += size;
            }
            let programs: Vec<Value> =
                candidates.iter().map(|run| program(instances, run)).collect();
            let answers = self.play(&programs)?;
            let found = candidates.into_iter().zip(answers).find_map(|(run, it)| Some((run, it?)));
            match found {
                Some((run, how)) => {
                    size = size.min(run.entries.len());
                    (shortest, differs) = (run, how);
                }
                None => size /= 2,
            }
        }
        Ok((shortest, differs))
    }
}

/// A chooser that answers from a list, or with the first possibility if the list does not fit.
#[derive(Clone, Debug)]
struct Again {
    choices: std::vec::IntoIter<u32>,
}

impl Chooser for Again {
    fn choose(&mut self, _: Choice, count: u32) -> u32 {
        self.choices.next().filter(|chosen| *chosen < count).unwrap_or(0)
    }
}

/// Plays entries with the choices of `run` if they fit; returns nothing if that is no program.
fn play_again(instances: u32, entries: &[Entry], run: &Run) -> Option<Run> {
    let choices: Vec<u32> = run.choices.iter().map(|it| it.chosen.chosen).collect();
    let again = Again { choices: choices.into_iter() };
    let settings = run.settings;
    std::panic::catch_unwind(|| {
        let player = ProgramPlayer::<Heap, _>::with_settings(again, instances, settings);
        player.play(&mut Tape(entries.iter())).0
    })
    .ok()
}

/// Formats a program with its choices and its trace, for the reference.
#[must_use]
pub fn program(instances: u32, run: &Run) -> Value {
    let entries = run
        .entries
        .iter()
        .map(|Entry { operation, arguments: [a, b, c, d] }| json!([operation.name(), a, b, c, d]));
    let choices = run.choices.iter().map(|NamedChoice { chosen, name }| {
        let what = match (name, chosen.choice) {
            (Some(name), Choice::Event) => json!(name.parse::<u32>().unwrap_or(0)),
            (Some(name), _) => json!(name),
            (None, _) => json!(chosen.chosen),
        };
        json!([chosen.choice.to_string(), chosen.count, what, chosen.chosen])
    });
    json!({
        "instances": instances,
        "entries": entries.collect::<Vec<_>>(),
        "choices": choices.collect::<Vec<_>>(),
        "trace": run.trace,
        "table_length": run.settings.table_length,
        "goes_on": run.settings.goes_on,
        "wide": run.settings.wide,
    })
}

/// A recorded program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The number of its instances.
    pub instances: u32,
    /// The instances with memories and tables of 64 bits: bit 0 is the first one's.
    pub wide: u32,
    /// The actions.
    pub entries: Vec<Entry>,
    /// The numbers that are chosen.
    pub choices: Vec<u32>,
    /// The events.
    pub trace: Vec<String>,
}

/// Reads a recorded program.
///
/// # Errors
///
/// A sentence that names the missing part.
pub fn read_program(program: &Value) -> Result<Recorded, String> {
    let number = |value: &Value| {
        value.as_u64().and_then(|it| u32::try_from(it).ok()).ok_or("a number is missing")
    };
    let list = |name: &str| {
        program.get(name).and_then(Value::as_array).ok_or(format!("`{name}` is missing"))
    };
    let instances = number(program.get("instances").unwrap_or(&Value::Null))?;
    let wide = number(program.get("wide").unwrap_or(&Value::Null))?;
    let mut entries = Vec::new();
    for entry in list("entries")? {
        let name = entry.get(0).and_then(Value::as_str).unwrap_or_default();
        let operation =
            Operation::from_name(name).ok_or(format!("there is no operation `{name}`"))?;
        let mut arguments = [0; 4];
        for (at, argument) in (1..).zip(&mut arguments) {
            *argument = number(entry.get(at).unwrap_or(&Value::Null))?;
        }
        entries.push(Entry { operation, arguments });
    }
    let mut choices = Vec::new();
    for choice in list("choices")? {
        choices.push(number(choice.get(3).unwrap_or(&Value::Null))?);
    }
    let trace = list("trace")?.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    Ok(Recorded { instances, wide, entries, choices, trace })
}
