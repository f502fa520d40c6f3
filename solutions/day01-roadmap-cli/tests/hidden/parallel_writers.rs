use crate::visible::support::Roadmap;
use harness::expect;
use std::thread;

#[test]
fn what_was_acknowledged_is_there_at_once() {
    let roadmap = Roadmap::empty();
    roadmap.add("base", &[]);
    thread::scope(|scope| {
        for writer in 0..4 {
            let roadmap = &roadmap;
            scope.spawn(move || {
                for number in 0..10 {
                    let id = format!("w{writer}-{number}");
                    roadmap.add(&id, &["base"]);
                    let ids = roadmap.ids();
                    expect("a skill is listed as soon as add has ended").that(ids.contains(&id), ids.join(" "));
                }
            });
        }
    });
    expect("all forty and the first are there").eq(roadmap.ids().len(), 41);
}
