use crate::visible::support::Vault;
use harness::{expect, random, scratch};
use std::collections::HashSet;

/// A model of the rules, beside random times.
#[test]
fn what_any_rule_keeps_stays() {
    let (mut random, vault, source) = (random(), Vault::folder(), scratch());
    let mut lines = Vec::new();
    for _ in 0..14 {
        let (month, day) = (random.between(1..=4), random.between(1..=3));
        let time = format!("2026-0{month}-0{day}T{:02}:{:02}:00Z", random.between(0..=23), random.between(0..=59));
        lines.push(vault.backup_with(source.path(), &["--at", &time]));
    }
    for (keep, daily, monthly) in [(3, 5, 4), (2, 3, 3), (1, 1, 2), (1, 0, 0)] {
        lines.sort_by(|a, b| (&a.time, &a.id).cmp(&(&b.time, &b.id)));
        let mut stays: HashSet<String> = lines.iter().rev().take(keep).map(|line| line.id.clone()).collect();
        for (count, length) in [(daily, 10), (monthly, 7)] {
            let mut periods = HashSet::new();
            let latest = lines.iter().rev().filter(|line| periods.insert(line.time[..length].to_owned()));
            stays.extend(latest.take(count).map(|line| line.id.clone()));
        }
        let [keep, daily, monthly] = [keep, daily, monthly].map(|count| count.to_string());
        let mut arguments = vec!["prune", "--keep", &keep];
        for (flag, count) in [("--daily", &daily), ("--monthly", &monthly)] {
            if count != "0" {
                arguments.extend([flag, count]);
            }
        }
        vault.run(&arguments).expect("prune succeeds").code(0);
        lines.retain(|line| stays.contains(&line.id));
        expect("a snapshot stays that any of the rules keeps, and no other")
            .request(arguments.join(" "))
            .eq(vault.list(), lines.clone());
    }
    vault.verify("what is left is whole");
}

#[test]
fn days_are_those_of_utc() {
    let (vault, source) = (Vault::folder(), scratch());
    // The same moment a minute later, told in Tokyo and in New York: in UTC both are of 2 January.
    let lines = ["2026-01-02T09:30:00+09:00", "2026-01-02T18:29:00-05:00"]
        .map(|time| vault.backup_with(source.path(), &["--at", time]));
    expect("times are told in UTC").eq(lines[1].time.as_str(), "2026-01-02T23:29:00Z");
    vault.run(&["prune", "--daily", "5"]).expect("prune succeeds").code(0);
    expect("both were made on one day").eq(vault.list(), [lines[1].clone()]);
}

#[test]
fn months_without_snapshots_do_not_count() {
    let (vault, source) = (Vault::folder(), scratch());
    let lines = ["2025-01-31T23:00:00Z", "2025-11-01T00:00:00Z", "2026-03-05T00:00:00Z", "2026-03-06T00:00:00Z"]
        .map(|time| vault.backup_with(source.path(), &["--at", time]));
    vault.run(&["prune", "--monthly", "3"]).expect("prune succeeds").code(0);
    let [january, november, _, march] = lines;
    expect("the latest of each of three months with snapshots stays").eq(vault.list(), [january, november, march]);
}
