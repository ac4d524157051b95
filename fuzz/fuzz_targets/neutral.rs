//! A neutral data set of arbitrary bytes. The first byte says what the rest is.
#![no_main]

use kenyon_connectome::neutral::{NeutralDescriptor, read_with};
use kenyon_connectome::{Input, Limits};
use libfuzzer_sys::fuzz_target;

const DESCRIPTOR: &str = "schema = 1\nname = \"x\"\n[neurons]\nfile = \"n\"\n[contacts]\nfile = \"c\"\n\
    [responses]\nfile = \"o\"\nby_name_file = \"o\"\nclip_low = 0\nclip_high = 1\n";
const NEURONS: &[u8] = b"id,population\n1,A\n2,A\n3,B\n";
const CONTACTS: &[u8] = b"source,target,contacts\n1,2,3\n";
const ODOURS: &[u8] = b"odour,r\nx,1\n";

fuzz_target!(|data: &[u8]| {
    let Some((&choice, rest)) = data.split_first() else {
        return;
    };
    if choice % 5 == 4 {
        if let Ok(text) = std::str::from_utf8(rest) {
            let _ = NeutralDescriptor::from_toml(text);
        }
        return;
    }
    let limits = Limits {
        record_bytes: 1 << 20,
        unpacked_bytes: 1 << 20,
        ratio: 20,
        ..Limits::default()
    };
    // All three tables at once, separated by a zero byte, or one of them beside good others.
    let mut parts = rest.split(|&byte| byte == 0);
    let mut part = || parts.next().unwrap_or_default();
    let (neurons, contacts, odours) = match choice % 5 {
        0 => (rest, CONTACTS, ODOURS),
        1 => (NEURONS, rest, ODOURS),
        2 => (NEURONS, CONTACTS, rest),
        _ => (part(), part(), part()),
    };
    let _ = read_with(DESCRIPTOR, &limits, &|name| {
        let bytes = match name {
            "n" => neurons,
            "c" => contacts,
            _ => odours,
        };
        Ok(Input::bytes(name, bytes))
    });
});
