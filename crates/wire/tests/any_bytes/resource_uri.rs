//! Resource URIs: what passes as a file is below its root, by sound names, and means the same when written again.

use interlock_wire::resource_uri::{Allowed, Target, file_uri};

/// Panics when a promise is broken.
pub(crate) fn run(input: &[u8]) {
    let Ok(uri) = std::str::from_utf8(input) else {
        return;
    };
    let allowed = Allowed::new().root("/srv/data").expect("a root");
    let Ok(Target::File(file)) = allowed.judge(uri) else {
        return;
    };
    let relative = file.relative();
    assert!(!relative.contains(['\0', '\\']));
    let sound = |name: &str| !matches!(name, "" | "." | "..");
    assert!(relative.is_empty() || relative.split('/').all(sound));
    let again = file_uri(&format!("{}/{relative}", file.root())).expect("an absolute path");
    assert_eq!(allowed.judge(&again), Ok(Target::File(file.clone())));
}
