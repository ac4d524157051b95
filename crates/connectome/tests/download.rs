//! Download and import: checked, complete or not at all, and clear when there is no network.

mod tiny;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use kenyon_connectome::fetch::{FetchOptions, fetch};
use kenyon_connectome::{DataError, DataSet, hash_of, import, list};
use kenyon_testing::Suite;
use tiny::{ARCHIVE, NEURONS, RESPONSES, Tiny};

fn main() {
    Suite::new("download")
        .test(
            "files come from the mirror and make a data set",
            from_mirror,
        )
        .test("a complete folder is not downloaded again", complete_folder)
        .test("a file with another hash changes nothing", wrong_hash)
        .test("a missing file is an error with its address", not_found)
        .test(
            "a connection that breaks early is an error",
            broken_connection,
        )
        .test("no network is an error that says what to do", offline)
        .test("a server that does not answer is given up", timeout)
        .test("a downloaded folder is imported", import_folder)
        .test(
            "the supplement alone is imported and what is missing is named",
            import_supplement,
        )
        .test("a zip of the folder is imported", import_zip)
        .test("something else is not imported", import_nothing)
        .test(
            "a damaged import leaves the folder as it was",
            import_damaged,
        )
        .test("the list names files and folders tried", listing)
        .run();
}

/// How the server misbehaves.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    Good,
    /// Half of the announced bytes.
    Broken,
    /// Never answers.
    Silent,
}

/// Serves files by name on this machine and returns the base address. The thread ends with the process.
fn serve(files: BTreeMap<String, Vec<u8>>, manner: Manner) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
            let mut request = String::new();
            reader.read_line(&mut request).expect("a request");
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|count| count > 2) {
                line.clear();
            }
            if manner == Manner::Silent {
                let _ = stream.set_read_timeout(Some(Duration::from_secs(20)));
                let _ = reader.read(&mut [0]);
                continue;
            }
            let name = request
                .split_whitespace()
                .nth(1)
                .unwrap_or("")
                .trim_start_matches('/');
            let answer = match files.get(name) {
                Some(body) => {
                    let head = format!(
                        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                        body.len()
                    );
                    let sent = if manner == Manner::Broken {
                        body.len() / 2
                    } else {
                        body.len()
                    };
                    [head.as_bytes(), &body[..sent]].concat()
                }
                None => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                    .to_vec(),
            };
            let _ = stream.write_all(&answer);
        }
    });
    address
}

/// The public files of the tiny data set: archive, metadata and two receptors.
fn public_files(tiny: &Tiny) -> BTreeMap<String, Vec<u8>> {
    let mut metadata = String::from("id,name,hemisphere,n_claws\n");
    for line in tiny.files[NEURONS].lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        metadata.push_str(&format!("{},{},{},\n", cells[2], cells[5], cells[3]));
    }
    let receptor = |rates: [i32; 2]| {
        format!(
            "\"Class\";\"Name\";\"Kreher.2008.EN\"\n\"1\";\"sfr\";\"sfr\";{}\n\"2\";\"a\";\"propanoic acid\";{}\n",
            rates[0], rates[1]
        )
        .into_bytes()
    };
    BTreeMap::from([
        ("Supplementary-Data-S1.zip".to_owned(), tiny.archive()),
        ("meta_data.csv".to_owned(), metadata.into_bytes()),
        ("Or1a.csv".to_owned(), receptor([20, -15])),
        ("Or33a.csv".to_owned(), receptor([4, 12])),
    ])
}

fn options(base: &str) -> FetchOptions {
    FetchOptions {
        base_address: Some(base.to_owned()),
        timeout: Duration::from_secs(5),
    }
}

/// Names of all entries below a folder, to see that nothing is left behind.
fn entries(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .map(|entries| {
            entries
                .map(|entry| {
                    entry
                        .expect("an entry")
                        .file_name()
                        .to_string_lossy()
                        .into_owned()
                })
                .collect()
        })
        .unwrap_or_default();
    names.sort();
    names
}

fn from_mirror() {
    let tiny = Tiny::new();
    let base = serve(public_files(&tiny), Manner::Good);
    let parent = tempfile::tempdir().expect("a temporary folder");
    let folder = parent.path().join("cache/winding2023");
    let mut asked = Vec::new();
    let installed = fetch(&tiny.descriptor, &folder, &options(&base), |address| {
        asked.push(address.to_owned());
    });
    let installed = installed.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(installed.missing, None);
    assert_eq!((installed.files.len(), asked.len()), (4, 4));
    assert!(installed.files.iter().all(|file| file.new));
    let data = DataSet::load_with(&folder, &tiny.descriptor);
    let data = data.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(data.connectome.neurons()[2].class, "Picky");
    assert!(data.panel.rates_by_name.is_ok());
    assert_eq!(entries(&parent.path().join("cache")), ["winding2023"]);
}

fn complete_folder() {
    let tiny = Tiny::new();
    let folder = tiny.write();
    // Nothing listens there: any request would fail.
    let options = options("http://127.0.0.1:1");
    let installed = fetch(&tiny.descriptor, folder.path(), &options, |address| {
        panic!("{address}")
    });
    let installed = installed.unwrap_or_else(|error| panic!("{error}"));
    assert!(installed.files.iter().all(|file| !file.new));
}

/// Fetches into an empty folder, expects an error and that nothing is left behind.
fn refused(tiny: &Tiny, base: &str) -> DataError {
    let parent = tempfile::tempdir().expect("a temporary folder");
    let folder = parent.path().join("winding2023");
    let options = FetchOptions {
        timeout: Duration::from_secs(2),
        ..options(base)
    };
    let error = fetch(&tiny.descriptor, &folder, &options, |_| ()).expect_err("refused");
    assert!(
        entries(parent.path()).is_empty(),
        "{:?}",
        entries(parent.path())
    );
    error
}

fn wrong_hash() {
    let mut tiny = Tiny::new();
    let mut files = public_files(&tiny);
    let metadata = files.get_mut("meta_data.csv").expect("metadata");
    tiny.descriptor.metadata.sha256 = Some(hash_of(metadata));
    metadata.push(b'\n');
    let error = refused(&tiny, &serve(files, Manner::Good));
    assert!(matches!(error, DataError::WrongHash { .. }), "{error:?}");
}

fn not_found() {
    let tiny = Tiny::new();
    let mut files = public_files(&tiny);
    files.remove("Or33a.csv");
    let error = refused(&tiny, &serve(files, Manner::Good));
    assert!(matches!(error, DataError::Download { .. }), "{error:?}");
    assert!(
        error.to_string().contains("Or33a.csv") && error.to_string().contains("404"),
        "{error}"
    );
}

fn broken_connection() {
    let tiny = Tiny::new();
    let error = refused(&tiny, &serve(public_files(&tiny), Manner::Broken));
    assert!(matches!(error, DataError::Download { .. }), "{error:?}");
}

fn offline() {
    let error = refused(&Tiny::new(), "http://127.0.0.1:1");
    assert!(matches!(error, DataError::Download { .. }), "{error:?}");
    assert!(error.to_string().contains("import"), "{error}");
}

fn timeout() {
    let tiny = Tiny::new();
    let start = Instant::now();
    let error = refused(&tiny, &serve(public_files(&tiny), Manner::Silent));
    assert!(matches!(error, DataError::Download { .. }), "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(10));
}

fn import_folder() {
    let tiny = Tiny::new();
    let source = tiny.write();
    let parent = tempfile::tempdir().expect("a temporary folder");
    let target = parent.path().join("cache");
    let installed = import(source.path(), &target, &tiny.descriptor);
    assert_eq!(
        installed.unwrap_or_else(|error| panic!("{error}")).missing,
        None
    );
    let hash = |folder: &Path| {
        DataSet::load_with(folder, &tiny.descriptor)
            .expect("readable")
            .manifest
            .hash
    };
    assert_eq!(hash(source.path()), hash(&target));
    assert_eq!(entries(parent.path()), ["cache"]);
}

fn import_supplement() {
    let tiny = Tiny::new();
    let source = tiny.write();
    let parent = tempfile::tempdir().expect("a temporary folder");
    let target = parent.path().join("cache");
    let installed = import(&source.path().join(ARCHIVE), &target, &tiny.descriptor);
    let installed = installed.unwrap_or_else(|error| panic!("{error}"));
    assert!(
        installed
            .missing
            .is_some_and(|missing| missing.contains(RESPONSES))
    );
    // The rest is added to what is there already.
    std::fs::remove_file(source.path().join(ARCHIVE)).expect("removed");
    let installed = import(source.path(), &target, &tiny.descriptor).expect("imported");
    assert_eq!(installed.missing, None);
    assert!(installed.files.iter().any(|file| !file.new));
}

/// A zip archive of files at any depth.
fn zip_of(files: &[(&str, Vec<u8>)]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let mut zip = zip::ZipWriter::new(file.reopen().expect("reopened"));
    for (name, bytes) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default())
            .expect("started");
        zip.write_all(bytes).expect("written");
    }
    zip.finish().expect("finished");
    file
}

fn import_zip() {
    let tiny = Tiny::new();
    let file = zip_of(&[
        ("my data/Supplementary-Data-S1.zip", tiny.archive()),
        (
            "my data/or_responses.csv",
            tiny.files[RESPONSES].clone().into_bytes(),
        ),
        ("__MACOSX/my data/neurons.csv", b"resource fork".to_vec()),
        ("my data/holiday.jpg", b"picture".to_vec()),
    ]);
    let parent = tempfile::tempdir().expect("a temporary folder");
    let installed = import(file.path(), &parent.path().join("cache"), &tiny.descriptor);
    let installed = installed.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((installed.files.len(), installed.missing), (2, None));
}

fn import_nothing() {
    let tiny = Tiny::new();
    let parent = tempfile::tempdir().expect("a temporary folder");
    let target = parent.path().join("cache");
    let empty = zip_of(&[("holiday.jpg", b"picture".to_vec())]);
    let error = import(empty.path(), &target, &tiny.descriptor).expect_err("nothing there");
    assert!(
        matches!(error, DataError::NotImportable { .. }),
        "{error:?}"
    );
    let text = parent.path().join("text");
    std::fs::write(&text, "no archive").expect("written");
    let error = import(&text, &target, &tiny.descriptor).expect_err("no archive");
    assert!(matches!(error, DataError::NotAnArchive { .. }), "{error:?}");
    let error = import(&parent.path().join("nothing"), &target, &tiny.descriptor);
    assert!(
        matches!(error, Err(DataError::Unreadable { .. })),
        "{error:?}"
    );
    let error = import(empty.path(), &text.join("cache"), &tiny.descriptor);
    assert!(
        matches!(error, Err(DataError::Unwritable { .. })),
        "{error:?}"
    );
    assert_eq!(entries(parent.path()), ["text"]);
}

fn import_damaged() {
    let tiny = Tiny::new();
    let target = tiny.write();
    let before = DataSet::load_with(target.path(), &tiny.descriptor).expect("readable");
    let bad = Tiny::new().edit_file(RESPONSES, "-15", "-99").write();
    let error = import(bad.path(), target.path(), &tiny.descriptor).expect_err("damaged");
    assert!(
        matches!(error, DataError::ResponseRange { .. }),
        "{error:?}"
    );
    let after = DataSet::load_with(target.path(), &tiny.descriptor).expect("still readable");
    assert_eq!(before.manifest, after.manifest);
}

fn listing() {
    let tiny = Tiny::new();
    let folder = tiny.write();
    let listing = list(Some(folder.path()), &tiny.descriptor);
    assert!(listing.candidates[0].found);
    assert_eq!(listing.candidates[0].folder.as_deref(), Some(folder.path()));
    let required: Vec<&str> = (listing.files.iter())
        .filter(|listed| listed.required)
        .map(|listed| listed.file.path.as_str())
        .collect();
    assert_eq!(required, [ARCHIVE]);
}
