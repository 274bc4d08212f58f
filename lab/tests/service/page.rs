//! The page's files, next to everything else.

use std::fs;

use lab::Config;

use crate::client::Target;

#[tokio::test]
async fn files_have_their_type_and_their_time() {
    let dist = std::env::temp_dir().join(format!("lab-page-{}", std::process::id()));
    fs::create_dir_all(&dist).unwrap();
    for name in ["index.html", "app-0123456789abcdef_bg.wasm", "worker_bg.wasm", "worker.js"] {
        fs::write(dist.join(name), "x").unwrap();
    }
    let target = Target::start(Config { dist: Some(dist.clone()), ..Config::default() }).await;
    let cases = [
        ("/", 200, "text/html", "no-cache"),
        ("/worker_bg.wasm", 200, "application/wasm", "no-cache"),
        ("/worker.js", 200, "text/javascript", "no-cache"),
        ("/app-0123456789abcdef_bg.wasm", 200, "application/wasm", "public, max-age=31536000, immutable"),
        ("/app-fedcba9876543210_bg.wasm", 404, "", "no-cache"),
        ("/../Cargo.toml", 404, "", "no-cache"),
    ];
    for (path, status, mime, policy) in cases {
        let answer = target.call("GET", path, &[], b"").await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.head.contains(&format!("cache-control: {policy}")), "{path}: {}", answer.head);
        assert!(mime.is_empty() || answer.head.contains(&format!("content-type: {mime}")), "{path}: {}", answer.head);
    }
    fs::remove_dir_all(dist).unwrap();
}

#[tokio::test]
async fn without_a_page_the_rest_works() {
    let target = Target::start(Config::default()).await;
    assert_eq!(target.call("GET", "/", &[], b"").await.status, 404);
    let info = target.call("GET", "/lab/info", &[], b"").await.json();
    assert_eq!((&info["name"], &info["server_version"]), (&"lab".into(), &"v1".into()));
}
