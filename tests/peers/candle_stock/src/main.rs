//! A peer of inference: the stock models of candle-transformers, in the dialogue of `inference_peer.py`.
//!
//! `candle-stock embedding ENCODER_DIR TEXTS TEXTS_PER_BATCH` and `candle-stock naming F32.gguf TOKEN_IDS.jsonl MAX_TOKENS
//! LIMIT`; threads are those of `RAYON_NUM_THREADS`.

mod embedding;
mod naming;

use std::io::{BufRead, Write};
use std::time::Instant;

use anyhow::{Result, bail};
use serde_json::{Map, Value, json};

/// A model with its work: a round counts what it did.
trait Peer {
    fn round(&mut self) -> Result<Map<String, Value>>;
    fn write(&self, path: &str) -> Result<()>;
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let since = Instant::now();
    let mut peer: Box<dyn Peer> = match arguments.as_slice() {
        ["embedding", encoder, texts, batch] => Box::new(embedding::Encoder::load(encoder, texts, batch.parse()?)?),
        ["naming", model, ids, most, limit] => {
            Box::new(naming::Namer::load(model, ids, most.parse()?, limit.parse()?)?)
        }
        _ => bail!("usage: see src/main.rs"),
    };
    answer(&json!({ "start_seconds": since.elapsed().as_secs_f64() }))?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let asked = line.trim();
        if asked == "round" {
            let since = Instant::now();
            let mut facts = peer.round()?;
            facts.insert("seconds".to_owned(), json!(since.elapsed().as_secs_f64()));
            facts.insert("peak_bytes".to_owned(), json!(peak_bytes()));
            answer(&Value::Object(facts))?;
        } else {
            peer.write(asked)?;
            answer(&json!({ "written": asked }))?;
        }
    }
    Ok(())
}

fn answer(facts: &Value) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{facts}")?;
    Ok(stdout.flush()?)
}

fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let number = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(number.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}
