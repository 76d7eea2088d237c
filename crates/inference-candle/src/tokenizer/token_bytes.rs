//! What a token stands for, in bytes.

use std::collections::HashMap;

/// How a vocabulary writes bytes as characters.
#[derive(Debug)]
pub(super) enum Spelling {
    /// As GPT-2 does: each byte as one printable character.
    ByteLevel(HashMap<char, u8>),
    /// As SentencePiece does: a space as `▁`, a byte that is no character as `<0x0A>`.
    SentencePiece,
}

impl Spelling {
    pub(super) fn byte_level() -> Self {
        let printable = |byte: u32| matches!(byte, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff);
        // The bytes that are not printable are numbered from 256 on.
        let mut shifted = 256..;
        let characters = (0_u32..256).zip(0_u8..=255).filter_map(|(code, byte)| {
            let code = if printable(code) {
                Some(code)
            } else {
                shifted.next()
            };
            Some((char::from_u32(code?)?, byte))
        });
        Self::ByteLevel(characters.collect())
    }

    pub(super) fn bytes(&self, token: &str) -> Box<[u8]> {
        match self {
            Self::ByteLevel(bytes) => token
                .chars()
                .flat_map(|character| match bytes.get(&character) {
                    Some(&byte) => vec![byte],
                    None => character.to_string().into_bytes(),
                })
                .collect(),
            Self::SentencePiece => match single_byte(token) {
                Some(byte) => Box::new([byte]),
                None => token.replace('▁', " ").into_bytes().into_boxed_slice(),
            },
        }
    }
}

fn single_byte(token: &str) -> Option<u8> {
    let digits = token.strip_prefix("<0x")?.strip_suffix('>')?;
    u8::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_spelled_in_bytes() {
        let byte_level = Spelling::byte_level();
        assert_eq!(byte_level.bytes("Ġcats").as_ref(), b" cats");
        assert_eq!(byte_level.bytes("Ċ").as_ref(), b"\n");
        assert_eq!(byte_level.bytes("Ã©").as_ref(), "é".as_bytes());
        assert_eq!(Spelling::SentencePiece.bytes("▁cats").as_ref(), b" cats");
        assert_eq!(Spelling::SentencePiece.bytes("<0x0A>").as_ref(), b"\n");
        let Spelling::ByteLevel(bytes) = byte_level else {
            panic!("not byte level")
        };
        assert_eq!(bytes.len(), 256);
    }
}
