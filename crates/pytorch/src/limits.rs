//! What a file may cost: a small file must not become a large one in memory.

/// Bounds on what reading a file may take. All are checked before anything is allocated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Members of the archive.
    pub records: usize,
    /// Bytes of the pickle, which holds everything but the numbers of tensors.
    pub pickle_bytes: u64,
    /// Values that the pickle puts on its stack or into its memo.
    pub items: usize,
    /// Values of the result, those that occur at several places counted at each.
    pub expanded_items: u64,
    /// Nesting of containers; not more than 500.
    pub depth: usize,
    /// Bytes of all records read and all tensors copied out of them.
    pub tensor_bytes: u64,
    /// Bytes that tensors may take per byte of the file, beyond [`Limits::free_bytes`].
    pub tensor_bytes_per_file_byte: u64,
    /// Bytes that tensors may take whatever the size of the file.
    pub free_bytes: u64,
    /// Bytes that a compressed record may unpack to, per packed byte. PyTorch does not compress.
    pub compression_ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            records: 1 << 16,
            pickle_bytes: 64 << 20,
            items: 1 << 22,
            expanded_items: 1 << 22,
            depth: 100,
            tensor_bytes: 8 << 30,
            tensor_bytes_per_file_byte: 8,
            free_bytes: 16 << 20,
            compression_ratio: 100,
        }
    }
}
