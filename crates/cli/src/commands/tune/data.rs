//! The examples of a run: which collections, which items, and the prompt that shows them as a job would.

use std::path::PathBuf;

use serde_json::{Value, json};
use wayfare_evaluation::collections::{
    Example, ExampleOptions, Part, Split, SplitRule, examples, read_collections,
};
use wayfare_inference::{Salience, prompt_parts};
use wayfare_inference_candle::WordpieceSalience;
use wayfare_inference_candle::tuning::{TrainingExample, TuningModel};

use crate::args::tune::{TuneArgs, TuningPrompt};
use crate::commands::init;
use crate::failure::Failure;
use crate::models::ENCODER_VOCABULARY;

/// Fewest and most items of an example: a journey is published from four activities, a prompt shows ten titles.
const ITEMS: (usize, usize) = (4, 10);
/// Examples of each held-out collection: few, since every look reads all of them.
const HELD_OUT_PER_COLLECTION: usize = 1;

/// Examples as texts, and the lists they are from.
#[derive(Debug)]
pub(super) struct Data {
    train: Vec<Example>,
    held_out: Vec<Example>,
    pub(super) train_lists: Vec<String>,
    pub(super) held_out_lists: Vec<String>,
    pub(super) test_lists: Vec<String>,
}

impl Data {
    pub(super) fn read(args: &TuneArgs) -> Result<Self, Failure> {
        let collections = read_collections(&args.collections)?;
        let rule = SplitRule {
            seed: args.split_seed,
            held_out_lists: args.held_out_lists.clone(),
            test_lists: args.test_lists.clone(),
            ..SplitRule::default()
        };
        let split = Split::new(&collections, &rule)?;
        let salience = salience(args)?;
        let drawn = |part, per_collection, noise_share| {
            let options = ExampleOptions {
                seed: args.seed,
                per_collection,
                fewest_items: ITEMS.0,
                most_items: ITEMS.1,
                noise_share,
            };
            examples(
                &split.of(part, &collections),
                &options,
                Some(&salience as &dyn Salience),
            )
        };
        let lists = |part| split.lists(part).into_iter().map(str::to_owned).collect();
        Ok(Self {
            train: drawn(Part::Train, args.examples_per_collection, args.noise_share)?,
            held_out: drawn(Part::HeldOut, HELD_OUT_PER_COLLECTION, 0.0)?,
            train_lists: lists(Part::Train),
            held_out_lists: lists(Part::HeldOut),
            test_lists: lists(Part::Test),
        })
    }

    /// Training and held-out examples as the model reads them with a prompt.
    pub(super) fn tokens(
        &self,
        model: &TuningModel,
        prompt: TuningPrompt,
    ) -> Result<(Vec<TrainingExample>, Vec<TrainingExample>), Failure> {
        let tokens = |examples: &[Example]| -> Result<Vec<TrainingExample>, Failure> {
            examples
                .iter()
                .map(|example| {
                    let parts = prompt_parts(prompt_name(prompt), &example.input)
                        .ok_or_else(|| Failure::bug("a prompt is offered that does not exist"))?;
                    Ok(model.example(&parts.prefix, &parts.input, parts.suffix, &example.name)?)
                })
                .collect()
        };
        Ok((tokens(&self.train)?, tokens(&self.held_out)?))
    }

    /// What the adapter's file says of its examples.
    pub(super) fn describe(&self, args: &TuneArgs) -> Value {
        json!({
            "training": self.train.len(),
            "held_out": self.held_out.len(),
            "noise_share": args.noise_share,
            "training_lists": self.train_lists,
            "held_out_lists": self.held_out_lists,
        })
    }
}

/// The name by which an adapter remembers its prompt.
pub(super) fn prompt_name(prompt: TuningPrompt) -> &'static str {
    match prompt {
        TuningPrompt::ZeroShot => "zero-shot",
        TuningPrompt::FewShot => "few-shot",
    }
}

fn salience(args: &TuneArgs) -> Result<WordpieceSalience, Failure> {
    let folder = match &args.encoder {
        Some(folder) => folder.clone(),
        None => init::models::installed_encoder()
            .map(|encoder| PathBuf::from(encoder.path))
            .ok_or_else(|| {
                Failure::usage("there is no encoder: give its folder with `--encoder`, or set WAYFARE_ASSETS")
            })?,
    };
    WordpieceSalience::load(&folder.join(ENCODER_VOCABULARY)).map_err(Failure::failed_with)
}
