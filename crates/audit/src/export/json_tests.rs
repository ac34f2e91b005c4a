use super::*;
use crate::read::{Filter, Records};
use crate::testing::{fresh, open, write_some};

#[test]
fn the_export_is_the_record_with_a_version() {
    let (_dir, path) = fresh();
    write_some(&mut open(&path), 1);
    for record in Records::open(&path, Filter::default())
        .unwrap()
        .map(Result::unwrap)
    {
        let exported: serde_json::Value = serde_json::from_str(&json(&record)).unwrap();
        let mut fields = exported.as_object().unwrap().clone();
        assert_eq!(fields.shift_remove("v"), Some(1.into()));
        assert_eq!(serde_json::to_string(&fields).unwrap(), record.line);
    }
}
