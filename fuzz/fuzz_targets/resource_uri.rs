//! Resource URIs: what passes as a file is below its root, by sound names, and means the same when written again.
#![no_main]

use interlock_wire::resource_uri::{Allowed, Target, file_uri};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|uri: &str| {
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
});
