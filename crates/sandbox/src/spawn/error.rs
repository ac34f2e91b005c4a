//! Why a server did not start.

use std::io;
use std::path::PathBuf;

use rustix::io::Errno;

use super::stage::{Failure, Stage};
use crate::egress::PrepareError;
use crate::layer::Layer;
use crate::plan::Plan;

/// Why a server did not start. Nothing of it is running then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpawnError {
    /// The program itself could not be executed.
    #[error("`{}` could not be executed inside the sandbox", program.display())]
    Exec {
        /// The program.
        program: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The kernel refused new namespaces.
    #[error("the kernel refused new namespaces; see `interlock doctor`")]
    Namespaces(#[source] Errno),
    /// A stage of the set-up failed.
    #[error("could not {stage}{}; see `interlock doctor`", path.as_ref().map(|p| format!(" `{}`", p.display())).unwrap_or_default())]
    Stage {
        /// What was being done.
        stage: &'static str,
        /// The path inside, where there is one.
        path: Option<PathBuf>,
        /// The layer that is missing, where one is.
        layer: Option<Layer>,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The private network could not be prepared.
    #[error("the private network could not be prepared")]
    Egress(#[source] PrepareError),
    /// A descriptor or process could not be made.
    #[error("the system has no room for another process")]
    System(#[source] Errno),
}

impl SpawnError {
    /// A failure that a new process reported.
    pub(super) fn of(plan: &Plan, failure: Failure) -> SpawnError {
        let source = io::Error::from(failure.errno);
        let item = usize::from(failure.item);
        let absolute =
            |path: &std::ffi::CString| PathBuf::from(format!("/{}", path.to_string_lossy()));
        let path = match failure.stage {
            Stage::Exec => {
                return SpawnError::Exec {
                    program: plan.program.clone(),
                    source,
                };
            }
            Stage::Mount | Stage::Changed | Stage::Layout => {
                plan.steps.get(item).map(|step| absolute(step.path()))
            }
            Stage::LandlockPath => {
                let files = plan.locks.landlock.as_ref().and_then(|l| l.files.get(item));
                files.map(|rule| PathBuf::from(rule.path.to_string_lossy().into_owned()))
            }
            Stage::WorkingDirectory => Some(PathBuf::from(plan.cwd.to_string_lossy().into_owned())),
            _ => None,
        };
        SpawnError::Stage {
            stage: failure.stage.text(),
            path,
            layer: failure.stage.layer(),
            source,
        }
    }

    /// The layer that is to blame, where one is.
    pub fn layer(&self) -> Option<Layer> {
        match self {
            SpawnError::Namespaces(_) => Some(Layer::Namespaces),
            SpawnError::Stage { layer, .. } => *layer,
            _ => None,
        }
    }
}
