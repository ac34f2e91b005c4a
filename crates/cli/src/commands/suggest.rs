//! Options as words again, for commands that are suggested: what somebody typed is not lost in them.
//!
//! Neither how things are shown nor the descriptor of a passphrase is repeated: the next command is typed by a person.

use clap::ValueEnum as _;
use interlock_launch::{Request, RequestRecord, command_line};

use super::approve::grants::danger_options;
use crate::options::{Approve, Danger, Global, Grants};

/// An `interlock` command of these words, quoted for a shell.
pub fn command(words: Vec<String>) -> String {
    command_line(&RequestRecord::from(&Request::new("interlock", words)))
}

/// An option with each of its values.
pub fn each(option: &str, values: impl IntoIterator<Item = impl ToString>) -> Vec<String> {
    let pair = |value: &dyn ToString| [option.to_owned(), value.to_string()];
    values.into_iter().flat_map(|it| pair(&it)).collect()
}

impl Global {
    /// What is asked of every command but how it shows things.
    pub fn words(&self) -> Vec<String> {
        let offline = self.offline.then(|| "--offline".to_owned());
        offline.into_iter().collect()
    }
}

impl Grants {
    /// As they were typed.
    pub fn words(&self) -> Vec<String> {
        let profile = self.profile.as_ref().and_then(|it| it.to_possible_value());
        [
            each("--read", self.read.iter().map(|path| path.display())),
            each("--write", self.write.iter().map(|path| path.display())),
            each("--net", &self.net),
            each("--env", &self.env),
            each("--secret", &self.secret),
            each("--cwd", self.cwd.iter().map(|path| path.display())),
            each("--profile", profile.iter().map(|it| it.get_name())),
            each("--memory", &self.memory),
            each("--processes", self.processes),
            each("--scratch", &self.scratch),
        ]
        .concat()
    }
}

impl Danger {
    /// As they were typed.
    pub fn words(&self) -> Vec<String> {
        danger_options(self)
    }
}

impl Approve {
    /// The options that say what is approved and how, as they were typed.
    pub fn words(&self) -> Vec<String> {
        let learn = self.learn.then(|| "--learn".to_owned());
        let archive = self.image_archive.iter().map(|path| path.display());
        [
            each("--name", &self.name),
            learn.into_iter().collect(),
            each("--image-archive", archive),
            self.grants.words(),
            self.danger.words(),
        ]
        .concat()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::options::{Command, Options};

    /// What `approve` was given comes back.
    fn check(words: &str) {
        let all = words.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let head = ["interlock", "approve"].map(str::to_owned).to_vec();
        let tail = vec!["x".to_owned()];
        let options = Options::try_parse_from([head, all.clone(), tail].concat()).unwrap();
        let Command::Approve(approve) = options.command else {
            panic!("{words}");
        };
        let back = [options.global.words(), approve.words()].concat();
        assert_eq!(back, all);
    }

    #[test]
    fn every_option_comes_back() {
        check("--name n --learn --image-archive ./i.tar");
        check("--offline --read ./x --read /y --write z --net h:1 --env A --secret B --cwd .");
        check("--profile browser --memory 2GiB --processes 7 --scratch 1MiB");
        check("--profile default --danger-allow-inline-code --danger-allow-missing=landlock");
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        let words = ["approve", "--read", "my files/$x"].map(str::to_owned);
        assert_eq!(
            command(words.to_vec()),
            "interlock approve --read 'my files/$x'"
        );
    }
}
