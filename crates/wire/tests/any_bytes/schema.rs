//! Schemas and patterns: any text gives a verdict, quickly, and what costs too much is never called cheap. An input is a pattern, or a
//! schema when it begins with a brace.

use interlock_wire::schema::{Bounds, SchemaFault, judge};

/// Panics when a promise is broken.
pub(crate) fn run(input: &[u8]) {
    let bounds = Bounds {
        max_applied: 100,
        ..Bounds::default()
    };
    if input.first() == Some(&b'{') {
        if let Ok(cost) = judge(input, &bounds) {
            assert!(cost.applied <= bounds.max_applied);
            assert!(cost.subschemas <= bounds.max_values);
            // What fits here fits into more.
            assert_eq!(judge(input, &Bounds::default()), Ok(cost));
        }
        return;
    }
    let mut schema = br#"{"pattern":"#.to_vec();
    interlock_wire::json::write_string(&String::from_utf8_lossy(input), &mut schema);
    schema.push(b'}');
    match judge(&schema, &bounds) {
        Ok(cost) => assert_eq!(cost.subschemas, 1),
        Err(SchemaFault::Pattern(place, _)) => assert_eq!(place, "/pattern"),
        Err(other) => panic!("{other}"),
    }
}
