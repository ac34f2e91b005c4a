//! Keys that two readers take for different things: written twice, told apart by case alone, part of every object.

use std::collections::HashMap;

use super::node::{Node, Value};
use super::problem::{Problem, ProblemKind};
use interlock_launch::text::excerpt;

/// Looks at every map below `root`. The tree's depth is bounded by its reader, so recursion is.
pub(super) fn check(root: &Node, problems: &mut Vec<Problem>) {
    if root.copied {
        return;
    }
    match &root.value {
        Value::List(elements) => {
            for element in elements {
                check(element, problems);
            }
        }
        Value::Map(_) => check_map(root, problems),
        _ => {}
    }
}

fn check_map(map: &Node, problems: &mut Vec<Problem>) {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for member in map.members() {
        let shown = excerpt(&member.key);
        let mut add = |kind, text| problems.push(Problem::new(member.key_span, kind, text));
        if matches!(
            member.key.as_str(),
            "__proto__" | "constructor" | "prototype"
        ) {
            let text = format!("the key `{shown}` is part of every JavaScript object");
            add(ProblemKind::PrototypeKey, text);
        }
        match seen.insert(member.key.to_lowercase(), &member.key) {
            Some(before) if before == member.key => {
                let text =
                    format!("the key `{shown}` was written before; readers differ on which counts");
                add(ProblemKind::DuplicateKey, text);
            }
            Some(_) => {
                let text =
                    format!("readers that ignore case take `{shown}` for another key of this map");
                add(ProblemKind::CaseVariant, text);
            }
            None => {}
        }
        check(&member.value, problems);
    }
}
