//! Damaged and hostile files: an error, never a panic, in bounded time and memory.

use std::io::{Cursor, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use kenyon_pytorch::{Fault, Limits, Value, read_bytes};
use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// An archive with these members.
fn archive(members: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, bytes) in members {
        writer.start_file(*name, options).expect("a new member");
        writer.write_all(bytes).expect("written");
    }
    writer.finish().expect("finished").into_inner()
}

/// A file with this pickle and one storage of 64 bytes.
fn with_pickle(pickle: &[u8]) -> Vec<u8> {
    let members = [("a/data.pkl", pickle), ("a/data/0", &[0; 64][..])];
    archive(&members, CompressionMethod::Stored)
}

/// A pickle of protocol 4 with this between its beginning and its end.
fn pickle(body: &[u8]) -> Vec<u8> {
    [&[0x80, 4], body, b"."].concat()
}

fn read(file: &[u8]) -> Result<Value, Fault> {
    let start = Instant::now();
    let read = read_bytes(file, "hostile.pt", &Limits::default());
    let taken = start.elapsed();
    assert!(taken < Duration::from_secs(20), "{taken:?}");
    read.map_err(|error| error.fault)
}

fn run(body: &[u8]) -> Result<Value, Fault> {
    read(&with_pickle(&pickle(body)))
}

fn fixture(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/files");
    std::fs::read(folder.join(name)).expect("readable")
}

/// A member of a file.
fn member(file: &[u8], name: &str) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(file)).expect("an archive");
    let mut bytes = Vec::new();
    let mut entry = archive.by_name(name).expect("a member");
    std::io::copy(&mut entry, &mut bytes).expect("unpacked");
    bytes
}

/// Opcodes that are read; the others are refused wherever they stand.
const ALLOWED: &[u8] =
    b".N\x88\x89KMJ\x8a\x8bG\x8cX\x8dCB\x8e\x96]})\x85\x86\x87t(aesu012qr\x94hj\x95c\x93RbQ";

#[test]
fn every_opcode_at_the_start_and_in_the_middle() {
    let valid = member(
        &fixture("training-2.15-protocol4.pt"),
        "training-2.15-protocol4/data.pkl",
    );
    for byte in 0..=255_u8 {
        for place in [2, valid.len() / 3, valid.len() / 2, valid.len() - 1] {
            let mut stream = valid.clone();
            stream.insert(place, byte);
            let _ = read(&with_pickle(&stream));
        }
        for rest in [
            &b""[..],
            b".",
            b"\x00\x00\x00\x00\x00\x00\x00\x00.",
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        ] {
            let stream = [&[0x80, 2, byte], rest].concat();
            let result = read(&with_pickle(&stream));
            if !ALLOWED.contains(&byte) {
                let Err(Fault::Opcode {
                    byte: named,
                    offset: 2,
                    ..
                }) = result
                else {
                    panic!("0x{byte:02x}: {result:?}");
                };
                assert_eq!(named, byte);
            }
        }
        let _ = read(&with_pickle(&[byte]));
    }
}

#[test]
fn nothing_outside_the_allow_list_is_named() {
    for (module, name) in [
        ("os", "system"),
        ("posix", "system"),
        ("builtins", "eval"),
        ("__builtin__", "getattr"),
        ("torch", "load"),
        ("torch._utils", "_rebuild_tensor_v3"),
        ("torch.storage", "_load_from_bytes"),
        ("numpy", "load"),
        ("collections", "OrderedDict.fromkeys"),
        ("", ""),
    ] {
        let global = format!("c{module}\n{name}\n(X\x02\x00\x00\x00idtR");
        let stacked = [
            &[0x8c, module.len() as u8],
            module.as_bytes(),
            &[0x8c, name.len() as u8],
            name.as_bytes(),
            b"\x93)R",
        ]
        .concat();
        for body in [global.as_bytes(), &stacked] {
            match run(body) {
                Err(Fault::Global {
                    module: found,
                    name: called,
                    ..
                }) => {
                    assert_eq!((found.as_str(), called.as_str()), (module, name));
                }
                other => panic!("{module}.{name}: {other:?}"),
            }
        }
    }
}

#[test]
fn functions_states_and_references_are_checked() {
    for body in [
        &b"K\x01)R"[..],                                   // a number is called
        b"ccollections\nOrderedDict\nK\x01R",              // arguments that are no tuple
        b"ccollections\nOrderedDict\n]\x85R",              // an argument too many
        b"ctorch\nFloatStorage\n)R",                       // a class that is not called
        b"ctorch._utils\n_rebuild_tensor_v2\n)R",          // no arguments
        b"cnumpy\ndtype\nX\x01\x00\x00\x00O\x85R",         // Python objects in an array
        b"cnumpy.core.multiarray\n_reconstruct\nK\x01\x85R",
        b"cnumpy.core.multiarray\nscalar\nNN\x86R",
        b"c_codecs\nencode\nX\x01\x00\x00\x00aX\x05\x00\x00\x00rot13\x86R",
        b"K\x01}b",                                        // the state of a number
        b"]K\x01b",                                        // the state of a list
        b"}K\x01b",                                        // a number as state
        b"K\x01Q",                                         // a number as reference
        b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x08\x00\x00\x00../../etX\x03\x00\x00\x00cpuK\x10tQ",
        b"ctorch\nFloatStorage\n",                         // a class as the result
        b"]K\x01K\x02s",                                   // setting into a list
        b"}K\x01a",                                        // appending to a dictionary
        b"}NK\x02s",                                       // a key that is none
        b"}(K\x02u",                                       // a key without a value
        b"a", b"e", b"s", b"u", b"t", b"R", b"b", b"Q", b"q\x00", b"h\x00", b"\x94", b"0", b"1", b"2",
        b"\x85", b"(0", b"K\x01(0", b"(", b"K\x01K\x01", b"",
        b"\x8a\x11aaaaaaaaaaaaaaaaa",                      // an integer of 17 bytes
        b"\x8c\x01\xff",                                   // no UTF-8
    ] {
        let result = run(body);
        assert!(result.is_err(), "{}: {result:?}", body.escape_ascii());
    }
    let after = [&pickle(b"N")[..], b"N."].concat();
    assert!(matches!(
        read(&with_pickle(&after)),
        Err(Fault::Misplaced { .. })
    ));
}

#[test]
fn nesting_is_bounded() {
    let million = 1_000_000;
    for (opening, closing) in [(&b")"[..], &b"\x85"[..]), (b"]", b"\x85"), (b"(", b"t")] {
        let body = [
            opening.repeat(if closing == b"t" { million } else { 1 }),
            closing.repeat(million),
        ]
        .concat();
        let result = run(&body);
        assert!(matches!(result, Err(Fault::Limit { .. })), "{result:?}");
    }
    let lists = [b"]".repeat(million), b"a".repeat(million - 1)].concat();
    assert!(matches!(run(&lists), Err(Fault::Limit { .. })));
    // Deep by way of something shared: each half alone is shallow enough.
    let shared = [
        b"])".to_vec(),
        b"\x85".repeat(60),
        b"q\x00ah\x00".to_vec(),
        b"\x85".repeat(60),
        b"a".to_vec(),
    ]
    .concat();
    assert!(matches!(run(&shared), Err(Fault::Limit { .. })));
    assert!(matches!(run(b"]q\x00h\x00a"), Err(Fault::Content(_))));
    assert!(matches!(
        run(b"}q\x00K\x01h\x00\x85s"),
        Err(Fault::Content(_))
    ));
}

#[test]
fn what_is_shared_does_not_multiply() {
    // A list of two that holds the last one twice, 90 times over: 2^90 values.
    let mut body = b"K\x01q\x00".to_vec();
    for _ in 0..90 {
        body.extend_from_slice(b"0h\x00h\x00\x86q\x00");
    }
    let result = run(&body);
    assert!(matches!(result, Err(Fault::Limit { .. })), "{result:?}");
    // A long text encoded over and over, and a long tuple used as a size.
    let long = vec![b'a'; 1 << 20];
    let text = [&b"X\x00\x00\x10\x00"[..], &long, b"q\x000"].concat();
    let encode = b"c_codecs\nencode\nh\x00X\x06\x00\x00\x00latin1\x86R0".repeat(1000);
    assert!(run(&[&text[..], &encode, b"N"].concat()).is_err());
    let sizes = [&b"("[..], &b"K\x00".repeat(1 << 20), b"tq\x000"].concat();
    let storage = b"(X\x07\x00\x00\x00storagectorch\nByteStorage\nX\x01\x00\x00\x000NK\x10tQ";
    let tensor = [
        &sizes[..],
        b"ctorch._utils\n_rebuild_tensor_v2\n(",
        storage,
        b"K\x00h\x00h\x00tR",
    ];
    assert!(run(&tensor.concat()).is_err());
    let million = b"N".repeat(5_000_000);
    let result = run(&[b"(", &million[..], b"t"].concat());
    assert!(matches!(result, Err(Fault::Limit { .. })), "{result:?}");
}

/// A tensor of bytes with this offset, these sizes and strides in a storage said to hold `count`.
fn tensor(count: i64, offset: i64, sizes: &[i64], strides: &[i64]) -> Vec<u8> {
    let long = |number: i64| [&b"\x8a\x08"[..], &number.to_le_bytes()].concat();
    let tuple = |numbers: &[i64]| {
        let members: Vec<u8> = numbers.iter().flat_map(|&it| long(it)).collect();
        [&b"("[..], &members, b"t"].concat()
    };
    [
        &b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nByteStorage\nX\x01\x00\x00\x000N"[..],
        &long(count),
        b"tQ",
        &long(offset),
        &tuple(sizes),
        &tuple(strides),
        b"\x89NtR",
    ]
    .concat()
}

#[test]
fn tensors_stay_within_their_storage_and_within_bounds() {
    assert!(run(&tensor(64, 0, &[8, 8], &[8, 1])).is_ok());
    assert!(run(&tensor(64, 3, &[4], &[0])).is_ok());
    let large = i64::MAX;
    for body in [
        tensor(65, 0, &[65], &[1]),
        tensor(large, 0, &[1], &[1]),
        tensor(-1, 0, &[1], &[1]),
        tensor(64, 60, &[5], &[1]),
        tensor(64, 0, &[large, large], &[large, large]),
        tensor(64, -1, &[2], &[1]),
        tensor(64, 63, &[2], &[-1]),
        tensor(64, 0, &[-1], &[1]),
        tensor(64, 0, &[1 << 40], &[0]),
        tensor(64, 0, &[1 << 20, 1 << 20, 1 << 20], &[0, 0, 0]),
    ] {
        let result = run(&body);
        assert!(result.is_err(), "{result:?}");
    }
    // Many tensors of a tolerable size, all from the same 64 bytes.
    let one = [tensor(64, 0, &[1 << 20], &[0]), b"a".to_vec()].concat();
    let result = run(&[b"]".to_vec(), one.repeat(1000)].concat());
    assert!(matches!(result, Err(Fault::Limit { .. })), "{result:?}");
}

#[test]
fn lengths_are_compared_with_what_is_there() {
    for opcode in [
        &b"X\xff\xff\xff\xff"[..],
        b"B\xff\xff\xff\x7f",
        b"\x8d\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f",
        b"\x96\x00\x00\x00\x00\x00\x01\x00\x00",
        b"\x8b\xff\xff\xff\x7f",
    ] {
        let result = run(opcode);
        assert!(
            matches!(
                result,
                Err(Fault::Truncated { .. } | Fault::Misplaced { .. })
            ),
            "{result:?}"
        );
    }
    assert!(matches!(run(b"cno newline"), Err(Fault::Truncated { .. })));
}

#[test]
fn archives_that_expand_are_refused() {
    let zeros = vec![0; 32 << 20];
    let pickles = pickle(&tensor(32 << 20, 0, &[32 << 20], &[1]));
    let members = [("a/data.pkl", &pickles[..]), ("a/data/0", &zeros)];
    let bomb = archive(&members, CompressionMethod::Deflated);
    assert!(bomb.len() < 100_000);
    let result = read(&bomb);
    assert!(matches!(result, Err(Fault::Record { .. })), "{result:?}");
    assert!(read(&archive(&members, CompressionMethod::Stored)).is_ok());
    let bomb = archive(&[("a/data.pkl", &zeros)], CompressionMethod::Deflated);
    assert!(matches!(read(&bomb), Err(Fault::Record { .. })));
    // Ordinary compression is no attack.
    let pickles = pickle(b"K\x01");
    let members = [("a/data.pkl", &pickles[..])];
    assert!(read(&archive(&members, CompressionMethod::Deflated)).is_ok());
}

#[test]
fn members_are_looked_at_before_they_are_read() {
    let content = pickle(b"N");
    for names in [
        &["../data.pkl"][..],
        &["/data.pkl"],
        &["data.pkl"],
        &["a/b/data.pkl"],
        &["a/data.pkl", "b/data.pkl"],
        &["a/data.pkl", "../../etc/passwd"],
        &["a/data.pkl", "a/./b"],
        &["a/data.pkl", "c:\\b"],
        &["a/data.pkl", "a\\..\\b"],
        &["a/other"],
        &[],
    ] {
        let members: Vec<(&str, &[u8])> = names.iter().map(|&name| (name, &content[..])).collect();
        let result = read(&archive(&members, CompressionMethod::Stored));
        assert!(
            matches!(result, Err(Fault::Archive(_))),
            "{names:?}: {result:?}"
        );
    }
    let script = [("a/data.pkl", &content[..]), ("a/constants.pkl", &content)];
    assert!(matches!(
        read(&archive(&script, CompressionMethod::Stored)),
        Err(Fault::TorchScript)
    ));
    let order = [("a/data.pkl", &content[..]), ("a/byteorder", b"middle")];
    assert!(matches!(
        read(&archive(&order, CompressionMethod::Stored)),
        Err(Fault::Record { .. })
    ));
    let mut twice = archive(
        &[("a/data.pkl", &content[..]), ("a/dat2.pkl", &content)],
        CompressionMethod::Stored,
    );
    while let Some(place) = twice.windows(8).position(|window| window == b"dat2.pkl") {
        twice[place + 3] = b'a';
    }
    assert!(matches!(read(&twice), Err(Fault::Archive(_))));
    let many: Vec<String> = (0..70_000).map(|number| format!("a/{number}")).collect();
    let members: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), &[][..])).collect();
    let result = read(&archive(&members, CompressionMethod::Stored));
    assert!(matches!(result, Err(Fault::Limit { .. })), "{result:?}");
}

#[test]
fn big_endian_files_are_turned() {
    let body = b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nIntStorage\nX\x01\x00\x00\x000NK\x02tQK\x00K\x02\x85K\x01\x85\x89NtR";
    let content = pickle(body);
    let numbers = [0, 0, 1, 2, 0xff, 0xff, 0xff, 0xfe];
    let members = [
        ("a/data.pkl", &content[..]),
        ("a/byteorder", b"big"),
        ("a/data/0", &numbers),
    ];
    let value = read(&archive(&members, CompressionMethod::Stored)).expect("readable");
    let tensor = value.as_tensor().expect("a tensor");
    assert_eq!(tensor.to_f64(), [258.0, -2.0]);
}

#[test]
fn truncated_anywhere() {
    for name in ["numbers-2.15-protocol2.pt", "containers-1.13-protocol2.pt"] {
        let whole = fixture(name);
        for length in 0..whole.len() {
            assert!(read(&whole[..length]).is_err(), "{name}, {length} bytes");
        }
        let folder = name.trim_end_matches(".pt");
        let stream = member(&whole, &format!("{folder}/data.pkl"));
        for length in 0..stream.len() {
            assert!(
                read(&with_pickle(&stream[..length])).is_err(),
                "{name}, {length} bytes"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_files_never_panic(
        which in 0_usize..4,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        in_pickle in any::<bool>(),
    ) {
        let name = [
            "numbers-2.15-protocol5.pt",
            "containers-2.15-protocol4.pt",
            "training-2.15-protocol2.pt",
            "containers-1.13-protocol2.pt",
        ][which];
        let mut bytes = fixture(name);
        if in_pickle {
            bytes = member(&bytes, &format!("{}/data.pkl", name.trim_end_matches(".pt")));
        }
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let _ = read(&if in_pickle { with_pickle(&bytes) } else { bytes });
    }

    #[test]
    fn pickles_of_opcodes_never_panic(
        body in prop::collection::vec(prop::sample::select(ALLOWED.to_vec()), 1..60),
    ) {
        let _ = read(&with_pickle(&pickle(&body)));
    }
}
