use crate::visible::support::{Hit, analyze, analyze_paths, log, naive, ranking};
use harness::{Random, random, scratch};

/// Many paths, with counts that are often equal.
fn crowd(random: &mut Random) -> Vec<Hit> {
    let paths: Vec<_> =
        (0..60).map(|_| format!("/{}", random.words(1 + random.clone().below(2)).replace(' ', "/"))).collect();
    let mut hits = Vec::new();
    for path in paths {
        for _ in 0..random.between(1..=3) {
            hits.push(Hit { path: path.clone(), ..Hit::random(random) });
        }
    }
    random.shuffle(&mut hits);
    hits
}

#[test]
fn ties_are_in_order_also_where_the_list_is_cut() {
    let hits = crowd(&mut random());
    let (log, top) = (log(&hits), ranking(&hits));
    for count in [1, 4, 9] {
        let report = analyze(&log, &["--top", &count.to_string()]);
        report.expect("the list is cut in the order of the list", "top_paths", top[..count].to_vec());
    }
    analyze(&log, &[]).expect("ten paths are listed unless --top says otherwise", "top_paths", top[..10].to_vec());
}

#[test]
fn unusual_statuses_count() {
    let mut random = random();
    let statuses = [100, 103, 206, 418, 444, 499, 599, 999];
    let hits: Vec<_> = statuses.map(|status| Hit { status, ..Hit::random(&mut random) }).into();
    analyze(log(&hits), &[]).expect_all("every status of three digits counts", &naive(&hits));
}

#[test]
fn a_file_is_read_as_standard_input_is() {
    let (folder, mut random) = (scratch(), random());
    let hits = crowd(&mut random);
    let file = folder.path().join("access log");
    std::fs::write(&file, log(&hits)).unwrap();
    analyze_paths([&file]).expect_all("PATH may be a file", &naive(&hits));
}
