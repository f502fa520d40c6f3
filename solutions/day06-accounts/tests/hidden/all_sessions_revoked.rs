use crate::visible::support::{is_logged_in, log_in, person, register, service};
use harness::{expect, random};
use harness_net::Http;

#[tokio::test]
async fn only_my_own_and_for_good() {
    let (mut program, http) = service(&[]);
    let mut random = random();
    let (ada, bob) = (person(&mut random), person(&mut random));
    register(&program, &http, &ada).await;
    register(&program, &http, &bob).await;
    let (mine, also_mine, yours) = (log_in(&http, &ada).await, log_in(&http, &ada).await, log_in(&http, &bob).await);
    http.delete("/sessions").send().await.expect("without a session it is 401").problem(401);
    http.delete("/sessions").header("cookie", &mine).send().await.expect("it is 204").status(204);
    expect("nobody else is logged out").that(is_logged_in(&http, &yours).await, "Bob is");
    program.kill();
    program.start_again();
    let http = Http::to(&program);
    for cookie in [mine, also_mine] {
        expect("they stay ended").that(!is_logged_in(&http, &cookie).await, "one is back");
    }
    log_in(&http, &ada).await;
}
