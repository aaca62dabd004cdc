//! The `idpack` command.

fn main() {}
