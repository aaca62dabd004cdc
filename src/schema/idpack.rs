//! The schemas of what people write for idpack itself.

use std::sync::LazyLock;

use super::Schema;

/// The schema of descriptors, as `idpack schema` prints it.
pub const ENVIRONMENT: &str = include_str!("environment.schema.json");
/// The schema of `pack.yaml`.
pub const PACK: &str = include_str!("pack.schema.json");
/// The schema of `idpack.yaml`.
pub const CONFIG: &str = include_str!("config.schema.json");

/// Returns the compiled schema of descriptors.
#[must_use]
pub fn environment() -> &'static Schema {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(|| embedded(ENVIRONMENT));
    &SCHEMA
}

/// Returns the compiled schema of `pack.yaml`.
#[must_use]
pub fn pack() -> &'static Schema {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(|| embedded(PACK));
    &SCHEMA
}

/// Returns the compiled schema of `idpack.yaml`.
#[must_use]
pub fn config() -> &'static Schema {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(|| embedded(CONFIG));
    &SCHEMA
}

/// Compiles a schema that is part of the program; the tests see to it that each of them does.
fn embedded(text: &str) -> Schema {
    let schema = serde_json::from_str(text).map_err(|error| error.to_string());
    match schema.and_then(|schema| Schema::compile(&schema)) {
        Ok(schema) => schema,
        Err(reason) => unreachable!("an embedded schema does not compile: {reason}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_schemas_compile() {
        for schema in [environment(), pack(), config()] {
            assert!(format!("{schema:?}").contains("idpack.dev"));
        }
    }
}
