//! Scalars in TensorBoard's event files.

use crate::error::{Error, Result};
use rs_grpo_files::Refuse as _;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// An event file that scalars are appended to.
///
/// # Source
/// The record format of TensorFlow (`tsl/lib/io/record_writer.h`) around messages of its `event.proto`.
#[derive(Debug)]
pub struct EventWriter {
    path: PathBuf,
    file: File,
}

impl EventWriter {
    /// A new file in a folder, for the steps after `step`; TensorBoard then ignores later steps of
    /// earlier files. `wall_time` is in seconds since 1970.
    ///
    /// # Errors
    /// What the operating system refuses.
    pub fn create(folder: &Path, step: usize, wall_time: f64) -> Result<Self> {
        let (path, file) = new_file(folder, wall_time as u64)?;
        let mut writer = Self { path, file };
        writer.write(&event(wall_time, 0, &field(3, b"brain.Event:2")))?;
        // A session log with status START.
        writer.write(&event(wall_time, step as u64 + 1, &field(7, &[0x08, 1])))?;
        Ok(writer)
    }

    /// Appends the numbers of a step, each under its tag.
    ///
    /// # Errors
    /// What the operating system refuses.
    pub fn scalars<'a>(
        &mut self,
        step: usize,
        wall_time: f64,
        scalars: impl IntoIterator<Item = (&'a str, f64)>,
    ) -> Result<()> {
        let mut summary = Vec::new();
        for (tag, value) in scalars {
            let mut scalar = field(1, tag.as_bytes());
            scalar.push(0x15);
            scalar.extend((value as f32).to_le_bytes());
            summary.extend(field(1, &scalar));
        }
        self.write(&event(wall_time, step as u64, &field(5, &summary)))
    }

    fn write(&mut self, event: &[u8]) -> Result<()> {
        let len = (event.len() as u64).to_le_bytes();
        let (of_len, of_event) = (masked(crc32c(&len)), masked(crc32c(event)));
        let record = [&len[..], &of_len.to_le_bytes(), event, &of_event.to_le_bytes()].concat();
        self.file.write_all(&record).map_err(Error::file(&self.path))
    }
}

/// The first free name of that second.
fn new_file(folder: &Path, seconds: u64) -> Result<(PathBuf, File)> {
    for number in 0_u32.. {
        let path = folder.join(format!("events.out.tfevents.{seconds:010}.rs-grpo.{number}"));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Error::file(&path)(error)),
        }
    }
    Err(Error::malformed(folder, "the folder", "has too many event files of one second"))
}

/// An event: time, step, and a field that says what happened.
fn event(wall_time: f64, step: u64, what: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x09];
    bytes.extend(wall_time.to_le_bytes());
    // A field of its default value is left out, as protobuf does.
    if step > 0 {
        bytes.push(0x10);
        varint(step, &mut bytes);
    }
    bytes.extend_from_slice(what);
    bytes
}

/// A field of bytes, with their length.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    varint(content.len() as u64, &mut bytes);
    bytes.extend_from_slice(content);
    bytes
}

/// Seven bits a byte, the lowest first.
fn varint(mut number: u64, bytes: &mut Vec<u8>) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// The masked checksum of the record format, since a CRC of data that contains CRCs is weak.
fn masked(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

/// CRC-32C, Castagnoli's polynomial.
fn crc32c(bytes: &[u8]) -> u32 {
    const REVERSED: u32 = 0x82f6_3b78;
    let shift = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ REVERSED } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), shift))
}

#[cfg(test)]
mod tests {
    use super::crc32c;

    /// RFC 3720, appendix B.4.
    #[test]
    fn checksums_are_those_of_the_standard() {
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
        assert_eq!(crc32c(&(0..32).collect::<Vec<u8>>()), 0x46dd_794e);
    }
}
