//! Two folders of a cohort, compared byte for byte.

use serde_json::Value;
use std::{collections::BTreeMap, fs, path::Path};

/// Fails unless two folders hold the same manifest and the same records.
#[track_caller]
pub fn same(one: &Path, other: &Path) {
    let (one, other) = (files(one), files(other));
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for (name, text) in &one {
        let differences: Vec<_> = text.lines().zip(other[name].lines()).filter(|(a, b)| a != b).collect();
        assert!(*text == other[name], "{name} differs: {differences:#?}");
    }
}

/// The manifest and the records as they are, but for what no two runs share.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let reports = fs::read_dir(folder.join("reports")).unwrap().map(|entry| entry.unwrap().path());
    let all = reports.chain([folder.join("manifest.json")]);
    all.map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        (path.file_name().unwrap().to_string_lossy().into_owned(), comparable(&text))
    })
    .collect()
}

/// Leaves everything as it is, to the byte, but for two fields of a test: `millis`, how long it took, becomes zero; and of a
/// `message` remains that there is one. It quotes what was seen in that one run: ports, clocks, names of temporary folders, and
/// what a program that was killed or panicked had still written.
fn comparable(text: &str) -> String {
    let mut value: Value = serde_json::from_str(text).unwrap();
    zero(&mut value);
    serde_json::to_string_pretty(&value).unwrap()
}

fn zero(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match (name.as_str(), &mut *member) {
                    ("millis", millis) => *millis = Value::from(0),
                    ("message", Value::String(message)) => *message = "quoted".to_owned(),
                    _ => zero(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(zero),
        _ => {}
    }
}
