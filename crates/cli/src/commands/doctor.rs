//! `interlock doctor`: what this machine can enforce, and what to do where it cannot.

use interlock_launch::Anchor;
use interlock_launch::key::KeyFile;
use interlock_sandbox::{Kernel, LayerReport};
use serde_json::json;

use crate::Outcome;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::options::{Format, Global, OutputFormat};
use crate::terminal::{Style, say};

/// One row: a name, whether it is well, what was found, what to do.
struct Row {
    name: String,
    good: bool,
    required: bool,
    detail: String,
    advice: Option<String>,
}

/// Runs `interlock doctor`. Exits with 4 when a required layer is missing.
///
/// # Errors
/// When there is no home directory to look at.
pub fn run(global: &Global, options: &Format) -> Outcome {
    let context = Context::new(global)?;
    let layers: Vec<Row> = Kernel::probe().reports().iter().map(of_layer).collect();
    let own = [approver(&context)?, audit_log(&context), node()];
    let missing = layers.iter().any(|row| row.required && !row.good);
    for row in layers.iter().chain(&own) {
        let more = match options.format {
            OutputFormat::Human => say(&row.to_text(context.style())),
            OutputFormat::Json => say(&row.to_json()),
        };
        if !more {
            break;
        }
    }
    Ok(if missing { Exit::Sandbox } else { Exit::Done })
}

fn of_layer(report: &LayerReport) -> Row {
    Row {
        name: report.layer.name().to_owned(),
        good: report.present,
        required: report.layer.is_required(),
        detail: format!("{} ({})", report.layer.purpose(), report.detail),
        advice: report.advice.filter(|_| !report.present).map(str::to_owned),
    }
}

fn approver(context: &Context) -> Result<Row, Failure> {
    let ledger = context.ledger(&context.known()?)?;
    let exists = KeyFile::new(&context.places).exists();
    let (good, detail, advice) = match ledger.anchor() {
        Some(Anchor::Administrator(key)) => (
            true,
            format!("{}, kept by the administrator", key.id()),
            None,
        ),
        Some(Anchor::User(key)) => {
            let advice = format!(
                "have root keep it, so that no program of yours can replace it: sudo install -D -m 0644 {} {}",
                context.places.public_key().display(),
                context.places.administrator_anchor().display()
            );
            (
                exists,
                format!("{}, in a file of your own", key.id()),
                Some(advice),
            )
        }
        None => (
            false,
            "no key signs approvals yet".to_owned(),
            Some("interlock init".to_owned()),
        ),
    };
    Ok(Row {
        name: "approver".to_owned(),
        good,
        required: false,
        detail,
        advice,
    })
}

fn audit_log(context: &Context) -> Row {
    let directory = context.audit_directory();
    let (good, advice) = match context.log() {
        Ok(_) => (true, None),
        Err(failure) => (false, Some(failure.render())),
    };
    Row {
        name: "audit".to_owned(),
        good,
        required: false,
        detail: directory.display().to_string(),
        advice,
    }
}

/// Many servers are packages that node runs.
fn node() -> Row {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|directory| directory.join("node"))
        .find(|node| node.is_file());
    Row {
        name: "node".to_owned(),
        good: found.is_some(),
        required: false,
        detail: found
            .as_ref()
            .map_or("not found".to_owned(), |node| node.display().to_string()),
        advice: found
            .is_none()
            .then(|| "install Node.js to run servers from npm".to_owned()),
    }
}

impl Row {
    fn to_text(&self, style: Style) -> String {
        let mark = match (self.good, self.required) {
            (true, _) => style.good("yes"),
            (false, true) => style.bad("NO "),
            (false, false) => style.warn("no "),
        };
        let mut text = format!("{mark} {:<18} {}", self.name, self.detail);
        if let Some(advice) = &self.advice {
            text.push_str(&format!("\n      {} {advice}", style.dim("next:")));
        }
        text
    }

    fn to_json(&self) -> String {
        json!({
            "v": 1,
            "name": self.name,
            "present": self.good,
            "required": self.required,
            "detail": self.detail,
            "advice": self.advice,
        })
        .to_string()
    }
}
