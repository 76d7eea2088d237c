//! Model files that are missing, damaged or not the ones that were meant: refused before anything is computed.

use wayfare_inference_candle::sha256_file;
use wayfare_tests::trial::{Job, Trial};

/// The job with a copy of the encoder in which one file has another content; `None` takes the file away. The hash is that
/// of the weights as they are then.
fn spoiled_encoder(trial: &Trial, file: &str, content: Option<&[u8]>) -> Job {
    let folder = format!("spoiled-{file}");
    for name in ["config.json", "tokenizer.json", "vocab.txt", "model.safetensors"] {
        let sound = std::fs::read(trial.path("encoder").join(name)).expect("the encoder is readable");
        trial.write(&format!("{folder}/{name}"), sound);
    }
    match content {
        Some(content) => trial.write(&format!("{folder}/{file}"), content),
        None => std::fs::remove_file(trial.path(&folder).join(file)).expect("the file goes"),
    }
    let sha256 = sha256_file(&trial.path(&folder).join("model.safetensors"));
    Job {
        encoder_path: trial.path(&folder).display().to_string(),
        encoder_sha256: sha256.unwrap_or_else(|_| trial.job.encoder_sha256.clone()),
        ..trial.job.clone()
    }
}

#[test]
fn damaged_encoders_are_named_by_their_file() {
    let trial = Trial::new();
    // Without something to do, no model is looked at.
    trial.write_activities("activities.csv", &["u3,b1,2026-01-04T00:00:00Z,1"]);
    let weights = std::fs::read(trial.path("encoder/model.safetensors")).expect("the weights are readable");
    let half = &weights[..weights.len() / 2];
    let cases: [(&str, Option<&[u8]>, i32, &str); 9] = [
        ("model.safetensors", Some(half), 3, "do not fit its configuration"),
        ("model.safetensors", Some(b""), 3, "do not fit its configuration"),
        ("model.safetensors", None, 4, "cannot read the model file"),
        ("tokenizer.json", Some(b"not json"), 3, "the tokenizer in"),
        ("tokenizer.json", Some(b"{}"), 3, "the tokenizer in"),
        ("tokenizer.json", None, 4, "cannot read the model file"),
        ("config.json", Some(b"{"), 3, "is not usable"),
        ("vocab.txt", Some(b"\xff\xfe"), 3, "is not UTF-8"),
        ("vocab.txt", None, 4, "cannot read the model file"),
    ];
    for (file, content, code, says) in cases {
        let job = spoiled_encoder(&trial, file, content);
        let what = format!("{file} of {:?} bytes", content.map(<[u8]>::len));
        trial.refused(
            &what,
            &job,
            code,
            &["model `", file, says, "wayfare models verify"],
        );
    }
}

#[test]
fn an_encoder_with_another_hash_is_refused() {
    let trial = Trial::new();
    let wrong = "0".repeat(64);
    let job = Job {
        encoder_sha256: wrong.clone(),
        ..trial.job.clone()
    };
    trial.refused(
        "another hash",
        &job,
        3,
        &[
            "model.safetensors",
            &wrong,
            &trial.job.encoder_sha256,
            "install it again",
        ],
    );
    let nowhere = Job {
        encoder_path: trial.path("nowhere").display().to_string(),
        ..trial.job.clone()
    };
    trial.refused("no folder", &nowhere, 4, &["encoder", "nowhere", "is missing"]);
}

#[test]
fn damaged_language_models_are_refused() {
    let trial = Trial::new();
    let named_by = |model: &str, sha256: &str| Job {
        name: format!("model = \"{model}\"\nsha256 = \"{sha256}\""),
        ..trial.job.clone()
    };
    for (name, content) in [
        ("empty.gguf", &b""[..]),
        ("text.gguf", b"not a model"),
        ("cut.gguf", b"GGUF\x03\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0"),
        // A file that asks for no alignment at all: its reader divides by it.
        (
            "alignment.gguf",
            b"GGUF\x03\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x11\0\0\0\0\0\0\0general.alignment\x04\0\0\0\0\0\0\0",
        ),
    ] {
        trial.write(name, content);
        let sha256 = sha256_file(&trial.path(name)).expect("the file has a hash");
        let output = trial.run(&named_by(name, &sha256));
        let text = wayfare_tests::program::said(&output);
        assert_eq!(output.status.code(), Some(3), "{name}: {text}");
        for part in ["model `", name, "is not usable", "hint: "] {
            assert!(text.contains(part), "{name}: `{part}` is not in {text}");
        }
        trial.assert_untouched(name);
        let wrong = named_by(name, &"0".repeat(64));
        trial.refused("another hash", &wrong, 3, &[name, &sha256, "install it again"]);
    }
}
