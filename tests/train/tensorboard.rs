//! Event files, byte for byte.

use rs_grpo_train::run::EventWriter;
use tempfile::TempDir;

/// What the `tensorboard` package 2.21 writes for the same events: `RecordWriter` around
/// `SerializeToString()` of `Event(file_version="brain.Event:2")`, of
/// `Event(step=3, session_log=SessionLog(status=SessionLog.START))`, and of
/// `Event(step=3, summary=Summary(value=[Summary.Value(tag="loss", simple_value=0.25)]))`, all with
/// `wall_time=1.5e9`.
const EVENTS: &str = concat!(
    "1800000000000000a37f4b2209000000c00b5ad6411a0d627261696e2e4576656e743a324ca9a464",
    "0f000000000000006d532b0909000000c00b5ad64110033a020801503dc21b",
    "1a00000000000000129bd82d09000000c00b5ad64110032a0d0a0b0a046c6f7373150000803e7ddf524a",
);

#[test]
fn records_are_framed_as_tensorflow_does() {
    let folder = TempDir::new().unwrap();
    let mut writer = EventWriter::create(folder.path(), 2, 1.5e9).unwrap();
    writer.scalars(3, 1.5e9, [("loss", 0.25)]).unwrap();
    let file = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap();
    assert_eq!(file.file_name(), "events.out.tfevents.1500000000.rs-grpo.0");
    let bytes: String =
        std::fs::read(file.path()).unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(bytes, EVENTS);
    // Another run of the same second gets a file of its own.
    EventWriter::create(folder.path(), 3, 1.5e9).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}
