use crate::visible::support::{Dns, Service, outcomes, receiver, receiver_and_decoy};
use harness::{Launch, expect, random};
use harness_net::{Http, Reply};
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An event for this url, and its delivery in the end.
async fn deliver(service: &Service, url: &str) -> Reply {
    service.endpoint(url).await;
    let event = service.event("a.b").await;
    service.until_end(&event).await
}

#[tokio::test]
async fn special_networks_are_refused_wherever_one_looks() {
    let (service, mut random) = (Service::start(), random());
    let mut hosts: Vec<String> = [
        "①②⑦.0.0.2",
        "127.0.0.2。",
        "0300.0250.1.1",
        "0xA9FEA9FE",
        "[0:0:0:0:0:ffff:10.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:7f00:2::1]",
        "[ff02::1]",
        "[2001:db8::1]",
        "[2001::1]",
        "[fec0::1]",
        "[100::1]",
        "255.255.255.255",
        "239.1.2.3",
        "240.0.0.1",
        "100.100.100.200",
        "192.0.0.192",
        "168.63.129.16",
        "198.19.0.1",
    ]
    .map(str::to_owned)
    .to_vec();
    for net in [[10, 0], [100, 64], [100, 127], [169, 254], [172, 16], [172, 31], [192, 168], [127, 1], [0, 0]] {
        let address = Ipv4Addr::new(net[0], net[1], random.below(256) as u8, random.below(256) as u8);
        hosts.push(address.to_string());
        hosts.push(u32::from(address).to_string());
        hosts.push(format!("0x{:x}", u32::from(address)));
        hosts.push(format!("[{}]", address.to_ipv6_mapped()));
    }
    for prefix in [0xfc00_u16, 0xfd12, 0xfe80, 0xfebf, 0xff05] {
        let tail = u128::from(random.below(1 << 30) as u32);
        hosts.push(format!("[{}]", Ipv6Addr::from(u128::from(prefix) << 112 | tail)));
    }
    for host in hosts {
        let reply = service.register(&json!({"url": format!("http://{host}:8080/")})).await;
        reply.expect(format!("{host} is not public")).problem(422).json_at("/field", "url");
    }
    for host in
        ["9.9.9.9", "100.63.255.255", "172.32.0.1", "[2606:4700:4700::1111]", "[::ffff:9.9.9.9]", "name.example.com"]
    {
        let reply = service.register(&json!({"url": format!("http://{host}/")})).await;
        reply.expect(format!("{host} is public, or a name")).status(201);
    }
}

#[tokio::test]
async fn what_is_allowed_is_allowed_exactly() {
    let service = Service::launched(Launch::service(), &["--allow-cidr", "10.1.2.0/24,fd00::/8"]);
    for (host, status) in [
        ("10.1.2.3", 201),
        ("[::ffff:10.1.2.3]", 201),
        ("0xa010203", 201),
        ("[fd12::1]", 201),
        ("10.1.3.1", 422),
        ("127.0.0.1", 422),
        ("[fc00::1]", 422),
        ("[::1]", 422),
    ] {
        let reply = service.register(&json!({"url": format!("http://{host}/")})).await;
        reply.expect(format!("{host} with --allow-cidr 10.1.2.0/24,fd00::/8")).status(status);
    }
}

#[tokio::test]
async fn every_address_of_a_name_is_looked_at() {
    let (receiver, decoy) = receiver_and_decoy();
    let good = receiver.address().ip();
    let bad: Vec<IpAddr> = vec![
        decoy.ip(),
        Ipv4Addr::new(127, 0, 0, 2).to_ipv6_mapped().into(),
        Ipv4Addr::new(169, 254, 169, 254).into(),
        Ipv4Addr::new(10, 0, 0, 1).into(),
        Ipv6Addr::LOCALHOST.into(),
        Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254).into(),
    ];
    let count = bad.len();
    // Names are as 3.last.example.com: the number of the address, and where it stands.
    let dns = Dns::start(move |name, _| {
        let mut labels = name.split('.');
        let number: usize = labels.next().and_then(|label| label.parse().ok()).unwrap_or_default();
        match labels.next() {
            Some("first") => vec![bad[number], good],
            Some("last") => vec![good, bad[number]],
            _ => vec![bad[number]],
        }
    });
    let service = Service::with(&["--resolver", &dns.address(), "--retry-ms", "1"]);
    let mut events = Vec::new();
    for number in 0..count {
        for place in ["first", "last", "only"] {
            let url = format!("http://{number}.{place}.example.com:{}/", receiver.address().port());
            let kind = format!("t.{number}.{place}");
            service.endpoint_of(&json!({"url": url, "types": [kind]})).await;
            events.push(service.event(&kind).await);
        }
    }
    for event in &events {
        let delivery = service.until_end(event).await;
        expect("one address that is refused is enough").eq(outcomes(&delivery), vec![json!("refused"); 2]);
    }
    expect("nobody was called").eq((decoy.callers(), receiver.count()), (0, 0));
}

#[tokio::test]
async fn a_name_is_looked_up_for_each_attempt() {
    let (receiver, decoy) = receiver_and_decoy();
    let mut random = random();
    let (good, bad) = (receiver.address().ip(), decoy.ip());
    let script: Vec<bool> = (0..64).map(|_| random.one_in(2)).collect();
    let dns = Dns::start(move |_, lookup| vec![if script[lookup % script.len()] { good } else { bad }]);
    let service = Service::with(&["--resolver", &dns.address(), "--retry-ms", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"]);
    service.endpoint(&format!("http://rebind.example.com:{}/", receiver.address().port())).await;
    let mut attempts = 0;
    for _ in 0..10 {
        let event = service.event("a.b").await;
        attempts += service.until_end(&event).await.number_at("/attempts");
        expect("nobody else was called").eq(decoy.callers(), 0);
    }
    let lookups = i64::try_from(dns.lookups()).unwrap_or_default();
    expect("each attempt begins with a lookup")
        .that(lookups >= attempts, format!("{lookups} lookups for {attempts} attempts"));
}

#[tokio::test]
async fn a_name_of_this_machine_is_refused() {
    let receiver = receiver();
    let service = Service::launched(Launch::service(), &["--allow-cidr", "10.0.0.0/8"]);
    let delivery = deliver(&service, &format!("http://localhost:{}/", receiver.address().port())).await;
    expect("localhost is inside").eq(outcomes(&delivery), vec![json!("refused"); 4]);
    expect("nobody was called").eq(receiver.count(), 0);
}

#[tokio::test]
async fn what_is_not_allowed_any_more_is_not_called() {
    let receiver = receiver();
    let launch = Launch::service().env("ALLOW_CIDR", "127.0.0.1/32");
    let mut service = Service::launched(launch, &["--retry-ms", "1"]);
    service.endpoint(&receiver.url()).await;
    let event = service.event("a.b").await;
    service.until(&event, "delivered").await;
    service.program.kill();
    service.program.start_again_with(|launch| launch.env("ALLOW_CIDR", "10.0.0.0/8"));
    service.client.http = Http::to(&service.program);
    let event = service.event("a.b").await;
    let delivery = service.until(&event, "dead").await;
    expect("an address is checked at each attempt").eq(outcomes(&delivery), vec![json!("refused"); 2]);
    expect("nobody was called again").eq(receiver.count(), 1);
}

#[tokio::test]
async fn no_proxy_is_used() {
    let (receiver, decoy) = receiver_and_decoy();
    let proxy = decoy.url();
    let launch = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]
        .iter()
        .fold(Launch::service().args(["--allow-cidr", "127.0.0.1/32"]), |launch, name| launch.env(name, &proxy));
    let service = Service::launched(launch.env("NO_PROXY", ""), &[]);
    service.endpoint(&receiver.url()).await;
    let event = service.event("a.b").await;
    service.until(&event, "delivered").await;
    expect("a proxy would call whom it likes").eq(decoy.callers(), 0);
}
