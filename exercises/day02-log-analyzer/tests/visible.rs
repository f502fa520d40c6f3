//! The visible tests of day 2: one module for each checkpoint, one function for each claim.

pub mod support;

mod parses_combined_format {
    use super::support::analyze;
    use serde_json::json;

    #[test]
    fn each_field_is_found() {
        let line = "198.51.100.23 - - [31/Jan/2026:08:15:04 +0000] \"GET /notes/7?lang=en HTTP/2.0\" 304 512 \
                    \"https://example.com/\" \"Mozilla/5.0 (X11; Linux x86_64)\"\n";
        analyze(line, &[]).expect_all(
            "a line is one request with a time, a path without its query, a status and a size",
            &json!({
                "lines": 1, "malformed": 0, "requests": 1, "bytes": 512, "paths": 1,
                "first": "2026-01-31T08:15:04Z", "last": "2026-01-31T08:15:04Z",
                "statuses": {"304": 1}, "top_paths": [{"path": "/notes/7", "requests": 1, "bytes": 512}],
            }),
        );
    }

    #[test]
    fn escaped_quotes_do_not_end_a_field() {
        let head = "198.51.100.23 - - [31/Jan/2026:08:15:04 +0000] \"GET /a HTTP/1.1\" 200 10";
        let agents = [r#""-" "nginx writes \x22quoted\x22""#, r#""-" "Apache writes \"quoted\"""#];
        let odd = [r#""\" 404 7 \"" "agent""#, r#""-" "a backslash at the end \\""#, r#""\\" "\\\"""#];
        let log: String = agents.iter().chain(&odd).map(|fields| format!("{head} {fields}\n")).collect();
        analyze(log, &[]).expect_all(
            "a backslash takes the next character with it, so \\\" does not end a field",
            &json!({"lines": 5, "malformed": 0, "requests": 5, "bytes": 50, "statuses": {"200": 5}}),
        );
    }
}

mod top_paths_and_statuses {
    use super::support::{Hit, analyze, hits, log, naive, ranking, run};
    use harness::{expect, random};
    use serde_json::json;

    #[test]
    fn requests_are_counted_by_path_and_status() {
        let hits = hits(&mut random(), 300);
        let report = analyze(log(&hits), &[]);
        report.expect_all("the report counts requests, bytes, statuses and paths", &naive(&hits));
        report.expect("paths with more requests come first", "top_paths", ranking(&hits));
    }

    #[test]
    fn equal_counts_are_in_the_order_of_the_paths() {
        let mut random = random();
        let names = ["/z", "/a", "/a/b", "/Z", "/aa", "/q", "/a-b", "/0", "/m", "/é"];
        let mut hits: Vec<_> = names.map(|name| Hit { path: name.into(), ..Hit::random(&mut random) }).into();
        hits.extend_from_within(..);
        random.shuffle(&mut hits);
        analyze(log(&hits), &[]).expect("of equal counts, the smaller path comes first", "top_paths", ranking(&hits));
    }

    #[test]
    fn top_says_how_many_paths() {
        let hits = hits(&mut random(), 100);
        let all = ranking(&hits);
        let report = analyze(log(&hits), &["--top", "3"]);
        report.expect("--top 3 lists three paths", "top_paths", all[..3].to_vec());
        report.expect("paths counts all different paths", "paths", all.len());
        analyze(log(&hits), &["--top", "0"]).expect("--top 0 lists none", "top_paths", json!([]));
    }

    #[test]
    fn text_shows_the_same_numbers() {
        let hits = hits(&mut random(), 40);
        let output = run(log(&hits).as_bytes(), ["-", "--format", "text"]);
        let text = String::from_utf8_lossy(&output.stdout);
        let lines: Vec<Vec<_>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        let totals = naive(&hits);
        let mut wanted: Vec<_> = ["requests", "bytes"].map(|name| [name.to_owned(), totals[name].to_string()]).into();
        for (status, count) in totals["statuses"].as_object().into_iter().flatten() {
            wanted.push([status.clone(), count.to_string()]);
        }
        for path in ranking(&hits) {
            wanted.push([path["requests"].to_string(), path["path"].as_str().unwrap_or_default().to_owned()]);
        }
        for pair in wanted {
            expect("the text has a line for each total, status and path")
                .request("analyze - --format text")
                .expected(format!("a line with {} and {}", pair[0], pair[1]))
                .that(lines.iter().any(|line| line == &pair), &text);
        }
    }
}

mod time_window {
    use super::support::{Hit, analyze, log, moment};
    use harness::random;

    fn at(times: &[&str], offset: i32) -> String {
        let mut random = random();
        let hit = |time: &&str| Hit { time: moment(time, 0), offset, ..Hit::random(&mut random) };
        log(&times.iter().map(hit).collect::<Vec<_>>())
    }

    #[test]
    fn since_is_within_and_until_is_not() {
        let log =
            at(&["2026-03-01T11:59:59Z", "2026-03-01T12:00:00Z", "2026-03-01T12:59:59Z", "2026-03-01T13:00:00Z"], 0);
        let report = analyze(log, &["--since", "2026-03-01T12:00:00Z", "--until", "2026-03-01T13:00:00Z"]);
        report.expect("a request at --since counts, one at --until does not", "requests", 2);
        report.expect("first is the earliest request that counts", "first", "2026-03-01T12:00:00Z");
        report.expect("last is the latest request that counts", "last", "2026-03-01T12:59:59Z");
        report.expect("lines counts every line", "lines", 4);
        report.expect("a line outside the window is not malformed", "malformed", 0);
    }

    #[test]
    fn a_line_says_how_far_its_clock_is_from_utc() {
        // Where the server stands, it is 01:30 on the next day.
        let log = at(&["2026-06-30T23:30:00Z"], 120);
        let report = analyze(&log, &["--since", "2026-06-30T23:00:00Z", "--until", "2026-07-01T00:00:00Z"]);
        report.expect("01:30 at +0200 is 23:30 of the day before in UTC", "requests", 1);
        report.expect("the report's times are in UTC", "first", "2026-06-30T23:30:00Z");
        let report = analyze(&log, &["--since", "2026-07-01T04:30:01+05:00"]);
        report.expect("04:30:01 at +05:00 is after 01:30 at +0200", "requests", 0);
    }
}

mod malformed_lines_are_counted {
    use super::support::{Hit, analyze, log};
    use harness::random;

    #[test]
    fn the_others_are_counted_all_the_same() {
        let mut random = random();
        let hit = Hit::random(&mut random);
        let good = hit.line();
        let status = format!("\" {} ", hit.status);
        let malformed = [
            String::new(),
            "2026/01/31 08:15:04 [error] 31#31: *1 open() \"/srv/x\" failed (2: No such file or directory)".to_owned(),
            good[..good.len() - 1].to_owned(),
            good[..good.len() / 2].to_owned(),
            good.replace("] ", ""),
            good.replace("/2026:", "/26:"),
            good.replace(&status, "\" OK "),
            good.replace(&status, "\" 20 "),
            good.replace(&format!(" {} \"", hit.bytes), " many \""),
        ];
        for line in malformed {
            let report = analyze(format!("{good}\n{line}\n{good}\n"), &[]);
            report.expect("a line that is not in the format is malformed", "malformed", 1);
            report.expect("the lines around it count", "requests", 2);
            report.expect("lines counts both kinds", "lines", 3);
        }
        analyze(log(&[hit]), &[]).expect("this line is as it should be", "malformed", 0);
    }
}

mod non_utf8 {
    use super::support::{Hit, analyze, hits, log};
    use harness::{expect, random};

    #[test]
    fn bytes_that_are_no_text_do_no_harm() {
        let mut random = random();
        let hits = hits(&mut random, 20);
        let mut bytes = log(&hits).into_bytes();
        let odd = Hit {
            agent: "AGENT".to_owned(),
            path: "/caf#".to_owned(),
            query: String::new(),
            ..Hit::random(&mut random)
        };
        // Latin 1, as an old client sends it.
        for byte in odd.line().bytes() {
            bytes.push(if byte == b'#' { 0xE9 } else { byte });
        }
        bytes.push(b'\n');
        let report = analyze(&bytes, &[]);
        report.expect("a line with bytes that are no UTF-8 is a line like others", "malformed", 0);
        report.expect("a line with bytes that are no UTF-8 is a line like others", "requests", 21);
        let shown =
            report.json["top_paths"].as_array().into_iter().flatten().any(|path| path["path"] == "/caf\u{fffd}");
        expect("what is no UTF-8 is shown as U+FFFD")
            .request(&report.request)
            .expected("\"/caf\u{fffd}\" among the paths")
            .that(shown, &report.json["top_paths"]);
    }
}

mod rotated_gz {
    use super::support::{analyze_paths, gz, hits, log, naive, run};
    use harness::{expect, random, scratch};
    use std::fs;

    #[test]
    fn a_folder_is_one_log() {
        let (folder, mut random) = (scratch(), random());
        let hits = hits(&mut random, 90);
        fs::write(folder.path().join("access.log"), log(&hits[..30])).unwrap();
        fs::write(folder.path().join("access.log.1"), log(&hits[30..60])).unwrap();
        fs::create_dir_all(folder.path().join("old/2025")).unwrap();
        fs::write(folder.path().join("old/2025/access.log.2.gz"), gz(log(&hits[60..]).as_bytes())).unwrap();
        let report = analyze_paths([folder.path()]);
        report.expect_all("all files below a folder count, and what ends in .gz is decompressed", &naive(&hits));
    }

    #[test]
    fn a_damaged_file_is_an_error_that_names_it() {
        let (folder, mut random) = (scratch(), random());
        let whole = gz(log(&hits(&mut random, 200)).as_bytes());
        let path = folder.path().join("broken.log.gz");
        fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        let output = run(&[], [folder.path()]);
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let wanted = expect("a file that cannot be read to its end is exit status 1, a line that names it, no report")
            .request("analyze FOLDER, where FOLDER/broken.log.gz is cut off in the middle");
        let holds = output.status.code() == Some(1) && stderr.contains("broken.log.gz") && stdout.is_empty();
        wanted.that(holds, format!("{}\nstdout: {stdout}\nstderr: {stderr}", output.status));
    }
}

mod memory_stays_flat {
    use super::support::{analyze_in_little_memory, hits, log, naive};
    use harness::random;
    use serde_json::json;

    #[test]
    fn a_log_may_be_larger_than_the_memory() {
        let mut random = random();
        let hits = hits(&mut random, 6000);
        let block = log(&hits);
        let blocks = 100_000_000 / block.len() + 1;
        let report = analyze_in_little_memory(&["-"], std::iter::repeat_n(block.as_bytes(), blocks));
        let one = naive(&hits);
        let times = |name: &str| one[name].as_u64().unwrap_or_default() * blocks as u64;
        let expected = json!({"requests": times("requests"), "bytes": times("bytes"), "paths": one["paths"]});
        report.expect_all("100 MB of log are analysed in 40 MiB of memory", &expected);
    }
}

mod percentiles {
    use super::support::{Hit, analyze, log};
    use harness::random;
    use serde_json::{Value, json};

    fn taking(times: impl IntoIterator<Item = u64>) -> String {
        let mut random = random();
        let hit = |time| Hit { milliseconds: Some(time), ..Hit::random(&mut random) };
        let mut hits: Vec<_> = times.into_iter().map(hit).collect();
        random.shuffle(&mut hits);
        log(&hits)
    }

    #[test]
    fn they_are_the_nearest_rank() {
        analyze(taking(1..=1000), &[]).expect(
            "of the times 1 to 1000 ms, 500 are at most 500 ms, 900 at most 900 ms …",
            "time_ms",
            json!({"p50": 500, "p90": 900, "p99": 990, "max": 1000}),
        );
        analyze(taking([4, 8, 2000]), &[]).expect(
            "of three times, one and a half are half, so two have to be at most p50",
            "time_ms",
            json!({"p50": 8, "p90": 2000, "p99": 2000, "max": 2000}),
        );
    }

    #[test]
    fn without_times_there_are_none() {
        let report = analyze(log(&[Hit::random(&mut random())]), &[]);
        report.expect("a line without a time is a line like others", "malformed", 0);
        report.expect("no line has a time, so time_ms is null", "time_ms", Value::Null);
        let timed = analyze(taking([7]), &[]);
        timed.expect("one time is every percentile", "time_ms", json!({"p50": 7, "p90": 7, "p99": 7, "max": 7}));
    }
}

mod goaccess_parity {
    use super::support::{analyze, hits, log};
    use harness::{expect, random};
    use serde_json::Value;

    #[test]
    fn the_numbers_add_up() {
        let hits = hits(&mut random(), 500);
        let report = analyze(log(&hits), &["--top", "1000"]);
        let sum = |counts: Vec<&Value>| counts.iter().map(|count| count.as_u64().unwrap_or(0)).sum::<u64>();
        let statuses = report.json["statuses"].as_object().into_iter().flatten().map(|(_, count)| count);
        let paths: Vec<_> = report.json["top_paths"].as_array().into_iter().flatten().collect();
        for (requirement, counts, total) in [
            ("the counts of all statuses add up to the requests", statuses.collect(), "requests"),
            ("the counts of all paths do", paths.iter().map(|path| &path["requests"]).collect(), "requests"),
            ("the bytes of all paths add up to bytes", paths.iter().map(|path| &path["bytes"]).collect(), "bytes"),
        ] {
            expect(requirement).request(&report.request).eq(Some(sum(counts)), report.json[total].as_u64());
        }
    }
}
