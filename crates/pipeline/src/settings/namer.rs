//! Who names a job's journeys: from its settings to the exact references that plans carry.

use wayfare_functions::models::ModelReference;
use wayfare_functions::namer_reference::{ModelNamer, NamerReference, built_in_prompt, built_in_topics};

use super::{JobSettings, NameSettings};

impl NameSettings {
    /// Whether `prompt` names one that comes with the program.
    pub(super) fn has_built_in_prompt(&self) -> bool {
        built_in_prompt(&self.prompt).is_some()
    }
}

impl JobSettings {
    /// Who puts names together from the journeys' own words.
    pub fn extractive_namer(&self) -> NamerReference {
        NamerReference {
            model: None,
            topics: self.topics(),
        }
    }

    /// Who names the strongest journeys with the language model: none if the job has no model, or no name for it to write.
    pub fn model_namer(&self) -> Option<NamerReference> {
        let name = &self.name;
        let model = reference(name.model.as_ref(), name.sha256.as_ref())?;
        if name.max_model_names == 0 {
            return None;
        }
        let of_file = || reference(Some(&name.prompt), name.prompt_sha256.as_ref());
        Some(NamerReference {
            model: Some(ModelNamer {
                model,
                adapter: reference(name.adapter.as_ref(), name.adapter_sha256.as_ref()),
                prompt: built_in_prompt(&name.prompt).or_else(of_file)?,
                encoder: name.compare.then(|| ModelReference {
                    path: self.encoder.path.clone(),
                    sha256: self.encoder.sha256.clone(),
                }),
            }),
            topics: self.topics(),
        })
    }

    /// What both depend on, as hashes.
    pub(super) fn namer_hashes(&self) -> [Vec<String>; 2] {
        let model = self
            .model_namer()
            .and_then(|namer| namer.model)
            .map_or_else(Vec::new, |used| {
                let none = String::new;
                vec![
                    used.model.sha256,
                    used.adapter.map_or_else(none, |adapter| adapter.sha256),
                    used.prompt.sha256,
                    used.encoder.map_or_else(none, |encoder| encoder.sha256),
                ]
            });
        [model, vec![self.topics().sha256]]
    }

    fn topics(&self) -> ModelReference {
        let name = &self.name;
        reference(name.blocked_topics.as_ref(), name.blocked_topics_sha256.as_ref())
            .unwrap_or_else(built_in_topics)
    }
}

fn reference(path: Option<&String>, sha256: Option<&String>) -> Option<ModelReference> {
    let (path, sha256) = path.zip(sha256)?;
    Some(ModelReference {
        path: path.clone(),
        sha256: sha256.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(change: impl FnOnce(&mut NameSettings)) -> JobSettings {
        let mut settings = JobSettings::default();
        settings.encoder.path = "encoder".to_owned();
        settings.encoder.sha256 = "e".repeat(64);
        settings.name.model = Some("model.gguf".to_owned());
        settings.name.sha256 = Some("a".repeat(64));
        change(&mut settings.name);
        settings
    }

    #[test]
    fn whatever_a_name_depends_on_changes_the_configuration() {
        let hash = |digit: &str| Some(digit.repeat(64));
        let changes: [fn(&mut NameSettings); 7] = [
            |_| {},
            |name| name.sha256 = Some("b".repeat(64)),
            |name| name.prompt = "zero-shot".to_owned(),
            |name| name.compare = true,
            |name| name.max_model_names = 7,
            |name| name.max_model_names = 0,
            |name| name.model = None,
        ];
        let mut hashes: Vec<String> = changes
            .iter()
            .map(|change| job(change).configuration_hash())
            .collect();
        for digit in ["1", "2"] {
            hashes.push(
                job(|name| (name.adapter, name.adapter_sha256) = (Some("a".to_owned()), hash(digit)))
                    .configuration_hash(),
            );
            hashes.push(
                job(|name| (name.prompt, name.prompt_sha256) = ("own.toml".to_owned(), hash(digit)))
                    .configuration_hash(),
            );
            hashes.push(
                job(|name| {
                    (name.blocked_topics, name.blocked_topics_sha256) = (Some("t".to_owned()), hash(digit))
                })
                .configuration_hash(),
            );
        }
        let count = hashes.len();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), count);
        let moved = job(|name| name.model = Some("elsewhere.gguf".to_owned()));
        assert_eq!(moved.configuration_hash(), job(|_| {}).configuration_hash());
    }

    #[test]
    fn both_namers_leave_the_same_topics_unsaid() {
        let settings = job(|name| {
            (name.blocked_topics, name.blocked_topics_sha256) = (Some("t".to_owned()), Some("7".repeat(64)))
        });
        let model = settings.model_namer().map(|namer| namer.without_model());
        assert_eq!(model, Some(settings.extractive_namer()));
        assert_eq!(settings.extractive_namer().topics.path, "t");
    }
}
