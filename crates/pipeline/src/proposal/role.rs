//! What a column can mean to a job, and how a guess of it is worded.

use std::fmt;

/// What a column can mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    User,
    /// The item's id; in the activities it says which item was meant.
    Item,
    Time,
    Weight,
    Title,
    Text,
    Tags,
}

impl Role {
    /// The column of the mapping that the role becomes.
    pub fn target(self) -> &'static str {
        match self {
            Self::User => "user_id",
            Self::Item => "item_id",
            Self::Time => "occurred_at",
            Self::Weight => "weight",
            Self::Title => "title",
            Self::Text => "text",
            Self::Tags => "tags",
        }
    }

    /// The flag of `wayfare init` that names the column, if there is one.
    pub fn flag(self) -> Option<&'static str> {
        match self {
            Self::User => Some("--user-column"),
            Self::Item => Some("--item-column"),
            Self::Time => Some("--time-column"),
            Self::Title => Some("--title-column"),
            Self::Weight | Self::Text | Self::Tags => None,
        }
    }
}

/// How far a guess can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// Nothing but the lack of another column speaks for it.
    Guess,
    /// Name or content speaks for it.
    Likely,
    /// Name and content speak for it, or a flag says so.
    Sure,
}

impl fmt::Display for Confidence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Guess => "guess",
            Self::Likely => "likely",
            Self::Sure => "sure",
        })
    }
}

/// One column that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Understood {
    pub role: Role,
    /// As its file names it.
    pub column: String,
    /// `activities` or `items`.
    pub source: &'static str,
    pub confidence: Confidence,
    /// What speaks for it, for people.
    pub why: String,
    /// Other columns that could be meant, the likeliest first.
    pub others: Vec<String>,
}
