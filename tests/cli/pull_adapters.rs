//! `repro llm pull-adapters`, against the trainer's end of it in this process.

use crate::support::{refusal, repro_in};
use repro::Exit;
use rs_grpo_fleet::adapters::AdapterServer;
use tempfile::TempDir;

fn publish(dir: &TempDir, name: &str) {
    let folder = dir.path().join("from").join(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    for file in ["adapter_config.json", "adapter_model.safetensors"] {
        std::fs::write(folder.join(file), name).expect("a file");
    }
}

#[test]
fn one_look_makes_the_folder_as_the_trainers_is() {
    let dir = TempDir::new().expect("a folder");
    publish(&dir, "policy-000001");
    publish(&dir, "policy-000002");
    let from = dir.path().join("from");
    let server = AdapterServer::start("127.0.0.1:0", &from, None).expect("a server");
    let pull =
        format!("llm pull-adapters --from http://{} --to {{dir}}/to --once", server.address());
    let answer = repro_in(&dir, &pull);
    assert_eq!((answer.exit, &*answer.out), (Exit::Success, ""), "{}", answer.err);
    assert_eq!(answer.err, "pulled policy-000002\npulled policy-000001\n");
    std::fs::remove_dir_all(from.join("policy-000001")).expect("removed");
    let answer = repro_in(&dir, &pull);
    assert_eq!(answer.err, "removed policy-000001\n");
    let kept = std::fs::read(dir.path().join("to/policy-000002/adapter_model.safetensors"));
    assert_eq!(kept.expect("a copy"), b"policy-000002");
    let quiet = repro_in(&dir, &format!("{pull} --quiet"));
    assert_eq!((quiet.exit, &*quiet.err), (Exit::Success, ""));
    // No one is there any more: one look fails, and says whom it asked.
    drop(server);
    let answer = repro_in(&dir, &pull);
    assert_eq!(answer.exit, Exit::Failed);
    assert!(answer.err.contains("http://127.0.0.1:"), "{}", answer.err);
}

#[test]
fn what_cannot_be_pulled_is_refused_before_anything_is_asked() {
    let pull = "llm pull-adapters --to {dir}/to";
    for (options, said) in [
        ("--from trainer:8900", "--from is \"trainer:8900\"; allowed: the address of a trainer"),
        ("--from http://a --interval 0", "--interval is 0; allowed: 0.01 to 3600"),
        ("", "--from <URL>"),
    ] {
        let error = refusal(&format!("{pull} {options}"));
        assert!(error.contains(said), "{options}: {error}");
    }
    let dir = TempDir::new().expect("a folder");
    std::fs::write(dir.path().join("thesis.tex"), "years of work").expect("a file");
    let answer = repro_in(&dir, "llm pull-adapters --from http://127.0.0.1:9 --to {dir} --once");
    assert_eq!(answer.exit, Exit::Usage);
    assert!(answer.err.contains("was not made by pull-adapters"), "{}", answer.err);
}
