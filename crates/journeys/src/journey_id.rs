//! The identity of a journey: a hash of the user and of the journey's first activity.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::error::JourneyIdError;

/// Written as 16 lower-case hexadecimal digits. It stays once a part of the journey is settled; before, it changes with the first activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct JourneyId(u64);

impl JourneyId {
    /// The id of the journey that begins with this user's activity on this item at this time.
    pub fn of_birth(user_id: &str, born_at_us: i64, item_id: &str) -> Self {
        // Lengths in front keep ("ab", "c") and ("a", "bc") apart.
        let mut bytes = Vec::with_capacity(24 + user_id.len() + item_id.len());
        bytes.extend_from_slice(&(user_id.len() as u64).to_le_bytes());
        bytes.extend_from_slice(user_id.as_bytes());
        bytes.extend_from_slice(&born_at_us.to_le_bytes());
        bytes.extend_from_slice(&(item_id.len() as u64).to_le_bytes());
        bytes.extend_from_slice(item_id.as_bytes());
        Self(xxh3_64(&bytes))
    }

    pub const fn from_u64(value: u64) -> Self {
        Self(value)
    }

    pub const fn as_u64(self) -> u64 {
        self.0
    }
}

impl fmt::Display for JourneyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

impl FromStr for JourneyId {
    type Err = JourneyIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let lower_case_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() != 16 || !text.bytes().all(lower_case_hex) {
            return Err(JourneyIdError {
                text: text.to_owned(),
            });
        }
        u64::from_str_radix(text, 16)
            .map(Self)
            .map_err(|_| JourneyIdError {
                text: text.to_owned(),
            })
    }
}
