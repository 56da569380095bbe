//! Downloads from a hub on this machine, and everything that may go wrong with them.

use rs_grpo_engine::checkpoint::Checkpoint;
use rs_grpo_hub::{
    Alias, DownloadProgress, HubError, HubSettings, Location, Repository, download, is_cached,
    resolve,
};
use rs_grpo_hub::{Error, Result};
use serde_json::json;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;
use test_support::checkpoint::{serialise, tensors, tiny};
use test_support::hub_server::{COMMIT, Served, Server};

const WEIGHTS: &str = "model.safetensors";

/// The files of a tiny model; the README is not wanted.
fn files() -> BTreeMap<String, Served> {
    let files = [
        ("config.json", Served::small(&tiny().to_string())),
        ("generation_config.json", Served::small("{}")),
        ("tokenizer.json", Served::small("{\"version\":\"1.0\"}")),
        ("tokenizer_config.json", Served::small("{ }")),
        (WEIGHTS, Served::large(serialise(&tensors(&tiny())))),
        ("README.md", Served::small("no")),
    ];
    files.map(|(name, file)| (name.to_owned(), file)).into()
}

/// A server and an empty cache.
struct Scene {
    server: Server,
    cache: tempfile::TempDir,
    settings: HubSettings,
}

impl Scene {
    fn new(files: BTreeMap<String, Served>) -> Self {
        let (server, cache) = (Server::start(files), tempfile::tempdir().unwrap());
        let mut settings = HubSettings::new(cache.path());
        settings.endpoint = server.endpoint.clone();
        settings.pause = Duration::ZERO;
        Self { server, cache, settings }
    }

    fn download(&self) -> Result<PathBuf> {
        download(&repository(), &self.settings, &mut ())
    }

    /// The error of a download that fails.
    fn failure(&self) -> HubError {
        match self.download() {
            Err(Error::Hub(error)) => *error,
            other => panic!("{other:?}"),
        }
    }

    fn folder(&self) -> PathBuf {
        self.cache.path().join("models--org--name")
    }

    /// Names of the content that is complete, and of what is not.
    fn blobs(&self) -> (Vec<String>, Vec<String>) {
        names(&self.folder().join("blobs")).into_iter().partition(|name| !name.contains('.'))
    }

    fn requested(&self) -> Vec<String> {
        let requests = self.server.requests().into_iter();
        requests.map(|request| format!("{} {}", request.method, request.path)).collect()
    }
}

fn repository() -> Repository {
    match resolve("org/name").unwrap() {
        Location::Hub(repository) => repository,
        Location::Folder(folder) => panic!("{folder:?}"),
    }
}

fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return vec![] };
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_model_arrives_in_the_layout_of_the_hubs_own_tools() {
    let scene = Scene::new(files());
    let folder = scene.download().unwrap();
    assert_eq!(folder, scene.folder().join("snapshots").join(COMMIT));
    let expected = [
        "config.json",
        "generation_config.json",
        WEIGHTS,
        "tokenizer.json",
        "tokenizer_config.json",
    ];
    assert_eq!(names(&folder), expected);
    assert_eq!(std::fs::read_to_string(scene.folder().join("refs/main")).unwrap(), COMMIT);
    let (complete, partial) = scene.blobs();
    assert_eq!((complete.len(), partial.len()), (5, 0));
    Checkpoint::open(&folder).unwrap().check().unwrap();
    let requested = scene.requested();
    assert!(requested.iter().all(|request| !request.contains("README")), "{requested:?}");
    let cache = hf_cache(&scene);
    assert_eq!(cache, Some(folder.join(WEIGHTS)), "hf-hub finds it too");
    #[cfg(unix)]
    assert!(std::fs::read_link(folder.join(WEIGHTS)).unwrap().starts_with("../../blobs"));
}

/// The weights as another tool finds them.
fn hf_cache(scene: &Scene) -> Option<PathBuf> {
    hf_hub::Cache::new(scene.cache.path().to_owned()).model("org/name".to_owned()).get(WEIGHTS)
}

#[test]
fn what_is_in_the_cache_needs_no_network() {
    let mut scene = Scene::new(files());
    let first = scene.download().unwrap();
    scene.server.requests();
    assert_eq!(scene.download().unwrap(), first);
    assert_eq!(scene.requested(), [""; 0]);
    scene.settings.offline = true;
    assert_eq!(scene.download().unwrap(), first);
    let commit = repository().at(COMMIT).unwrap();
    assert_eq!(download(&commit, &scene.settings, &mut ()).unwrap(), first);
    // Content that was deleted to free space is fetched again, and nothing else.
    scene.settings.offline = false;
    std::fs::remove_file(std::fs::canonicalize(first.join(WEIGHTS)).unwrap()).unwrap();
    assert_eq!(scene.download().unwrap(), first);
    let bodies = scene.requested().into_iter().filter(|request| request.starts_with("GET"));
    assert!(
        bodies.clone().all(|request| request.ends_with(WEIGHTS)),
        "{:?}",
        bodies.collect::<Vec<_>>()
    );
    Checkpoint::open(&first).unwrap().check().unwrap();
}

/// Files put there by hand, as the error for machines without a network says.
#[test]
fn a_folder_named_by_the_revision_is_found() {
    let mut scene = Scene::new(files());
    scene.settings.offline = true;
    let HubError::Unreachable { by_hand, .. } = scene.failure() else { panic!() };
    let folder = scene.folder().join("snapshots/main");
    assert!(by_hand.contains(folder.to_str().unwrap()), "{by_hand}");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, file) in files() {
        std::fs::write(folder.join(name), file.content).unwrap();
    }
    assert_eq!(scene.download().unwrap(), folder);
    assert_eq!(scene.requested(), [""; 0]);
}

#[test]
fn several_files_of_weights_arrive_all() {
    let (mut files, tensors) = (files(), tensors(&tiny()));
    files.remove(WEIGHTS);
    let mut weight_map = serde_json::Map::new();
    for (number, part) in tensors.chunks(9).enumerate() {
        let name = format!("model-{number}.safetensors");
        weight_map.extend(part.iter().map(|(tensor, ..)| (tensor.clone(), name.clone().into())));
        files.insert(name, Served::large(serialise(part)));
    }
    let index = json!({ "weight_map": weight_map }).to_string();
    files.insert("model.safetensors.index.json".to_owned(), Served::small(&index));
    let scene = Scene::new(files);
    Checkpoint::open(&scene.download().unwrap()).unwrap().check().unwrap();

    scene.server.requests();
    std::fs::remove_file(scene.folder().join("snapshots").join(COMMIT).join("model-1.safetensors"))
        .unwrap();
    scene.download().unwrap();
    let fetched: Vec<_> =
        scene.requested().into_iter().filter(|request| request.starts_with("GET")).collect();
    assert_eq!(fetched, [""; 0], "the content was still there, only its name was lost");
}

#[test]
fn an_index_that_names_files_elsewhere_is_refused() {
    for name in ["../evil", "/evil", "a/b", "a b", "a?b", ".hidden"] {
        let mut files = files();
        files.remove(WEIGHTS);
        let index = json!({ "weight_map": { "a": name } }).to_string();
        files.insert("model.safetensors.index.json".to_owned(), Served::small(&index));
        let message = Scene::new(files).download().unwrap_err().to_string();
        assert!(message.contains(name) && message.contains("index.json"), "{message}");
    }
}

#[test]
fn a_cut_connection_is_resumed_where_it_broke() {
    let scene = Scene::new(files());
    scene.server.change(WEIGHTS, |file| file.cut = Some((1_000, 3)));
    scene.download().unwrap();
    let size = files()[WEIGHTS].content.len();
    assert!(size > 3_000);
    let ranges: Vec<_> = scene
        .server
        .requests()
        .into_iter()
        .filter(|request| request.method == "GET" && request.path.starts_with("/elsewhere"))
        .map(|request| request.headers.get("range").cloned())
        .collect();
    let from = |byte| Some(format!("bytes={byte}-"));
    assert_eq!(ranges, [None, from(1_000), from(2_000), from(3_000)]);
}

#[test]
fn an_interrupted_download_goes_on_in_the_next_run() {
    let scene = Scene::new(files());
    scene.server.change(WEIGHTS, |file| file.cut = Some((0, usize::MAX)));
    let HubError::Interrupted { present, .. } = scene.failure() else { panic!() };
    assert_eq!(present, 0);
    scene.server.change(WEIGHTS, |file| file.cut = Some((1_000, 1)));
    // One good piece, then nothing: five fruitless attempts, and the piece is kept.
    struct Stop<'a>(&'a Scene);
    impl DownloadProgress for Stop<'_> {
        fn start(&mut self, _: &str, _: Option<u64>, _: u64) {}
        fn advance(&mut self, _: u64) {}
        fn finish(&mut self) {}
        fn wait(&mut self, _: &str) {}
        fn retry(&mut self, file: &str, problem: &str) {
            assert_eq!(file, WEIGHTS);
            assert!(!problem.is_empty());
            self.0.server.change(WEIGHTS, |file| file.cut = Some((0, usize::MAX)));
        }
    }
    let result = download(&repository(), &scene.settings, &mut Stop(&scene));
    let message = result.unwrap_err().to_string();
    assert!(message.contains("1000 bytes are kept"), "{message}");
    assert_eq!(scene.blobs().1.len(), 1);
    assert_eq!(hf_cache(&scene), None, "no half file has its final name");

    scene.server.change(WEIGHTS, |file| file.cut = None);
    scene.server.requests();
    let folder = scene.download().unwrap();
    let last = scene.server.requests().pop().unwrap();
    assert_eq!(last.headers["range"], "bytes=1000-");
    Checkpoint::open(&folder).unwrap().check().unwrap();
    assert_eq!(scene.blobs().1, [""; 0]);
}

#[test]
fn a_server_without_ranges_is_read_from_the_start() {
    let scene = Scene::new(files());
    scene.server.change(WEIGHTS, |file| (file.cut, file.whole) = (Some((1_000, 1)), true));
    let folder = scene.download().unwrap();
    Checkpoint::open(&folder).unwrap().check().unwrap();
}

/// What another program left under the name of the partial file is not believed.
#[test]
fn a_wrong_beginning_is_noticed_and_thrown_away() {
    for beginning in [vec![7; 100], vec![7; files()[WEIGHTS].content.len()], vec![7; 1 << 20]] {
        let scene = Scene::new(files());
        scene.download().unwrap();
        let blob = std::fs::canonicalize(hf_cache(&scene).unwrap()).unwrap();
        std::fs::remove_file(&blob).unwrap();
        std::fs::write(blob.with_extension("incomplete"), &beginning).unwrap();
        Checkpoint::open(&scene.download().unwrap()).unwrap().check().unwrap();
    }
}

#[test]
fn content_of_another_hash_or_length_is_not_kept() {
    let length = files()[WEIGHTS].content.len();
    type Spoil = fn(&mut Served, usize);
    let wrong: [(&str, Spoil); 3] = [
        ("SHA-256", |file, _| file.etag = Some("0".repeat(64))),
        ("more than", |file, length| file.size = Some(length - 1)),
        ("ended at byte", |file, length| file.size = Some(length + 1)),
    ];
    for (expected, spoil) in wrong {
        let scene = Scene::new(files());
        scene.server.change(WEIGHTS, |file| spoil(file, length));
        let message = scene.failure().to_string();
        assert!(message.contains(expected) && message.contains(WEIGHTS), "{message}");
        assert_eq!(hf_cache(&scene), None);
        let (complete, partial) = scene.blobs();
        assert_eq!(complete.len(), 4, "the small files only");
        let kept: u64 = partial
            .iter()
            .map(|name| scene.folder().join("blobs").join(name).metadata().unwrap().len())
            .sum();
        assert!(kept <= length as u64);
    }
}

#[test]
fn refusals_say_what_to_do() {
    for status in [401, 403] {
        let mut scene = Scene::new(files());
        scene.server.change("config.json", |file| file.status = Some(status));
        let message = scene.failure().to_string();
        for part in ["licence", "HF_TOKEN", "none was sent", "org/name"] {
            assert!(message.contains(part), "{message}");
        }
        scene.settings.token = Some("hf_secret".to_owned());
        let message = scene.failure().to_string();
        assert!(
            message.contains("a token was sent") && !message.contains("hf_secret"),
            "{message}"
        );
    }
}

#[test]
fn what_the_hub_lacks_is_named() {
    let scene = Scene::new(files());
    let Location::Hub(other) = resolve("org/other").unwrap() else { panic!() };
    let message = download(&other, &scene.settings, &mut ()).unwrap_err().to_string();
    assert!(
        message.starts_with("org/other at revision \"main\": the hub has no config.json"),
        "{message}"
    );
    for (missing, named) in
        [("tokenizer.json", "tokenizer.json"), (WEIGHTS, "model.safetensors.index.json")]
    {
        let mut files = files();
        files.remove(missing);
        let message = Scene::new(files).failure().to_string();
        assert!(message.contains(named), "{message}");
    }
    let mut files = files();
    files.remove("generation_config.json");
    Scene::new(files).download().unwrap();
}

#[test]
fn the_token_is_for_the_hub_alone() {
    let mut scene = Scene::new(files());
    scene.settings.token = Some("hf_secret".to_owned());
    scene.download().unwrap();
    let requests = scene.server.requests();
    let (elsewhere, hub): (Vec<_>, Vec<_>) =
        requests.iter().partition(|request| request.path.starts_with("/elsewhere"));
    assert!(!elsewhere.is_empty());
    assert!(hub.iter().all(|request| request.headers["authorization"] == "Bearer hf_secret"));
    assert!(elsewhere.iter().all(|request| !request.headers.contains_key("authorization")));
    assert!(requests.iter().all(|request| request.headers["accept-encoding"] == "identity"));
}

#[test]
fn without_a_network_the_error_says_which_files_go_where() {
    let mut scene = Scene::new(files());
    // A port on which no one listens.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    scene.settings.endpoint = format!("http://127.0.0.1:{port}");
    let refused = scene.failure().to_string();
    assert!(refused.contains("cannot be reached"), "{refused}");
    scene.settings.offline = true;
    let offline = scene.failure().to_string();
    assert!(offline.contains("HF_HUB_OFFLINE"), "{offline}");
    let folder = scene.folder().join("snapshots/main");
    for message in [refused, offline] {
        for part in ["config.json", "tokenizer.json", WEIGHTS, "--model FOLDER"] {
            assert!(message.contains(part), "{message}");
        }
        assert!(message.contains(folder.to_str().unwrap()), "{message}");
    }
    assert_eq!(names(&scene.folder()), [""; 0]);
}

/// What a user reads, one message a line.
#[test]
fn messages() {
    let mut messages = vec![];
    let mut show = |scene: &Scene| {
        let message = scene.failure().to_string();
        let message = message.replace(&scene.server.endpoint, "https://hub");
        messages.push(message.replace(scene.cache.path().to_str().unwrap(), "/cache"));
    };
    let mut offline = Scene::new(files());
    offline.settings.offline = true;
    show(&offline);
    type Spoil = fn(&mut Served);
    let spoilt: [(&str, Spoil); 6] = [
        ("config.json", |file| file.status = Some(401)),
        ("config.json", |file| file.status = Some(503)),
        ("config.json", |file| file.status = Some(404)),
        ("config.json", |file| file.etag = Some("../evil".to_owned())),
        (WEIGHTS, |file| file.cut = Some((0, usize::MAX))),
        (WEIGHTS, |file| file.etag = Some("0".repeat(64))),
    ];
    for (file, spoil) in spoilt {
        let scene = Scene::new(files());
        scene.server.change(file, spoil);
        show(&scene);
    }
    insta::assert_snapshot!(messages.join("\n"));
}

/// A page of a hotel's network, say.
#[test]
fn an_answer_that_no_hub_gives_is_refused() {
    for etag in ["", "../../evil", "a/b", ".."] {
        let scene = Scene::new(files());
        scene.server.change("config.json", |file| file.etag = Some(etag.to_owned()));
        assert!(matches!(scene.failure(), HubError::Protocol { .. }), "{etag}");
        assert_eq!(names(scene.cache.path()), [""; 0]);
    }
    for status in [500, 503] {
        let scene = Scene::new(files());
        scene.server.change("config.json", |file| file.status = Some(status));
        assert!(matches!(scene.failure(), HubError::Unreachable { .. }));
    }
}

#[test]
fn a_renamed_repository_is_found_under_its_former_name() {
    let mut scene = Scene::new(files());
    scene.settings.token = Some("hf_secret".to_owned());
    let Location::Hub(old) = resolve("org/old").unwrap() else { panic!() };
    let folder = download(&old, &scene.settings, &mut ()).unwrap();
    assert!(folder.starts_with(scene.cache.path().join("models--org--old")), "{folder:?}");
    Checkpoint::open(&folder).unwrap().check().unwrap();
}

/// What a caller shows adds up to the files' lengths.
#[test]
fn progress_counts_every_byte() {
    #[derive(Default)]
    struct Count(BTreeMap<String, (u64, u64)>, String, usize);
    impl DownloadProgress for Count {
        fn start(&mut self, file: &str, total: Option<u64>, present: u64) {
            self.0.insert(file.to_owned(), (total.unwrap(), present));
            self.1 = file.to_owned();
        }
        fn advance(&mut self, bytes: u64) {
            self.0.get_mut(&self.1).unwrap().1 += bytes;
        }
        fn finish(&mut self) {
            self.2 += 1;
        }
        fn wait(&mut self, _: &str) {}
        fn retry(&mut self, _: &str, _: &str) {}
    }
    let scene = Scene::new(files());
    scene.server.change(WEIGHTS, |file| file.cut = Some((1_000, 2)));
    let mut count = Count::default();
    download(&repository(), &scene.settings, &mut count).unwrap();
    assert_eq!(count.2, 5);
    for (name, (total, seen)) in count.0 {
        assert_eq!(total, seen, "{name}");
        assert_eq!(total, files()[&name].content.len() as u64, "{name}");
    }
}

#[test]
fn two_downloads_at_once_fetch_everything_once() {
    let scene = Scene::new(files());
    let folders: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| scene.download().unwrap())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    Checkpoint::open(&folders[0]).unwrap().check().unwrap();
    let bodies = scene.requested().into_iter().filter(|request| request.starts_with("GET /else"));
    assert_eq!(bodies.count(), 1);
}

#[test]
fn cached_aliases_are_known() {
    let cache = tempfile::tempdir().unwrap();
    let settings = HubSettings::new(cache.path());
    let alias = Alias::find("qwen3-0.6b-base").unwrap();
    assert!(!is_cached(alias, &settings));
    let folder = cache.path().join("models--Qwen--Qwen3-0.6B-Base/snapshots/main");
    std::fs::create_dir_all(&folder).unwrap();
    for name in ["config.json", "tokenizer.json", WEIGHTS] {
        assert!(!is_cached(alias, &settings), "before {name}");
        std::fs::write(folder.join(name), "").unwrap();
    }
    assert!(is_cached(alias, &settings));
}
