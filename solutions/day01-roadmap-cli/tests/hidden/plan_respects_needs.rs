use crate::visible::support::{Roadmap, random_skills};
use harness::{expect, random};

#[test]
fn every_skill_comes_once_and_after_its_needs() {
    let mut random = random();
    let roadmap = Roadmap::empty();
    let skills = random_skills(&mut random, 20);
    for (id, needs) in &skills {
        roadmap.add(id, &needs.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let per_week = usize::try_from(random.between(1..=7)).unwrap_or(1);
    let weeks = roadmap.plan(per_week);
    let order: Vec<_> = weeks.concat();
    expect("each skill is planned once").request(format!("plan --per-week {per_week}")).eq(order.len(), skills.len());
    for (id, needs) in &skills {
        let place = |id: &String| order.iter().position(|other| other == id);
        for need in needs {
            expect(format!("{id} comes after {need}, which it needs"))
                .that(place(need).is_some() && place(need) < place(id), order.join(" "));
        }
    }
    let full = weeks.iter().rev().skip(1).all(|week| week.len() == per_week);
    expect("every week but the last is full").that(full, format!("{weeks:?}"));
}

#[test]
fn the_first_in_the_alphabet_goes_first() {
    let roadmap = Roadmap::empty();
    for (id, needs) in [("m", &[][..]), ("z", &[]), ("b", &["m"]), ("a", &["z"]), ("n", &["m"])] {
        roadmap.add(id, needs);
    }
    expect("of the skills that could come next, the first in the alphabet does")
        .request("plan --per-week 9")
        .eq(roadmap.plan(9), [["m", "b", "n", "z", "a"].map(str::to_owned).to_vec()]);
}

#[test]
fn what_is_done_is_not_planned() {
    let roadmap = Roadmap::empty();
    roadmap.add("rust", &[]);
    roadmap.add("http", &["rust"]);
    roadmap.done("rust");
    roadmap.run(&["plan", "--per-week", "3"]).expect("only what is left is planned").code(0).stdout("week 1: http\n");
    roadmap.done("http");
    roadmap.run(&["plan", "--per-week", "3"]).expect("nothing is left to plan").code(0).stdout("");
}
