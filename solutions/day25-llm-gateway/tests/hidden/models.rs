use crate::visible::support::{Gateway, Plan, shape_of_error};
use harness::expect;
use harness_net::Http;
use serde_json::json;

#[tokio::test]
async fn each_can_be_looked_up() {
    let mut random = harness::random();
    let mut plans = [0, 1].map(|_| Plan::random(&mut random, 1)).to_vec();
    plans[1].name = format!("meta/{}", plans[1].name);
    let mut gateway = Gateway::serving(random, 1, plans.clone(), 60_000);
    let key = gateway.key().await;
    for plan in &plans {
        let model = key.client().models().retrieve(&plan.name).await;
        let model = model.unwrap_or_else(|error| expect("a model can be looked up").fail(error));
        expect("it is this one").eq((&model.id, model.object.as_str()), (&plan.name, "model"));
    }
    let list = key.http.get("/v1/models").send().await;
    list.expect("the list is one of OpenAI's").status(200).json_at("/object", "list");
    list.expect("the gateway owns its models").json_at("/data/1/owned_by", "gateway");
    for provider in &plans {
        expect("names of providers' models are not shown").lacks(&list.text(), &provider.targets[0].1);
    }
}

#[tokio::test]
async fn others_are_not_found() {
    let mut gateway = Gateway::start();
    let key = gateway.key().await;
    let there = gateway.plan.targets[0].1.clone();
    for name in [gateway.random.name(), there] {
        let reply = key.http.get(&format!("/v1/models/{name}")).send().await;
        let requirement = "a model that is not in the config is not found";
        shape_of_error(requirement, &reply, 404, "invalid_request_error", Some("model_not_found"));
        let question = json!({"model": name, "messages": [{"role": "user", "content": "hello"}]});
        let reply = key.ask(&question).send().await;
        shape_of_error(requirement, &reply, 404, "invalid_request_error", Some("model_not_found"));
    }
}

#[tokio::test]
async fn they_are_for_those_who_have_a_key() {
    let gateway = Gateway::start();
    let http = Http::to(&gateway.program);
    for path in ["/v1/models".to_owned(), format!("/v1/models/{}", gateway.plan.name)] {
        let reply = http.get(&path).send().await;
        shape_of_error("without a key", &reply, 401, "invalid_request_error", Some("invalid_api_key"));
    }
}
