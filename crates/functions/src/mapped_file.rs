//! A file mapped into memory: the one place that needs `unsafe`.

use std::fs::File;
use std::path::Path;

use arrow::buffer::Buffer;
use memmap2::Mmap;

/// Maps a file that nobody changes; packs are content-addressed and written by rename.
#[expect(
    unsafe_code,
    reason = "mapping a file is unsafe because another process could truncate it"
)]
pub(crate) fn map(path: &Path) -> std::io::Result<Buffer> {
    let file = File::open(path)?;
    if file.metadata()?.len() == 0 {
        return Ok(Buffer::from_vec(Vec::<u8>::new()));
    }
    // SAFETY: packs are immutable once their name, which is their hash, exists.
    let mapped = unsafe { Mmap::map(&file)? };
    Ok(Buffer::from(bytes::Bytes::from_owner(mapped)))
}
