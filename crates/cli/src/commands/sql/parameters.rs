//! `--param name=value`: values for the placeholders `$name`.

use std::collections::HashMap;

use datafusion::common::{ParamValues, ScalarValue};

/// Values by placeholder.
#[derive(Debug, Clone)]
pub(super) struct Parameters(Vec<(String, ScalarValue)>);

impl Parameters {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Parameters> for ParamValues {
    fn from(parameters: Parameters) -> Self {
        Self::from(parameters.0.into_iter().collect::<HashMap<String, ScalarValue>>())
    }
}

/// Reads `name=value` texts; a value is a whole number, a number, `true` or `false`, else text.
pub(super) fn parse_parameters(texts: &[String]) -> Result<Parameters, String> {
    let parameters = texts.iter().map(|text| {
        let (name, value) = text
            .split_once('=')
            .filter(|(name, _)| !name.is_empty())
            .ok_or_else(|| format!("`--param {text}` is not of the form name=value"))?;
        Ok((name.to_owned(), scalar(value)))
    });
    parameters.collect::<Result<_, String>>().map(Parameters)
}

fn scalar(text: &str) -> ScalarValue {
    let whole = text.parse().ok().map(|number: i64| ScalarValue::from(number));
    let number = || text.parse().ok().map(|number: f64| ScalarValue::from(number));
    let truth = || text.parse().ok().map(|truth: bool| ScalarValue::from(truth));
    whole
        .or_else(number)
        .or_else(truth)
        .unwrap_or_else(|| ScalarValue::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_type_that_they_look_like() {
        let texts = ["a=1", "b=1.5", "c=true", "d=1998-04-22", "e=x=y", "f="].map(str::to_owned);
        let values: Vec<ScalarValue> = parse_parameters(&texts)
            .unwrap()
            .0
            .into_iter()
            .map(|(_, value)| value)
            .collect();
        let expected = [
            ScalarValue::from(1_i64),
            ScalarValue::from(1.5_f64),
            ScalarValue::from(true),
            ScalarValue::from("1998-04-22"),
            ScalarValue::from("x=y"),
            ScalarValue::from(""),
        ];
        assert_eq!(values, expected);
        assert!(parse_parameters(&["=1".to_owned()]).is_err());
        assert!(parse_parameters(&["a".to_owned()]).is_err());
    }
}
