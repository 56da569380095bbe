//! `corpus unpack|pack TARGET FOLDER`: the committed corpus of a target, one JSON text a line, to the
//! folder of files that libFuzzer works on, and back.

use std::error::Error;
use std::fs;
use std::path::Path;

/// Longer inputs are left out of the committed corpus.
const LONGEST: usize = 160;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [action, target, folder] = &arguments[..] else {
        return Err("give unpack or pack, a target and a folder".into());
    };
    let lines = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("corpus/{target}.jsonl"));
    match &**action {
        "unpack" => unpack(&lines, Path::new(folder)),
        "pack" => pack(&lines, Path::new(folder)),
        _ => Err(format!("{action:?} is neither unpack nor pack").into()),
    }
}

fn unpack(lines: &Path, folder: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    for (i, line) in fs::read_to_string(lines)?.lines().enumerate() {
        fs::write(folder.join(format!("{i:05}")), serde_json::from_str::<String>(line)?)?;
    }
    Ok(())
}

fn pack(lines: &Path, folder: &Path) -> Result<(), Box<dyn Error>> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder)? {
        let bytes = fs::read(entry?.path())?;
        // The targets read no further than the text is UTF-8.
        let end = std::str::from_utf8(&bytes).map_or_else(|error| error.valid_up_to(), str::len);
        let text = std::str::from_utf8(&bytes[..end])?.to_owned();
        if text.len() <= LONGEST {
            texts.push(text);
        }
    }
    texts.sort_unstable();
    texts.dedup();
    let packed: Result<Vec<String>, _> = texts.iter().map(serde_json::to_string).collect();
    fs::write(lines, packed?.join("\n") + "\n")?;
    Ok(())
}
