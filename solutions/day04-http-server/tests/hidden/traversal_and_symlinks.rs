use crate::visible::{
    support::{Site, Wire, get},
    traversal_and_symlinks::nothing_leaks,
};
use harness::random;

#[tokio::test]
async fn disguises() {
    let (site, secret) = (Site::empty(), random().name());
    let outside = site.file_beside("secret.txt", &secret);
    site.file("a/b/page.html", "x");
    let (program, http) = site.serve();
    let absolute = outside.to_string_lossy();
    for target in [
        "/..%2fsecret.txt",
        "/%2e%2e%2Fsecret.txt",
        "/a/..%2f..%2fsecret.txt",
        "/a/b/../../../secret.txt",
        "/./.././secret.txt",
        "//../secret.txt",
        "/a//..//..//secret.txt",
        "/%252e%252e/secret.txt",
        "/..%5csecret.txt",
        "/..\\secret.txt",
        "/...//secret.txt",
        "/../site/../secret.txt",
        "http://files.test/../secret.txt",
        &absolute,
        &format!("/{absolute}"),
        &format!("/{}", absolute.replace('/', "%2f")),
        &format!("/a/{}", absolute.replace('/', "%2F")),
    ] {
        nothing_leaks(&program, target, &secret).await;
    }
    http.get("/a/b/page.html").send().await.expect("files within the root are served as before").status(200);
}

#[tokio::test]
async fn two_dots_within_a_name_are_a_name() {
    let site = Site::empty();
    site.file("a..b/..c.txt", "fine");
    let (program, _) = site.serve();
    Wire::open(&program).await.ask(get("/a..b/..c.txt")).await.is_file("only a segment of exactly .. goes up", "fine");
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::{os::unix::fs::symlink, process::Command};

    #[tokio::test]
    async fn a_folder_whose_name_begins_like_the_root_is_outside() {
        let (site, secret) = (Site::empty(), random().name());
        // The root is called `site`.
        site.file_beside("site-backup/secret.txt", &secret);
        symlink(site.beside("site-backup"), site.root().join("backup")).expect("a link can be made");
        symlink("../site-backup/secret.txt", site.root().join("relative.txt")).expect("a link can be made");
        let (program, _) = site.serve();
        nothing_leaks(&program, "/backup/secret.txt", &secret).await;
        nothing_leaks(&program, "/relative.txt", &secret).await;
    }

    #[tokio::test]
    async fn an_index_or_a_chain_of_links_does_not_lead_out() {
        let (site, secret) = (Site::empty(), random().name());
        let outside = site.file_beside("secret.txt", &secret);
        site.file("folder/page.html", "x");
        symlink(&outside, site.root().join("folder/index.html")).expect("a link can be made");
        symlink("folder/index.html", site.root().join("first.txt")).expect("a link can be made");
        symlink("first.txt", site.root().join("second.txt")).expect("a link can be made");
        let (program, _) = site.serve();
        nothing_leaks(&program, "/folder/", &secret).await;
        nothing_leaks(&program, "/second.txt", &secret).await;
    }

    #[tokio::test]
    async fn links_within_the_root_are_followed() {
        let site = Site::empty();
        site.file("v2/app.js", "new");
        symlink("v2", site.root().join("current")).expect("a link can be made");
        symlink("v2/app.js", site.root().join("app.js")).expect("a link can be made");
        let (_program, http) = site.serve();
        for path in ["/current/app.js", "/app.js"] {
            http.get(path).send().await.expect("a link that stays within the root is followed").status(200).body("new");
        }
    }

    #[tokio::test]
    async fn the_root_may_be_a_link() {
        let site = Site::empty();
        site.file("one.txt", "x");
        let link = site.beside("www");
        symlink(site.root(), &link).expect("a link can be made");
        let program = harness::Launch::service().arg("--root").arg(&link).start();
        Wire::open(&program).await.ask(get("/one.txt")).await.is_file("--root may be a symbolic link", "x");
    }

    #[tokio::test]
    async fn what_is_no_regular_file_is_not_opened() {
        let site = Site::empty();
        site.file("one.txt", "x");
        let pipe = site.root().join("pipe.txt");
        let made = Command::new("mkfifo").arg(&pipe).status();
        assert!(made.is_ok_and(|status| status.success()), "mkfifo makes {}", pipe.display());
        let (program, http) = site.serve();
        let answer = Wire::open(&program).await.ask(get("/pipe.txt")).await;
        answer.has_status("a pipe is no file to serve, and opening it would wait for ever", &[403, 404]);
        http.get("/one.txt").send().await.expect("other files are served as before").status(200);
    }
}
