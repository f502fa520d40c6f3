use crate::visible::support::{front, front_of, observation};
use harness::{expect, random};
use harness_net::Answer;

#[tokio::test]
async fn any_value_is_rounded_to_a_tenth() {
    let mut random = random();
    for _ in 0..10 {
        let (kelvin, metres) =
            (random.between(20_000..=32_000) as f64 / 100.0, random.between(0..=5_000) as f64 / 100.0);
        let mut weather = observation("Oslo");
        (weather["temp_k"], weather["wind_ms"]) = (kelvin.into(), metres.into());
        let front = front_of(move |_| Answer::json(200, &weather), &[]);
        for (query, temperature, wind) in [
            ("/weather?city=Oslo", kelvin - 273.15, metres * 3.6),
            ("/weather?city=Oslo&units=metric", kelvin - 273.15, metres * 3.6),
            ("/weather?city=Oslo&units=imperial", kelvin * 1.8 - 459.67, metres / 0.44704),
        ] {
            let reply = front.http.get(query).send().await;
            for (pointer, exact) in [("/temperature", temperature), ("/wind", wind)] {
                let value = reply.json().pointer(pointer).and_then(serde_json::Value::as_f64).unwrap_or(f64::NAN);
                let is_tenth = ((value * 10.0) - (value * 10.0).round()).abs() < 1e-6;
                expect(format!("{pointer} for {kelvin} K and {metres} m/s is rounded to one decimal"))
                    .request(reply.curl())
                    .expected(format!("the tenth next to {exact}"))
                    .that(is_tenth && (value - exact).abs() < 0.050_001, reply.describe());
            }
        }
    }
}

#[tokio::test]
async fn both_units_come_from_one_call() {
    let front = front(&["--ttl-ms", "600000"]);
    for units in ["metric", "imperial", "metric"] {
        let reply = front.http.get(&format!("/weather?city=Oslo&units={units}")).send().await;
        reply.expect("the units are told").status(200).json_at("/units", units);
    }
    front.expect_calls("units are our business, and not the weather service's", 1);
}

#[tokio::test]
async fn members_that_nobody_needs_are_left_alone() {
    let mut weather = observation("Oslo");
    weather["station"] = serde_json::json!({"id": 1, "names": ["a", "b"]});
    let front = front_of(move |_| Answer::json(200, &weather), &[]);
    front.read("Oslo").await;
}
