//! Tests with curl. The grader runs them; they are skipped where curl is not installed.

#[path = "../../../exercises/day04-http-server/tests/support/mod.rs"]
pub mod support;

use harness::{Program, expect, require_tool};
use std::process::Command;

/// Runs curl and returns what it prints.
fn curl(program: &Program, arguments: &[&str], paths: &[&str]) -> Vec<u8> {
    let tool = require_tool("curl", "curl");
    let urls: Vec<_> = paths.iter().map(|path| format!("http://{}{path}", program.address())).collect();
    let output = Command::new(tool)
        .args(["--silent", "--show-error", "--max-time", "10"])
        .args(arguments)
        .args(&urls)
        .output()
        .expect("curl can be started");
    expect("curl is content with the response")
        .request(format!("curl {} {}", arguments.join(" "), urls.join(" ")))
        .that(output.status.success(), String::from_utf8_lossy(&output.stderr));
    output.stdout
}

mod keep_alive {
    use super::{curl, support::Site};
    use harness::expect;

    #[test]
    fn curl_uses_one_connection_for_three_files() {
        let site = Site::empty();
        site.file("one.txt", "x");
        let (program, _) = site.serve();
        let arguments = ["--write-out", "%{num_connects}\n"];
        let printed = curl(&program, &arguments, &["/one.txt", "/one.txt", "/one.txt"]);
        let printed = String::from_utf8_lossy(&printed).into_owned();
        expect("curl opens a connection for the first file only")
            .request("curl --write-out '%{num_connects}\\n' with three URLs")
            .eq(printed, "x1\nx0\nx0\n".to_owned());
    }
}

mod conditional_304 {
    use super::{curl, support::Site};
    use harness::expect;

    #[test]
    fn curl_fetches_a_file_again_only_when_it_has_changed() {
        let site = Site::empty();
        site.file("page.html", "first");
        let (program, _) = site.serve();
        let tag = site.beside("tag");
        let tag = tag.to_string_lossy();
        let arguments = ["--etag-save", &tag, "--etag-compare", &tag, "--write-out", " %{http_code}"];
        let mut printed = Vec::new();
        for content in ["first", "first", "second, and longer"] {
            // Written only when it changes, so that its time stays.
            if content != "first" {
                site.file("page.html", content);
            }
            printed.push(String::from_utf8_lossy(&curl(&program, &arguments, &["/page.html"])).into_owned());
        }
        expect("curl gets a file, then 304, then the changed file")
            .request("curl --etag-save tag --etag-compare tag, three times")
            .eq(printed, ["first 200", " 304", "second, and longer 200"]);
    }
}

mod ranges_206_416 {
    use super::{curl, support::Site};
    use harness::{expect, random};

    #[test]
    fn curl_continues_a_download_that_broke_off() {
        let mut random = random();
        let site = Site::empty();
        let bytes = random.bytes(200_000);
        site.file("large.bin", &bytes);
        let (program, _) = site.serve();
        let (there, _) = bytes.split_at(1 + random.below(199_000));
        let target = site.file_beside("download", there);
        curl(&program, &["--continue-at", "-", "--output", &target.to_string_lossy()], &["/large.bin"]);
        let whole = std::fs::read(&target).expect("the download can be read");
        expect("the part that was there and the rest make the file")
            .request(format!("curl --continue-at -, after {} of {} bytes", there.len(), bytes.len()))
            .that(whole == bytes, format!("{} bytes, or other ones", whole.len()));
    }
}
