//! Names that nobody can guess.

/// 128 random bits as 32 hexadecimal digits. Without randomness from the kernel it is empty, which no lookup finds.
pub(crate) fn random() -> String {
    let mut bytes = [0; 16];
    match getrandom::fill(&mut bytes) {
        Ok(()) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        Err(_) => String::new(),
    }
}
