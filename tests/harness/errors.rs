//! What every answer's errors keep to (the GraphQL specification, section on errors).

use serde_json::Value;

/// Asserts that an error names places of the document, or has no such key.
pub fn well_placed(error: &Value) {
    let Some(locations) = error.get("locations") else { return };
    let places = locations.as_array().expect("locations are a list");
    assert!(!places.is_empty(), "no place is no key: {error}");
    for place in places {
        for part in ["line", "column"] {
            assert!(place[part].as_u64().is_some_and(|number| number > 0), "{part} of {error}");
        }
    }
}
