use crate::visible::support::{Report, analyze_paths, gz, hits, log, naive, run};
use harness::{expect, random, scratch};
use std::{fs, path::Path};

#[test]
fn a_gz_file_may_have_several_members() {
    let (folder, mut random) = (scratch(), random());
    let hits = hits(&mut random, 60);
    let members: Vec<u8> = hits.chunks(15).flat_map(|part| gz(log(part).as_bytes())).collect();
    let file = folder.path().join("access.log.3.gz");
    fs::write(&file, members).unwrap();
    analyze_paths([&file]).expect_all("gzip files that were put together are one file", &naive(&hits));
}

#[test]
fn several_paths_are_one_log() {
    let (folder, mut random) = (scratch(), random());
    let hits = hits(&mut random, 80);
    let text = |from: usize, to: usize| log(&hits[from..to]).trim_end().to_owned();
    // No file ends with a newline, and the last line of one is not the beginning of the next.
    let [a, b, sub] = ["a.log", "b.log.gz", "sub"].map(|name| folder.path().join(name));
    fs::write(&a, text(0, 20)).unwrap();
    fs::write(&b, gz(text(20, 40).as_bytes())).unwrap();
    fs::create_dir(&sub).unwrap();
    for (name, from) in [("one", 40), ("two.log", 50)] {
        fs::write(sub.join(name), text(from, from + 10)).unwrap();
    }
    fs::write(sub.join(".three.gz"), gz(text(60, 70).as_bytes())).unwrap();
    fs::write(sub.join("empty.log"), "").unwrap();
    let arguments: Vec<std::ffi::OsString> =
        vec![a.into(), sub.into(), "-".into(), b.into(), "--format".into(), "json".into()];
    let report =
        Report::new(&run(text(70, 80).as_bytes(), arguments), "analyze a.log sub - b.log.gz --format json".into());
    report.expect("each file's last line is a line, with or without its end", "malformed", 0);
    report.expect_all("several PATHs are one log", &naive(&hits));
}

#[cfg(unix)]
#[test]
fn links_below_a_folder_are_not_followed() {
    let (folder, elsewhere, mut random) = (scratch(), scratch(), random());
    let hits = hits(&mut random, 10);
    fs::write(elsewhere.path().join("other.log"), log(&hits)).unwrap();
    fs::write(folder.path().join("access.log"), log(&hits)).unwrap();
    std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).unwrap();
    std::os::unix::fs::symlink(folder.path().join("access.log"), folder.path().join("current.log")).unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), folder.path().join("elsewhere")).unwrap();
    analyze_paths([folder.path()]).expect_all("links below a folder count nothing twice", &naive(&hits));
    let linked = folder.path().join("current.log");
    analyze_paths([&linked]).expect_all("a link that is named is followed", &naive(&hits));
}

fn expect_error(arguments: &[&Path], name: &str, requirement: &str) {
    let output = run(&[], arguments);
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    expect(requirement)
        .request(format!("analyze {arguments:?}"))
        .expected(format!("exit status 1, nothing on stdout, one line on stderr with {name:?} in it"))
        .that(
            output.status.code() == Some(1)
                && stdout.is_empty()
                && stderr.contains(name)
                && stderr.trim_end().lines().count() == 1,
            format!("{}\nstdout: {stdout}\nstderr: {stderr}", output.status),
        );
}

#[test]
fn what_cannot_be_read_is_an_error_and_no_report() {
    let (folder, mut random) = (scratch(), random());
    let text = log(&hits(&mut random, 300));
    let good = folder.path().join("good.log");
    fs::write(&good, &text).unwrap();
    let missing = folder.path().join("missing.log");
    expect_error(&[&good, &missing], "missing.log", "a PATH that is not there is an error, and there is no report");
    let plain = folder.path().join("plain.log.gz");
    fs::write(&plain, &text).unwrap();
    expect_error(&[&plain], "plain.log.gz", "a .gz file that is no gzip file is an error");
    let whole = gz(text.as_bytes());
    for _ in 0..5 {
        let end = 1 + random.below(whole.len() - 1);
        let cut = folder.path().join(format!("cut-{end}.gz"));
        fs::write(&cut, &whole[..end]).unwrap();
        expect_error(&[&good, &cut], &format!("cut-{end}.gz"), "a .gz file that is cut off is an error");
    }
    let mut damaged = whole.clone();
    let checksum = damaged.len() - 8;
    damaged[checksum] ^= 1;
    let path = folder.path().join("checksum.gz");
    fs::write(&path, damaged).unwrap();
    expect_error(&[&path], "checksum.gz", "a .gz file whose checksum is wrong is an error");
}
