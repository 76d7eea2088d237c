//! A journey's name and how it came about.

/// Who made a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameSource {
    /// The model wrote it and it passed the checks.
    Model,
    /// It was put together from the journey's own words.
    Extractive,
}

impl NameSource {
    /// The stored form: `model` or `extractive`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Extractive => "extractive",
        }
    }
}

/// A journey's name and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct JourneyName {
    /// Never empty.
    pub name: String,
    /// Who made it.
    pub source: NameSource,
    /// How far to trust it, 0 to 1; comparable between names of one source only.
    pub score: f32,
    /// Why the model's text was not used: what the checks found, see [`crate::NameCheck::flags`], `unlikely` where the
    /// model was guessing, `outranked` where a name from the journey's own words was better. `nothing_to_name` where
    /// the model was not asked, because no title or concept may be shown to it. Empty for a model's name.
    pub flags: Vec<String>,
    /// What the model read and wrote for it, whether or not its text was used.
    pub tokens: TokenCounts,
}

/// Tokens of one or several calls of a model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TokenCounts {
    /// Of whole prompts; the prefix that prompts share counts with each of them, though it is computed once.
    pub read: u64,
    /// Of what was generated.
    pub written: u64,
}
