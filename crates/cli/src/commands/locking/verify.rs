//! `interlock verify`: whether everything that the lock names is there and is what it says. For continuous integration: it
//! needs no approvals, no interpreter for packages, and starts nothing.

use interlock_launch::{Ledger, ServerName};
use interlock_supply::LockedTree;
use interlock_supply::advisories::Target;
use interlock_supply::lockfile::{Content, OriginLock, Server};
use interlock_supply::oci::LockedImage;
use interlock_supply::provenance::{ImageEvidence, TreeEvidence};
use serde_json::json;

use crate::Outcome;
use crate::commands::approve::advised::{self, Said};
use crate::commands::approve::build::Sources;
use crate::commands::approve::listing::{Asked, Listing};
use crate::commands::approve::origin::{self, Ask, Source};
use crate::commands::approve::rules::Rules;
use crate::commands::approve::{attached, image, package, refuse_what_cannot_be_approved};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::launching::Machine;
use crate::options::{Global, OutputFormat, Verify};
use crate::terminal::{say, visible};

use super::matching;
use super::project::Project;
use super::resolving::{self, Versions};

/// Nothing is chosen anew, and nothing is built.
const KEEP: (Versions, Sources) = (Versions::Keep, Sources::Refused);

/// Runs `interlock verify`. Exits with 1 when anything is not as locked, a registry took it away, or it is known to be malicious.
///
/// # Errors
/// When there is no lock, or it or the configuration cannot be read.
pub fn run(global: &Global, options: &Verify) -> Outcome {
    let context = Context::new(global)?;
    let project = Project::need(&context)?;
    let verifier = Verifier {
        machine: Machine::open(&context)?,
        ledger: context.ledger(&context.known()?)?,
        project,
        context,
    };
    super::known::remember(&verifier.context, &verifier.project.path);
    // A configuration that cannot be read is no difference between a lock and what there is.
    let rules = Rules::read(&verifier.context)?;
    let servers = verifier.project.servers(&options.names)?;
    let malicious = malicious(&rules, &servers)?;
    let mut clean = true;
    for (name, server) in servers {
        let mut found = verifier.found(&name, &server);
        let said = malicious.iter().filter(|said| said.server == name.as_str());
        found.problems.extend(said.map(Said::line));
        clean &= found.problems.is_empty();
        verifier.tell(options.format.format, &name, &server, &found);
    }
    Ok(if clean { Exit::Done } else { Exit::Findings })
}

/// What is known to be malicious among everything that servers of a lock name, whether or not its bytes are here.
fn malicious(rules: &Rules, servers: &[(ServerName, Server)]) -> Result<Vec<Said>, Failure> {
    let trees = servers.iter().filter_map(|(name, server)| {
        let tree = server.content.tree.as_ref()?;
        Some(Target::all_of(name.as_str(), tree))
    });
    let mut said = advised::of(rules, &trees.flatten().collect::<Vec<_>>())?;
    said.retain(|said| said.is_malicious);
    Ok(said)
}

struct Verifier {
    context: Context,
    machine: Machine,
    ledger: Ledger,
    project: Project,
}

/// What is found out about one server.
#[derive(Default)]
struct Found {
    /// Everything that is not as the lock says, and every release that is listed no more.
    problems: Vec<String>,
    /// Whether registries were asked for the latter.
    asked: Option<Asked>,
}

impl Verifier {
    fn found(&self, name: &ServerName, server: &Server) -> Found {
        let mut found = Found::default();
        let problems = &mut found.problems;
        if server.content.is_empty() {
            problems.push("it is declared and not locked: run `interlock lock`".to_owned());
            return found;
        }
        match &server.content.tree {
            None if server.content.image.is_some() => {
                for image in server.content.image.iter() {
                    match self.image(server, image) {
                        Err(problem) => problems.push(problem),
                        Ok(()) => problems.extend(self.attached(server, image)),
                    }
                }
            }
            Some(tree) => match self.bytes(server, tree) {
                Err(problem) => problems.push(problem),
                Ok(()) => found = self.sources(server, tree),
            },
            None => problems.extend(self.files(server)),
        }
        found.problems.extend(self.tools(name, server));
        found
    }

    /// Where a package came from, and whether it is there still.
    fn sources(&self, server: &Server, tree: &LockedTree) -> Found {
        let listed = |rules: &Rules| Listing::of(&self.context, rules, tree);
        let rules = Rules::read(&self.context);
        match rules.and_then(|rules| Ok((listed(&rules)?, rules))) {
            Err(failure) => Found {
                problems: vec![failure.on_one_line()],
                asked: None,
            },
            Ok((listing, rules)) => {
                let mut problems = self.provenance(&rules, server, tree);
                problems.extend(listing.gone);
                Found {
                    problems,
                    asked: listing.asked,
                }
            }
        }
    }

    /// The stored bytes of a package's tree, every one of them read.
    fn bytes(&self, server: &Server, tree: &LockedTree) -> Result<(), String> {
        let line = |failure: Failure| failure.on_one_line();
        let judgement = interlock_launch::judge(&server.request(&self.project.base));
        let profile =
            resolving::profile(&self.context, &self.project.base, server).map_err(line)?;
        refuse_what_cannot_be_approved(&judgement, &profile, self.context.style()).map_err(line)?;
        let stored = self
            .machine
            .packages
            .examine(&tree.digest, &tree.name.to_string());
        let files = match stored {
            Ok(files) if package::is_recorded(&self.machine.packages, tree) => {
                package::as_recorded(&self.machine.packages, &judgement, tree).map_err(line)?;
                files
            }
            // What is damaged is told, not mended in silence.
            Err(error) if !error.is_missing() => return Err(error.to_string()),
            Err(_) if server.content.is_foreign() => {
                let made_for = server.content.platform.as_deref().unwrap_or_default();
                return Err(format!(
                    "it is locked for {made_for} and cannot be checked here"
                ));
            }
            // Fetched by digest, or recorded under other names than the lock's: both are looked at.
            _ => {
                let packages = &self.machine.packages;
                package::install(&self.context, packages, &judgement, tree, Sources::Refused)
                    .map_err(line)?;
                let examined = self
                    .machine
                    .packages
                    .examine(&tree.digest, &tree.name.to_string());
                examined.map_err(|error| error.to_string())?
            }
        };
        if files != tree.files {
            return Err(format!(
                "the lock counts {} files, and there are {files}",
                tree.files
            ));
        }
        Ok(())
    }

    /// Where the package came from: the evidence in the store is verified again, and compared with what the lock says. Where there is
    /// none, or it does not bear the lock out, the registry is asked.
    fn provenance(&self, rules: &Rules, server: &Server, tree: &LockedTree) -> Vec<String> {
        let (context, packages) = (&self.context, &self.machine.packages);
        let line = |failure: Failure| vec![failure.on_one_line()];
        let kept = packages.evidence(tree);
        if let Some(kept) = kept.filter(TreeEvidence::is_whole) {
            let problems = borne_out(rules, server, tree, &kept);
            if problems.is_empty() || context.global.offline {
                return problems;
            }
        }
        match Source::of(context, rules, tree.ecosystem) {
            Err(failure) => line(failure),
            // Nobody publishes a commit, so nothing bears out what a lock claims.
            Ok(None) => origin::against(server.content.origin.as_ref(), None, true),
            Ok(Some(source)) => {
                let evidence = origin::evidence(context, packages, &source, tree, Ask::Again);
                borne_out(rules, server, tree, &evidence)
            }
        }
    }

    /// The stored bytes of an image, every one of them read.
    fn image(&self, server: &Server, image: &LockedImage) -> Result<(), String> {
        let (context, packages) = (&self.context, &self.machine.packages);
        let line = |failure: Failure| failure.on_one_line();
        let judgement = interlock_launch::judge(&server.request(&self.project.base));
        let profile = resolving::profile(context, &self.project.base, server).map_err(line)?;
        refuse_what_cannot_be_approved(&judgement, &profile, context.style()).map_err(line)?;
        if server.content.is_foreign() {
            let made_for = &image.platform;
            return Err(format!(
                "it is locked for {made_for} and cannot be checked here"
            ));
        }
        match packages.examine_image(&image.digest, &image.name) {
            // What is damaged is told, not mended in silence.
            Err(error) if !error.is_missing() => return Err(error.to_string()),
            _ => {}
        }
        let installed = image::install(context, packages, &judgement, image);
        installed.map(drop).map_err(line)
    }

    /// Where an image came from, by what is attached to it: verified again, and compared with what the lock says.
    fn attached(&self, server: &Server, image: &LockedImage) -> Vec<String> {
        let said = server.content.origin.as_ref();
        if said.is_none() {
            return Vec::new();
        }
        let (context, packages) = (&self.context, &self.machine.packages);
        let judgement = interlock_launch::judge(&server.request(&self.project.base));
        let found = Rules::read(context).and_then(|rules| {
            let against = |evidence: &ImageEvidence| {
                let (origin, _) = attached::origin(&rules, evidence);
                let found = attached::lock(origin, evidence, said);
                origin::against(said, found.as_ref(), evidence.is_whole())
            };
            let kept = packages.image_evidence(image);
            if kept.is_some_and(|kept| against(&kept).is_empty()) {
                return Ok(Vec::new());
            }
            image::evidence(context, packages, &judgement, image, said).map(|it| against(&it))
        });
        found.unwrap_or_else(|failure| vec![failure.on_one_line()])
    }

    /// Programs, scripts and folders, resolved anew.
    fn files(&self, server: &Server) -> Vec<String> {
        let (context, base) = (&self.context, &self.project.base);
        let machine = &self.machine;
        let resolved = resolving::server(context, machine, &self.ledger, base, server, KEEP);
        match resolved {
            Err(failure) => vec![failure.on_one_line()],
            Ok(resolved) => {
                let was = with(server, server.content.clone());
                let now = with(server, resolved.content);
                let lines = was.changes(&now);
                lines
                    .iter()
                    .map(|line| format!("{} differs", line.what))
                    .collect()
            }
        }
    }

    /// Pinned tools against those of an approval of the same content, where there is one.
    fn tools(&self, name: &ServerName, server: &Server) -> Vec<String> {
        let Some(entry) = self
            .ledger
            .named(name.as_str())
            .filter(|it| !it.pins().is_empty())
        else {
            return Vec::new();
        };
        let (packages, base) = (&self.machine.packages, &self.project.base);
        let lines = matching::differences(&self.context, packages, base, entry, server);
        let (tools, others): (Vec<_>, Vec<_>) = lines
            .iter()
            .partition(|line| line.what.starts_with("tool "));
        if !others.is_empty() {
            return Vec::new();
        }
        let differ = |what: &str| format!("{what} is pinned otherwise in your approval");
        tools.iter().map(|line| differ(&line.what)).collect()
    }

    fn tell(&self, format: OutputFormat, name: &ServerName, server: &Server, found: &Found) {
        let (problems, asked) = (&found.problems, found.asked.as_ref());
        if format == OutputFormat::Json {
            let line = json!({
                "v": 1,
                "name": name.as_str(),
                "source": server.source.to_string(),
                "ok": problems.is_empty(),
                "problems": problems,
                "listing": asked.map(Asked::as_str),
            });
            say(&line.to_string());
            return;
        }
        let style = self.context.style();
        if problems.is_empty() && !self.context.global.quiet {
            say(&format!(
                "{} {name}: {}",
                style.good("intact"),
                super::add::summary(server)
            ));
        }
        for problem in problems {
            say(&format!(
                "{} {name}: {}",
                style.bad("differs"),
                visible(problem)
            ));
        }
        // Whoever rules the network out knows that; that a registry did not answer is news.
        let known = self.context.global.quiet && self.context.global.offline;
        if let Some(Asked::No(why)) = asked.filter(|_| !known) {
            say(&format!(
                "{} {name}: whether it is still listed where it comes from ({why})",
                style.warn("not asked")
            ));
        }
    }
}

/// What evidence says against a lock. Requirements are judged when something is approved, not here.
fn borne_out(
    rules: &Rules,
    server: &Server,
    tree: &LockedTree,
    evidence: &TreeEvidence,
) -> Vec<String> {
    let origins = evidence.origins(tree, rules.verifier());
    let whole = tree.with_tools();
    let pairs = whole.packages.iter().zip(&origins);
    let failures = pairs.filter_map(|(package, origin)| {
        let (name, version) = (&package.name, &package.version);
        let error = origin.failure()?;
        Some(format!(
            "what is served about the origin of {name}@{version} does not hold: {error}"
        ))
    });
    let mut problems: Vec<String> = failures.collect();
    if problems.is_empty() {
        let own = origin::own(tree, &origins);
        let found = own.and_then(|own| OriginLock::of(tree.ecosystem, own));
        let said = server.content.origin.as_ref();
        problems = origin::against(said, found.as_ref(), evidence.is_whole());
    }
    problems
}

fn with(server: &Server, content: Content) -> Server {
    Server {
        content,
        ..server.clone()
    }
}
