//! A profile made concrete for one kernel: everything that the new processes need, in the form that they need it in.
//!
//! All decisions and all memory come from here; what runs after the fork only follows the list.

mod etc;
mod image;
mod layout;
mod locks;
mod text;

pub use layout::LayoutError;
pub(crate) use layout::{Bind, BindSource, Point, Step};
pub(crate) use locks::Locks;

use std::collections::BTreeSet;
use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use interlock_sys::process::Exec;

use crate::egress::EgressRules;
use crate::filter::FilterError;
use crate::identity::Identity;
use crate::kernel::Kernel;
use crate::layer::Layer;
use crate::profile::{Feature, HOME, Limits, Network, Profile};

/// Why a profile cannot be had on this machine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// A layer that the profile requires is not there.
    #[error("this kernel does not give the layer `{layer}` ({reason}); see `interlock doctor`")]
    MissingLayer {
        /// Which.
        layer: Layer,
        /// What was found.
        reason: String,
    },
    /// An argument, variable or path has a NUL byte.
    #[error("`{0}` contains a NUL byte")]
    Nul(String),
    /// A path is not absolute, or has `..` in it.
    #[error("`{}` is not an absolute path without `..`", .0.display())]
    NotAbsolute(PathBuf),
    /// A name of an environment variable is empty or has `=` in it.
    #[error("`{0}` is no name of an environment variable")]
    VariableName(String),
    /// What should be seen inside cannot be laid out.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// Our bug: a filter that does not compile.
    #[error("the system call filter is broken")]
    Filter(#[from] FilterError),
}

/// A launch that is ready: nothing has been started yet.
pub struct Plan {
    pub(crate) exec: Exec,
    pub(crate) program: PathBuf,
    pub(crate) cwd: CString,
    pub(crate) steps: Vec<Step>,
    pub(crate) root_options: Vec<(CString, CString)>,
    pub(crate) private_options: Vec<(CString, CString)>,
    pub(crate) locks: Locks,
    pub(crate) identity: Identity,
    pub(crate) egress: Option<EgressRules>,
    pub(crate) limits: Limits,
    pub(crate) skip: BTreeSet<Layer>,
    pub(crate) kernel: Kernel,
}

impl Profile {
    /// Makes the profile concrete.
    ///
    /// # Errors
    /// [`PlanError`] names the layer, path or text that stands against it.
    pub fn plan(self, kernel: &Kernel) -> Result<Plan, PlanError> {
        let kernel = kernel.tried_for(&self.allow_missing);
        self.plan_on(kernel)
    }

    /// The same with just what is known of the kernel.
    pub(crate) fn plan_on(self, kernel: Kernel) -> Result<Plan, PlanError> {
        let skip = kernel.missing_for(&self.allow_missing)?;
        let egress = match self.network {
            Network::None => None,
            Network::Egress(rules) => Some(rules),
        };
        let browser = self.features.contains(&Feature::Browser);
        let layout = layout::Layout::new(self.root.as_deref(), &self.mounts, egress.is_some())?;
        let locks = Locks::new(
            &kernel,
            &skip,
            &layout,
            &self.limits,
            egress.as_ref(),
            browser,
        )?;
        let cwd = self.cwd.unwrap_or_else(|| PathBuf::from(HOME));
        text::check_inside_path(&cwd)?;
        text::check_inside_path(&self.program)?;
        Ok(Plan {
            exec: Exec::new(
                text::of_path(&self.program)?,
                self.args
                    .iter()
                    .map(|arg| text::of(arg))
                    .collect::<Result<_, _>>()?,
                self.env
                    .iter()
                    .map(|(name, value)| text::variable(name, value))
                    .collect::<Result<_, _>>()?,
            ),
            program: self.program,
            cwd: text::of_path(&cwd)?,
            root_options: layout::root_options(),
            private_options: layout::private_options(&self.limits),
            steps: layout.into_steps(),
            locks,
            identity: Identity::of_this_process(),
            egress,
            limits: self.limits,
            skip,
            kernel,
        })
    }
}

/// A file or directory of the host that a plan mounts. The launch fails where its path leads to another by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mounted<'a> {
    /// Its real path on the host.
    pub path: &'a Path,
    /// The number of its device.
    pub device: u64,
    /// Its number on the device.
    pub inode: u64,
}

impl Plan {
    /// What of the host will be mounted: for a caller who has looked at some of it before, and wants the very same.
    pub fn mounted(&self) -> impl Iterator<Item = Mounted<'_>> {
        self.steps.iter().filter_map(|step| match step {
            Step::Mount(Bind {
                source:
                    BindSource::Host {
                        path,
                        device,
                        inode,
                        ..
                    },
                ..
            }) => Some(Mounted {
                path: Path::new(OsStr::from_bytes(path.to_bytes())),
                device: *device,
                inode: *inode,
            }),
            _ => None,
        })
    }

    /// The layers that will be missing, because they were allowed to be and this kernel lacks them.
    pub fn missing(&self) -> impl Iterator<Item = Layer> + '_ {
        self.skip.iter().copied()
    }
}
