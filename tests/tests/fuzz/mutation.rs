//! Sound bytes with a few changes, as an input tells: what a reader meets that gets past the first bytes.

/// Bytes of one change: what, where (two), and two more.
const STEP: usize = 5;
/// Inputs longer than this would change too much to get anywhere.
pub(crate) const LONGEST_SCRIPT: usize = 6 * STEP;

const NUMBERS: [i64; 8] = [0, 1, -1, 0x7f, 0xff, 0x7fff_ffff, -0x8000_0000, i64::MAX];

/// Applies the changes of `script`; `words` are what may be put in.
pub(crate) fn mutated(sound: &[u8], script: &[u8], words: &[&[u8]]) -> Vec<u8> {
    let mut bytes = sound.to_vec();
    for step in script.chunks_exact(STEP) {
        if bytes.is_empty() {
            break;
        }
        // Two bytes do not reach every place of a long file, so they are a share of its length.
        let share = usize::from(u16::from_le_bytes([step[1], step[2]]));
        let at = share * bytes.len() / (usize::from(u16::MAX) + 1);
        let (first, second) = (step[3], step[4]);
        let length = usize::from(first) % 64 + 1;
        let end = (at + length).min(bytes.len());
        match step[0] % 8 {
            0 => bytes[at] = first,
            1 => bytes[at] ^= 1 << (first % 8),
            2 => {
                bytes.drain(at..end);
            }
            3 => {
                let copy = bytes[at..end].to_vec();
                bytes.splice(at..at, copy);
            }
            4 => {
                let number = NUMBERS[usize::from(first) % NUMBERS.len()].to_le_bytes();
                let width = [1, 2, 4, 8][usize::from(second) % 4].min(bytes.len() - at);
                bytes[at..at + width].copy_from_slice(&number[..width]);
            }
            5 if !words.is_empty() => {
                let word = words[usize::from(first) % words.len()];
                bytes.splice(at..at, word.iter().copied());
            }
            6 => bytes.truncate(at),
            _ => bytes[at] = bytes[at].wrapping_add(second),
        }
    }
    bytes
}

#[test]
fn a_script_changes_a_little_and_an_empty_one_nothing() {
    let sound: Vec<u8> = (0..=255).collect();
    assert_eq!(mutated(&sound, &[], &[]), sound);
    assert_eq!(mutated(&sound, &[0, 0, 0, 9, 0], &[])[0], 9);
    assert_eq!(mutated(&sound, &[6, 0, 128, 0, 0], &[]).len(), 128);
    assert_eq!(mutated(&sound, &[5, 0, 0, 0, 0], &[b"word"])[..5], *b"word\0");
}
