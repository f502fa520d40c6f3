//! The tests of day 19 that you can read. One module per checkpoint; each name is a claim about your program.

pub mod support;

mod put_get_delete {
    use super::support::{Cloud, expect_refusal, fresh_name};
    use harness::{expect, random};
    use object_store::{ObjectStoreExt, path::Path};

    #[tokio::test]
    async fn object_store_puts_gets_and_deletes() {
        let cloud = Cloud::start().await;
        let (store, mut random) = (cloud.store(), random());
        let (key, content) = (Path::from(format!("backups/{}", random.name())), random.bytes(70_000));
        for content in [random.bytes(9), content] {
            store.put(&key, content.clone().into()).await.expect("an object can be put, and put again");
            let object = store.get(&key).await.expect("an object can be read");
            let bytes = object.bytes().await.expect("and has a content");
            expect("the content is what was put last").that(bytes == content, format!("{} bytes", bytes.len()));
            let meta = store.head(&key).await.expect("HEAD knows it");
            expect("HEAD tells the size").eq(meta.size, content.len() as u64);
        }
        store.delete(&key).await.expect("it can be deleted");
        let gone = store.get(&key).await;
        expect("then it is not found")
            .that(matches!(gone, Err(object_store::Error::NotFound { .. })), format!("{gone:?}"));
    }

    #[tokio::test]
    async fn buckets_are_made_listed_and_removed() {
        let cloud = Cloud::start().await;
        let name = fresh_name();
        let path = format!("/{name}");
        let reply = cloud.request("GET", &format!("{path}/key")).send().await;
        expect_refusal("there is no such bucket", &reply, 404, &["NoSuchBucket"]);
        cloud.make_bucket(&name).await;
        cloud.request("HEAD", &path).send().await.expect("now there is").status(200);
        let reply = cloud.request("GET", "/").send().await;
        reply.expect("all buckets").status(200).contains(&format!("<Name>{name}</Name>"));
        cloud.request("PUT", &format!("{path}/key")).body("x").send().await.expect("it takes an object").status(200);
        let reply = cloud.request("DELETE", &path).send().await;
        expect_refusal("a bucket with objects stays", &reply, 409, &["BucketNotEmpty"]);
        cloud.request("DELETE", &format!("{path}/key")).send().await.expect("the object goes").status(204);
        cloud.request("DELETE", &path).send().await.expect("then the bucket goes").status(204);
        cloud.request("HEAD", &path).send().await.expect("it is gone").status(404);
    }
}

mod list_prefix_delimiter {
    use super::support::Cloud;
    use futures_util::TryStreamExt;
    use harness::expect;
    use object_store::{ObjectStore, path::Path};

    #[tokio::test]
    async fn object_store_lists_by_prefix_and_delimiter() {
        let cloud = Cloud::start().await;
        for key in ["2025/may/a.jpg", "2026/june/b.jpg", "2026/may/c.jpg", "2026/may/d.jpg", "2026/e.jpg", "f.jpg"] {
            cloud.put(key, key).await;
        }
        let store = cloud.store();
        let below = store.list(Some(&Path::from("2026/may"))).map_ok(|meta| meta.location.to_string());
        let below: Vec<_> = below.try_collect().await.expect("a prefix can be listed");
        expect("keys that begin with 2026/may/").eq(below, vec!["2026/may/c.jpg", "2026/may/d.jpg"]);

        let folder = store.list_with_delimiter(Some(&Path::from("2026"))).await.expect("a folder can be listed");
        let names = |paths: Vec<&Path>| paths.iter().map(ToString::to_string).collect::<Vec<_>>();
        let objects = names(folder.objects.iter().map(|meta| &meta.location).collect());
        expect("what is directly below 2026/").eq(objects, vec!["2026/e.jpg"]);
        let folders = names(folder.common_prefixes.iter().collect());
        expect("everything deeper is one common prefix each").eq(folders, vec!["2026/june", "2026/may"]);
    }
}

mod etag_is_md5 {
    use super::support::{Cloud, etag};
    use harness::{expect, random};

    #[tokio::test]
    async fn everywhere_the_etag_is_the_md5() {
        let cloud = Cloud::start().await;
        let content = random().bytes(1000);
        let wanted = etag(&content);
        let reply = cloud.object("PUT", "photo").body(content).send().await;
        reply.expect("PUT tells the MD5 in quotes").status(200).header("etag", &wanted);
        cloud.get("photo").await.expect("GET").status(200).header("etag", &wanted);
        cloud.object("HEAD", "photo").send().await.expect("HEAD").status(200).header("etag", &wanted);
        let listing = cloud.list(&[]).await;
        expect("and the listing say the same").eq(listing.contents[0].etag.clone(), wanted);
    }
}

mod signature_is_checked {
    use super::support::{Cloud, expect_refusal, fresh_name, sign::Keys};

    #[tokio::test]
    async fn only_the_secret_key_opens() {
        let cloud = Cloud::start().await;
        cloud.put("photo", "mine").await;
        let reply = cloud.http.get(&format!("/{}/photo", cloud.bucket)).send().await;
        expect_refusal("without a signature there is no access", &reply, 403, &["AccessDenied"]);
        let keys = Keys { secret: fresh_name(), ..cloud.keys.clone() };
        let reply = cloud.object("GET", "photo").keys(keys).send().await;
        expect_refusal("another secret key does not open", &reply, 403, &["SignatureDoesNotMatch"]);
        let keys = Keys { access: fresh_name(), ..cloud.keys.clone() };
        let reply = cloud.object("GET", "photo").keys(keys).send().await;
        expect_refusal("an unknown access key is nobody's", &reply, 403, &["InvalidAccessKeyId"]);
        cloud.expect_content("the right keys open", "photo", b"mine").await;
    }
}

mod tampered_and_expired_signatures {
    use super::support::{Cloud, expect_refusal};
    use jiff::{SignedDuration, Timestamp};

    #[tokio::test]
    async fn what_was_signed_cannot_be_changed() {
        let cloud = Cloud::start().await;
        cloud.put("mine", "old").await;
        let refused = ["SignatureDoesNotMatch"];
        let mut request = cloud.object("GET", "mine").sign();
        request.method = "DELETE".to_owned();
        expect_refusal("another method", &request.send().await, 403, &refused);
        let mut request = cloud.object("PUT", "yours").body("new").sign();
        request.path = request.path.replace("yours", "mine");
        expect_refusal("another key", &request.send().await, 403, &refused);
        let mut request = cloud.of_bucket("GET").query("list-type", "2").query("prefix", "x").sign();
        request.query = request.query.replace("prefix=x", "prefix=m");
        expect_refusal("another parameter", &request.send().await, 403, &refused);
        let mut request = cloud.object("PUT", "mine").header("content-type", "text/plain").body("new").sign();
        *request.header("content-type") = "text/html".to_owned();
        expect_refusal("another header", &request.send().await, 403, &refused);
        let mut request = cloud.object("PUT", "mine").body("new").sign();
        request.body = b"evil".to_vec();
        expect_refusal("another body", &request.send().await, 400, &["XAmzContentSHA256Mismatch"]);
        cloud.expect_content("and nothing was changed", "mine", b"old").await;
    }

    #[tokio::test]
    async fn a_signature_is_good_for_a_quarter_of_an_hour() {
        let cloud = Cloud::start().await;
        cloud.put("photo", "mine").await;
        for (minutes, good) in [(-14, true), (14, true), (-16, false), (16, false), (-60 * 24, false)] {
            let time = Timestamp::now() + SignedDuration::from_mins(minutes);
            let reply = cloud.object("GET", "photo").at(time).send().await;
            match good {
                true => drop(reply.expect(format!("signed at {minutes} minutes from now")).status(200)),
                false => expect_refusal("signed at another time", &reply, 403, &["RequestTimeTooSkewed"]),
            }
        }
    }
}

mod paging_and_encoding {
    use super::support::{Cloud, strings};
    use harness::expect;

    #[tokio::test]
    async fn pages_hold_every_key_once_and_in_order() {
        let cloud = Cloud::start().await;
        let wanted: Vec<_> = (0..13).map(|number| format!("key-{number:02}")).collect();
        for key in wanted.iter().rev() {
            cloud.put(key, "x").await;
        }
        let (mut keys, mut token) = (Vec::new(), None::<String>);
        for page in 0..4 {
            let mut parameters = vec![("max-keys", "4")];
            parameters.extend(token.as_ref().map(|token| ("continuation-token", token.as_str())));
            let listing = cloud.list(&parameters).await;
            expect("a page has max-keys entries, the last one what is left")
                .eq(listing.contents.len(), if page < 3 { 4 } else { 1 });
            expect("IsTruncated tells whether there is another page").eq(listing.is_truncated, page < 3);
            keys.extend(listing.keys());
            token = listing.next_continuation_token;
            expect("a token comes with every page but the last").eq(token.is_some(), page < 3);
        }
        expect("all keys, in order").eq(keys, wanted);
    }

    #[tokio::test]
    async fn keys_come_back_as_they_were() {
        let cloud = Cloud::start().await;
        let keys = ["100%.txt", "<b> & 'c'.txt", "a b+c.txt", "ä/ö?ü=1#2.txt"];
        for key in keys {
            cloud.put(key, key).await;
            cloud.expect_content("under the same key", key, key.as_bytes()).await;
        }
        expect("escaped in XML").eq(cloud.list(&[]).await.keys(), strings(&keys));
        let encoded =
            ["100%25.txt", "%3Cb%3E%20%26%20%27c%27.txt", "a%20b%2Bc.txt", "%C3%A4/%C3%B6%3F%C3%BC%3D1%232.txt"];
        let listing = cloud.list(&[("encoding-type", "url")]).await;
        let spaces = |key: String| key.replace('+', "%20");
        let listed: Vec<_> = listing.keys().into_iter().map(spaces).collect();
        expect("percent-encoded where the client asks for it").eq(listed, strings(&encoded));
    }
}

mod hostile_keys {
    use super::support::Cloud;
    use harness::expect;

    #[tokio::test]
    async fn a_key_is_never_a_path() {
        let cloud = Cloud::start().await;
        let keys = ["../../outside", "..", ".", "a/../b", "a//b", "/", "a", "a/", "a/b", "\\..\\c", "con", "index.db"];
        for key in keys {
            let (status, _) = cloud.object("PUT", key).body(key).sign().send_raw().await;
            expect(format!("the key {key:?} is as good as any")).eq(status, 200);
        }
        for key in keys {
            let (status, body) = cloud.object("GET", key).sign().send_raw().await;
            expect(format!("the object {key:?} is there, and no other"))
                .eq((status, String::from_utf8_lossy(&body).into_owned()), (200, key.to_owned()));
        }
        let mut sorted = keys.map(str::to_owned).to_vec();
        sorted.sort();
        expect("all are listed, in the order of their bytes").eq(cloud.list(&[]).await.keys(), sorted);
    }
}

mod no_torn_reads {
    use super::support::{
        Cloud,
        sign::{UNSIGNED, read_head},
    };
    use harness::random;
    use harness_net::Socket;

    #[tokio::test]
    async fn half_an_upload_is_no_object() {
        let cloud = Cloud::start().await;
        let mut random = random();
        let (old, new) = (random.bytes(100_000), random.bytes(100_000));
        cloud.put("photo", old.clone()).await;
        let draft = cloud.object("PUT", "photo").payload(UNSIGNED).header("expect", "100-continue");
        let mut socket = Socket::connect(cloud.address).await;
        socket.send(draft.sign().head(new.len())).await;
        let head = read_head(&mut socket).await;
        harness::expect("the program asks for the body").contains(&head, "100 Continue");
        cloud.expect_content("when an upload has begun, the old object is there", "photo", &old).await;
        socket.send(&new[..50_000]).await;
        cloud.expect_content("in the middle of an upload, too", "photo", &old).await;
        socket.send(&new[50_000..]).await;
        let head = read_head(&mut socket).await;
        harness::expect("the upload ends well").contains(&head, "200 OK");
        cloud.expect_content("now the new one is there", "photo", &new).await;
    }
}

mod kill9 {
    use super::support::Cloud;
    use harness::expect;
    use harness_net::write_until_killed;

    #[tokio::test]
    async fn what_was_acknowledged_is_there() {
        let mut cloud = Cloud::start().await;
        let client = cloud.client.clone();
        let stored = write_until_killed(&mut cloud.program, 4, 40, move |writer, number| {
            let client = client.clone();
            async move {
                let key = format!("{writer}/{number}");
                let request = client.object("PUT", &key).body(key.repeat(100)).sign();
                request.try_send().await.ok().filter(|reply| reply.status == 200).map(|_| key)
            }
        });
        let acknowledged = stored.await;
        cloud.kill_and_restart();
        let listed = cloud.list(&[]).await.keys().into_iter().collect();
        acknowledged.expect_all_in(&listed);
        for key in &listed {
            cloud.expect_content("after a kill -9 a listed object is whole", key, key.repeat(100).as_bytes()).await;
        }
        expect("there is something to look at").that(!listed.is_empty(), "nothing");
    }
}

mod multipart {
    use super::support::{Cloud, md5};
    use harness::{expect, random};
    use object_store::{ObjectStoreExt, PutPayload, WriteMultipart, path::Path};

    #[tokio::test]
    async fn object_store_uploads_in_parts() {
        let cloud = Cloud::start().await;
        let (store, key) = (cloud.store(), Path::from("film"));
        let content = random().bytes((5 << 20) + 1000);
        let upload = store.put_multipart(&key).await.expect("an upload can be begun");
        let mut upload = WriteMultipart::new_with_chunk_size(upload, 5 << 20);
        upload.put(PutPayload::from(content.clone()).into_iter().next().unwrap_or_default());
        let gone = store.head(&key).await;
        expect("there is no object before the end").that(gone.is_err(), format!("{gone:?}"));
        upload.finish().await.expect("an upload can be completed");
        cloud.expect_content("the parts are one object", "film", &content).await;
        let (first, second) = content.split_at(5 << 20);
        let parts =
            [md5(first), md5(second)].map(|part| data_encoding::HEXLOWER.decode(part.as_bytes()).unwrap_or_default());
        let reply = cloud.object("HEAD", "film").send().await;
        reply
            .expect("the MD5 of the MD5s, and the number of parts")
            .header("etag", &format!("\"{}-2\"", md5(&parts.concat())));
    }
}

mod presigned {
    use super::support::{Cloud, expect_refusal};
    use object_store::{path::Path, signer::Signer};
    use std::time::Duration;

    #[tokio::test]
    async fn a_url_is_good_for_its_method_and_key() {
        let cloud = Cloud::start().await;
        cloud.put("photo", "mine").await;
        let store = cloud.store();
        let minute = Duration::from_secs(60);
        let url = store.signed_url("GET".parse().expect("a method"), &Path::from("photo"), minute).await;
        let url = url.expect("object_store presigns");
        let target = format!("{}?{}", url.path(), url.query().unwrap_or_default());
        cloud.http.get(&target).send().await.expect("whoever has the URL can read").status(200).body("mine");
        let reply = cloud.http.delete(&target).send().await;
        expect_refusal("but not delete", &reply, 403, &["SignatureDoesNotMatch"]);
        let reply = cloud.http.get(&target.replace("photo", "other")).send().await;
        expect_refusal("nor read another object", &reply, 403, &["SignatureDoesNotMatch"]);
    }
}

mod range_and_conditional {
    use super::support::{Cloud, etag, expect_refusal};

    #[tokio::test]
    async fn a_part_of_an_object_can_be_read() {
        let cloud = Cloud::start().await;
        cloud.put("letters", "abcdefghij").await;
        for (range, content, part) in [
            ("bytes=2-4", "cde", "bytes 2-4/10"),
            ("bytes=7-", "hij", "bytes 7-9/10"),
            ("bytes=-2", "ij", "bytes 8-9/10"),
        ] {
            let reply = cloud.object("GET", "letters").header("range", range).send().await;
            reply.expect(range).status(206).header("content-range", part).body(content);
        }
        let reply = cloud.object("GET", "letters").header("range", "bytes=10-").send().await;
        expect_refusal("there is nothing", &reply, 416, &["InvalidRange"]);
    }

    #[tokio::test]
    async fn an_object_is_sent_or_replaced_only_if() {
        let cloud = Cloud::start().await;
        cloud.put("photo", "old").await;
        let with = |method, name, value: &str| cloud.object(method, "photo").header(name, value).body("");
        let reply = with("GET", "if-none-match", &etag(b"old")).send().await;
        reply.expect("the client has it already").status(304).body("").header("etag", &etag(b"old"));
        with("GET", "if-none-match", &etag(b"x")).send().await.expect("it has another").status(200).body("old");
        let reply = with("GET", "if-match", &etag(b"x")).send().await;
        expect_refusal("the client wants another", &reply, 412, &["PreconditionFailed"]);
        let reply = with("PUT", "if-none-match", "*").body("new").send().await;
        expect_refusal("only if there is nothing", &reply, 412, &["PreconditionFailed"]);
        let reply = with("PUT", "if-match", &etag(b"x")).body("new").send().await;
        expect_refusal("only if it is still what the client has seen", &reply, 412, &["PreconditionFailed"]);
        with("PUT", "if-match", &etag(b"old")).body("new").send().await.expect("it is").status(200);
        cloud.expect_content("now it is the new one", "photo", b"new").await;
    }
}
