use crate::visible::support::{Server, bulk, bulks};
use harness::random;
use redis::cmd;
use std::collections::VecDeque;

#[tokio::test]
async fn several_items_are_pushed_and_popped_in_order() {
    let (server, mut random) = (Server::start(), random());
    let mut client = server.client().await;
    let (key, items) = (random.name(), [random.name(), random.name(), random.name(), random.name()]);
    let [a, b, c, d] = &items;
    client.expect("LPUSH pushes one after the other", cmd("LPUSH").arg(&key).arg(&items), "(integer) 4").await;
    let all = cmd("LRANGE").arg(&key).arg(0).arg(-1).to_owned();
    client.expect("so the last one stands in front", &all, bulks([d, c, b, a])).await;
    client.expect("RPOP with a count begins at the end", cmd("RPOP").arg(&key).arg(2), bulks([a, b])).await;
    client.expect("LPOP with a count of 0 takes nothing", cmd("LPOP").arg(&key).arg(0), "(empty array)").await;
    client.expect("a count may be larger than the list", cmd("LPOP").arg(&key).arg(9), bulks([d, c])).await;
    client.expect("LPOP of nothing with a count is nil", cmd("LPOP").arg(&key).arg(9), "(nil)").await;
    client.expect("the list is gone", cmd("EXISTS").arg(&key), "(integer) 0").await;
}

#[tokio::test]
async fn lists_do_what_a_deque_does() {
    let (server, mut random) = (Server::start(), random());
    let mut client = server.client().await;
    let (key, mut model) = (random.name(), VecDeque::new());
    for _ in 0..120 {
        let item = random.word();
        match random.below(6) {
            0 => {
                model.push_front(item.clone());
                let reply = format!("(integer) {}", model.len());
                client.expect("LPUSH answers the length", cmd("LPUSH").arg(&key).arg(&item), reply).await;
            }
            1 | 2 => {
                model.push_back(item.clone());
                let reply = format!("(integer) {}", model.len());
                client.expect("RPUSH answers the length", cmd("RPUSH").arg(&key).arg(&item), reply).await;
            }
            3 => {
                let reply = model.pop_front().map_or("(nil)".to_owned(), bulk);
                client.expect("LPOP takes the first item", cmd("LPOP").arg(&key), reply).await;
            }
            4 => {
                let reply = model.pop_back().map_or("(nil)".to_owned(), bulk);
                client.expect("RPOP takes the last item", cmd("RPOP").arg(&key), reply).await;
            }
            _ => {
                let (start, stop) = (random.between(-12..=12), random.between(-12..=12));
                let length = i64::try_from(model.len()).expect("a short list");
                let place = |index: i64| if index < 0 { length + index } else { index };
                let inside = (0..length).filter(|index| (place(start)..=place(stop)).contains(index));
                let expected = bulks(inside.map(|index| &model[usize::try_from(index).expect("a place in the list")]));
                let command = cmd("LRANGE").arg(&key).arg(start).arg(stop).to_owned();
                client.expect(&format!("LRANGE of a list of {length}"), &command, expected).await;
            }
        }
    }
}
