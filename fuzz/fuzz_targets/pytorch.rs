//! Files of PyTorch: the whole archive, or a pickle of arbitrary bytes inside a sound archive.
#![no_main]

use kenyon_pytorch::{Limits, read_bytes};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let limits = Limits {
        free_bytes: 1 << 20,
        items: 1 << 16,
        expanded_items: 1 << 16,
        ..Limits::default()
    };
    // Arbitrary bytes are hardly ever an archive; what is none becomes the pickle of one.
    let wrapped;
    let file = if kenyon_pytorch::is_archive(input) {
        input
    } else {
        wrapped = archive(&[("a/data.pkl", input), ("a/data/0", &[0; 64])]);
        &wrapped
    };
    let _ = read_bytes(file, "fuzz.pt", &limits);
});

/// A zip archive of uncompressed members.
fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in members {
        let mut common = Vec::new();
        // Version, flags, method, time, date; checksum and sizes; lengths of name and extra field.
        common.extend_from_slice(&[10, 0, 0, 0, 0, 0, 0, 0, 0x21, 0]);
        common.extend_from_slice(&checksum(content).to_le_bytes());
        for _ in 0..2 {
            common.extend_from_slice(&(content.len() as u32).to_le_bytes());
        }
        common.extend_from_slice(&(name.len() as u16).to_le_bytes());
        common.extend_from_slice(&[0, 0]);
        let offset = file.len() as u32;
        file.extend_from_slice(b"PK\x03\x04");
        file.extend_from_slice(&common);
        file.extend_from_slice(name.as_bytes());
        file.extend_from_slice(content);
        directory.extend_from_slice(b"PK\x01\x02\x0a\x00");
        directory.extend_from_slice(&common);
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&offset.to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
    }
    let (start, length) = (file.len() as u32, directory.len() as u32);
    file.extend_from_slice(&directory);
    file.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    for _ in 0..2 {
        file.extend_from_slice(&(members.len() as u16).to_le_bytes());
    }
    file.extend_from_slice(&length.to_le_bytes());
    file.extend_from_slice(&start.to_le_bytes());
    file.extend_from_slice(&[0, 0]);
    file
}

/// The checksum of a member (CRC-32).
fn checksum(bytes: &[u8]) -> u32 {
    let update = |sum: u32, &byte: &u8| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| {
            (sum >> 1) ^ (0xedb8_8320 * (sum & 1))
        })
    };
    !bytes.iter().fold(u32::MAX, update)
}
