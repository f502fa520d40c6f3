use crate::visible::support::{DONE, Gateway, begin, chunk, usage_event};
use harness::expect;
use std::time::Duration;

#[tokio::test]
async fn cuts_make_no_difference() {
    let mut gateway = Gateway::start();
    let key = gateway.key().await;
    let mut spent = 0;
    for ends in ["\n", "\r\n"] {
        for longest in [2, 5, 40, 400] {
            let (question, counts) = (gateway.stream_question(), gateway.counts());
            let texts = (0..4).map(|_| chunk(&gateway.random.unicode(12))).collect::<String>();
            let (texts, end) = (texts.replace('\n', ends), DONE.replace('\n', ends));
            let all = format!("{texts}{}{end}", usage_event(counts).replace('\n', ends));
            let (mut answer, mut rest) = (begin(&[]), all.as_bytes());
            while !rest.is_empty() {
                let length = gateway.random.between(1..=longest);
                let (piece, more) = rest.split_at(rest.len().min(usize::try_from(length).expect("it is positive")));
                answer = answer.then(Duration::ZERO, piece);
                rest = more;
            }
            gateway.provider().always(answer);
            let reply = key.ok(&question).await;
            reply.expect(format!("pieces of up to {longest} bytes make the same stream")).body(texts + &end);
            spent += gateway.plan.price(counts);
            expect("with the same price").eq(key.numbers().await, (spent, 0));
        }
    }
}

#[tokio::test]
async fn each_place_of_a_letter_can_be_the_cut() {
    let mut gateway = Gateway::start();
    let (key, question) = (gateway.key().await, gateway.stream_question());
    let text = chunk("a ü 漢 🦀 z");
    // Between the two halves an event ends, too: a cut at the very end is one more place.
    for cut in (1..=text.len()).filter(|cut| *cut == text.len() || text.as_bytes()[*cut] >= 0x80) {
        let (first, second) = text.as_bytes().split_at(cut);
        let answer = begin(&[]).then(Duration::ZERO, first).then(Duration::ZERO, second);
        gateway.provider().always(answer.then(Duration::ZERO, usage_event((1, 1)) + DONE));
        let reply = key.ok(&question).await;
        reply.expect(format!("a cut after {cut} bytes makes no difference")).body(format!("{text}{DONE}"));
    }
}

#[tokio::test]
async fn what_looks_like_an_end_is_none() {
    let mut gateway = Gateway::start();
    let (key, question, counts) = (gateway.key().await, gateway.stream_question(), gateway.counts());
    // In JSON a line feed is two characters, and these are no events.
    let text = chunk("data: [DONE]\n\n\"usage\":{\"prompt_tokens\":1000000,\"completion_tokens\":1}");
    let answer = begin(&[]).then(Duration::ZERO, text.clone());
    gateway.provider().always(answer.then(Duration::ZERO, usage_event(counts) + DONE));
    let reply = key.ok(&question).await;
    reply.expect("what a model says is no event").body(format!("{text}{DONE}"));
    expect("and no usage").eq(key.numbers().await, (gateway.plan.price(counts), 0));
}
