//! The JSON Schema of the job file, from the types that it is read into: by it editors complete and check job files.
//!
//! Owns no fact about a setting: keys, types, defaults and descriptions are those of the types.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use serde_json::{Map, Value};

use super::JobSettings;

/// The schema, as draft 7, which editors of TOML know. It has no references.
///
/// `required` are the keys that must be set somewhere; the environment and flags count as well as the job file.
pub fn job_file_schema() -> Schema {
    SchemaSettings::draft07()
        .with(|settings| settings.inline_subschemas = true)
        .with_transform(RecursiveTransform(as_written))
        .into_generator()
        .into_root_schema_for::<JobSettings>()
}

/// Brings one schema of the tree from how the program holds values to how people write them.
fn as_written(schema: &mut Schema) {
    let Some(schema) = schema.as_object_mut() else {
        return;
    };
    let single_precision = schema.remove("format").is_some_and(|format| format == "float");
    leave_out_null(schema);
    if let Some(Value::String(text)) = schema.get_mut("description") {
        *text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    if let Some(default) = schema.remove("default").filter(is_worth_saying) {
        let default = if single_precision {
            shortest(&default)
        } else {
            default
        };
        schema.insert("default".to_owned(), default);
    }
    leave_out_defaults_of_required(schema);
}

/// TOML has no null: what is optional is left out.
fn leave_out_null(schema: &mut Map<String, Value>) {
    let Some(Value::Array(types)) = schema.get_mut("type") else {
        return;
    };
    types.retain(|name| name != "null");
    if let [only] = types.as_slice() {
        let only = only.clone();
        schema.insert("type".to_owned(), only);
    }
}

/// A section's default is that of its keys, and an empty text is none.
fn is_worth_saying(default: &Value) -> bool {
    !default.is_object() && default != ""
}

/// 0.45 in single precision is 0.449999988 in double precision, in which JSON numbers are held.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the value was one of single precision"
)]
fn shortest(number: &Value) -> Value {
    let written = number.as_f64().map(|number| (number as f32).to_string());
    written
        .and_then(|text| text.parse::<f64>().ok())
        .map_or_else(|| number.clone(), Value::from)
}

/// What stands in for a key that must be set is not a default.
fn leave_out_defaults_of_required(schema: &mut Map<String, Value>) {
    let required = schema.get("required").and_then(Value::as_array).cloned();
    let Some(Value::Object(properties)) = schema.get_mut("properties") else {
        return;
    };
    for name in required.iter().flatten().filter_map(Value::as_str) {
        if let Some(Value::Object(property)) = properties.get_mut(name) {
            property.remove("default");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The schema of a dotted key.
    fn of(key: &str) -> Value {
        let pointer = format!("/properties/{}", key.replace('.', "/properties/"));
        let schema = job_file_schema().to_value();
        schema
            .pointer(&pointer)
            .cloned()
            .unwrap_or_else(|| panic!("{key}"))
    }

    #[test]
    fn values_are_as_people_write_them() {
        assert_eq!(of("segment.join_threshold")["default"], json!(0.19));
        assert_eq!(of("tables.bucket_count")["default"], json!(16));
        assert_eq!(of("name.model")["type"], json!("string"));
        let slice = of("job.slice");
        let slices = slice["oneOf"].as_array().unwrap();
        let names: Vec<&Value> = slices.iter().map(|slice| &slice["const"]).collect();
        assert_eq!(names, ["day", "month", "all"]);
    }

    #[test]
    fn a_key_that_must_be_set_has_no_default_and_an_unknown_one_is_refused() {
        assert!(of("job.name").get("default").is_none());
        assert_eq!(of("job")["required"], json!(["name"]));
        assert_eq!(of("job")["additionalProperties"], json!(false));
        assert_eq!(job_file_schema().to_value()["additionalProperties"], json!(false));
    }

    #[test]
    fn nothing_is_referred_to() {
        let text = job_file_schema().to_value().to_string();
        assert!(!text.contains("$ref"), "{text}");
    }
}
