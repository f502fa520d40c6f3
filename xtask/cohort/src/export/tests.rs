use super::*;
use std::fs;

fn line(id: &str, name: &str, email: &str, grade: Option<f64>) -> Line {
    Line { record: None, id: id.to_owned(), name: name.to_owned(), email: email.to_owned(), grade }
}

fn filled(exported: &str, platform: &Platform, lines: &[Line]) -> Result<Vec<Vec<String>>, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("exported.csv");
    fs::write(&path, exported).unwrap();
    let text = fill(&path, platform, "Backends", lines)?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    Ok(reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect())
}

#[test]
fn a_canvas_export_gets_points_in_one_column_and_keeps_the_rest() {
    let exported = "\u{feff}Student,ID,SIS User ID,SIS Login ID,Section,Essay (1),Backends (77)\n\
                    ,,,,,Manual Posting,\n    Points Possible,,,,,10,600\n\
                    \"Müller, Zoë\",5,u1,zoe@example.org,\"A, B\",7,\n山田,6,u2,yamada,A,8,3\nGuest,7,,guest,A,,\n";
    let lines = [line("u1", "", "", Some(600.0)), line("u2", "", "", None), line("u3", "", "", Some(1.0))];
    let rows = filled(exported, &Platform::CANVAS, &lines).unwrap();
    assert_eq!(rows[2], ["    Points Possible", "", "", "", "", "10", "600"]);
    assert_eq!(rows[3], ["Müller, Zoë", "5", "u1", "zoe@example.org", "A, B", "7", "600"]);
    // Who has no verdict keeps what is there.
    assert_eq!(rows[4], ["山田", "6", "u2", "yamada", "A", "8", "3"]);
    assert_eq!(rows[5][6], "");
}

#[test]
fn a_moodle_export_is_matched_by_number_or_address() {
    let exported = "First name,ID number,Email address,Backends\nZoë,,ZOE@example.org,\nAda,a1,x@example.org,\n";
    let lines = [line("z", "", "zoe@example.org", Some(1.5)), line("a1", "", "ada@example.org", Some(2.0))];
    let rows = filled(exported, &Platform::MOODLE, &lines).unwrap();
    assert_eq!((rows[1][3].as_str(), rows[2][3].as_str()), ("1.5", "2"));
}

#[test]
fn a_file_of_something_else_is_refused_with_what_it_lacks() {
    let lines = [line("z", "", "", None)];
    assert!(filled("a,b\n1,2\n", &Platform::CANVAS, &lines).unwrap_err().contains("SIS User ID"));
    assert!(filled("ID,Essay\n1,2\n", &Platform::CANVAS, &lines).unwrap_err().contains("--assignment"));
}

#[test]
fn an_assignment_is_not_taken_for_another_one() {
    assert!(is_assignment("Backends (12)", "Backends") && is_assignment("Backends", "Backends"));
    assert!(!is_assignment("Backends II (12)", "Backends") && !is_assignment("Backends (late)", "Backends"));
}
