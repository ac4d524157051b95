//! Expressions of selections, and files of them.
#![no_main]

use kenyon_connectome::import::{Expression, Selection};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Err(error) = Expression::parse(text) {
        // The place is one in the text, and the message can be made.
        assert!(error.at <= text.len());
        let _ = error.to_string();
    }
    let _ = Selection::parse(text);
    let _ = Selection::from_toml(text, "x.toml");
});
