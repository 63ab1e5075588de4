//! The workspace's own files, for static analysis.

use std::{
    fs,
    path::{Path, PathBuf},
};

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A file's text by its path from the root.
pub fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Every Rust file, by its path from the root, with its text.
pub fn rust_files() -> Vec<(String, String)> {
    let mut files = vec![];
    let top = root();
    collect(&top, &top, &mut files);
    files.sort();
    files
}

fn collect(top: &Path, folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("is a folder") {
        let path = entry.expect("can be read").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            collect(top, &path, files);
        } else if name.ends_with(".rs") {
            let from_top = path.strip_prefix(top).expect("lies below the root").display();
            files.push((from_top.to_string(), fs::read_to_string(&path).expect("is text")));
        }
    }
}
