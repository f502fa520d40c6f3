use crate::visible::support::{city, expect_source, front, parameter};
use harness::{expect, random};

#[tokio::test]
async fn names_of_any_script_arrive_whole() {
    let front = front(&[]);
    for city in ["São Paulo", "Київ", "a&key=x", "50% + #1/?", "京都"] {
        front.read(city).await.expect("the answer is about the city").json_at("/city", city);
        let received = front.upstream.received().pop().map(|received| parameter(&received, "city"));
        expect("the city arrives as it was asked for").eq(received.flatten().as_deref(), Some(city));
    }
}

#[tokio::test]
async fn capital_letters_and_spaces_around_do_not_make_another_city() {
    let front = front(&["--ttl-ms", "600000"]);
    let city = city(&mut random());
    front.read(&city).await;
    for same in [city.to_uppercase(), format!("  {city} "), city.clone()] {
        expect_source(&format!("{same:?} is {city:?}"), &front.read(&same).await, "hit");
    }
    front.expect_calls("one city, one call", 1);
    let sent = parameter(&front.upstream.received()[0], "city");
    expect("the spaces around it are not sent").eq(sent, Some(city));
}

#[tokio::test]
async fn each_city_has_its_own_weather() {
    let front = front(&[]);
    let mut random = random();
    let cities: Vec<_> = (0..20).map(|_| city(&mut random)).collect();
    for _ in 0..2 {
        for city in &cities {
            front.read(city).await.expect("the answer is about the city").json_at("/city", city.as_str());
        }
    }
    front.expect_calls("and is fetched once", 20);
}

#[tokio::test]
async fn the_age_of_an_answer_is_told_in_seconds() {
    let front = front(&["--ttl-ms", "600000"]);
    let city = city(&mut random());
    front.read(&city).await;
    let reply = front.read(&city).await;
    let age = reply.header("age").and_then(|age| age.parse::<u64>().ok());
    expect("Age is a whole number of seconds")
        .request(reply.curl())
        .that(age.is_some_and(|age| age < 60), reply.describe());
}

#[tokio::test]
async fn a_city_needs_a_name() {
    let front = front(&[]);
    let long = format!("/weather?city={}", "x".repeat(81));
    for path in ["/weather", "/weather?city=", "/weather?city=%20%09", "/weather?city=a%00b", &long] {
        front.http.get(path).send().await.expect(format!("{path} names no city")).problem(422).contains("city");
    }
    front.read(&"é".repeat(80)).await;
    front.expect_calls("nobody is asked for what is no city", 1);
    front.http.get("/nothing").send().await.expect("another path is 404").problem(404);
    front.http.post("/weather?city=Oslo").json(&1).send().await.expect("another method is 405").problem(405);
}
