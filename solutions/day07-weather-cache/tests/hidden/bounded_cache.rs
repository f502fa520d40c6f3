use crate::visible::support::{city, front};
use harness::{expect, random};
use std::collections::VecDeque;

#[tokio::test]
async fn it_forgets_exactly_as_the_page_says() {
    let capacity = 5;
    let front = front(&["--capacity", "5", "--ttl-ms", "600000"]);
    let mut random = random();
    let cities: Vec<_> = (0..9).map(|_| city(&mut random)).collect();
    // The cities that are remembered, the one asked for last at the end.
    let mut model: VecDeque<usize> = VecDeque::new();
    for step in 0..120 {
        let place = random.below(cities.len());
        let known = model.iter().position(|other| *other == place);
        if let Some(known) = known {
            model.remove(known);
        } else if model.len() == capacity {
            model.pop_front();
        }
        model.push_back(place);
        let reply = front.read(&cities[place]).await;
        let source = if known.is_some() { "hit" } else { "miss" };
        expect(format!("request {step}, for city {place}, with room for {capacity}"))
            .request(reply.curl())
            .eq(reply.header("x-cache"), Some(source));
    }
}

#[tokio::test]
async fn no_room_at_all_is_possible() {
    let front = front(&["--capacity", "0"]);
    let city = city(&mut random());
    for _ in 0..3 {
        expect("every answer is fetched").eq(front.read(&city).await.header("x-cache"), Some("miss"));
    }
}
