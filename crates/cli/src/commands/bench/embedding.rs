//! `wayfare bench embedding`: the encoder on a file of texts.

use serde_json::json;
use wayfare_inference::Encoder;
use wayfare_inference_candle::CandleEncoder;

use crate::args::bench::BenchEmbeddingArgs;
use crate::failure::Failure;

/// Encodes all texts at once, as the pipeline does with a batch of rows.
pub(super) fn embedding(args: &BenchEmbeddingArgs) -> Result<(), Failure> {
    let file = super::read(&args.texts)?;
    let texts: Vec<&str> = file.lines().collect();
    let (encoder, load_seconds) =
        super::timed(|| CandleEncoder::load(&args.encoder)).map_err(Failure::failed_with)?;
    let (vectors, seconds) = super::on_threads(args.threads, || super::timed(|| encoder.encode(&texts)))?
        .map_err(Failure::failed_with)?;
    let tokens = encoder.count_tokens(&texts).map_err(Failure::failed_with)?;
    if let Some(path) = &args.vectors {
        let bytes: Vec<u8> = vectors
            .iter()
            .flatten()
            .flat_map(|value| value.to_ne_bytes())
            .collect();
        super::write(path, &bytes)?;
    }
    let measurements = json!({
        "encoder": encoder.id(),
        "threads": args.threads,
        "items": texts.len(),
        "tokens": tokens,
        "load_seconds": load_seconds,
        "seconds": seconds,
        "items_per_second": texts.len() as f64 / seconds,
        "tokens_per_second": tokens as f64 / seconds,
        "peak_bytes": super::peak_bytes(),
    });
    super::print(&measurements, args.output)
}
