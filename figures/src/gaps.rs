//! NaN marks a gap in a curve; JSON has no NaN, so a gap is `null` there.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) fn serialize<S: Serializer>(values: &[f64], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(values.iter().map(|&v| present(v)))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f64>, D::Error> {
    let values = Vec::<Option<f64>>::deserialize(from)?;
    Ok(values.into_iter().map(|v| v.unwrap_or(f64::NAN)).collect())
}

/// The value, or `None` for a gap.
pub(crate) fn present(value: f64) -> Option<f64> {
    (!value.is_nan()).then_some(value)
}

/// The rows of a heat map.
pub(crate) mod rows {
    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Row(#[serde(with = "super")] Vec<f64>);

    pub(crate) fn serialize<S: Serializer>(rows: &[Vec<f64>], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(rows.iter().map(|row| Row(row.clone())))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<Vec<f64>>, D::Error> {
        let rows = Vec::<Row>::deserialize(from)?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }
}
